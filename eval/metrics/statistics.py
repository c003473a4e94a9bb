"""Estimate the uncertainty of means and differences: bootstrap over clusters, with a fixed seed.

The questions of a conversation depend on each other, so whole conversations are resampled, not
questions (Cameron, Gelbach and Miller 2008). Not covered: the noise of a language model that
answers the same question differently; ask more questions, not the same one again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 4_000  # the ends of an interval are then exact to a fiftieth of its width
RESAMPLES_OF_MANY: Final = 1_000  # clusters are drawn as a table, which must fit into memory
MANY_CLUSTERS: Final = 1_000
SEED: Final = 20_240_229
LEVEL: Final = 0.95

Floats = NDArray[np.float64]
# A score by question, None where the metric does not apply.
Column = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over n questions with its 95 % interval; without one for fewer than two clusters."""

    mean: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Effect:
    """The difference of two means, second less first, with its interval and two-sided p."""

    first: float
    second: float
    low: float
    high: float
    p: float
    n: int

    @property
    def difference(self) -> float:
        """The second mean less the first."""
        return self.second - self.first


def bootstrap_mean(values: Column, clusters: Sequence[str]) -> Interval | None:
    """Return the mean of the scores that apply, with its percentile interval; None without any."""
    sums, counts = _by_cluster(values, clusters, _numbered(clusters))
    n = int(counts.sum())
    if not n:
        return None
    mean = float(sums.sum() / n)
    used = counts > 0
    if used.sum() < 2:
        return Interval(mean, None, None, n)
    weights = _draws(int(used.sum()))
    drawn = (weights @ sums[used]) / (weights @ counts[used])
    return Interval(mean, *_percentiles(drawn), n)


def paired_bootstrap(first: Column, second: Column, clusters: Sequence[str]) -> Effect | None:
    """Return the difference of two means over the same questions and resampled clusters.

    `p = 2 * min(P(d <= 0), P(d >= 0))` over the drawn differences d (Efron and Tibshirani 1993,
    chapter 16), at least 1 / draws. None when a side has no score.
    """
    numbered = _numbered(clusters)
    sums_a, counts_a = _by_cluster(first, clusters, numbered)
    sums_b, counts_b = _by_cluster(second, clusters, numbered)
    if not counts_a.sum() or not counts_b.sum():
        return None
    weights = _draws(len(numbered))
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (weights @ sums_b) / (weights @ counts_b) - (weights @ sums_a) / (
            weights @ counts_a
        )
    drawn = drawn[np.isfinite(drawn)]
    return Effect(
        float(sums_a.sum() / counts_a.sum()),
        float(sums_b.sum() / counts_b.sum()),
        *_percentiles(drawn),
        _two_sided(drawn),
        int(max(counts_a.sum(), counts_b.sum())),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for multiple testing (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected = [1.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - place)))
        corrected[index] = largest
    return corrected


def _numbered(clusters: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(clusters))}


def _by_cluster(
    values: Column, clusters: Sequence[str], numbered: dict[str, int]
) -> tuple[Floats, Floats]:
    """Return sum and number of the scores that apply, by cluster."""
    sums, counts = np.zeros(len(numbered)), np.zeros(len(numbered))
    for value, cluster in zip(values, clusters, strict=True):
        if value is not None:
            sums[numbered[cluster]] += value
            counts[numbered[cluster]] += 1
    return sums, counts


@lru_cache(maxsize=16)
def _draws(clusters: int) -> Floats:
    """Return how often each cluster is drawn in each resample, shape (resamples, clusters)."""
    chance = np.random.default_rng(SEED)
    size = RESAMPLES if clusters <= MANY_CLUSTERS else RESAMPLES_OF_MANY
    drawn = chance.multinomial(clusters, np.full(clusters, 1 / clusters), size=size)
    return drawn.astype(np.float64)


def _percentiles(drawn: Floats) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _two_sided(drawn: Floats) -> float:
    # Sums of the same scores in another order differ in their last bits.
    below, above = float(np.mean(drawn <= 1e-12)), float(np.mean(drawn >= -1e-12))
    return min(1.0, max(2 * min(below, above), 1 / len(drawn)))
