"""Find papers with a retriever that the caller gave to the library."""

from __future__ import annotations

from rag.query.query import Query
from rag.retrieval.admission import build_admission
from rag.retrieval.dense import DenseRetriever
from rag.retrieval.fusion import fuse, rank
from rag.retrieval.hits import Scored, build_hits, named_bonus, newest_hits
from rag.retrieval.protocols import Retriever
from rag.retrieval.reranking import fetch
from rag.store.index import PaperIndex
from rag.types import Hit


class PaperSearch:
    """Find the papers that one retriever scores best.

    Args:
        index: The papers.
        retriever: Scores them.
        dense: Tells how similar the found ones are, by which the engine decides whether they
            answer; None to have it decide by words.
        candidates_k: Most candidates that are looked at.
    """

    def __init__(
        self,
        index: PaperIndex,
        retriever: Retriever,
        dense: DenseRetriever | None,
        candidates_k: int,
    ) -> None:
        self._index = index
        self._retriever = retriever
        self._dense = dense
        self._candidates_k = candidates_k

    def find(self, query: Query, k: int) -> list[Hit]:
        """Return the k best papers for a question, best first, with scores divided by the best."""
        self._index.refresh()
        if not query.topic.strip():
            return newest_hits(self._index, query.filters, k) if query.filters else []
        admission = build_admission(self._index.lexical, query.filters, k)
        scores = fuse(dict(self._retriever.candidates(query, admission)), {}, 1.0)
        looked_at = admission.among(rank(scores))[: max(k, self._candidates_k)]
        asked = Scored(self._dense.try_embed(query.topic) if self._dense else None)
        has_vector = asked.vector is not None
        fetched = fetch(self._index, looked_at, vectors=has_vector)
        bonus = named_bonus(query, fetched)
        fetched = fetch(self._index, admission.among(list(bonus)), fetched, vectors=has_vector)
        ordered = {each: scores.get(each, 0.0) + bonus.get(each, 0.0) for each in fetched.papers}
        best = {each: ordered[each] for each in rank(ordered)[:k]}
        return build_hits(best, fetched, asked, bonus)
