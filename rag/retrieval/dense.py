"""Retrieval by embeddings, as a LlamaIndex retriever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from rag.embedding import Embedder
from rag.index.chroma import EXACT_UP_TO, PassageStore
from rag.passages import passage_id

PASSAGES_PER_PAPER: Final = 2  # an abstract has 1.8 passages on average


class DenseRetriever(BaseRetriever):
    """Finds passages by cosine with the question.

    Args:
        store: The passages.
        embedder: The embedder that they were embedded with.
        candidates_k: Papers to fetch.
    """

    def __init__(self, store: PassageStore, embedder: Embedder, candidates_k: int) -> None:
        super().__init__()
        self._store = store
        self._embedder = embedder
        self._candidates_k = candidates_k

    def embed(self, question: str) -> NDArray[np.float32]:
        """The question's vector, shape (dimension,).

        Where the model reads words too, the question is read once for both.
        """
        reader = self._embedder.find_reader()
        if reader is None:
            return self._embedder.embed_query(question)
        return reader.read([question])[0].vector

    def candidates(self, vector: NDArray[np.float32]) -> dict[str, float]:
        """Cosine of the best passage by paper, best first."""
        return self.nearest(self.compare(vector))

    def compare(self, vector: NDArray[np.float32]) -> dict[str, float]:
        """The candidates and, in a library that is compared as a whole, all other papers."""
        stored = self._store.count_passages()
        passages_k = stored if stored <= EXACT_UP_TO else self._candidates_k * PASSAGES_PER_PAPER
        best: dict[str, float] = {}
        for node_id, cosine in self._store.query(vector, passages_k):
            best.setdefault(node_id.rpartition("#")[0], cosine)
        return best

    def nearest(self, compared: Mapping[str, float]) -> dict[str, float]:
        """The candidates among papers that were compared, which come best first."""
        return dict(islice(compared.items(), self._candidates_k))

    def similarities(
        self, vector: NDArray[np.float32], paper_ids: Iterable[str]
    ) -> dict[str, float]:
        """Cosine of the best passage of certain papers, computed exactly."""
        return self.all_similarities([vector], paper_ids)[0]

    def all_similarities(
        self, vectors: Sequence[NDArray[np.float32]], paper_ids: Iterable[str]
    ) -> list[dict[str, float]]:
        """The same for several questions at once, in their order."""
        stored = self._store.stored(list(paper_ids))
        wanted = [passage_id(p, n) for p, paper in stored.items() for n in range(paper.passages)]
        best: list[dict[str, float]] = [{} for _ in vectors]
        for node_id, passage in self._store.vectors(wanted).items():
            paper_id = node_id.rpartition("#")[0]
            for similarities, vector in zip(best, vectors, strict=True):
                cosine = float(passage @ vector)
                similarities[paper_id] = max(similarities.get(paper_id, -1.0), cosine)
        return best

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        vector = self.embed(query_bundle.query_str)
        found = dict(self._store.query(vector, self._candidates_k))
        nodes = self._store.passages(list(found))
        return [
            NodeWithScore(node=nodes[node_id], score=score)
            for node_id, score in found.items()
            if node_id in nodes  # it may have been removed between the two look-ups
        ]
