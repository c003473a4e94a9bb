"""What a retriever is to the engine."""

from __future__ import annotations

from typing import Protocol

from rag.query.understanding import Query
from rag.types import Hit


class PaperRetriever(Protocol):
    """Finds the papers that a question is about; called from several threads at once.

    `HybridRetriever` is one. Another one takes its place as `Library.open(retriever=…)`:

        class Shelf:
            def find(self, query: Query, k: int) -> list[Hit]:
                return [Hit(paper, 1.0) for paper in PAPERS if query.topic in paper.abstract][:k]
    """

    def find(self, query: Query, k: int) -> list[Hit]:
        """Find the k best papers for a question, best first; fewer when no others fit.

        Args:
            query: Its `topic` is what is looked for, "" for all papers that pass its `filters`,
                which are the retriever's to keep; its `searched_history` is what was said before.
            k: Most papers to find.

        Returns:
            Hits of papers with scores in [0, 1]. Without passages a hit stands for the whole
            abstract; without a `dense_similarity` its words alone tell whether it answers.
        """
