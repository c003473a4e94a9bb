"""Collect the papers of several searches, and make one ranking of them; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rag.retrieval.fusion import Signal, add_signals, blend, rank
from rag.types import Hit, Search, SearchKind

# What a search weighs in the mean of all, and the most that its best paper scores, against 1 for
# the question itself. On the dev set, recall@10 of `multi` and hit@1 of others: with perfect
# rewordings 0.937 and 0.971 (the question alone 0.874 and 0.933), with the question's own clauses,
# which help nothing, 0.874 and 0.933. The mean alone finds fewer of several papers (0.916), the
# maximum alone leaves the first place to the question (0.933).
WEIGHTS: Final[Mapping[SearchKind, float]] = {"question": 1.0, "feedback": 0.2}
WEIGHT: Final = 0.5  # of all others
CEILINGS: Final[Mapping[SearchKind, float]] = {"question": 1.0, "feedback": 0.0}
CEILING: Final = 0.9
CHOSEN_WEIGHT: Final = 0.5  # of a model's choice, against 1 for the fused scores
NAMED: Final = 1.0  # what scores have more where the question names the paper


@dataclass(frozen=True, slots=True)
class Pool:
    """The searches so far with the hits of each; every paper as the first of them found it.

    Attributes:
        searches: In their order.
        found: The hits of each, best first.
        hits: All of them by paper.
    """

    searches: tuple[Search, ...] = ()
    found: tuple[tuple[Hit, ...], ...] = ()
    hits: Mapping[str, Hit] = field(default_factory=dict)

    def add(self, search: Search, hits: Sequence[Hit]) -> Pool:
        """Return the pool with one more search, which tells how many papers were new."""
        new = {each.paper.paper_id: each for each in hits if each.paper.paper_id not in self.hits}
        told = replace(search, found=len(new))
        return Pool((*self.searches, told), (*self.found, tuple(hits)), {**self.hits, **new})

    def scores(self, chosen: Sequence[str] = ()) -> dict[str, float]:
        """Return the score of every paper: that of all searches fused, and of a model's choice.

        Args:
            chosen: Ids of the papers that the model chose, the most useful first.
        """
        fused = fuse_searches([each.kind for each in self.searches], list(map(_scores, self.found)))
        return preferred(fused, chosen)

    def ranked(self, chosen: Sequence[str] = ()) -> list[Hit]:
        """Return all papers with these scores, best first."""
        scores = self.scores(chosen)
        return [replace(self.hits[paper], score=scores[paper]) for paper in rank(scores)]


def preferred(scores: Mapping[str, float], chosen: Sequence[str]) -> dict[str, float]:
    """Return scores in [0, 1] that count a model's choice in.

    Args:
        scores: By paper, in [0, 1].
        chosen: Ids of some of these papers, the most useful first.
    """
    if not chosen:
        return dict(scores)
    places = {paper: 1 - place / len(scores) for place, paper in enumerate(chosen)}
    signal = {paper: places.get(paper, 0.0) for paper in scores}
    return add_signals(scores, [Signal(signal, CHOSEN_WEIGHT, 0.0)])


def fuse_searches(
    kinds: Sequence[SearchKind], scorings: Sequence[Mapping[str, float]]
) -> dict[str, float]:
    """Return one score in [0, 1] by paper: half the mean of all searches, half the best of them.

    Args:
        kinds: Of the searches, in their order; the first is that of the question.
        scorings: Score in [0, 1] by paper, of each.
    """
    mean = blend(scorings, [WEIGHTS.get(kind, WEIGHT) for kind in kinds])
    best: dict[str, float] = dict.fromkeys(mean, 0.0)
    for kind, scores in zip(kinds, scorings, strict=True):
        most = max(scores.values(), default=0.0)
        for paper, score in scores.items() if most > 0 else ():
            best[paper] = max(best[paper], CEILINGS.get(kind, CEILING) * score / most)
    return blend([mean, best], [1, 1])


def _scores(hits: Sequence[Hit]) -> dict[str, float]:
    """Return the scores of a search in [0, 1], whether papers are named or not."""
    return {hit.paper.paper_id: hit.score - (NAMED if hit.is_named else 0.0) for hit in hits}
