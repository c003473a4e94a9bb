"""The part of the library tab that draws: the map of the papers and the bar of their years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from rag.types import Answer
from ui.library.charts import COLOURINGS, describe_years, map_figure, year_figure
from ui.library.context import LibraryContext, progress_in
from ui.templates.sentences import said_html

# Where the map is open already, coming back to it draws it; else no colours are asked for.
IF_OPEN: Final = """(colouring, shown) =>
  [document.querySelector("#map-tab-button")?.ariaSelected === "true" ? colouring : null, shown]"""


@dataclass(frozen=True, slots=True)
class Charts:
    """The parts that are drawn in."""

    colouring: gr.Radio
    plot: gr.Plot
    caption: gr.HTML
    years: gr.Plot
    describe_years: gr.HTML


def lay_out_charts() -> Charts:
    """Lay the map and the bar out."""
    caption = gr.HTML("", elem_id="map-told", min_height=24)
    colouring = gr.Radio(
        [("by topic", "topic"), ("by source", "source"), ("by year", "year")],
        value="topic",
        label="Colour",
        elem_id="map-colour",
    )
    plot = gr.Plot(show_label=False, container=False, elem_id="map", label="Map of the papers")
    gr.HTML("<h2>Papers by year</h2>")
    describe_years = gr.HTML("", elem_id="years-told")
    years = gr.Plot(show_label=False, container=False, elem_id="years", label="Papers by year")
    return Charts(colouring, plot, caption, years, describe_years)


def connect_charts(
    context: LibraryContext, charts: Charts, *, shown: gr.State, tab: gr.Tab, place: gr.Tab
) -> None:
    """Draw when the tab is opened or come back to, and anew in other colours.

    Args:
        context: What is drawn.
        charts: The parts that are drawn in.
        shown: The answer whose sources the chat shows, or None; the map marks what it cites.
        tab: Whose opening draws.
        place: The tab of the frame that it lies in.
    """

    def draw(
        colouring: str | None,
        shown: Answer | None,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> object:
        if colouring is None:
            return gr.skip()
        drawn = context.paper_map.map(progress_in(bar))
        counts = context.library.catalog.facets().years
        figure = map_figure(
            drawn.rows,
            drawn.points,
            colouring=next((each for each in COLOURINGS if each == colouring), "topic"),
            cited=[paper.paper_id for paper in shown.papers] if shown else (),
            topics=drawn.topics,
        )
        years = year_figure(counts)
        return (
            gr.update(value=figure, visible=bool(drawn.rows)),
            said_html(drawn.caption),
            gr.update(value=years, visible=years is not None),
            said_html(describe_years(counts, len(context.library))),
        )

    drawing: dict[str, Any] = {
        "inputs": [charts.colouring, shown],
        "outputs": [charts.plot, charts.caption, charts.years, charts.describe_years],
        "show_progress_on": charts.caption,
        "concurrency_limit": 1,
        "concurrency_id": "drawing",
        "api_visibility": "private",
    }
    tab.select(draw, **drawing)
    charts.colouring.change(draw, **drawing)
    place.select(draw, js=IF_OPEN, **drawing)
