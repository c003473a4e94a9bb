"""Retrieval by words, as a LlamaIndex retriever."""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.passages import build_node
from rag.query.questions import content_words
from rag.store.index import PaperIndex
from rag.store.lexical import LexicalIndex
from rag.types import NO_FILTERS, Filters


class LexicalRetriever(BaseRetriever):
    """Finds papers by BM25 over the question's content words.

    Args:
        index: The papers and their words.
        candidates_k: Papers to fetch.
    """

    def __init__(self, index: PaperIndex, candidates_k: int) -> None:
        super().__init__()
        self._index = index
        self._candidates_k = candidates_k

    @property
    def index(self) -> LexicalIndex:
        """The words of the papers, with what they can be filtered by."""
        return self._index.lexical

    def candidates(self, question: str, filters: Filters = NO_FILTERS) -> dict[str, float]:
        """BM25 score by paper, best first; papers without a word of the question are not in it."""
        return self.index.search(" ".join(content_words(question)), self._candidates_k, filters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self.candidates(query_bundle.query_str)
        papers = self._index.find(list(found))
        return [
            NodeWithScore(node=build_node(stored.paper, stored.passages[0]), score=found[paper_id])
            for paper_id, stored in papers.items()
        ]
