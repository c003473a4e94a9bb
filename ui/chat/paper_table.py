"""Render a table of papers: a row for each paper, every cell a sentence with its marker.

Sentences of a model are marked as such.
"""

from __future__ import annotations

from html import escape
from typing import Final

from rag.answering.columns import COLUMNS, MODELS_WORDS
from rag.answering.tabulating import MOST_COLUMNS, cited_cells
from rag.types import Answer, PaperTable, TableCell, TableRow
from ui.chat.answers import Markers
from ui.templates.icons import icon
from ui.templates.markdown import plain_html

LONGEST_COLUMN: Final = 200  # characters of a question
EMPTY: Final = '<span class="empty" title="The abstract does not say it.">–</span>'


def paper_table_html(answer: Answer, table: PaperTable, turn: int) -> str:
    """Render the table of an answer, and below it what can be done with it."""
    is_draft = answer.status == "draft"
    is_fixed = is_draft or len(table.columns) == 1
    whole = table_html(answer, table, turn, is_fixed=is_fixed)
    return whole + ("" if is_draft else _below(table, turn) + legend_html(answer, table))


def table_html(answer: Answer, table: PaperTable, turn: int, *, is_fixed: bool) -> str:
    """Render a table; its markers link to the sources of the turn.

    Args:
        answer: It stands in.
        table: It.
        turn: The answer's number.
        is_fixed: Whether columns cannot be removed.
    """
    link = Markers(cited_cells(table), turn)
    head = "".join(
        _heading(place, name, turn, is_fixed=is_fixed)
        for place, name in enumerate(table.columns, start=1)
    )
    body = "".join(_row(row, link) for row in table.rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(answer.question)}">'
        '<table class="side-by-side"><thead><tr><th scope="col">'
        f'<button type="button" data-sort-rows="0">Paper</button></th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heading(place: int, name: str, turn: int, *, is_fixed: bool) -> str:
    drop = (
        ""
        if is_fixed
        else f'<button type="button" class="drop" data-do="table" data-turn="{turn}" '
        f'data-drop="{escape(name)}" aria-label="Remove the column {escape(name)}" '
        f'title="Remove this column">{icon("close")}</button>'
    )
    return (
        f'<th scope="col"><button type="button" data-sort-rows="{place}">{plain_html(name)}'
        f"</button>{drop}</th>"
    )


def _row(row: TableRow, link: Markers) -> str:
    paper = row.paper
    known = " · ".join(filter(None, (_first_author(paper.authors), str(paper.year or ""))))
    about = f'<span class="meta">{escape(known)}</span>' if known else ""
    cells = "".join(f"<td>{_cell(cell, link)}</td>" for cell in row.cells)
    return (
        f'<tr><th scope="row"><a href="{escape(paper.link)}" target="_blank" '
        f'rel="noopener noreferrer">{plain_html(paper.title)}</a>{about}</th>{cells}</tr>'
    )


def _cell(cell: TableCell | None, link: Markers) -> str:
    if cell is None:
        return EMPTY
    whose = f' <small class="by-model">{MODELS_WORDS}</small>' if cell.sentence else ""
    return f"{plain_html(cell.text)}&nbsp;{link(cell.marker, cell.quote)}{whose}"


def legend_html(answer: Answer, table: PaperTable) -> str:
    """Render what the cells of a table are."""
    empty = "“–” means that the abstract does not say it."
    if not table.has_model_cells:
        return f'<p class="notice">Every cell is a sentence of the abstract. {empty}</p>'
    return (
        f'<p class="notice">“{MODELS_WORDS}” marks what {escape(answer.mode)} wrote: the number '
        "leads to the sentence of the abstract that supports it. All other cells are sentences of "
        f"the abstracts. {empty}</p>"
    )


def _first_author(authors: tuple[str, ...]) -> str:
    return authors[0] + (" et al." if len(authors) > 1 else "") if authors else ""


def _below(table: PaperTable, turn: int) -> str:
    """Render what can be done with a table: one more column, and a spreadsheet."""
    missing = [name for name in COLUMNS if name not in table.columns]
    options = "".join(f'<option value="{name}"></option>' for name in missing)
    form = (
        f'<form class="more-columns" data-do="table" data-turn="{turn}">'
        f'<label for="column-{turn}">Add a column</label>'
        f'<input id="column-{turn}" name="column" list="columns-{turn}" autocomplete="off" '
        f'required maxlength="{LONGEST_COLUMN}" placeholder="Limits, or a question of your own">'
        f'<datalist id="columns-{turn}">{options}</datalist>'
        '<button type="submit">Add</button></form>'
    )
    return (
        f'<div class="below-table">{form if len(table.columns) < MOST_COLUMNS else ""}'
        f'<button type="button" data-do="export" data-format="table" data-of="turn-{turn}">'
        f"{icon('export')}CSV</button></div>"
    )
