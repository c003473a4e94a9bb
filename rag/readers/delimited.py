"""Read tables as CSV: separated by commas, semicolons or tabs, with the columns' names on top.

Not covered: what literature databases call their columns.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Final, TextIO

from rag.identifiers import doi_address, find_arxiv_id
from rag.readers.records import Record, RecordError
from rag.text import is_utf8

DELIMITERS: Final = ",;\t"
NEEDED: Final = frozenset(("title", "abstract"))


def looks_like_table(text: str) -> bool:
    """Whether the first line names the columns title and abstract."""
    return _delimiter(text.lstrip("\r\n").partition("\n")[0].partition("\r")[0]) is not None


def read_table(file: TextIO) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every row below the names that is not empty."""
    first = next((line for line in file if line.strip()), "")
    delimiter = _delimiter(first) or DELIMITERS[0]
    columns = _columns(first, delimiter)
    for row in _rows(file, delimiter):
        if isinstance(row, RecordError):
            yield row
        elif any(map(str.strip, row)):
            yield _record(columns, row)


def _delimiter(line: str) -> str | None:
    """Find what separates the names of columns, or None when the line names no papers' columns."""
    return next((each for each in DELIMITERS if set(_columns(line, each)) >= NEEDED), None)


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [name.strip().casefold() for name in names]


def _rows(file: TextIO, delimiter: str) -> Iterator[list[str] | RecordError]:
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as exc:  # also for a field of more than 131,072 characters
            yield RecordError(f"broken CSV: {exc}")


def _record(columns: list[str], row: list[str]) -> Record | RecordError:
    if not is_utf8("".join(row)):
        return RecordError("it is not text in UTF-8")
    fields: dict[str, str] = {}
    for column, value in zip(columns, row, strict=False):
        fields.setdefault(column, value.strip())
    doi = fields.get("doi", "")
    return {
        "title": fields.get("title", ""),
        "abstract": fields.get("abstract", ""),
        "authors": _first(fields, "authors", "author"),
        "published": _first(fields, "published", "date", "year"),
        "arxiv_id": find_arxiv_id(doi),
        "url": _first(fields, "url", "link") or doi_address(doi),
        "venue": _first(fields, "venue", "journal"),
    }


def _first(fields: Mapping[str, str], *names: str) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")
