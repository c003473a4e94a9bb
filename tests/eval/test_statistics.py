"""Bootstrap intervals and paired differences: known cases, clusters, and a fixed seed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.statistics import bootstrap_mean, holm, paired_bootstrap

NAMES = [f"q{n}" for n in range(200)]


def noisy(seed, mean, count=200):
    chance = random.Random(seed)
    return [float(chance.random() < mean) for _ in range(count)]


def test_the_interval_of_a_share_is_about_two_standard_errors_wide():
    interval = bootstrap_mean(noisy(1, 0.5), NAMES)
    assert interval.low < interval.mean < interval.high
    assert interval.high - interval.low == pytest.approx(4 * (0.25 / 200) ** 0.5, rel=0.1)


def test_the_same_scores_give_the_same_interval():
    assert bootstrap_mean(noisy(2, 0.3), NAMES) == bootstrap_mean(noisy(2, 0.3), NAMES)


def test_scores_that_do_not_apply_are_left_out():
    interval = bootstrap_mean([1.0, None, 0.0, None], ["a", "b", "c", "d"])
    assert (interval.mean, interval.n) == (0.5, 2)
    assert bootstrap_mean([None, None], ["a", "b"]) is None


def test_a_single_cluster_has_a_mean_and_no_interval():
    interval = bootstrap_mean([0.0, 1.0], ["a", "a"])
    assert (interval.mean, interval.low, interval.high) == (0.5, None, None)


def test_questions_of_one_conversation_widen_the_interval():
    # Forty conversations whose five questions all go the same way tell as much as forty questions.
    scores = [value for value in noisy(3, 0.5, 40) for _ in range(5)]
    apart = bootstrap_mean(scores, [str(n) for n in range(200)])
    together = bootstrap_mean(scores, [str(n // 5) for n in range(200)])
    assert together.mean == apart.mean
    ratio = (together.high - together.low) / (apart.high - apart.low)
    assert ratio == pytest.approx(5**0.5, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_an_interval_holds_its_mean_and_stays_within_the_scores(scores):
    interval = bootstrap_mean(scores, [str(n) for n in range(len(scores))])
    assert min(scores) - 1e-9 <= interval.low <= interval.mean + 1e-9
    assert interval.mean - 1e-9 <= interval.high <= max(scores) + 1e-9


def test_a_run_does_not_differ_from_itself():
    scores = noisy(4, 0.7)
    effect = paired_bootstrap(scores, scores, NAMES)
    assert (effect.difference, effect.p) == (0.0, 1.0)


def test_a_loss_on_many_questions_is_beyond_chance():
    first = noisy(5, 0.9)
    second = [0.0 if n % 10 == 0 else value for n, value in enumerate(first)]
    effect = paired_bootstrap(first, second, NAMES)
    assert effect.difference < 0
    assert effect.high < 0
    assert effect.p < 0.001


def test_a_few_changes_both_ways_are_chance():
    first = noisy(6, 0.8)
    second = list(first)
    for n in (3, 50, 120, 180):
        second[n] = 1 - second[n]
    assert paired_bootstrap(first, second, NAMES).p > 0.05


def test_the_direction_turns_with_the_runs():
    first, second = noisy(7, 0.6), noisy(8, 0.9)
    there, back = (paired_bootstrap(a, b, NAMES) for a, b in ((first, second), (second, first)))
    assert there.difference == pytest.approx(-back.difference)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_pairing_sees_what_separate_intervals_do_not():
    first = noisy(9, 0.5)
    second = [min(value + 0.02, 1.02) for value in first]  # everywhere a little better
    effect = paired_bootstrap(first, second, NAMES)
    apart = [bootstrap_mean(scores, NAMES) for scores in (first, second)]
    assert apart[1].low < apart[0].high  # the intervals overlap
    assert effect.low > 0


def test_a_metric_that_applies_to_other_questions_in_each_run_is_still_compared():
    first = [1.0] * 100 + [None] * 100
    second = [None] * 100 + [0.0] * 100
    effect = paired_bootstrap(first, second, NAMES)
    assert (effect.first, effect.second) == (1.0, 0.0)
    assert effect.p < 0.01
    assert paired_bootstrap(first, [None] * 200, NAMES) is None


@pytest.mark.parametrize(
    ("given_p", "expected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # 3 × 0.01, then 2 × 0.03, never falling
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.2], [0.2]),
        ([], []),
    ],
)
def test_holm_corrects_for_the_number_of_looks(given_p, expected):
    assert holm(given_p) == pytest.approx(expected)
