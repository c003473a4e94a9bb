"""Retrieval by words, as a LlamaIndex retriever."""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.index.chroma import PassageStore
from rag.index.lexical import LexicalIndex
from rag.query.questions import content_words
from rag.types import NO_FILTERS, Filters


class LexicalRetriever(BaseRetriever):
    """Finds papers by BM25 over the question's content words.

    Args:
        index: The words of the papers.
        store: The papers themselves.
        candidates_k: Papers to fetch.
    """

    def __init__(self, index: LexicalIndex, store: PassageStore, candidates_k: int) -> None:
        super().__init__()
        self._index = index
        self._store = store
        self._candidates_k = candidates_k

    @property
    def index(self) -> LexicalIndex:
        """The words of the papers, with what they can be filtered by."""
        return self._index

    def candidates(self, question: str, filters: Filters = NO_FILTERS) -> dict[str, float]:
        """BM25 score by paper, best first; papers without a word of the question are not in it."""
        return self._index.search(" ".join(content_words(question)), self._candidates_k, filters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self.candidates(query_bundle.query_str)
        papers = self._store.papers(list(found))
        return [
            NodeWithScore(node=papers[paper_id][1][0], score=score)
            for paper_id, score in found.items()
            if paper_id in papers
        ]
