"""Limit retrieval to the papers that pass the filters, be they few or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Final

from rag.store.lexical import LexicalIndex
from rag.types import NO_FILTERS, Filters

PASSAGES_PER_PAPER: Final = 2  # an abstract has 1.8 passages on average
# Up to so many papers that pass are compared one by one; with more, the nearest passages of all
# papers are fetched and those of others dropped. At 100,000 papers the first costs 50 ms of one
# core for 2,000 papers, the second 70 ms for 10,000 passages.
FEW: Final = 2000
MOST_FETCHED: Final = 10_000
# The papers nearest to a question may pass less often than others.
FETCH_MARGIN: Final = 1.5


def _all_of(paper_ids: Sequence[str]) -> list[str]:
    return list(paper_ids)


def _none(_: int) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Admission:
    """The papers that a search may find.

    Attributes:
        few: All that pass, latest first, when they are few; None when they are many.
        share: The fraction of the library's papers that pass, in [0, 1].
        among: Returns those of some papers that pass, in their order.
        least: How many papers to find, if so many pass.
        newest: Returns up to so many papers that pass, latest first.
        filters: What it was built from.
    """

    few: Sequence[str] | None = None
    share: float = 1.0
    among: Callable[[Sequence[str]], list[str]] = _all_of
    least: int = 0
    newest: Callable[[int], list[str]] = _none
    filters: Filters = NO_FILTERS

    def fetched(self, papers_k: int) -> int:
        """Return how many passages to fetch so that about so many papers pass."""
        wanted = papers_k * PASSAGES_PER_PAPER
        if self.share == 1.0:
            return wanted
        return max(wanted, min(MOST_FETCHED, int(wanted * FETCH_MARGIN / self.share)))


EVERYTHING: Final = Admission()


def build_admission(index: LexicalIndex, filters: Filters, k: int) -> Admission:
    """Build the admission of the papers of an index that pass filters, to find k of them."""
    if not filters:
        return EVERYTHING
    newest = partial(index.newest, filters)
    passing = index.count(filters)
    if passing <= FEW:
        few = newest(passing) if passing else []
        return Admission(few, 0.0, partial(_kept, frozenset(few)), k, newest, filters)

    def among(papers: Sequence[str]) -> list[str]:
        return _kept(index.admitted(filters, papers), papers)

    share = passing / max(passing, index.count())
    return Admission(None, share, among, k, newest, filters)


def _kept(admitted: Set[str], papers: Sequence[str]) -> list[str]:
    return [paper for paper in papers if paper in admitted]
