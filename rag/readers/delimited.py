"""Read tables with the columns' names on top: CSV with commas, semicolons, tabs or bars.

The columns may be called as Scopus, IEEE Xplore, Web of Science, Zotero, Covidence, PubMed,
Dimensions, Notion and the like call them, in some thirty languages.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from rag.identifiers import find_arxiv_id
from rag.readers.column_names import (
    CERTAIN_ABSTRACTS,
    COLUMNS,
    ENGLISH_TITLES,
    NAMES,
    OF_DETAILS,
    bare_name,
)
from rag.readers.dates import best_date, combine
from rag.readers.imprints import page_span
from rag.readers.people import whole
from rag.readers.records import OwnRecord, Record, RecordError, UnreadableError
from rag.readers.text_files import Text

DELIMITERS: Final = ",;\t|"
NUMBERED_AUTHOR: Final = re.compile(r"^(?:author|autor|auteur)(?:name)?\d{1,3}$")
FIRST_AUTHOR: Final = "firstauthor"  # where no other is told
WEB: Final = re.compile(r"https?://\S+$")
MOST_BROKEN_ROWS: Final = 20  # one behind the other
LINES_BEFORE_NAMES: Final = 5  # some tables begin with what was searched for
MOST_LINES_BEFORE: Final = 25  # where the names are surely those of a table of papers
MOST_BLANK_LINES: Final = 10_000  # above and between these
LEAST_COLUMNS: Final = 4
TEXT_SIGN: Final = re.compile(r"^'(?=[=+\-@\t\r'])")  # what tells a spreadsheet: no formula
# A cell that begins with a word in quotation marks, and is no quoted cell.
STRAY_QUOTES: Final = re.compile(r'"(?:[^"]|"")*"(?!")\s*\S')
NULL: Final = "\\N"  # how databases write that there is nothing
# In rows of databases: a quotation mark inside a cell behind a backslash, which others double.
BACKSLASHED: Final = re.compile(r'\\"(?=[^",;\t|\r\n])')
PLURAL: Final = "titles"  # which a sentence may begin with too
SEPARATOR: Final = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)  # as Excel is told it


def looks_like_table(text: str) -> bool:
    """Return whether one of the first lines names columns of titles and abstracts."""
    return _names_in(text) is not None or _titles_alone(text) is not None


def read_table(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every row below the names that is not empty.

    One without a column of abstracts gives records that lack them, which may be found elsewhere.

    Raises:
        UnreadableError: There are no columns of papers.
    """
    lines = iter(file)
    head = list(_head(lines))
    found = _names_in("".join(head)) or _titles_alone("".join(head))
    if found is None:
        raise UnreadableError("it is a table without a column that is called abstract")
    delimiter, columns, below = found
    filled = [place for place, line in enumerate(head) if line.strip()]
    rows: Iterator[str] = chain(head[filled[below - 1] + 1 :], lines)
    rows = (_with_quotes_doubled(line) for line in rows)
    if delimiter == "\t":
        rows = (_with_quotes_kept(line, len(columns)) for line in rows)
    for row in _rows(rows, delimiter, len(columns)):
        if isinstance(row, RecordError):
            yield row
        elif any(map(str.strip, row)):
            yield record_of_row(columns, row)


def _head(lines: Iterator[str]) -> Iterator[str]:
    """Give the lines among which the names of columns are, with blank ones, of which cells have."""
    filled = 0
    for line in islice(lines, MOST_BLANK_LINES):
        filled += bool(line.strip())
        yield line
        if filled == MOST_LINES_BEFORE:
            return


def columns_in(head: Sequence[Sequence[str]]) -> tuple[list[str], int] | None:
    """Find the names of a table's columns in its first rows, and how many stand above the rest."""
    for number, row in enumerate(head):
        names = _titled(list(map(bare_name, row)))
        if _has(names, COLUMNS["title"]) and _has(names, COLUMNS["abstract"]):
            return names, number + 1
    return None


def _titled(names: list[str]) -> list[str]:
    """Return the names of columns; one that is only called name is that of titles of papers."""
    called = next((name for name in NAMES if name in names), "")
    if called and not _has(names, COLUMNS["title"]) and _are_of_papers(names):
        names[names.index(called)] = COLUMNS["title"][0]
    return names


def _names_in(text: str) -> tuple[str, list[str], int] | None:
    """Return what separates the columns, their names, and how many lines stand above the rows."""
    lines = [line for line in text.split("\n") if line.strip()][:MOST_LINES_BEFORE]
    for number, line in enumerate(lines):
        declared = SEPARATOR.match(line)
        for delimiter in declared[1] if declared else DELIMITERS:
            names = _titled(_columns(line.strip("\r"), delimiter))
            is_told = PLURAL not in names or any(delimiter in each for each in lines[number + 1 :])
            is_told &= number < LINES_BEFORE_NAMES or _known(names) >= LEAST_COLUMNS
            if is_told and _has(names, COLUMNS["title"]) and _has(names, COLUMNS["abstract"]):
                return delimiter, names, number + 1
    return None


def _are_of_papers(names: list[str]) -> bool:
    """Return whether a column of names, as Notion calls its first, must be one of titles."""
    return _has(names, tuple(CERTAIN_ABSTRACTS)) or (
        _has(names, COLUMNS["authors"])
        and _has(names, (*COLUMNS["date"], *COLUMNS["year"], *COLUMNS["doi"]))
    )


def _titles_alone(text: str) -> tuple[str, list[str], int] | None:
    """Return the same of a first line that names columns of papers, abstracts not among them."""
    line = text.lstrip("\r\n").partition("\n")[0]
    for delimiter in DELIMITERS:
        names = _columns(line.strip("\r"), delimiter)
        if _has(names, ENGLISH_TITLES) and _known(names) > 2:
            return delimiter, names, 1
    return None


def _known(names: list[str]) -> int:
    """Count the kinds of columns that names are of."""
    return sum(_has(names, called) for called in COLUMNS.values())


def _has(names: list[str], called: tuple[str, ...]) -> bool:
    return not set(called).isdisjoint(names)


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [bare_name(name) for name in names]


def _with_quotes_doubled(line: str) -> str:
    """Double the quotation marks of a row that stand behind backslashes, as CSV has them."""
    return line.replace('\\"', '""') if '\\"' in line and BACKSLASHED.search(line) else line


def _with_quotes_kept(line: str, columns: int) -> str:
    """Double the quotation marks in texts of a table that quotes nothing."""
    cells = line.rstrip("\r\n").split("\t")
    if len(cells) != columns or not any(map(STRAY_QUOTES.match, cells)):
        return line
    return "\t".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"


def _rows(lines: Iterator[str], delimiter: str, columns: int) -> Iterator[list[str] | RecordError]:
    taken: list[str] = []  # lines of the row
    rows = csv.reader(_noted(lines, taken), delimiter=delimiter, strict=True)
    broken = 0  # in a row
    while broken < MOST_BROKEN_ROWS:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as exc:  # also for a field of more than 131,072 characters
            row = _mended(taken, delimiter, columns)
            broken = 0 if row else broken + 1
            yield row or RecordError(f"broken CSV: {exc}")
        else:
            broken = 0
            yield row
        taken.clear()
    raise UnreadableError(f"its last {MOST_BROKEN_ROWS} rows are broken; it was read no further")


def _noted(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _mended(lines: Sequence[str], delimiter: str, columns: int) -> list[str]:
    """Read a broken row whose quoted cells have quotation marks inside that are not doubled.

    Nothing comes of a row of several lines, or where there are not as many cells as names.
    """
    if len(lines) != 1:
        return []
    between = re.escape(delimiter)
    line = re.sub(rf'(?<=[^{between}"])"(?=[^{between}"\r\n])', '""', lines[0])
    try:
        row = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return row if len(row) == columns else []


def record_of_row(columns: Sequence[str], row: Sequence[str]) -> Record:
    """Make a record of a row, whose columns have names without case and signs."""
    cells: dict[str, str] = {}
    for column, value in zip(columns, row, strict=False):
        if (text := TEXT_SIGN.sub("", value.strip())) and text != NULL:
            cells.setdefault(column, text)
    doi = _first(cells, "doi")
    year = _first(cells, "year")
    dates = [cells[name] for name in COLUMNS["date"] if cells.get(name)]
    own_id = _first(cells, "own")
    record: Record = {
        "id": own_id,
        "title": _first(cells, "title"),
        "abstract": _first(cells, "abstract"),
        "authors": _line_by_line(_first(cells, "authors")) or _authors_apart(cells),
        "published": _published(year, dates, _first(cells, "month")),
        "arxiv_id": _first(cells, "arxiv") or find_arxiv_id(doi),
        "doi": doi,
        "pmid": _first(cells, "pmid").partition("\n")[0],
        "url": _url(cells),
        "venue": _first(cells, "venue"),
        "keywords": _first(cells, "keywords"),
        "citekey": _first(cells, "key"),
        **_imprint(cells),
        "collections": list(filter(None, map(str.strip, _first(cells, "collections").split(";")))),
    }
    if not own_id:
        return record
    told = {name: name for name in map(whole, _first(cells, "sorted").split(";"))}
    names = (told.get(name, name) for name in map(str.strip, _first(cells, "authors").split(";")))
    own = {name: cells.get(name) for name in ("source", "retraction")}
    notices = cells.get("notices", "").split("; ")
    return OwnRecord({**record, "authors": list(names), "notices": notices, **own})


def _imprint(cells: Mapping[str, str]) -> dict[str, object]:
    """Return kinds, volume, issue, pages and the like; of what is not told nothing."""
    told = {
        detail: next((cells[name] for name in names if name in cells), "")
        for detail, names in OF_DETAILS.items()
    }
    span = page_span(told["first"], told["last"])
    return {
        **{name: told[name] for name in ("kind", "volume", "issue", "publisher", "isbn")},
        "kinds": _first(cells, "kinds").split(";"),
        "pages": told["pages"] or span or told["article"],
        "issn": [told["issn"], told["eissn"]],
    }


def _published(year: str, dates: list[str], month: str) -> str | None:
    """Return the date; of several that of the year in its own column, which is the issue's."""
    known = best_date(combine(year, month), *(each for each in dates if best_date(each)))
    parts = [each for each in dates if not best_date(each)]  # such as a month alone
    return combine(known, *parts[:1]) if known and len(known) == 4 else known


def _line_by_line(names: str) -> str:
    """Put semicolons between names that stand on lines of their own."""
    lines = [line for each in names.split("\n") if (line := each.strip())]
    are_whole = not any(line.endswith((",", ";", "&", " and")) for line in lines[:-1])
    return "; ".join(lines) if are_whole else names


def _authors_apart(cells: Mapping[str, str]) -> list[str]:
    """Return authors in columns of their own."""
    numbered = [value for name, value in cells.items() if value and NUMBERED_AUTHOR.match(name)]
    return numbered or list(filter(None, [cells.get(FIRST_AUTHOR, "")]))


def _url(cells: Mapping[str, str]) -> str:
    """Return the first address of the web."""
    places = (cells.get(name, "") for name in COLUMNS["url"])
    return next((each for each in places if WEB.match(each)), "")


def _first(cells: Mapping[str, str], column: str) -> str:
    return next((cells[name] for name in COLUMNS[column] if cells.get(name)), "")
