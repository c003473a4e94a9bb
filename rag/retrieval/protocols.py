"""The protocols of a retriever, and of what finds papers for the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rag.query.understanding import Query
from rag.retrieval.admission import Admission
from rag.types import Hit


class Retriever(Protocol):
    """Gives candidates for a question; called from several threads at once.

    Dense, lexical and hybrid retrieval are three. `Library.open(retriever=…)` takes another:

        class ByCitations:
            def candidates(self, query: Query, admission: Admission) -> dict[str, float]:
                return {each: CITED[each] for each in my_index.find(query.topic)}
    """

    def candidates(self, query: Query, admission: Admission) -> Mapping[str, float]:
        """Score the library's papers that a question may be about.

        Args:
            query: Its `topic` is what is looked for, never ""; its `searched_history` is what was
                said before.
            admission: Which papers its filters let pass. To look at these alone is quicker; the
                others are left out in any case.

        Returns:
            Scores by paper id, the larger the better, of any scale that begins at 0. An id that
            the library does not have is passed over.
        """


class PaperFinder(Protocol):
    """Finds the papers that a question is about; called from several threads at once."""

    def find(self, query: Query, k: int) -> list[Hit]:
        """Find the k best papers that pass the filters, best first; fewer when no others fit.

        Of a query without a topic they are the latest that pass; those that it names come first.
        """
