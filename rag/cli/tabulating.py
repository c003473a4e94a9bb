"""Lay papers side by side at the terminal: `papers table`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rag.answering.columns import EMPTY, MODELS_WORDS
from rag.cli.identifying import find_paper_ids
from rag.cli.opening import open_library
from rag.export import render_paper_table
from rag.terminal import shown_progress, write_json, write_line, write_notice
from rag.types import Progress

if TYPE_CHECKING:
    from rag.library import Library
    from rag.types import PaperTable, TableCell

    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

HELP: Final = "problem, method, data, result of papers, each cell with the sentence that says it"


def add_tabulating(actions: Actions, common: Sequence[argparse.ArgumentParser]) -> None:
    """Add the action, below `paperchat papers`."""
    parser = actions.add_parser("table", parents=common, help=HELP, description=HELP)
    parser.add_argument("paper_ids", nargs="+", metavar="PAPER_ID")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME",
        help="problem, method, data, result, limits, or a question; repeatable",
    )
    parser.add_argument("--llm", metavar="MODEL", help="a model's name, or extractive")
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument("--csv", action="store_true", help="print a spreadsheet")
    formats.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=tabulate)


def tabulate(options: argparse.Namespace) -> int:
    """Print a table of papers."""
    library = open_library(options)
    chosen = find_paper_ids(library, options.paper_ids)
    table = _made(library, chosen, options.column)
    if table and options.json:
        write_json(table)
    elif table and options.csv:
        sys.stdout.write(render_paper_table(table))
    elif table:
        for line in _lines(table):
            write_line(line)
    return 0


def _made(library: Library, paper_ids: Sequence[str], columns: Sequence[str]) -> PaperTable | None:
    """Make a table, showing how far it is; say on standard error where the model did not help."""
    answer = None
    with shown_progress() as on_progress:
        for answer in library.stream_table(paper_ids, columns):
            if answer.table:
                done = answer.table.put if answer.stage == "writing" else len(answer.table.rows)
                on_progress(Progress("Reading papers", done, len(answer.hits)))
    if answer and answer.notice:
        write_notice(answer.notice)
    return answer.table if answer else None


def _lines(table: PaperTable) -> Iterator[str]:
    """Yield a block for each paper: its title, then each column with its sentence.

    Below a sentence of a model's stands the quote that supports it.
    """
    for row in table.rows:
        yield f"[{row.marker}] {row.paper.title}"
        for column, cell in zip(table.columns, row.cells, strict=True):
            yield f"    {column}: {_told(cell)}"
            if cell and cell.sentence:
                yield f"        “{cell.quote}”"


def _told(cell: TableCell | None) -> str:
    if cell is None:
        return EMPTY
    return f"{cell.text} ({MODELS_WORDS})" if cell.sentence else cell.text
