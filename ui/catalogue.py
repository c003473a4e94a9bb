"""The rows of a library's table: read once a change, searched, ordered and cut into pages."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from rag.library import Library
from rag.types import Heading, Paper
from ui.papers import bring_back, remove

Sort = Literal["added", "title", "authors", "year", "source"]
SORTS: Final[tuple[Sort, ...]] = ("added", "title", "authors", "year", "source")
PAGE_ROWS: Final = 25
MOST_QUERY_CHARACTERS: Final = 200
AUTHORS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What the table knows of a paper; `words` is what a search looks through."""

    paper_id: str
    title: str
    authors: str
    published: str | None
    source: str | None
    words: str

    @property
    def year(self) -> int | None:
        """The year of publication, where known."""
        return int(self.published[:4]) if self.published else None


@dataclass(frozen=True, slots=True)
class View:
    """What the table is asked to show.

    Attributes:
        query: Words that all occur in a paper's title, authors, date or source.
        sort: The column that orders the rows.
        is_reversed: Whether the order runs backwards.
        page: From 0.
    """

    query: str = ""
    sort: Sort = "added"
    is_reversed: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the table.

    Attributes:
        rows: At most `PAGE_ROWS`.
        found: How many papers the search found.
        total: How many papers the library holds.
        view: What was asked, with a page that exists.
        pages: How many pages there are, at least 1.
        columns: Those in which some paper of the library has a value.
    """

    rows: tuple[Row, ...]
    found: int
    total: int
    view: View
    pages: int
    columns: frozenset[Sort]


def fold(text: str) -> str:
    """The text as a search compares it: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def row_of(heading: Heading | Paper) -> Row:
    """The table's row for a paper."""
    parts = (heading.title, *heading.authors, heading.published or "", heading.source or "")
    return Row(
        heading.paper_id,
        heading.title,
        _authors(heading.authors),
        heading.published,
        heading.source,
        fold(" ".join(parts)),
    )


def _authors(names: Sequence[str]) -> str:
    """The first authors on one line."""
    more = ["et al."] if len(names) > AUTHORS_SHOWN else []
    return ", ".join([*names[:AUTHORS_SHOWN], *more])


def look(rows: Sequence[Row], view: View) -> Page:
    """The part of the rows that a view asks for; what has no value in its column comes last."""
    words = fold(view.query[:MOST_QUERY_CHARACTERS]).split()
    found = [row for row in rows if all(word in row.words for word in words)] if words else rows
    ordered = _ordered(found, view)
    pages = max(1, -(-len(ordered) // PAGE_ROWS))
    page = min(max(view.page, 0), pages - 1)
    shown = tuple(ordered[page * PAGE_ROWS : (page + 1) * PAGE_ROWS])
    columns = frozenset(name for name, key in KEYS.items() if any(map(key, rows)))
    return Page(shown, len(ordered), len(rows), replace(view, page=page), pages, columns)


def _ordered(rows: Sequence[Row], view: View) -> Sequence[Row]:
    if view.sort == "added":
        return rows[::-1] if view.is_reversed else rows
    key = KEYS[view.sort]
    known = [row for row in rows if key(row)]
    unknown = [row for row in rows if not key(row)]
    return [*sorted(known, key=key, reverse=view.is_reversed), *unknown]


KEYS: Final[dict[Sort, Callable[[Row], str]]] = {
    "title": lambda row: row.words,  # they begin with it
    "authors": lambda row: fold(row.authors.partition(",")[0].rpartition(" ")[2]),
    "year": lambda row: row.published or "",
    "source": lambda row: fold(row.source or ""),
}


@dataclass(slots=True)
class Catalogue:
    """The rows of a library, read anew when it has changed; for all sessions together."""

    library: Library
    _revision: int | None = None
    _rows: tuple[Row, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self) -> tuple[Row, ...]:
        """All rows in the order of ingestion."""
        with self._lock:
            revision = self.library.revision
            if revision != self._revision:
                self._rows = tuple(row_of(heading) for heading in self.library.headings())
                self._revision = revision
            return self._rows

    def remove(self, paper_ids: Iterable[str]) -> tuple[Paper, ...]:
        """Remove papers; those that were there, so that they can be brought back.

        The other rows need not be read again, which takes seconds at 100,000 papers.
        """
        with self._lock:
            before = self.library.revision
            removed = remove(self.library, paper_ids)
            gone = {paper.paper_id for paper in removed}
            self._follow(before, tuple(r for r in self._rows if r.paper_id not in gone))
            return removed

    def bring_back(self, papers: Sequence[Paper]) -> int:
        """Add removed papers again, with the same ids and records; how many they are."""
        with self._lock:
            before = self.library.revision
            count = bring_back(self.library, papers)
            fresh = {paper.paper_id: row_of(paper) for paper in papers}
            kept = (row for row in self._rows if row.paper_id not in fresh)
            self._follow(before, (*kept, *fresh.values()))
            return count

    def _follow(self, before: int, rows: tuple[Row, ...]) -> None:
        """Take over the rows after a change of our own, unless others changed something too."""
        after = self.library.revision
        if before == self._revision and after == before + 1:
            self._rows, self._revision = rows, after
