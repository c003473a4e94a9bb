"""Hybrid retrieval: dense and lexical candidates, fused and reranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rag.query.query import Query
from rag.query.questions import earlier_questions, history_weights
from rag.retrieval.admission import EVERYTHING, Admission, build_admission
from rag.retrieval.dense import DenseRetriever
from rag.retrieval.fusion import blend, fuse, rank
from rag.retrieval.hits import Scored, build_hits, named_bonus, newest_hits, ranks
from rag.retrieval.lexical import LexicalRetriever
from rag.retrieval.reranking import RERANKED_K, Fetched, Reranker, fetch
from rag.store.index import PaperIndex
from rag.types import Hit

# Lexical candidates whose cosine is looked up when dense missed them; without it recall@10 of
# dev.jsonl is 0.965 (0.971).
FILLED_K: Final = 50


@dataclass(frozen=True, slots=True)
class _Found:
    """The scores by paper, what was read of the papers, and the candidates for the question."""

    scores: Mapping[str, float]
    fetched: Fetched
    asked: Scored


class HybridRetriever:
    """Find the papers that a question is about, by meaning and by words.

    Args:
        index: The papers.
        dense: None for lexical retrieval only.
        lexical: Retrieval by words.
        dense_weight: Share of the dense side in the fused score, in [0, 1].
        reranker: Reranks the best papers; None leaves them as they were fused.
    """

    def __init__(
        self,
        index: PaperIndex,
        dense: DenseRetriever | None,
        lexical: LexicalRetriever,
        *,
        dense_weight: float,
        reranker: Reranker | None = None,
    ) -> None:
        self._index = index
        self._dense = dense
        self._lexical = lexical
        self._dense_weight = dense_weight
        self._reranker = reranker

    def find(self, query: Query, k: int) -> list[Hit]:
        """Return the k best papers that pass for a question within its conversation, best first.

        Without a topic the latest that pass. Papers that the question names come first.
        """
        self._index.refresh()
        if not query.topic.strip():
            return newest_hits(self._index, query.filters, k) if query.filters else []
        admission = build_admission(self._index.lexical, query.filters, k)
        found = self._score_all(query, admission)
        bonus = named_bonus(query, found.fetched)
        scores = dict(found.scores)
        for paper_id in admission.among(list(bonus)):
            scores[paper_id] = scores.get(paper_id, 0.0) + bonus[paper_id]
        best = {paper_id: scores[paper_id] for paper_id in rank(scores)[:k]}
        has_vector = found.asked.vector is not None
        fetched = fetch(self._index, list(best), found.fetched, vectors=has_vector)
        return build_hits(best, fetched, found.asked, bonus)

    def candidates(self, query: Query, admission: Admission = EVERYTHING) -> Mapping[str, float]:
        """Return the score in [0, 1] of all candidates by paper, without a bonus for names."""
        return self._score_all(query, admission).scores

    def _score_all(self, query: Query, admission: Admission) -> _Found:
        earlier = earlier_questions(query.searched_history)
        texts = (query.topic, *earlier)
        scored = self._fill_in(
            [self._score(text, admission, is_follow_up=bool(earlier)) for text in texts]
        )
        fused = [fuse(each.dense, each.lexical, self._weight(each)) for each in scored]
        weights = [1.0, *history_weights(query.topic, len(earlier))]
        blended = blend(fused, weights)
        has_vector = scored[0].vector is not None
        if self._reranker is not None and (has_vector or not self._reranker.needs_vectors):
            blended, fetched = self._reranker.rerank(texts, weights, blended)
        else:
            fetched = fetch(self._index, rank(blended)[:RERANKED_K], vectors=has_vector)
        return _Found(blended, fetched, scored[0])

    def _fill_in(self, scored: Sequence[Scored]) -> list[Scored]:
        """Add the cosines that dense retrieval did not return.

        For a single question those of its best lexical candidates; for several, every question's
        cosine with every candidate of the others, so that blending compares like with like.
        """
        if self._dense is None:
            return list(scored)
        if len(scored) == 1:
            return [self._fill_in_lexical(self._dense, scored[0])]
        everyone = {paper_id for each in scored for paper_id in (*each.dense, *each.lexical)}
        if all(everyone <= each.compared.keys() for each in scored):
            return [
                replace(each, dense={paper_id: each.compared[paper_id] for paper_id in everyone})
                for each in scored
            ]
        vectors = [each.vector for each in scored if each.vector is not None]
        known = iter(self._dense.all_similarities(vectors, everyone))
        return [
            replace(each, dense=next(known) if each.vector is not None else {}) for each in scored
        ]

    def _fill_in_lexical(self, dense: DenseRetriever, scored: Scored) -> Scored:
        if scored.vector is None:
            return scored
        missed = {paper for paper in list(scored.lexical)[:FILLED_K] if paper not in scored.dense}
        known = {paper: scored.compared[paper] for paper in missed & scored.compared.keys()}
        looked_up = dense.similarities(scored.vector, sorted(missed - known.keys()))
        return replace(scored, dense={**scored.dense, **known, **looked_up})

    def _weight(self, scored: Scored) -> float:
        return self._dense_weight if scored.vector is not None else 0.0

    def _score(self, text: str, admission: Admission, *, is_follow_up: bool) -> Scored:
        lexical = self._lexical.matches(text, admission.filters)
        vector = self._dense.try_embed(text, is_follow_up=is_follow_up) if self._dense else None
        if self._dense is None or vector is None:
            return Scored(lexical=lexical)
        compared = self._dense.compare(vector, admission)
        found = self._dense.nearest(compared, admission)
        return Scored(vector, found, lexical, ranks(found), compared)
