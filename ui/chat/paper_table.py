"""Render a table of papers: a row for each paper, every cell a sentence with its marker.

Sentences of a model are marked as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from rag.answering.columns import COLUMNS, MODELS_WORDS
from rag.answering.tabulating import MOST_COLUMNS, cited_cells
from rag.types import Answer, PaperTable, TableCell, TableRow
from ui.chat.answers import Markers
from ui.templates.rendering import Template

LONGEST_COLUMN: Final = 200  # characters of a question
TABLE: Final = Template("table", MODELS_WORDS=MODELS_WORDS, LONGEST_COLUMN=LONGEST_COLUMN)


def paper_table_html(answer: Answer, table: PaperTable, turn: int) -> Markup:
    """Render the table of an answer, and below it what can be done with it."""
    is_draft = answer.status == "draft"
    is_fixed = is_draft or len(table.columns) == 1
    whole = table_html(answer, table, turn, is_fixed=is_fixed)
    return whole if is_draft else whole + _below(table, turn) + legend_html(answer, table)


def table_html(answer: Answer, table: PaperTable, turn: int, *, is_fixed: bool) -> Markup:
    """Render a table; its markers link to the sources of the turn.

    Args:
        answer: It stands in.
        table: It.
        turn: The answer's number.
        is_fixed: Whether columns cannot be removed.
    """
    link = Markers(cited_cells(table), turn)
    rows = [_row(row, link) for row in table.rows]
    return TABLE.draw("table", answer.question, table.columns, rows, turn, is_fixed)


def _row(row: TableRow, link: Markers) -> Mapping[str, object]:
    paper = row.paper
    known = " · ".join(filter(None, (_first_author(paper.authors), str(paper.year or ""))))
    return {"paper": paper, "known": known, "cells": [_cell(cell, link) for cell in row.cells]}


def _cell(cell: TableCell | None, link: Markers) -> Mapping[str, object] | None:
    if cell is None:
        return None
    marker = link(cell.marker, cell.quote)
    return {"text": cell.text, "marker": marker, "is_written": bool(cell.sentence)}


def legend_html(answer: Answer, table: PaperTable) -> Markup:
    """Render what the cells of a table are."""
    return TABLE.draw("legend", answer.mode if table.has_model_cells else None)


def _first_author(authors: tuple[str, ...]) -> str:
    return authors[0] + (" et al." if len(authors) > 1 else "") if authors else ""


def _below(table: PaperTable, turn: int) -> Markup:
    """Render what can be done with a table: one more column, and a spreadsheet."""
    missing = [name for name in COLUMNS if name not in table.columns]
    return TABLE.draw("below", turn, len(table.columns) < MOST_COLUMNS, missing)
