"""The protocols of a retriever, and of what finds papers for the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rag.query.query import Query
from rag.retrieval.admission import Admission
from rag.types import Hit


class Retriever(Protocol):
    """Scores candidates for a question; called from several threads at once.

    Dense, lexical and hybrid retrieval are three. `Library.open(retriever=…)` takes another:

        class ByCitations:
            def candidates(self, query: Query, admission: Admission) -> dict[str, float]:
                return {each: CITED[each] for each in my_index.find(query.topic)}
    """

    def candidates(self, query: Query, admission: Admission) -> Mapping[str, float]:
        """Score the library's papers that a question may be about.

        Args:
            query: `topic` is what to search for, never empty; `searched_history` is what was said
                before.
            admission: Which papers pass the filters. Scoring only these is quicker; others are
                left out in any case.

        Returns:
            Scores by paper id, larger is better, on any scale that begins at 0. Ids that the
            library does not have are ignored.
        """


class PaperFinder(Protocol):
    """Finds the papers that a question is about; called from several threads at once."""

    def find(self, query: Query, k: int) -> list[Hit]:
        """Return the k best papers that pass the filters, best first; fewer when no others match.

        For a query without a topic the latest that pass; papers that it names come first.
        """
