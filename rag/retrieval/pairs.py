"""Rerank the best candidates with a cross-encoder, which reads question and paper together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from rag.embedding import PairScorer
from rag.retrieval.fusion import Signal, add_signals, blend, rank
from rag.retrieval.reranking import RERANKED_K, Fetched, fetch
from rag.store.index import PaperIndex

# Against 1 for the fused score. A cross-encoder is asked for because it knows better, and the fused
# score still decides between papers that it finds alike.
PAIRS_WEIGHT: Final = 2.0


class PairReranker:
    """Rerank the papers with the best fused scores by a model that reads pairs.

    Args:
        index: The papers.
        scorer: Scores a question with each of them.
    """

    needs_vectors = False

    def __init__(self, index: PaperIndex, scorer: PairScorer) -> None:
        self._index = index
        self._scorer = scorer

    def rerank(
        self, questions: Sequence[str], weights: Sequence[float], fused: Mapping[str, float]
    ) -> tuple[dict[str, float], Fetched]:
        """Return the scores of all papers, the best ones reranked, and what was read for it."""
        best = rank(fused)[:RERANKED_K]
        fetched = fetch(self._index, best, vectors=self._index.has_vectors)
        papers = [stored.paper for stored in fetched.papers.values()]
        ids = [paper.paper_id for paper in papers]
        texts = [f"{paper.title}\n{paper.abstract}" for paper in papers]
        scored = [self._scores(question, ids, texts) for question in questions]
        signal = Signal(blend(scored, weights), PAIRS_WEIGHT, 0.0)
        return add_signals(fused, [signal]), fetched

    def _scores(self, question: str, ids: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
        """Return scores from 0 for the worst of the papers to 1 for the best."""
        if not texts:
            return {}
        scores = np.asarray(self._scorer.score(question, texts), np.float64)
        spread = float(scores.max() - scores.min())
        shares = (scores - scores.min()) / spread if spread > 0 else np.ones(len(scores))
        return dict(zip(ids, map(float, shares), strict=True))
