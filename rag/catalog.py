"""What papers a library holds: lists of them, counts, vectors and questions to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.types import Facets, Heading, Listing, Order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.store.index import PaperIndex


class Catalog:
    """The papers of a library, to look through.

    Args:
        index: The library's index.
    """

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._examples: tuple[tuple[int, ...], list[str]] | None = None

    def paper_ids(self) -> list[str]:
        """The ids of all papers, in the order of ingestion."""
        return self._index.listing.paper_ids()

    def headings(self, paper_ids: Sequence[str]) -> list[Heading]:
        """The short part of those of the papers that are here, in the order of ingestion."""
        return self._index.listing.find(paper_ids)

    def browse(
        self,
        query: str = "",
        order: Order = "added",
        first: int = 0,
        count: int = 25,
        *,
        is_reversed: bool = False,
    ) -> Listing:
        """A part of the list of papers.

        Args:
            query: Words that all occur in a paper's title, authors, date or source, in any case,
                with or without accents; a word may be part of a longer one.
            order: What the list is ordered by; a paper without a value comes last.
            first: How many papers to pass over.
            count: Most papers to list.
            is_reversed: Whether the order runs backwards.
        """
        return self._index.listing.browse(query, order, first, count, is_reversed=is_reversed)

    def facets(self) -> Facets:
        """The years, sources and authors of the papers, with how many papers each has."""
        self._index.refresh()
        return self._index.facets()

    def examples(self, n: int = 4) -> list[str]:
        """Up to n questions that the library answers, made from its latest papers' titles."""
        from rag.answering.suggestions import SAMPLE, example_questions

        self._index.refresh()
        made = (self._index.revision, n)
        if self._examples is None or self._examples[0] != made:
            self._examples = (made, example_questions(self._index.sample(SAMPLE), n))
        return list(self._examples[1])

    def paper_vectors(self, paper_ids: Sequence[str]) -> dict[str, NDArray[np.float32]] | None:
        """The mean vector of each paper's passages, shape (dimension,), of those that are here.

        Returns:
            None where papers are found by words alone and have no vectors.
        """
        self._index.refresh()
        return self._index.paper_vectors(paper_ids) if self._index.has_vectors else None
