"""Lexical retrieval: by BM25."""

from __future__ import annotations

from rag.query.query import Query
from rag.query.questions import content_words
from rag.retrieval.admission import EVERYTHING, Admission
from rag.store.index import PaperIndex
from rag.types import NO_FILTERS, Filters


class LexicalRetriever:
    """Rank papers by BM25 over a question's content words.

    Args:
        index: The papers and their words.
        candidates_k: Papers to fetch.
    """

    def __init__(self, index: PaperIndex, candidates_k: int) -> None:
        self._index = index
        self._candidates_k = candidates_k

    def candidates(self, query: Query, admission: Admission = EVERYTHING) -> dict[str, float]:
        """Return the BM25 score by paper, best first; papers without a word of it have none."""
        return self.matches(query.topic, admission.filters)

    def matches(self, text: str, filters: Filters = NO_FILTERS) -> dict[str, float]:
        """Return the BM25 score by paper of those that match a text, best first."""
        words = " ".join(content_words(text))
        return self._index.lexical.search(words, self._candidates_k, filters)
