"""The rows of the library's table, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args
from urllib.parse import urlencode

from rag.library import Library
from rag.types import Filters, Gap, Heading, Order

ORDERS: Final[tuple[Order, ...]] = get_args(Order)
PAGE_ROWS: Final = 25
MOST_QUERY_CHARACTERS: Final = 200
AUTHORS_SHOWN: Final = 3
MOST_CHOSEN: Final = 2000  # papers that are ticked together
LIMITS: Final = ("year", "author", "source", "collection", "tag", "lacks", "twice")  # of a view
GAPS: Final[tuple[Gap, ...]] = get_args(Gap)
TWICE: Final = "twice=yes"


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
        year: In which the papers were published; "" for any.
        source: Where the papers came from; "" for any.
        author: A name that the papers have; "" for any.
        lacks: What the papers' records lack, one of `GAPS`; "" for nothing.
        twice: "yes" for papers that may be the same as another one; "" for any.
    """

    query: str = ""
    order: Order = "added"
    is_reversed: bool = False
    page: int = 0
    collection: str = ""
    tag: str = ""
    year: str = ""
    source: str = ""
    author: str = ""
    lacks: str = ""
    twice: str = ""

    @property
    def filters(self) -> Filters:
        """Which papers are listed."""
        year = int(self.year) if self.year.isdecimal() and len(self.year) == 4 else None
        return Filters(
            year or None,
            year or None,
            authors=(self.author,),
            sources=(self.source,),
            collections=(self.collection,),
            tags=(self.tag,),
        )

    @property
    def lacking(self) -> tuple[Gap, ...]:
        """What the listed papers lack."""
        return tuple(gap for gap in GAPS if gap == self.lacks)

    @property
    def is_limited(self) -> bool:
        """Whether some papers may not be listed."""
        return bool(self.query.strip() or any(getattr(self, name) for name in LIMITS))


def limited(view: View, limit: str) -> View:
    """Return the first page of a view under one more limit, or without it.

    Args:
        view: The view before.
        limit: `year=2021`, or `year=` for any; an empty text takes all limits and words away.
    """
    name, _, value = limit.partition("=")
    if not name:
        return replace(View(), order=view.order, is_reversed=view.is_reversed)
    if name == "words":
        return replace(view, query=value, page=0)
    if name not in LIMITS:
        return view
    kept = {limit: value if limit == name else getattr(view, limit) for limit in LIMITS}
    # What may be one paper mostly has one title, so that the two stand together.
    order = "title" if limit == TWICE else view.order
    return View(view.query, order, view.is_reversed, 0, **kept)


def address_of(view: View) -> str:
    """Return a view as the query of an address, without what every view has."""
    told = {
        "words": view.query,
        "sort": "" if view.order == "added" else view.order,
        "reverse": "yes" if view.is_reversed else "",
        **{name: getattr(view, name) for name in LIMITS},
        "p": str(view.page + 1) if view.page else "",  # Gradio has a meaning of its own for `page`
    }
    return urlencode({name: value for name, value in told.items() if value})


def view_at(told: Mapping[str, object]) -> View:
    """Return the view of an address; what is none of its values is passed over."""
    texts = {name: value for name, value in told.items() if isinstance(value, str)}
    page = texts.get("p", "")
    return View(
        query=texts.get("words", "")[:MOST_QUERY_CHARACTERS],
        order=next((each for each in ORDERS if each == texts.get("sort")), "added"),
        is_reversed=texts.get("reverse") == "yes",
        page=int(page) - 1 if page.isdecimal() and 0 < len(page) < 9 else 0,
        **{name: texts.get(name, "") for name in LIMITS},
    )


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


def _filters(library: Library, view: View) -> Filters:
    """Return which papers a view lists."""
    if not view.twice:
        return view.filters
    twice = (each.paper_id for group in library.catalog.duplicates() for each in group)
    return replace(view.filters, paper_ids=tuple(twice))


def look(library: Library, view: View) -> Page:
    """The part of the table that a view asks for; of pages that are not there, the nearest.

    Where nothing may be twice any more, such as after the last merger, that limit goes.
    """
    if view.twice and not library.catalog.duplicates():
        return look(library, replace(view, twice=""))
    at = max(view.page, 0)
    found = library.catalog.browse(
        view.query[:MOST_QUERY_CHARACTERS],
        view.order,
        at * PAGE_ROWS,
        PAGE_ROWS,
        is_reversed=view.is_reversed,
        filters=_filters(library, view),
        lacking=view.lacking,
    )
    pages = max(1, -(-found.found // PAGE_ROWS))
    if at >= pages:
        return look(library, replace(view, page=pages - 1))
    rows = tuple(map(row_of, found.headings))
    return Page(rows, found.found, found.total, replace(view, page=at), pages, found.columns)


def found_ids(library: Library, view: View) -> list[str]:
    """Return the ids of all papers that a view lists, in its order, up to `MOST_CHOSEN`."""
    found = library.catalog.browse(
        view.query[:MOST_QUERY_CHARACTERS],
        view.order,
        0,
        MOST_CHOSEN,
        is_reversed=view.is_reversed,
        filters=_filters(library, view),
        lacking=view.lacking,
    )
    return [heading.paper_id for heading in found.headings]
