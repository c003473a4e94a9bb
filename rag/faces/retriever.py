"""Wrap a library's search as LlamaIndex's retriever."""

from __future__ import annotations

import asyncio

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.faces.asked import Asked
from rag.faces.nodes import hit_nodes


class PaperRetriever(BaseRetriever):
    """Retrieve the best passage of each paper that a question is about, best first.

    A node's id is the passage's, its `ref_doc_id` the paper's.

    Args:
        asked: The library.
        k: Most papers to find.
    """

    def __init__(self, asked: Asked, k: int) -> None:
        super().__init__()
        self._asked = asked
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        asked = self._asked
        return hit_nodes(
            asked.library.search(query_bundle.query_str, self._k, filters=asked.filters)
        )

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Search in a thread: what takes its time, embedding and index, leaves Python's lock."""
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def __repr__(self) -> str:
        return f"<PaperRetriever of {self._asked}, k={self._k}>"
