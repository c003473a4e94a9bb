"""Render reports as Markdown that is readable as it is, in a terminal or a mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Final

from eval.data.records import Record
from eval.gate.comparison import Comparison
from eval.report import tables
from eval.report.tables import Table
from eval.run.summary import Summary

WORST_SHOWN: Final = 15
CHANGES_SHOWN: Final = 10
COLUMN: Final = 58  # characters; two columns fit into a usual terminal
FENCE: Final = "```"


def render_markdown(
    summary: Summary, records: Sequence[Record], last: Summary | None = None
) -> str:
    """Render the whole report of a run."""
    parts = [
        f"# {summary.name}: {summary.questions} questions over {summary.provenance.papers} papers",
        *(f"> {note}" for note in tables.notes(summary, records)),
        *(
            render_table(table)
            for table in (
                tables.headline(summary, last),
                tables.published(summary),
                tables.by_model(summary),
                tables.by_slice(summary),
                tables.abstention(summary),
            )
        ),
        "↓ marks metrics of which less is better. Intervals are bootstrapped, conversations whole.",
    ]
    if summary.bins and summary.ece is not None:
        parts.append(render_table(tables.calibration(summary)))
        parts.append(f"Expected calibration error {summary.ece:.3f}.")
    parts += [render_table(tables.latency(summary)), tables.usage_line(summary) + "."]
    parts.append(_render_worst(records))
    parts.append(render_table(tables.every_metric(summary)))
    parts.append(render_table(tables.made_with(summary)))
    return "\n\n".join(part for part in parts if part) + "\n"


def render_short(summary: Summary, records: Sequence[Record]) -> str:
    """Render the summary of a run for the terminal."""
    parts = [
        f"{summary.name}: {summary.questions} questions over {summary.provenance.papers} papers",
        *tables.notes(summary, records),
        render_table(tables.headline(summary, None)),
        render_table(tables.published(summary)),
        render_table(tables.by_model(summary)),
        render_table(tables.by_slice(summary)) if len(summary.slices) > 1 else "",
    ]
    return "\n\n".join(part for part in parts if part)


def render_table(table: Table) -> str:
    """Render a table with its title, its columns aligned."""
    if not table.rows:
        return ""
    widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    rule = "|".join(
        "-" * (width + 2) if place == 0 else "-" * (width + 1) + ":"
        for place, width in enumerate(widths)
    )
    lines = [_render_row(table.head, widths), f"|{rule}|"]
    lines += [_render_row(row, widths) for row in table.rows]
    return f"## {table.title}\n\n" + "\n".join(lines)


def _render_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = [cell.replace("|", "\\|") for cell in cells]
    padded = [first.ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"


def _render_worst(records: Sequence[Record]) -> str:
    ranked = sorted(records, key=lambda record: (-tables.badness(record), record.key))
    worst = [record for record in ranked[:WORST_SHOWN] if tables.badness(record)]
    if not worst:
        return ""
    return "## Where it went wrong\n\n" + "\n".join(_render_question(each) for each in worst)


def _render_question(record: Record) -> str:
    wrong = record.error or ", ".join(_shortfalls(record))
    return f"- `{record.key}` {_one_line(record.question)}\n  {wrong}"


def _shortfalls(record: Record) -> list[str]:
    scores = record.scores
    found = []
    if scores.get("false_abstention"):
        found.append("abstained though papers answer")
    if scores.get("abstention_recall") == 0:
        found.append("answered though no paper does")
    if scores.get("gold_citation_recall", scores.get("mrr", 1.0)) < 1:
        found.append(f"right papers missed, first found at {_first_rank(record)}")
    if record.missing_facts:
        found.append("facts missing: " + "; ".join(record.missing_facts))
    if scores.get("citation_recall", 1.0) < 1:
        found.append("statements that their citations do not support")
    return found


def _first_rank(record: Record) -> str:
    rank = record.scores.get("mrr", 0.0)
    return f"rank {round(1 / rank)}" if rank else "no rank"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def render_comparison(
    comparison: Comparison,
    first: Mapping[str, Record] | None = None,
    second: Mapping[str, Record] | None = None,
) -> str:
    """Render two runs compared, with the answers that changed most, where runs hold them."""
    parts = [
        f"# {comparison.shared} questions in both runs"
        + (f", {comparison.only_first} only in the first" if comparison.only_first else "")
        + (f", {comparison.only_second} only in the second" if comparison.only_second else ""),
        "\n".join(f"- {difference}" for difference in comparison.differences),
        render_table(tables.compared(comparison)),
        "● gated: worse beyond chance (p < 0.05 after Holm's correction) fails the comparison.",
        _render_changes(comparison, first or {}, second or {}),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _render_changes(
    comparison: Comparison, first: Mapping[str, Record], second: Mapping[str, Record]
) -> str:
    shown = comparison.changes[:CHANGES_SHOWN]
    if not shown:
        return "No question's scores differ."
    head = f"## The {len(shown)} of {len(comparison.changes)} questions that changed most"
    return "\n\n".join(
        [
            head,
            *(
                f"### {c.key} ({c.change:+.2f}: {', '.join(c.metrics)})\n\n"
                + _side_by_side(first.get(c.key), second.get(c.key))
                for c in shown
            ),
        ]
    )


def _side_by_side(first: Record | None, second: Record | None) -> str:
    """Render a question with both answers in columns; nothing for runs without answers."""
    records = [record for record in (first, second) if record]
    if not records:
        return ""
    columns = [
        [name, "", *_wrapped(_answer(record) if record else "(not kept)")]
        for name, record in (("first", first), ("second", second))
    ]
    lines = [
        f"{left.ljust(COLUMN)} │ {right}".rstrip()
        for left, right in zip_longest(*columns, fillvalue="")
    ]
    return f"{_one_line(records[0].question)}\n\n{FENCE}\n" + "\n".join(lines) + f"\n{FENCE}"


def _wrapped(text: str) -> list[str]:
    """Return the lines of a text in the width of a column, without blank ones."""
    lines = text.replace(FENCE, "~~~").splitlines()
    return [piece for line in lines for piece in wrap(line, COLUMN)]


def _answer(record: Record) -> str:
    if record.error:
        return record.error
    if record.answer is None:
        return "; ".join(f"{n}. {hit.title}" for n, hit in enumerate(record.hits[:5], start=1))
    return record.answer.markdown
