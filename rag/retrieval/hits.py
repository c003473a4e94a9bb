"""Build hits of scored papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.query.filters import count_named
from rag.query.query import Query
from rag.query.titles import titled_papers
from rag.retrieval.reranking import Fetched, fetch
from rag.store.index import PaperIndex
from rag.types import Filters, Hit, Paper, Passage

# Added to the fused score of a paper that the question names; that score alone is at most 1.
NAMED_BONUS: Final = 1.0
LISTED_K: Final = 200  # papers among which those by most of the filtered authors are found


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates for one question, and all cosines that are known.

    Attributes:
        vector: Of the question, shape (dimension,); None without an embedder.
        dense: Cosine by paper.
        lexical: BM25 by paper, best first.
        dense_ranks: Ranks of the dense candidates, from 1.
        compared: Cosines of candidates and of others.
    """

    vector: NDArray[np.float32] | None = None
    dense: Mapping[str, float] = field(default_factory=dict)
    lexical: Mapping[str, float] = field(default_factory=dict)
    dense_ranks: Mapping[str, int] = field(default_factory=dict)
    compared: Mapping[str, float] = field(default_factory=dict)


def ranks(ordered: Iterable[str]) -> dict[str, int]:
    """Return the rank of each paper in an order, from 1."""
    return {paper_id: place for place, paper_id in enumerate(ordered, start=1)}


def named_bonus(query: Query, fetched: Fetched) -> dict[str, float]:
    """Return what is added to the scores of papers that a question names or refers to."""
    near = [stored.paper for stored in fetched.papers.values()]
    named = [*titled_papers(query.topic, near), *query.about]
    return dict.fromkeys((paper.paper_id for paper in named), NAMED_BONUS)


def newest_hits(index: PaperIndex, filters: Filters, k: int) -> list[Hit]:
    """Return the latest papers that pass; those by most of the filtered authors first."""
    passing = index.lexical.newest(filters, max(k, LISTED_K))
    fetched = fetch(index, passing, vectors=False)
    papers = [stored.paper for stored in fetched.papers.values()]
    named = {p.paper_id: count_named(filters, p) for p in papers}
    ordered = sorted(papers, key=lambda p: p.published or "", reverse=True)
    best = sorted(ordered, key=lambda p: -named[p.paper_id])[:k]
    most = max(named.values(), default=0) or 1
    scores = {p.paper_id: (named[p.paper_id] or most) / most for p in best}
    return build_hits(scores, fetched, Scored(), {})


def build_hits(
    scores: Mapping[str, float], fetched: Fetched, asked: Scored, bonus: Mapping[str, float]
) -> list[Hit]:
    """Build hits of the scored papers, in their order.

    Args:
        scores: By paper, best first.
        fetched: The papers with their vectors; one that was removed meanwhile is left out.
        asked: The question's vector and each retriever's candidates.
        bonus: What the scores hold for being named.
    """
    lexical_ranks = ranks(asked.lexical)
    hits = []
    for paper_id in scores:
        if paper_id not in fetched.papers:
            continue
        stored = fetched.papers[paper_id]
        ranked = _by_similarity(stored.passages, fetched.vectors, asked.vector)
        hits.append(
            Hit(
                paper=stored.paper,
                score=scores[paper_id],
                passages=tuple(passage for passage, _ in ranked),
                dense_similarity=ranked[0][1],
                lexical_score=asked.lexical.get(paper_id),
                dense_rank=asked.dense_ranks.get(paper_id),
                lexical_rank=lexical_ranks.get(paper_id),
                is_named=bonus.get(paper_id, 0.0) >= NAMED_BONUS,
            )
        )
    return hits


def _by_similarity(
    passages: Sequence[Passage],
    vectors: Mapping[str, NDArray[np.float32]],
    vector: NDArray[np.float32] | None,
) -> list[tuple[Passage, float | None]]:
    """Return passages with their cosine, most similar first; in reading order without a vector."""
    if vector is None:
        return [(passage, None) for passage in passages]
    ids = {passage: passage.passage_id for passage in passages}
    known = [
        each for each in passages if ids[each] in vectors
    ]  # it may have been removed meanwhile
    if not known:
        return [(passage, None) for passage in passages]
    cosines = {passage: float(vectors[ids[passage]] @ vector) for passage in known}
    ranked = sorted(known, key=lambda passage: -cosines[passage])
    return [(passage, cosines[passage]) for passage in ranked]


def put_first(papers: Sequence[Paper], hits: Sequence[Hit], *, are_named: bool) -> list[Hit]:
    """Return hits of some papers, in their order, then the others; they need not have been found.

    Args:
        papers: The papers to put first.
        hits: What was found, best first.
        are_named: Whether the question names these papers; else their hits get the best score.
    """
    found = {hit.paper.paper_id: hit for hit in hits}
    best = max((hit.score for hit in hits), default=1.0)
    first = [found.get(paper.paper_id, Hit(paper, best)) for paper in papers]
    first = [
        replace(hit, is_named=True) if are_named else replace(hit, score=best) for hit in first
    ]
    ids = {hit.paper.paper_id for hit in first}
    return [*first, *(hit for hit in hits if hit.paper.paper_id not in ids)]
