"""The list of a library's papers: searched, ordered, and read a part at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from rag.store.collecting import members_only
from rag.store.database import Database
from rag.store.schema import author, identifier, paper
from rag.text import folded
from rag.types import LAST_YEAR, NO_FILTERS, Filters, Gap, Heading, Listing, Order

MOST_WORDS: Final = 16  # of a search
IDS_PER_QUERY: Final = 500
KEYS: Final[Mapping[Order, ColumnElement[Any]]] = {
    "title": paper.c.title_key,
    "authors": paper.c.author_key,
    "year": paper.c.published,
    "source": paper.c.source_key,
}
SHORT: Final[Select[Any]] = select(
    paper.c.number, paper.c.paper_id, paper.c.title, paper.c.published, paper.c.source
)
ADDRESSED: Final = select(identifier.c.paper_number).where(
    identifier.c.scheme.in_(("arxiv", "doi"))
)
LACKS: Final[Mapping[Gap, ColumnElement[bool]]] = {
    "date": paper.c.published.is_(None),
    "link": and_(paper.c.url.is_(None), paper.c.number.not_in(ADDRESSED)),
    "authors": paper.c.author_key.is_(None),
}


class PaperList:
    """The short part of every paper of a library.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def browse(
        self,
        query: str,
        order: Order,
        first: int,
        count: int,
        *,
        is_reversed: bool = False,
        filters: Filters = NO_FILTERS,
        lacking: Sequence[Gap] = (),
    ) -> Listing:
        """Read a part of the list; the arguments are those of `Catalog.browse`."""
        words = folded(query).split()[:MOST_WORDS]
        has_words = (paper.c.words.contains(word, autoescape=True) for word in words)
        ordering = _ordering(order, is_reversed=is_reversed)
        with self._database.reading() as connection:
            passing = [*_passing(connection, filters), *(LACKS[each] for each in lacking)]
            found_by = and_(true(), *has_words, *passing)
            # Only the numbers are put in order: whole rows take eight times as long at 100,000.
            ordered = select(paper.c.number).where(found_by).order_by(*ordering)
            chosen = ordered.limit(count).offset(first)
            page = SHORT.where(paper.c.number.in_(chosen.subquery().select()))
            headings = _read(connection, page.order_by(*ordering))
            total = _count(connection, true())
            found = _count(connection, found_by) if words or passing else total
            columns = frozenset(each for each in KEYS if _is_filled(connection, KEYS[each]))
        return Listing(tuple(headings), found, total, columns)

    def find(self, paper_ids: Sequence[str]) -> list[Heading]:
        """Find papers by id, in the order of ingestion; unknown ids are left out."""
        found: list[tuple[int, Heading]] = []
        with self._database.reading() as connection:
            for start in range(0, len(paper_ids), IDS_PER_QUERY):
                some = list(paper_ids[start : start + IDS_PER_QUERY])
                found += _read_numbered(connection, SHORT.where(paper.c.paper_id.in_(some)))
        return [heading for _, heading in sorted(found, key=lambda each: each[0])]

    def paper_ids(self) -> list[str]:
        """Return the ids of all papers, in the order of ingestion."""
        with self._database.reading() as connection:
            ids = connection.execute(select(paper.c.paper_id).order_by(paper.c.number)).scalars()
            return list(ids)


def _passing(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a paper must be to pass; authors are taken by their whole names."""
    conditions: list[ColumnElement[bool]] = [
        paper.c.number.in_(each)
        for each in members_only(connection, filters.collections, filters.tags)
    ]
    if filters.has_years:
        within = and_(
            paper.c.published >= f"{filters.since or 0:04}",
            paper.c.published < f"{filters.until or LAST_YEAR:04}~",
        )
        conditions.append(or_(within, paper.c.published.is_(None)) if filters.undated else within)
    if filters.sources:
        conditions.append(paper.c.source.in_(filters.sources))
    if filters.authors:
        named = select(author.c.paper_number).where(author.c.name.in_(filters.authors))
        conditions.append(paper.c.number.in_(named))
    if filters.paper_ids:
        conditions.append(paper.c.paper_id.in_(filters.paper_ids))
    return conditions


def _ordering(order: Order, *, is_reversed: bool) -> list[ColumnElement[Any]]:
    """Order the papers: those without a value last, equal ones in the order of ingestion."""
    if order == "added":
        return [paper.c.number.desc() if is_reversed else paper.c.number.asc()]
    key = KEYS[order]
    return [key.is_(None), key.desc() if is_reversed else key.asc(), paper.c.number.asc()]


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return int(
        connection.execute(select(func.count()).select_from(paper).where(where)).scalar_one()
    )


def _is_filled(connection: Connection, key: ColumnElement[Any]) -> bool:
    return connection.execute(select(paper.c.number).where(key > "").limit(1)).first() is not None


def _read(connection: Connection, query: Select[Any]) -> list[Heading]:
    return [heading for _, heading in _read_numbered(connection, query)]


def _read_numbered(connection: Connection, query: Select[Any]) -> list[tuple[int, Heading]]:
    rows = connection.execute(query).all()
    names: dict[int, list[str]] = defaultdict(list)
    written = select(author.c.paper_number, author.c.name).where(
        author.c.paper_number.in_([row.number for row in rows])
    )
    for number, name in connection.execute(written.order_by(author.c.position)):
        names[number].append(name)
    return [
        (
            row.number,
            Heading(row.paper_id, row.title, tuple(names[row.number]), row.published, row.source),
        )
        for row in rows
    ]
