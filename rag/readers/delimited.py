"""Read tables with the columns' names on top: CSV with commas, semicolons, tabs or bars.

The columns may be called as Scopus, IEEE Xplore, Web of Science, Zotero, Covidence, PubMed,
Dimensions and the like call them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Final

from rag.identifiers import find_arxiv_id
from rag.readers.dates import best_date, combine
from rag.readers.records import OwnRecord, Record, RecordError, UnreadableError
from rag.readers.text_files import Text

DELIMITERS: Final = ",;\t|"
TITLES: Final = (
    *("title", "article title", "document title", "paper title", "item title", "primary title"),
    *("publication title", "ti", "title of paper", "title (english)", "titel", "titre"),
)
ABSTRACTS: Final = (
    *("abstract", "abstract note", "abstract text", "ab", "summary", "abstract_text"),
    *("abstractnote", "abstract (english)", "description", "zusammenfassung", "résumé", "text"),
)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": TITLES,
    "abstract": ABSTRACTS,
    "authors": (
        *("author full names", "authors", "author", "author(s)", "author names", "af", "au"),
        *("authors (raw)", "creator", "creators", "author name", "authors list", "auteurs"),
    ),
    "date": (
        *("published", "date", "publication date", "published date", "date published", "pd"),
        *("publication_date", "pubdate", "online date", "cover date", "issue date"),
    ),
    "year": (
        *("year", "publication year", "published year", "pubyear", "pub year", "py"),
        *("publication_year", "pub. year", "year published", "jahr"),
    ),
    "month": ("month", "published month", "publication month"),
    "doi": ("doi", "di", "doi link", "digital object identifier", "article doi"),
    "pmid": ("pmid", "pubmed id", "pubmed_id", "pubmed", "pm"),
    "arxiv": ("arxiv id", "arxiv_id", "arxiv", "arxivid", "eprint", "archive location"),
    "url": ("url", "link", "html link", "pdf link", "urls", "source url", "article url", "website"),
    "venue": (
        *("venue", "journal", "source title", "journal/book", "journal title", "publication"),
        *("journal name", "conference name", "book title", "so", "journal abbreviation"),
    ),
    "keywords": ("author keywords", "keywords", "manual tags", "tags", "de", "index keywords"),
    "key": ("citation key", "citekey", "cite key", "bibtex key"),
    "collections": ("collections", "collection"),
    "own": ("paperchat_id",),
}
MOST_BROKEN_ROWS: Final = 20  # one behind the other
LINES_BEFORE_NAMES: Final = 5  # some tables begin with what was searched for
TEXT_SIGN: Final = re.compile(r"^'(?=[=+\-@\t\r'])")  # what tells a spreadsheet: no formula
SEPARATOR: Final = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)  # as Excel is told it


def looks_like_table(text: str) -> bool:
    """Whether one of the first lines names columns of titles and abstracts."""
    return _names_in(text) is not None or _has_titles_alone(text)


def read_table(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every row below the names that is not empty.

    Raises:
        UnreadableError: There is no column of abstracts.
    """
    lines = iter(file)
    filled = (line for line in lines if line.strip())
    head = list(islice(filled, LINES_BEFORE_NAMES))
    found = _names_in("".join(head))
    if found is None:
        raise UnreadableError("it is a table without a column that is called abstract")
    delimiter, columns, below = found
    for row in _rows(chain(head[below:], lines), delimiter):
        if isinstance(row, RecordError):
            yield row
        elif any(map(str.strip, row)):
            yield _record(columns, row)


def _names_in(text: str) -> tuple[str, list[str], int] | None:
    """What separates the columns, their names, and how many lines stand above the rows."""
    lines = [line for line in text.split("\n") if line.strip()][:LINES_BEFORE_NAMES]
    for number, line in enumerate(lines):
        declared = SEPARATOR.match(line)
        for delimiter in declared[1] if declared else DELIMITERS:
            names = _columns(line.strip("\r"), delimiter)
            if _has(names, TITLES) and _has(names, ABSTRACTS):
                return delimiter, names, number + 1
    return None


def _has_titles_alone(text: str) -> bool:
    """Whether the first line names columns of papers, with no abstracts among them."""
    line = text.lstrip("\r\n").partition("\n")[0]
    for delimiter in DELIMITERS:
        names = _columns(line, delimiter)
        known = [column for column, called in COLUMNS.items() if _has(names, called)]
        if _has(names, TITLES[:6]) and len(known) > 2:
            return True
    return False


def _has(names: list[str], called: tuple[str, ...]) -> bool:
    return not set(called).isdisjoint(names)


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [" ".join(name.strip("\ufeff \t*").casefold().split()) for name in names]


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str] | RecordError]:
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    broken = 0  # in a row
    while broken < MOST_BROKEN_ROWS:
        try:
            yield next(rows)
            broken = 0
        except StopIteration:
            return
        except csv.Error as exc:  # also for a field of more than 131,072 characters
            broken += 1
            yield RecordError(f"broken CSV: {exc}")
    raise UnreadableError(f"its last {MOST_BROKEN_ROWS} rows are broken; it was read no further")


def _record(columns: list[str], row: list[str]) -> Record:
    cells: dict[str, str] = {}
    for column, value in zip(columns, row, strict=False):
        cells.setdefault(column, TEXT_SIGN.sub("", value.strip()))
    doi = _first(cells, "doi")
    year, date = _first(cells, "year"), _first(cells, "date")
    own_id = _first(cells, "own")
    record: Record = {
        "id": own_id,
        "title": _first(cells, "title"),
        "abstract": _first(cells, "abstract"),
        "authors": _first(cells, "authors"),
        "published": best_date(date) or combine(year, date or _first(cells, "month")),
        "arxiv_id": _first(cells, "arxiv") or find_arxiv_id(doi),
        "doi": doi,
        "pmid": _first(cells, "pmid"),
        "url": _first(cells, "url"),
        "venue": _first(cells, "venue"),
        "keywords": _first(cells, "keywords"),
        "citekey": _first(cells, "key"),
        "collections": list(filter(None, map(str.strip, _first(cells, "collections").split(";")))),
    }
    if not own_id:
        return record
    names = map(str.strip, _first(cells, "authors").split(";"))
    return OwnRecord({**record, "authors": list(names), "source": cells.get("source")})


def _first(cells: Mapping[str, str], column: str) -> str:
    return next((cells[name] for name in COLUMNS[column] if cells.get(name)), "")
