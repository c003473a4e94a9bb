"""Plot as inline SVG; colours come from the page's style, so they follow light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from eval.run.summary import BinRow, Latency, Mean

WIDTH: Final = 440
HEIGHT: Final = 260
LEFT, RIGHT, TOP, BOTTOM = 42, 20, 14, 34  # margins of plots with axes
ROW: Final = 26  # height of a bar with its label
LABELS: Final = 132  # width of the labels of bars
VALUES: Final = 46  # width of the figures after bars
TWO_VALUES: Final = 92
STEP, HALF = 0.1, 0.5  # grid lines; twice as far apart where more than half of the scale is shown
MOST_SERIES: Final = 5  # number of colours


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled bar with an interval; `faint` is the value of a second, longer bar behind it."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    faint: float | None = None
    caption: str = ""


def line_chart(title: str, series: Mapping[str, Sequence[tuple[str, float]]]) -> str:
    """Plot lines over labelled places, values in [0, 1]; the scale begins near the least value."""
    shown = dict(list(series.items())[:MOST_SERIES])
    values = [value for points in shown.values() for _, value in points]
    bottom = _bottom(min(values, default=0.0))
    labels = [label for label, _ in next(iter(shown.values()), ())]
    parts = [_grid(bottom), *_x_labels(labels)]
    for number, points in enumerate(shown.values()):
        places = [(_x(n, len(labels)), _y(v, bottom)) for n, (_, v) in enumerate(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="line s{number}" points="{path}"/>')
        parts += [
            f'<circle class="dot s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5">'
            f"<title>{escape(label)}: {value:.3f}</title></circle>"
            for (x, y), (label, value) in zip(places, points, strict=True)
        ]
    return _svg(title, HEIGHT, parts) + _legend(list(shown))


def reliability_chart(title: str, bins: Sequence[BinRow]) -> str:
    """Plot accuracy over confidence, beside the diagonal of perfect calibration."""
    most = max((each.count for each in bins), default=1)
    plot = WIDTH - LEFT - RIGHT
    parts = [_grid(0.0), *_share_labels()]
    parts.append(
        f'<line class="ideal" x1="{LEFT}" y1="{_y(0, 0):.1f}" '
        f'x2="{LEFT + plot}" y2="{_y(1, 0):.1f}"/>'
    )
    for each in bins:
        x, y = LEFT + plot * each.confidence, _y(each.accuracy, 0)
        radius = 4 + 10 * (each.count / most) ** 0.5
        caption = (
            f"{each.count} answers, confidence {each.confidence:.2f}, right {each.accuracy:.2f}"
        )
        parts.append(
            f'<path class="gap" d="M{x:.1f} {y:.1f}V{_y(each.confidence, 0):.1f}"/>'
            f'<circle class="bubble" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
            f"<title>{caption}</title></circle>"
        )
    return _svg(title, HEIGHT, parts)


def bar_chart(title: str, bars: Sequence[Bar], most: float = 1.0) -> str:
    """Plot horizontal bars with whiskers for their intervals."""
    room = VALUES if all(bar.faint is None for bar in bars) else TWO_VALUES
    plot = WIDTH - LABELS - room
    parts = []
    for number, bar in enumerate(bars):
        top = number * ROW + 6
        parts.append(_text(LABELS - 8, top + 13, bar.label, "end"))
        if bar.faint is not None:
            parts.append(_rect(LABELS, top + 2, plot * _share(bar.faint, most), "bar faint"))
        parts.append(_rect(LABELS, top + 2, plot * _share(bar.value, most), "bar"))
        parts += _whisker(bar, top + 9, plot / most)
        parts.append(_text(WIDTH - room + 10, top + 13, bar.caption or f"{bar.value:.2f}", "start"))
    return _svg(title, len(bars) * ROW + 8, parts)


def mean_bars(means: Mapping[str, Mean]) -> list[Bar]:
    """Return bars of means with their intervals."""
    return [Bar(name, mean.mean, mean.low, mean.high) for name, mean in means.items()]


def latency_bars(latency: Mapping[str, Latency]) -> list[Bar]:
    """Return bars of the median by stage, the 95th percentile behind."""
    return [
        Bar(stage, each.p50, faint=each.p95, caption=f"{each.p50:.0f} / {each.p95:.0f}")
        for stage, each in latency.items()
    ]


def _share(value: float, most: float) -> float:
    return min(max(value / most, 0.0), 1.0) if most else 0.0


def _whisker(bar: Bar, y: float, scale: float) -> list[str]:
    if bar.low is None or bar.high is None or bar.low == bar.high:
        return []
    low, high = LABELS + bar.low * scale, LABELS + bar.high * scale
    ends = [f"M{x:.1f} {y - 4:.1f}V{y + 4:.1f}" for x in (low, high)]
    return [f'<path class="whisker" d="M{low:.1f} {y:.1f}H{high:.1f}{"".join(ends)}"/>']


def _rect(x: float, y: float, width: float, name: str) -> str:
    return (
        f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" '
        'height="14" rx="2"/>'
    )


def _bottom(least: float) -> float:
    """Return the start of a scale in round steps that ends at 1, below the least value."""
    tenths = min(int(least * 10), 9)
    return (tenths if tenths >= 10 * HALF else tenths - tenths % 2) / 10


def _grid(bottom: float) -> str:
    """Draw horizontal lines with their values, from `bottom` to 1."""
    count = round((1 - bottom) / (STEP if bottom >= HALF else 2 * STEP))
    steps = [bottom + (1 - bottom) * n / count for n in range(count + 1)]
    return "".join(
        f'<line class="grid" x1="{LEFT}" y1="{_y(v, bottom):.1f}" x2="{WIDTH - RIGHT}" '
        f'y2="{_y(v, bottom):.1f}"/>' + _text(LEFT - 6, _y(v, bottom) + 4, f"{v:.2f}", "end")
        for v in steps
    )


def _x_labels(labels: Sequence[str]) -> list[str]:
    return [
        _text(_x(n, len(labels)), HEIGHT - BOTTOM + 18, label, "middle")
        for n, label in enumerate(labels)
    ]


def _share_labels() -> list[str]:
    plot = WIDTH - LEFT - RIGHT
    steps = [n / 4 for n in range(5)]
    return [
        _text(LEFT + plot * step, HEIGHT - BOTTOM + 18, f"{step:.2f}", "middle") for step in steps
    ]


def _x(place: int, places: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(places, 1)


def _y(value: float, bottom: float) -> float:
    share = (value - bottom) / (1 - bottom)
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _legend(names: Sequence[str]) -> str:
    items = "".join(
        f'<li><i class="key s{number}"></i>{escape(name)}</li>' for number, name in enumerate(names)
    )
    return f'<ul class="legend">{items}</ul>'
