"""The rows of the library's table, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

from rag.library import Library
from rag.types import Heading, Order

ORDERS: Final[tuple[Order, ...]] = get_args(Order)
PAGE_ROWS: Final = 25
MOST_QUERY_CHARACTERS: Final = 200
AUTHORS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What the table shows of a paper."""

    paper_id: str
    title: str
    authors: str
    published: str | None
    source: str | None

    @property
    def year(self) -> int | None:
        """The year of publication, where known."""
        return int(self.published[:4]) if self.published else None


@dataclass(frozen=True, slots=True)
class View:
    """What the table is asked to show.

    Attributes:
        query: Words that all occur in a paper's title, authors, date or source.
        order: The column that orders the rows.
        is_reversed: Whether the order runs backwards.
        page: From 0.
        collection: The one that the papers are in; "" for any.
        tag: The one that the papers have; "" for any.
    """

    query: str = ""
    order: Order = "added"
    is_reversed: bool = False
    page: int = 0
    collection: str = ""
    tag: str = ""


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
    columns: frozenset[Order]


def row_of(heading: Heading) -> Row:
    """The table's row for a paper."""
    return Row(
        heading.paper_id,
        heading.title,
        _authors(heading.authors),
        heading.published,
        heading.source,
    )


def _authors(names: Sequence[str]) -> str:
    """The first authors on one line."""
    more = ["et al."] if len(names) > AUTHORS_SHOWN else []
    return ", ".join([*names[:AUTHORS_SHOWN], *more])


def look(library: Library, view: View) -> Page:
    """The part of the table that a view asks for; of pages that are not there, the nearest."""
    at = max(view.page, 0)
    found = library.catalog.browse(
        view.query[:MOST_QUERY_CHARACTERS],
        view.order,
        at * PAGE_ROWS,
        PAGE_ROWS,
        is_reversed=view.is_reversed,
        collections=tuple(filter(None, [view.collection])),
        tags=tuple(filter(None, [view.tag])),
    )
    pages = max(1, -(-found.found // PAGE_ROWS))
    if at >= pages:
        return look(library, replace(view, page=pages - 1))
    rows = tuple(map(row_of, found.headings))
    return Page(rows, found.found, found.total, replace(view, page=at), pages, found.columns)
