"""Read tables of HTML with the columns' names on top, as many save "Excel" (`.xls`).

Not covered: tables within tables, and cells that span several columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rag.cleaning.markup import text_of_markup
from rag.readers.delimited import columns_in, record_of_row
from rag.readers.records import Record, RecordError, read_whole
from rag.readers.text_files import Text
from rag.text import one_line

MOST_CHARACTERS: Final = 100_000_000
ROWS_BEFORE_NAMES: Final = 5
TAG: Final = re.compile(r"<(/?)(table|tr|t[hd])(?:\s[^<>]{0,1000})?>", re.IGNORECASE)
Row = tuple[int, list[str]]  # the number of its table, and its cells as they are written


def looks_like_html_table(text: str) -> bool:
    """Return whether a table's first rows name columns of titles and abstracts."""
    return text.lstrip()[:1] == "<" and any(True for _ in _tables(text))


def read_html_table(file: Text) -> Iterator[Record | RecordError]:
    """Read a record for every row, below the names of its table, that is not empty.

    Raises:
        UnreadableError: The file is too long.
    """
    for columns, rows in _tables(read_whole(file, MOST_CHARACTERS, "table")):
        for row in rows:
            if any(row):
                yield record_of_row(columns, row)


def _tables(text: str) -> Iterator[tuple[Sequence[str], Iterator[list[str]]]]:
    """Give the columns and rows of each table of papers."""
    for _, rows in groupby(_rows(text), key=lambda row: row[0]):
        above: list[list[str]] = []
        for _, cells in rows:
            above.append(list(map(_text, cells)))
            if found := columns_in(above[-1:]):
                yield found[0], (list(map(_text, each)) for _, each in rows)
                break
            if len(above) == ROWS_BEFORE_NAMES:
                break


def _rows(text: str) -> Iterator[Row]:
    table, cells, begin = 0, list[str](), -1
    for tag in TAG.finditer(text):
        name = tag[2].lower()
        if begin >= 0:  # whatever comes next ends a cell
            cells.append(text[begin : tag.start()])
            begin = -1
        if name in ("tr", "table"):
            if cells:
                yield table, cells
            cells = []
            table += name == "table"
        elif not tag[1]:
            begin = tag.end()
    if cells:
        yield table, cells


def _text(cell: str) -> str:
    return one_line(text_of_markup(cell))
