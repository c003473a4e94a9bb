"""Render the report as one HTML page, with style, script, plots and data inside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

from eval.data.records import Record
from eval.gate.comparison import LEAST_DIFFERENCE
from eval.metrics.catalogue import RECALL_AT, metric_of
from eval.report import tables
from eval.report.charts import (
    bar_chart,
    latency_bars,
    line_chart,
    mean_bars,
    reliability_chart,
)
from eval.report.explorer import explorer_rows
from eval.report.tables import Table
from eval.run.summary import Mean, Slices, Summary


def render_page(summary: Summary, records: Sequence[Record], last: Summary | None = None) -> str:
    """Render the whole page."""
    heading = f"{summary.name}: {summary.questions} questions, {summary.provenance.papers} papers"
    return Template(_load("page.html")).substitute(
        title=escape(f"{summary.name}, {summary.created[:10]}"),
        style=_load("page.css"),
        script=_load("page.js"),
        heading=escape(heading),
        meta=escape(_meta(summary)),
        notes="".join(f'<p class="note">{escape(n)}</p>' for n in tables.notes(summary, records)),
        headline=_headline(summary, last),
        plots="".join(_plots(summary)),
        published=_section(tables.published(summary), "published"),
        slices=_table(tables.by_slice(summary)),
        abstention=_section(tables.abstention(summary)),
        every_metric=_table(tables.every_metric(summary), "told"),
        made_with=_table(tables.made_with(summary), "made"),
        records=_embedded(explorer_rows(records)),
    )


def _load(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _embedded(value: object) -> str:
    """Return JSON that cannot end the script element around it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _meta(summary: Summary) -> str:
    p = summary.provenance
    parts = [summary.created.replace("T", " ").replace("+00:00", " UTC"), f"mode {p.mode}"]
    parts += [f"judge {p.judge}"] if p.judge else []
    parts += [f"commit {p.commit or 'unknown'}", f"code {p.code}", tables.usage_line(summary)]
    return " · ".join(parts)


def _table(table: Table, name: str = "") -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    inner = f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return _scrolling(table.title, inner)


def _scrolling(label: str, inner: str) -> str:
    """Wrap what may be wider than the page, so that a keyboard can scroll it too."""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0">{inner}</div>'
    )


def _section(table: Table, name: str = "") -> str:
    """Render a table as a section; nothing for a table without rows."""
    if not table.rows:
        return ""
    return f"<section><h2>{escape(table.title)}</h2>{_table(table, name)}</section>"


def _headline(summary: Summary, last: Summary | None) -> str:
    others = ({"last run": last.slices} if last else {}) | summary.baselines
    names = ["95 % interval", "n", *others]
    head = f"<th>metric</th><th>{escape(summary.provenance.system)}</th>"
    head += '<th class="drawn">from 0 to 1</th>'
    head += "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        _headline_row(name, mean, list(others.values()))
        for name in tables.HEADLINE
        if (mean := summary.mean("all", name))
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return _scrolling("All questions", table)


def _headline_row(name: str, mean: Mean, others: Sequence[Slices]) -> str:
    metric = metric_of(name)
    label = metric.label + (" ↓" if metric.better == "lower" else "")
    cells = [
        f'<td title="{escape(metric.about)}">{escape(label)}</td>',
        f'<td class="main">{tables.figure(mean)}</td>',
        f'<td class="drawn">{_strip(mean)}</td>',
        f"<td>{tables.interval(mean)}</td>",
        f"<td>{mean.n}</td>",
    ]
    cells += [_beside(name, mean, slices.get("all", {}).get(name)) for slices in others]
    return f"<tr>{''.join(cells)}</tr>"


def _strip(mean: Mean) -> str:
    """Draw a mean and its interval on a line from 0 to 1."""
    low, high = (mean.mean if end is None else end for end in (mean.low, mean.high))
    return (
        '<svg class="strip" viewBox="0 0 150 14" aria-hidden="true">'
        '<line class="track" x1="5" x2="145" y1="7" y2="7"/>'
        f'<line class="range" x1="{5 + 140 * low:.1f}" x2="{5 + 140 * high:.1f}" y1="7" y2="7"/>'
        f'<circle class="mean" cx="{5 + 140 * mean.mean:.1f}" cy="7" r="4.5"/></svg>'
    )


def _beside(name: str, ours: Mean, other: Mean | None) -> str:
    if other is None:
        return f"<td>{tables.NOTHING}</td>"
    gain = ours.mean - other.mean
    if metric_of(name).better == "lower":
        gain = -gain
    gain_text = f"{gain:+.3f}".replace("-", "−") if abs(gain) >= LEAST_DIFFERENCE else "="
    way = "" if gain_text == "=" else "up" if gain > 0 else "down"
    return f'<td>{tables.figure(other)}<small class="{way}">{gain_text}</small></td>'


def _plots(summary: Summary) -> list[str]:
    found = [
        ("Recall by depth", _recall(summary), "Relevant papers among the first k found."),
        ("Reliability of the confidence", _reliability(summary), _ece(summary)),
        *(
            (title, _bars(summary, metric, title), about)
            for title, metric, about in (
                ("Rank of the right paper, by slice", "mrr", "Mean of 1 / rank, with interval."),
                ("Facts mentioned, by slice", "must_mention", "Of the facts an answer needs."),
                ("Abstained when no paper answers", "abstention_recall", "By kind of question."),
            )
        ),
        ("Latency by stage", _latency(summary), "Milliseconds, median / 95th percentile."),
    ]
    return [
        f"<figure><h3>{escape(title)}</h3>{plot}<figcaption>{escape(about)}</figcaption></figure>"
        for title, plot, about in found
        if plot
    ]


def _recall(summary: Summary) -> str:
    systems = {summary.provenance.system: summary.slices} | summary.baselines
    series = {
        name: [(str(k), mean.mean) for k in RECALL_AT if (mean := slices["all"].get(f"recall@{k}"))]
        for name, slices in systems.items()
        if "all" in slices
    }
    drawn = {name: points for name, points in series.items() if points}
    return line_chart("Recall by depth", drawn) if drawn else ""


def _reliability(summary: Summary) -> str:
    return reliability_chart("Confidence against share right", summary.bins) if summary.bins else ""


def _ece(summary: Summary) -> str:
    return (
        "Confidence across, share of answers that cite a right paper upwards; the larger the dot, "
        f"the more answers. Expected calibration error {summary.ece or 0:.3f}."
    )


def _bars(summary: Summary, metric: str, title: str) -> str:
    means = {
        tables.slice_label(name): means[metric]
        for name, means in summary.slices.items()
        if metric in means and _tells(name, metric)
    }
    return bar_chart(title, mean_bars(means)) if len(means) > 1 else ""


def _tells(slice_name: str, metric: str) -> bool:
    """Return whether a slice deserves a bar; all questions may be the unanswerable ones."""
    return not (slice_name == "all" and metric == "abstention_recall")


def _latency(summary: Summary) -> str:
    most = max((each.p95 for each in summary.latency.values()), default=0.0)
    return bar_chart("Latency by stage", latency_bars(summary.latency), most) if most else ""
