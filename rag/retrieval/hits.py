"""Makes hits of scored papers: the newest ones, those that are named, passages by similarity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.query.filters import count_named
from rag.query.titles import titled_papers
from rag.query.understanding import Query
from rag.retrieval.reranking import Fetched, fetch
from rag.store.index import PaperIndex
from rag.types import Filters, Hit, Passage

# What a paper that the question names gains on its fused score, which is at most 1 by itself.
NAMED_BONUS: Final = 1.0
LISTED_K: Final = 200  # papers looked at to list those by most of the asked-for authors


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidates for one text, and all cosines that are known already.

    Attributes:
        vector: Of the text, shape (dimension,); None without an embedder.
        dense: Cosine by paper.
        lexical: BM25 by paper, best first.
        dense_ranks: Places among the dense candidates, from 1.
        compared: Cosines of candidates and of others.
    """

    vector: NDArray[np.float32] | None = None
    dense: Mapping[str, float] = field(default_factory=dict)
    lexical: Mapping[str, float] = field(default_factory=dict)
    dense_ranks: Mapping[str, int] = field(default_factory=dict)
    compared: Mapping[str, float] = field(default_factory=dict)


def ranks(ordered: Iterable[str]) -> dict[str, int]:
    """Number papers by their order, from 1."""
    return {paper_id: place for place, paper_id in enumerate(ordered, start=1)}


def named_bonus(query: Query, fetched: Fetched) -> dict[str, float]:
    """Score what papers gain that the question names or points at."""
    near = [stored.paper for stored in fetched.papers.values()]
    named = [*titled_papers(query.topic, near), *query.about]
    return dict.fromkeys((paper.paper_id for paper in named), NAMED_BONUS)


def newest_hits(index: PaperIndex, filters: Filters, k: int) -> list[Hit]:
    """The latest papers that pass, those by most of the asked-for authors first."""
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
    """Hits of the scored papers, in their order.

    Args:
        scores: By paper, best first.
        fetched: The papers with their vectors; one that was removed meanwhile is left out.
        asked: The question's vector and each retriever's candidates.
        bonus: What is in the score for being named.
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
