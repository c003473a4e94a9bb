"""Dense retrieval: by embeddings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rag.embedding import Embedder
from rag.errors import EmbedderUnavailableError
from rag.products import multiply
from rag.query.query import Query
from rag.retrieval.admission import EVERYTHING, Admission
from rag.store.index import PaperIndex

logger = logging.getLogger(__name__)


class DenseRetriever:
    """Rank papers by the cosine of their best passage with the question.

    Args:
        index: The papers and the vectors of their passages.
        embedder: The embedder that they were embedded with.
        candidates_k: Papers to fetch.
    """

    def __init__(self, index: PaperIndex, embedder: Embedder, candidates_k: int) -> None:
        self._index = index
        self._embedder = embedder
        self._candidates_k = candidates_k

    def try_embed(self, question: str, *, is_follow_up: bool = False) -> NDArray[np.float32] | None:
        """Return the question's vector; None while the embedder cannot be loaded."""
        try:
            return self._embedder.embed_query(question, is_follow_up=is_follow_up)
        except EmbedderUnavailableError as exc:
            logger.info("lexical retrieval only: %s", exc)
            return None

    def candidates(self, query: Query, admission: Admission = EVERYTHING) -> dict[str, float]:
        """Return the cosine of the best passage by paper, of admitted papers, best first."""
        return self.nearest(
            self.compare(self._embedder.embed_query(query.topic), admission), admission
        )

    def compare(
        self, vector: NDArray[np.float32], admission: Admission = EVERYTHING
    ) -> dict[str, float]:
        """Return the cosine by paper, best first, then of the latest that pass if too few are near.

        Where few papers pass, all of these are compared; else those of the nearest passages.
        """
        if admission.few is not None:
            known = self.similarities(vector, admission.few)
            return dict(sorted(known.items(), key=lambda item: -item[1]))
        wanted = admission.fetched(max(self._candidates_k, admission.least))
        best = self._index.vectors.nearest_papers(vector, wanted)
        found = {paper: best[paper] for paper in admission.among(list(best))}
        if len(found) < admission.least:  # few of the nearest pass
            more = [each for each in admission.newest(admission.least) if each not in found]
            found |= self.similarities(vector, more)
        return found

    def nearest(
        self, compared: Mapping[str, float], admission: Admission = EVERYTHING
    ) -> dict[str, float]:
        """Return the candidates among compared papers, which are ordered best first."""
        return dict(islice(compared.items(), max(self._candidates_k, admission.least)))

    def similarities(
        self, vector: NDArray[np.float32], paper_ids: Iterable[str]
    ) -> dict[str, float]:
        """Return the exact cosine of the best passage of certain papers."""
        return self.all_similarities([vector], paper_ids)[0]

    def all_similarities(
        self, vectors: Sequence[NDArray[np.float32]], paper_ids: Iterable[str]
    ) -> list[dict[str, float]]:
        """Return the exact cosines for several questions at once, in their order."""
        known = self._index.vectors.of_papers(list(paper_ids))
        if not known:
            return [{} for _ in vectors]
        rows = np.stack([passage for passages in known.values() for passage in passages])
        starts = np.cumsum([0, *map(len, known.values())])[:-1]
        return [
            dict(
                zip(
                    known,
                    np.maximum.reduceat(multiply(rows, vector[None, :])[:, 0], starts).tolist(),
                    strict=True,
                )
            )
            for vector in vectors
        ]
