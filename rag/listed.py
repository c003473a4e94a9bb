"""Lists of papers, and of what a search finds, that a notebook shows as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, SupportsIndex, overload

from rag.grid import Cell, html_table, markdown_table
from rag.types import Hit, Paper

MOST_ROWS: Final = 50
AUTHORS_SHOWN: Final = 3
ABOUT: Final = ("Title", "Authors", "Year", "Where")


class Papers(list[Paper]):
    """A list of papers; in a notebook, a table of its first ones."""

    @overload
    def __getitem__(self, place: SupportsIndex) -> Paper: ...
    @overload
    def __getitem__(self, place: slice) -> Papers: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Paper | Papers:
        """Return a paper, or a part of the list."""
        if isinstance(place, slice):
            return Papers(super().__getitem__(place))
        return super().__getitem__(place)

    def _repr_html_(self) -> str:
        return html_table(ABOUT, [about(each) for each in self[:MOST_ROWS]], _rest(self))

    def _repr_markdown_(self) -> str:
        return markdown_table(ABOUT, [about(each) for each in self[:MOST_ROWS]], _rest(self))


class Hits(list[Hit]):
    """What a search found, best first; in a notebook, a table of the first ones."""

    @overload
    def __getitem__(self, place: SupportsIndex) -> Hit: ...
    @overload
    def __getitem__(self, place: slice) -> Hits: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Hit | Hits:
        """Return a hit, or a part of the list."""
        if isinstance(place, slice):
            return Hits(super().__getitem__(place))
        return super().__getitem__(place)

    def _repr_html_(self) -> str:
        return html_table(FOUND, [_found(each) for each in self[:MOST_ROWS]], _rest(self))

    def _repr_markdown_(self) -> str:
        return markdown_table(FOUND, [_found(each) for each in self[:MOST_ROWS]], _rest(self))


FOUND: Final = ("Score", *ABOUT)


def about(paper: Paper) -> tuple[Cell, ...]:
    """Return what a row says of a paper: title with link, authors, year, venue."""
    people = ", ".join(paper.authors[:AUTHORS_SHOWN])
    if len(paper.authors) > AUTHORS_SHOWN:
        people += " and others"
    title = Cell(paper.title, paper.link, _became(paper))
    return title, Cell(people), Cell(str(paper.year or "")), Cell(paper.venue or "")


def _became(paper: Paper) -> str:
    """Return what became of a paper, in a word: nobody shall overlook it in a table."""
    if paper.retraction:
        return paper.retraction.partition(":")[0]
    return "with later notices" if paper.notices else ""


def _found(hit: Hit) -> tuple[Cell, ...]:
    return Cell(f"{hit.score:.2f}"), *about(hit.paper)


def _rest(rows: Sequence[object]) -> str:
    more = len(rows) - MOST_ROWS
    return f"{more:,} more" if more > 0 else ""
