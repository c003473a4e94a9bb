"""Lay papers side by side at the terminal: `papers table`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rag.cli.identifying import find_paper_ids
from rag.cli.opening import open_library
from rag.export import render_paper_table
from rag.terminal import write_json, write_line

if TYPE_CHECKING:
    from rag.types import PaperTable

    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

HELP: Final = "problem, method, data, result of papers, in their own sentences"


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
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument("--csv", action="store_true", help="print a spreadsheet")
    formats.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=tabulate)


def tabulate(options: argparse.Namespace) -> int:
    """Print a table of papers."""
    library = open_library(options)
    chosen = find_paper_ids(library, options.paper_ids)
    table = library.tabulate(chosen, options.column).table
    if table and options.json:
        write_json(table)
    elif table and options.csv:
        sys.stdout.write(render_paper_table(table))
    elif table:
        for line in _lines(table):
            write_line(line)
    return 0


def _lines(table: PaperTable) -> Iterator[str]:
    """Yield a block for each paper: its title, then each column with its sentence."""
    for row in table.rows:
        yield f"[{row.marker}] {row.paper.title}"
        for column, cell in zip(table.columns, row.cells, strict=True):
            yield f"    {column}: {cell.quote if cell else '–'}"
