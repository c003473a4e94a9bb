"""Dense and lexical retrieval fused into hits, as a LlamaIndex retriever."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from rag.errors import EmbedderUnavailableError
from rag.query.filters import count_named
from rag.query.questions import earlier_questions, history_weights
from rag.query.references import NAMED_BONUS, referred_papers, titled_papers
from rag.query.understanding import Query, QueryParser
from rag.retrieval.admission import Admission, build_admission
from rag.retrieval.dense import DenseRetriever
from rag.retrieval.fusion import blend, fuse, rank
from rag.retrieval.lexical import LexicalRetriever
from rag.retrieval.nodes import as_nodes
from rag.retrieval.reranking import RERANKED_K, Fetched, Reranker, fetch
from rag.store.index import PaperIndex
from rag.types import NO_FILTERS, Filters, Hit, Message, Paper, Passage

logger = logging.getLogger(__name__)

FILLED_K: Final = 50  # lexical candidates whose cosine is looked up when dense missed them
LISTED_K: Final = 200  # papers looked at to list those by most of the asked-for authors


@dataclass(frozen=True, slots=True)
class _Scored:
    """Both retrievers' candidates for one question, and all cosines that are known already."""

    vector: NDArray[np.float32] | None
    dense: Mapping[str, float]
    lexical: Mapping[str, float]
    dense_ranks: Mapping[str, int]
    compared: Mapping[str, float] = field(default_factory=dict)


class HybridRetriever(BaseRetriever):
    """Finds the papers that a question is about.

    Args:
        index: The papers.
        dense: None for lexical retrieval only.
        lexical: Retrieval by words.
        dense_weight: Share of the dense side in the fused score, in [0, 1].
        top_k: Papers that `retrieve` gives.
        reranker: Looks at the best papers once more; None leaves them as they were fused.
    """

    def __init__(
        self,
        index: PaperIndex,
        dense: DenseRetriever | None,
        lexical: LexicalRetriever,
        *,
        dense_weight: float,
        top_k: int,
        reranker: Reranker | None = None,
    ) -> None:
        super().__init__()
        self._index = index
        self._dense = dense
        self._lexical = lexical
        self._dense_weight = dense_weight
        self._top_k = top_k
        self._reranker = reranker

    def find(self, query: Query, k: int) -> list[Hit]:
        """The k best papers for a question, best first."""
        history = query.searched_history
        return self.search(query.topic, k, history, query.filters, named=query.about)

    def search(
        self,
        question: str,
        k: int,
        history: Sequence[Message] = (),
        filters: Filters = NO_FILTERS,
        *,
        named: Sequence[Paper] = (),
    ) -> list[Hit]:
        """The k best papers that pass for a question within its conversation, best first.

        Of "" with filters they are the latest that pass. Those that it is known to name come first.
        """
        self._index.refresh()
        if not question.strip():
            return self._newest(k, filters) if filters else []
        admission = build_admission(self._lexical.index, filters, k)
        earlier = earlier_questions(history)
        scored = self._fill_in(
            [self._score(text, filters, admission) for text in (question, *earlier)]
        )
        fused = [fuse(each.dense, each.lexical, self._weight(each)) for each in scored]
        weights = [1.0, *history_weights(question, len(earlier))]
        blended = blend(fused, weights)
        has_vector = scored[0].vector is not None
        if self._reranker is not None and has_vector:
            blended, fetched = self._reranker.rerank((question, *earlier), weights, blended)
        else:
            fetched = fetch(self._index, rank(blended)[:RERANKED_K], vectors=has_vector)
        bonus = _bonus(question, history, fetched)
        bonus |= {paper.paper_id: NAMED_BONUS for paper in named}
        for paper_id in admission.among(list(bonus)):
            blended[paper_id] = blended.get(paper_id, 0.0) + bonus[paper_id]
        best = rank(blended)[:k]
        hits = self._hits(best, blended, scored[0], fetched)
        return [replace(h, is_named=bonus.get(h.paper.paper_id, 0.0) >= NAMED_BONUS) for h in hits]

    def _fill_in(self, scored: Sequence[_Scored]) -> list[_Scored]:
        """The scored questions with the cosines that dense retrieval did not bring.

        For a single question those of its best lexical candidates; for several, every question's
        cosine with every candidate of the others, so that blending is fair.
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

    def _fill_in_lexical(self, dense: DenseRetriever, scored: _Scored) -> _Scored:
        if scored.vector is None:
            return scored
        missed = {paper for paper in list(scored.lexical)[:FILLED_K] if paper not in scored.dense}
        known = {paper: scored.compared[paper] for paper in missed & scored.compared.keys()}
        looked_up = dense.similarities(scored.vector, sorted(missed - known.keys()))
        return replace(scored, dense={**scored.dense, **known, **looked_up})

    def _weight(self, scored: _Scored) -> float:
        return self._dense_weight if scored.vector is not None else 0.0

    def _newest(self, k: int, filters: Filters) -> list[Hit]:
        """The latest papers that pass, those by most of the asked-for authors first."""
        passing = self._lexical.index.newest(filters, max(k, LISTED_K))
        papers = [stored.paper for stored in self._index.find(passing).values()]
        named = {p.paper_id: count_named(filters, p) for p in papers}
        ordered = sorted(papers, key=lambda p: p.published or "", reverse=True)
        best = sorted(ordered, key=lambda p: -named[p.paper_id])[:k]
        most = max(named.values(), default=0) or 1
        scores = {p.paper_id: (named[p.paper_id] or most) / most for p in best}
        return self._hits([p.paper_id for p in best], scores, _Scored(None, {}, {}, {}))

    def _score(self, question: str, filters: Filters, admission: Admission) -> _Scored:
        lexical = self._lexical.candidates(question, filters)
        vector = self._embed(question)
        if self._dense is None or vector is None:
            return _Scored(None, {}, lexical, {})
        compared = self._dense.compare(vector, admission)
        found = self._dense.nearest(compared, admission)
        return _Scored(vector, found, lexical, _ranks(found), compared)

    def _embed(self, question: str) -> NDArray[np.float32] | None:
        if self._dense is None:
            return None
        try:
            return self._dense.embed(question)
        except EmbedderUnavailableError as exc:
            logger.info("lexical retrieval only: %s", exc)
            return None

    def _hits(
        self,
        paper_ids: Sequence[str],
        scores: Mapping[str, float],
        asked: _Scored,
        fetched: Fetched | None = None,
    ) -> list[Hit]:
        fetched = fetch(self._index, paper_ids, fetched, vectors=asked.vector is not None)
        papers, vectors = fetched.papers, fetched.vectors
        lexical_ranks = _ranks(asked.lexical)
        hits = []
        for paper_id in paper_ids:
            if paper_id not in papers:  # removed between the two look-ups
                continue
            stored = papers[paper_id]
            ranked = _by_similarity(stored.passages, vectors, asked.vector)
            hits.append(
                Hit(
                    paper=stored.paper,
                    score=scores[paper_id],
                    passages=tuple(passage for passage, _ in ranked),
                    dense_similarity=ranked[0][1],
                    lexical_score=asked.lexical.get(paper_id),
                    dense_rank=asked.dense_ranks.get(paper_id),
                    lexical_rank=lexical_ranks.get(paper_id),
                )
            )
        return hits

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        parser = QueryParser(self._lexical.index.find_authors, self._index.refresh)
        query = parser.understand_search(query_bundle.query_str)
        return as_nodes(self.find(query, self._top_k))


def _bonus(question: str, history: Sequence[Message], fetched: Fetched) -> dict[str, float]:
    """What papers gain that the question names, or points back at."""
    near = [stored.paper for stored in fetched.papers.values()]
    named = dict.fromkeys((p.paper_id for p in titled_papers(question, near)), NAMED_BONUS)
    return referred_papers(question, history) | named


def _ranks(ordered: Iterable[str]) -> dict[str, int]:
    return {paper_id: place for place, paper_id in enumerate(ordered, start=1)}


def _by_similarity(
    passages: Sequence[Passage],
    vectors: Mapping[str, NDArray[np.float32]],
    vector: NDArray[np.float32] | None,
) -> list[tuple[Passage, float | None]]:
    """Passages with their cosine, most similar first; in reading order when there is no vector."""
    if vector is None:
        return [(passage, None) for passage in passages]
    ids = {passage: passage.passage_id for passage in passages}
    known = [each for each in passages if ids[each] in vectors]  # it may just have been removed
    if not known:
        return [(passage, None) for passage in passages]
    cosines = {passage: float(vectors[ids[passage]] @ vector) for passage in known}
    ranked = sorted(known, key=lambda passage: -cosines[passage])
    return [(passage, cosines[passage]) for passage in ranked]
