"""Merges scores of papers; pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Signal:
    """What else tells papers apart.

    Attributes:
        scores: At most 1 each, by paper; for the best papers only.
        weight: Against 1 for the fused score.
        floor: What counts nothing, below 1; what is less does not either.
    """

    scores: Mapping[str, float]
    weight: float
    floor: float


def add_signals(fused: Mapping[str, float], signals: Sequence[Signal]) -> dict[str, float]:
    """Scores of the same papers in [0, 1]: the weighted mean of fused score and signals.

    A signal's values are stretched from `floor` to 1. A paper that a signal does not know counts
    there as the least of those it knows, so the order among the unknown stays, and they do not
    pass any that was better before.
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
    """Papers by falling score; equal scores by id, so that a run can be repeated."""
    return sorted(scores, key=lambda paper_id: (-scores[paper_id], paper_id))
