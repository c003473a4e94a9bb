"""Read spreadsheets of Excel: the first sheet that has a table of papers.

The rows below the columns' names are read as those of CSV are, one after another: a cell that
stands far away costs no memory. Not covered: `.xls` and `.ods`, which are told to be saved anew.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Final
from xml.etree.ElementTree import ParseError

from rag.readers.delimited import LINES_BEFORE_NAMES, columns_in, record_of_row
from rag.readers.records import Record, RecordError, UnreadableError

MOST_BYTES: Final = 50_000_000
MOST_UNPACKED_BYTES: Final = 200_000_000
MOST_SHEETS: Final = 20
MOST_ROWS: Final = 200_000
MOST_ROWS_ABOVE: Final = 1_000  # empty ones, mostly
PIECE_BYTES: Final = 1 << 20
MAGIC: Final = b"PK\x03\x04"  # a zip file's, of which `is_spreadsheet` tells
OLD_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of Excel's and Word's before 2007
WORKBOOK: Final = "xl/workbook.xml"
# What openpyxl raises where a part is missing or broken.
BROKEN: Final = (
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError),
    *(OSError, EOFError, ParseError, zipfile.BadZipFile, zlib.error),
)
OTHER_WORKBOOK: Final = "xl/workbook.bin"
OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"
SAVE_ANEW: Final = "save it as .xlsx or CSV"


def is_spreadsheet(archive: zipfile.ZipFile) -> bool:
    """Return whether a zip file is a spreadsheet of Excel.

    Raises:
        UnreadableError: It is one of another kind.
    """
    names = frozenset(archive.namelist())
    if OTHER_WORKBOOK in names or ("mimetype" in names and _is_open_document(archive)):
        raise UnreadableError(f"it is a spreadsheet of a kind that is not read; {SAVE_ANEW}")
    return WORKBOOK in names


def _is_open_document(archive: zipfile.ZipFile) -> bool:
    with archive.open("mimetype") as file:
        return file.read(len(OPEN_DOCUMENT)) == OPEN_DOCUMENT


def require_small(archive: zipfile.ZipFile) -> None:
    """Refuse a spreadsheet that becomes larger than any when it is unpacked.

    Raises:
        UnreadableError: It does.
    """
    size = 0
    for member in archive.infolist():
        with archive.open(member) as file:
            while piece := file.read(PIECE_BYTES):
                size += len(piece)
                if size > MOST_UNPACKED_BYTES:
                    raise UnreadableError("it is a spreadsheet larger than any of papers")


def read_spreadsheet(content: bytes) -> Iterator[Record | RecordError]:
    """Read a record for every row below the names of columns that is not empty.

    Raises:
        UnreadableError: It is broken, or no sheet has papers.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets[:MOST_SHEETS]:
            sheet.reset_dimensions()  # which some programs write wrong
            rows = map(_texts, islice(sheet.iter_rows(values_only=True), MOST_ROWS))
            above = list(islice(filter(any, islice(rows, MOST_ROWS_ABOVE)), LINES_BEFORE_NAMES))
            if found := columns_in(above):
                yield from _records(found[0], chain(above[found[1] :], rows))
                return
    except BROKEN as exc:
        raise UnreadableError("it is a spreadsheet that cannot be read; save it as CSV") from exc
    raise UnreadableError("none of its sheets has columns that are called title and abstract")


def _records(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Record]:
    return (record_of_row(columns, row) for row in rows if any(row))


def _texts(row: Sequence[object]) -> list[str]:
    return [_text(value) for value in row]


def _text(value: object) -> str:
    """Return a cell as it would stand in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
