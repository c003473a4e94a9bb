"""Our metrics of rankings against trec_eval's own code, on random runs."""

from __future__ import annotations

import random

import pytest
import pytrec_eval

from eval.metrics.formulas import (
    average_precision,
    hit_at,
    ndcg_at,
    precision_at,
    recall_at,
    reciprocal_rank,
)

MEASURES = {"map", "recip_rank", "ndcg_cut.5,10", "recall.5,10,100", "P.5,10", "success.1,5,10"}
PAPERS = [f"p{n:03d}" for n in range(150)]


def random_case(seed):
    """Graded relevance of some papers, and a ranking that holds only part of them."""
    chance = random.Random(seed)
    judged = chance.sample(PAPERS, chance.randint(1, 40))
    gains = {paper: chance.choice([0, 1, 1, 2, 3]) for paper in judged}
    gains[judged[0]] = 1  # trec_eval skips a query without a relevant paper
    return gains, chance.sample(PAPERS, chance.randint(1, 120))


def reference(gains, ranking):
    scores = {paper: float(len(ranking) - place) for place, paper in enumerate(ranking)}
    return pytrec_eval.RelevanceEvaluator({"q": gains}, MEASURES).evaluate({"q": scores})["q"]


def ours(gains, ranking):
    relevant = {paper for paper, gain in gains.items() if gain > 0}
    values = {
        "map": average_precision(ranking, relevant),
        "recip_rank": reciprocal_rank(ranking, relevant),
    }
    values |= {f"ndcg_cut_{k}": ndcg_at(k, ranking, gains) for k in (5, 10)}
    values |= {f"recall_{k}": recall_at(k, ranking, relevant) for k in (5, 10, 100)}
    values |= {f"P_{k}": precision_at(k, ranking, relevant) for k in (5, 10)}
    return values | {f"success_{k}": hit_at(k, ranking, relevant) for k in (1, 5, 10)}


@pytest.mark.parametrize("seed", range(60))
def test_every_metric_of_a_ranking_equals_trec_eval(seed):
    gains, ranking = random_case(seed)
    assert ours(gains, ranking) == pytest.approx(reference(gains, ranking), abs=1e-9)


def test_a_ranking_without_a_relevant_paper_scores_zero_throughout():
    gains = {"a": 1, "b": 2}
    assert set(ours(gains, ["x", "y"]).values()) == {0.0}
    assert ours(gains, ["x", "y"]) == pytest.approx(reference(gains, ["x", "y"]), abs=1e-9)
