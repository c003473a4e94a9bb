"""Fuse scores of papers; pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def fuse(
    dense: Mapping[str, float], lexical: Mapping[str, float], dense_weight: float
) -> dict[str, float]:
    """Return one score in [0, 1] by paper: a convex combination of the two retrievers' scores.

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
    """Return the weighted mean of several scorings; a paper that a scoring lacks counts 0 there."""
    total = sum(weights)
    blended: dict[str, float] = defaultdict(float)
    for scores, weight in zip(scorings, weights, strict=True):
        for paper_id, score in scores.items():
            blended[paper_id] += weight * score / total
    return dict(blended)


@dataclass(frozen=True, slots=True)
class Signal:
    """Scores of a further criterion, to add to the fused ones.

    Attributes:
        scores: By paper, at most 1; for the best papers only.
        weight: Against 1 for the fused score.
        floor: The score that counts as 0, below 1; lower ones count as 0 too.
    """

    scores: Mapping[str, float]
    weight: float
    floor: float


def add_signals(fused: Mapping[str, float], signals: Sequence[Signal]) -> dict[str, float]:
    """Return scores of the same papers in [0, 1]: the weighted mean of fused score and signals.

    A signal's scores are rescaled from [floor, 1] to [0, 1]. A paper without one gets the lowest of
    those that have, so such papers keep their order and pass none that ranked above them.
    """
    total = 1 + sum(signal.weight for signal in signals)
    scores = {paper_id: score / total for paper_id, score in fused.items()}
    for signal in signals:
        least = min(signal.scores.values(), default=signal.floor)
        for paper_id in scores:
            value = max(signal.scores.get(paper_id, least) - signal.floor, 0.0)
            scores[paper_id] += signal.weight * value / (1 - signal.floor) / total
    return scores


def rank(scores: Mapping[str, float]) -> list[str]:
    """Return papers by descending score; equal scores by id, so that a run can be repeated."""
    return sorted(scores, key=lambda paper_id: (-scores[paper_id], paper_id))
