"""Retrieval by embeddings, as a LlamaIndex retriever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from rag.embedding import Embedder
from rag.index.chroma import PassageStore
from rag.retrieval.admission import EVERYTHING, Admission


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

        Where the model encodes words too, the question is encoded once for both.
        """
        encoder = self._embedder.find_encoder()
        if encoder is None:
            return self._embedder.embed_query(question)
        return encoder.encode([question])[0].vector

    def candidates(
        self, vector: NDArray[np.float32], admission: Admission = EVERYTHING
    ) -> dict[str, float]:
        """Cosine of the best passage by paper, best first, of papers that are admitted."""
        return self.nearest(self.compare(vector, admission), admission)

    def compare(
        self, vector: NDArray[np.float32], admission: Admission = EVERYTHING
    ) -> dict[str, float]:
        """The candidates and, where all that pass are compared, the others of them, best first."""
        if admission.few is not None:
            known = self.similarities(vector, admission.few)
            return dict(sorted(known.items(), key=lambda item: -item[1]))
        best: dict[str, float] = {}
        wanted = admission.fetched(max(self._candidates_k, admission.least))
        for node_id, cosine in self._store.query(vector, wanted):
            best.setdefault(node_id.rpartition("#")[0], cosine)
        found = {paper: best[paper] for paper in admission.among(list(best))}
        if len(found) < admission.least:  # few of those that pass are near
            more = [each for each in admission.newest(admission.least) if each not in found]
            found |= self.similarities(vector, more)
        return found

    def nearest(
        self, compared: Mapping[str, float], admission: Admission = EVERYTHING
    ) -> dict[str, float]:
        """The candidates among papers that were compared, which come best first."""
        return dict(islice(compared.items(), max(self._candidates_k, admission.least)))

    def similarities(
        self, vector: NDArray[np.float32], paper_ids: Iterable[str]
    ) -> dict[str, float]:
        """Cosine of the best passage of certain papers, computed exactly."""
        return self.all_similarities([vector], paper_ids)[0]

    def all_similarities(
        self, vectors: Sequence[NDArray[np.float32]], paper_ids: Iterable[str]
    ) -> list[dict[str, float]]:
        """The same for several questions at once, in their order."""
        best: list[dict[str, float]] = [{} for _ in vectors]
        for node_id, passage in self._store.paper_vectors(list(paper_ids)).items():
            paper_id = node_id.rpartition("#")[0]
            for similarities, vector in zip(best, vectors, strict=True):
                cosine = float(passage @ vector)
                similarities[paper_id] = max(similarities.get(paper_id, -1.0), cosine)
        return best

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        vector = self.embed(query_bundle.query_str)
        found = dict(self._store.query(vector, self._candidates_k)[: self._candidates_k])
        nodes = self._store.passages(list(found))
        return [
            NodeWithScore(node=nodes[node_id], score=score)
            for node_id, score in found.items()
            if node_id in nodes  # it may have been removed between the two look-ups
        ]
