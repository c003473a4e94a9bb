"""The charts of a library as Plotly figures: the map of its papers and the bar of their years.

A figure is the plain description that Plotly draws from; Gradio brings Plotly's script along, so
neither a package nor a foreign server is needed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ui.library.rows import Row
from ui.templates.sentences import counted

Colouring = Literal["topic", "source", "year"]
COLOURINGS: Final[tuple[Colouring, ...]] = get_args(Colouring)
Points = NDArray[np.float64]
MOST_SOURCES: Final = 8  # more colours nobody tells apart; the others share a grey
# Okabe and Ito's colours, which colour-blind readers tell apart; yellow is left out on white.
COLOURS: Final = (
    "#0d9488",
    "#d55e00",
    "#0072b2",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#7c3aed",
    "#4d7c0f",
)
GREY: Final = "#a8a29e"
TEXT: Final = "#78716c"  # legible on light and dark; library.css sets it for the theme
MARK: Final = "#be123c"
TITLE_CHARACTERS: Final = 90
MOST_TICKS: Final = 12
YEARS_AS_BARS: Final = 2  # fewer different years make no chart


@dataclass(frozen=True, slots=True)
class Figure:
    """What Plotly draws; Gradio asks for its JSON."""

    data: Sequence[Mapping[str, object]]
    layout: Mapping[str, object]

    def to_json(self) -> str:
        """The figure as Plotly reads it."""
        config = {"displaylogo": False, "displayModeBar": False, "scrollZoom": True}
        return json.dumps({"data": self.data, "layout": self.layout, "config": config})


def _layout(**others: object) -> dict[str, object]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": TEXT, "size": 12, "family": "Inter, system-ui, sans-serif"},
        "hoverlabel": {"align": "left"},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        **others,
    }


def map_figure(
    rows: Sequence[Row],
    points: Points,
    *,
    colouring: Colouring = "source",
    cited: Collection[str] = (),
    topics: Mapping[str, str] = MappingProxyType({}),
) -> Figure:
    """The papers as points of the plane.

    Args:
        rows: The papers.
        points: Their places, shape (len(rows), 2).
        colouring: What a point's colour tells.
        cited: Ids of the papers that the last answer cites; they get a ring.
        topics: The topic of each paper that has one, by the paper's id.
    """
    if colouring == "year":
        traces = _by_year(rows, points)
    elif colouring == "topic":
        named = [topics.get(row.paper_id) for row in rows]
        traces = _by_group(rows, points, named, others="other topics")
    else:
        named = [row.source or "source not known" for row in rows]
        traces = _by_group(rows, points, named, others="other sources")
    ringed = [n for n, row in enumerate(rows) if row.paper_id in cited]
    if ringed:
        ring = {"size": 16, "color": "rgba(0,0,0,0)", "line": {"color": MARK, "width": 2.5}}
        traces.append(_trace("cited in the last answer", ringed, rows, points, ring))
    hidden = {"visible": False, "fixedrange": False}
    legend = {"orientation": "h", "yanchor": "top", "y": 0, "x": 0, "itemsizing": "constant"}
    return Figure(
        traces,
        _layout(
            xaxis=hidden,
            yaxis=hidden,
            legend=legend,
            showlegend=True,
            hovermode="closest",
            dragmode="pan",
            height=520,
        ),
    )


def _by_group(
    rows: Sequence[Row], points: Points, named: Sequence[str | None], *, others: str
) -> list[dict[str, object]]:
    """Colour the papers of the largest groups; those of no group, or of a smaller one, are grey."""
    counts = Counter(name for name in named if name)
    groups: dict[str, list[int]] = {name: [] for name, _ in counts.most_common(MOST_SOURCES)}
    rest: list[int] = []
    for number, name in enumerate(named):
        groups.get(name or "", rest).append(number)
    traces = [
        _trace(_short(name, 40), members, rows, points, _dot(colour))
        for (name, members), colour in zip(groups.items(), COLOURS, strict=False)
    ]
    if rest:
        traces.insert(0, _trace(others, rest, rows, points, _dot(GREY)))  # below the others
    return traces


def _by_year(rows: Sequence[Row], points: Points) -> list[dict[str, object]]:
    dated = [n for n, row in enumerate(rows) if row.year]
    undated = [n for n, row in enumerate(rows) if not row.year]
    bar = {"thickness": 10, "len": 0.6, "outlinewidth": 0, "tickformat": "d"}
    years = [rows[n].year for n in dated]
    scale = {**_dot(""), "color": years, "colorscale": "Viridis", "colorbar": bar}
    if len(set(years)) == 1:  # else Plotly numbers the bar in parts of a year
        scale |= {"cmin": years[0], "cmax": (years[0] or 0) + 1, "showscale": False}
    traces = []
    if undated:
        traces.append(_trace("date not known", undated, rows, points, _dot(GREY)))
    if dated:
        traces.append(_trace("dated", dated, rows, points, scale))
    return traces


def _dot(colour: str) -> dict[str, object]:
    return {"size": 7, "opacity": 0.85, "color": colour, "line": {"width": 0}}


def _trace(
    name: str, members: Sequence[int], rows: Sequence[Row], points: Points, marker: object
) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _text(name),
        "x": [round(float(points[n, 0]), 3) for n in members],
        "y": [round(float(points[n, 1]), 3) for n in members],
        "text": [_text(_hover_text(rows[n])) for n in members],
        "customdata": [rows[n].paper_id for n in members],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": marker,
    }


def _hover_text(row: Row) -> str:
    year = f" ({row.year})" if row.year else ""
    return f"{_short(row.title, TITLE_CHARACTERS)}{year}"


def _short(text: str, characters: int) -> str:
    return shorten(text, characters, placeholder="…")


def _text(text: str) -> str:
    """Text that Plotly shows as it is: it reads some tags and entities, links among them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def year_figure(counts: Mapping[int, int]) -> Figure | None:
    """How many papers each year has; None where too few years are known for a chart."""
    if len(counts) < YEARS_AS_BARS:
        return None
    years = list(range(min(counts), max(counts) + 1))
    ticks = -(-len(years) // MOST_TICKS)
    bars = {
        "type": "bar",
        "x": years,
        "y": [counts.get(year, 0) for year in years],
        "marker": {"color": COLOURS[0]},
        "hovertemplate": "%{x}: %{y} papers<extra></extra>",
    }
    return Figure(
        [bars],
        _layout(
            xaxis={"dtick": ticks, "tickformat": "d", "fixedrange": True, "showgrid": False},
            yaxis={"fixedrange": True, "gridcolor": "rgba(120,113,108,0.2)", "rangemode": "tozero"},
            margin={"l": 36, "r": 8, "t": 8, "b": 28},
            height=220,
        ),
    )


def describe_years(counts: Mapping[int, int], total: int) -> str:
    """What the bars leave out, in words.

    Args:
        counts: How many papers each year has.
        total: How many papers there are, with those of no known year.
    """
    undated = total - sum(counts.values())
    if not total:
        return "The library holds no papers yet."
    if undated == total:
        return "No paper of this library carries a date."
    span = f"from {min(counts)} to {max(counts)}" if len(counts) > 1 else f"from {min(counts)}"
    dated = f"{counted(total - undated, 'paper')} {span}"
    return f"{dated}; {counted(undated, 'paper')} without a date." if undated else f"{dated}."
