"""Merges scores of papers; pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence


def fuse(
    dense: Mapping[str, float], lexical: Mapping[str, float], dense_weight: float
) -> dict[str, float]:
    """One score in [0, 1] by paper: a convex combination of the two retrievers' scores.

    Each side is divided by its best score, and 0, below which no match lies, stays 0 (the
    theoretical-minimum normalisation of Bruch, Gai and Ingber 2023, arXiv:2210.11934), so a
    score does not depend on how many candidates were fetched. What a side does not know counts 0.

    Args:
        dense: Cosine by paper; negative ones count 0.
        lexical: BM25 score by paper.
        dense_weight: Share of the dense side, in [0, 1].
    """
    best_dense = max(dense.values(), default=0.0)
    best_lexical = max(lexical.values(), default=0.0)
    fused: dict[str, float] = defaultdict(float)
    for scores, best, weight in (
        (dense, best_dense, dense_weight),
        (lexical, best_lexical, 1 - dense_weight),
    ):
        for paper_id, score in scores.items():
            fused[paper_id] += weight * max(score, 0.0) / best if best > 0 else 0.0
    return dict(fused)


def blend(scorings: Sequence[Mapping[str, float]], weights: Sequence[float]) -> dict[str, float]:
    """The weighted mean of several scorings; a paper that a scoring lacks counts 0 there."""
    total = sum(weights)
    blended: dict[str, float] = defaultdict(float)
    for scores, weight in zip(scorings, weights, strict=True):
        for paper_id, score in scores.items():
            blended[paper_id] += weight * score / total
    return dict(blended)


def rank(scores: Mapping[str, float]) -> list[str]:
    """Papers by falling score; equal scores by id, so that a run can be repeated."""
    return sorted(scores, key=lambda paper_id: (-scores[paper_id], paper_id))
