"""Metrics of rankings, citations and confidence: values computed by hand, and properties."""

from __future__ import annotations

import math
from functools import partial
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.formulas import (
    Statement,
    auroc,
    average_precision,
    brier,
    citation_precision,
    citation_recall,
    context_precision,
    expected_calibration_error,
    gold_citation_precision,
    gold_citation_recall,
    hit_at,
    mention_coverage,
    mentions,
    ndcg_at,
    precision_at,
    quote_exactness,
    recall_at,
    reciprocal_rank,
    reliability_bins,
    statement_of,
)

# retrieved, relevant, k, then hit, recall, precision at k, reciprocal rank, average precision
CASES = [
    ("abcde", "a", 3, 1, 1, 1 / 3, 1, 1),
    ("abcde", "c", 3, 1, 1, 1 / 3, 1 / 3, 1 / 3),
    ("abcde", "d", 3, 0, 0, 0, 1 / 4, 1 / 4),  # k does not cut the last two
    ("abcde", "x", 3, 0, 0, 0, 0, 0),
    ("abcde", "ac", 3, 1, 1, 2 / 3, 1, (1 + 2 / 3) / 2),
    ("abcde", "bd", 3, 1, 1 / 2, 1 / 3, 1 / 2, (1 / 2 + 2 / 4) / 2),
    ("abcde", "ax", 5, 1, 1 / 2, 1 / 5, 1, 1 / 2),  # what is never found counts 0
    ("abcde", "abcde", 5, 1, 1, 1, 1, 1),
    ("abc", "abc", 10, 1, 1, 3 / 10, 1, 1),  # empty places count as misses
    ("", "a", 3, 0, 0, 0, 0, 0),
    ("abc", "", 3, 0, 0, 0, 0, 0),
    ("", "", 3, 0, 0, 0, 0, 0),
]


@pytest.mark.parametrize(
    ("retrieved", "relevant", "k", "hit", "recall", "precision", "first", "average"), CASES
)
def test_metrics_are_what_the_hand_computes(
    retrieved, relevant, k, hit, recall, precision, first, average
):
    retrieved, relevant = list(retrieved), set(relevant)
    assert hit_at(k, retrieved, relevant) == hit
    assert recall_at(k, retrieved, relevant) == pytest.approx(recall)
    assert precision_at(k, retrieved, relevant) == pytest.approx(precision)
    assert reciprocal_rank(retrieved, relevant) == pytest.approx(first)
    assert average_precision(retrieved, relevant) == pytest.approx(average)


def log2(rank):
    return math.log2(rank + 1)


@pytest.mark.parametrize(
    ("retrieved", "gains", "k", "expected"),
    [
        ("ab", {"a": 1.0}, 10, 1),
        ("ba", {"a": 1.0}, 10, 1 / log2(2)),
        ("xya", {"a": 1.0}, 3, 1 / 2),
        ("xya", {"a": 1.0}, 2, 0),
        ("abc", {"a": 1.0, "c": 1.0}, 10, (1 + 1 / log2(3)) / (1 + 1 / log2(2))),
        # The worked example of three grades.
        (
            "abcd",
            {"a": 3.0, "b": 2.0, "c": 3.0, "d": 1.0},
            4,
            (3 + 2 / log2(2) + 3 / 2 + 1 / log2(4)) / (3 + 3 / log2(2) + 2 / 2 + 1 / log2(4)),
        ),
        # The best possible has k places as well.
        ("a", {"a": 1.0, "b": 1.0, "c": 1.0}, 1, 1),
        ("a", {"a": 1.0, "b": 1.0}, 2, 1 / (1 + 1 / log2(2))),
        ("ab", {"a": 0.0, "b": 1.0}, 2, 1 / log2(2)),
        ("ab", {}, 2, 0),
        ("ab", {"a": 0.0}, 2, 0),
        ("", {"a": 1.0}, 2, 0),
    ],
)
def test_discounted_gain_is_what_the_hand_computes(retrieved, gains, k, expected):
    assert ndcg_at(k, list(retrieved), gains) == pytest.approx(expected)


IDS = "abcdefgh"
RETRIEVED = st.lists(st.sampled_from(IDS), unique=True)
RELEVANT = st.sets(st.sampled_from(IDS))
GAINS = st.dictionaries(st.sampled_from(IDS), st.sampled_from([0.0, 1.0, 2.0, 3.0]))
K = st.integers(1, 12)


def all_metrics(k, retrieved, relevant):
    at_k = [f(k, retrieved, relevant) for f in (hit_at, recall_at, precision_at)]
    whole = [f(retrieved, relevant) for f in (reciprocal_rank, average_precision)]
    return [*at_k, *whole, ndcg_at(k, retrieved, dict.fromkeys(relevant, 1.0))]


@settings(max_examples=150, deadline=None)
@given(K, RETRIEVED, RELEVANT)
def test_every_metric_lies_between_0_and_1(k, retrieved, relevant):
    assert all(0 <= value <= 1 + 1e-9 for value in all_metrics(k, retrieved, relevant))


@settings(max_examples=100, deadline=None)
@given(K, RETRIEVED, RELEVANT.filter(bool), st.randoms())
def test_all_relevant_ones_first_is_the_best_order(k, retrieved, relevant, random):
    rest = [paper_id for paper_id in retrieved if paper_id not in relevant]
    first = sorted(relevant)
    random.shuffle(first)
    assert ndcg_at(k, first + rest, dict.fromkeys(relevant, 1.0)) == pytest.approx(1)
    assert average_precision(first + rest, relevant) == pytest.approx(1)
    assert recall_at(len(relevant), first + rest, relevant) == 1
    assert precision_at(len(relevant), first + rest, relevant) == 1


@settings(max_examples=100, deadline=None)
@given(K, RETRIEVED, RELEVANT, st.randoms())
def test_the_order_within_the_first_k_matters_to_ranks_only(k, retrieved, relevant, random):
    head = retrieved[:k]
    random.shuffle(head)
    shuffled = head + retrieved[k:]
    for metric in (hit_at, recall_at, precision_at):
        assert metric(k, shuffled, relevant) == metric(k, retrieved, relevant)


@settings(max_examples=100, deadline=None)
@given(K, RETRIEVED, RELEVANT, st.permutations(IDS))
def test_other_names_for_the_papers_change_nothing(k, retrieved, relevant, names):
    renamed = dict(zip(IDS, names, strict=True))
    there = all_metrics(k, [renamed[p] for p in retrieved], {renamed[p] for p in relevant})
    assert there == pytest.approx(all_metrics(k, retrieved, relevant))


@settings(max_examples=150, deadline=None)
@given(K, RETRIEVED.filter(lambda ids: len(ids) > 1), RELEVANT, st.data())
def test_moving_a_relevant_one_up_never_makes_a_metric_worse(k, retrieved, relevant, data):
    place = data.draw(st.integers(1, len(retrieved) - 1))
    if retrieved[place] in relevant and retrieved[place - 1] not in relevant:
        better = list(retrieved)
        better[place - 1], better[place] = better[place], better[place - 1]
        before = all_metrics(k, retrieved, relevant)
        for after, value in zip(all_metrics(k, better, relevant), before, strict=True):
            assert after >= value - 1e-9


@settings(max_examples=100, deadline=None)
@given(K, RETRIEVED, RELEVANT)
def test_hit_and_recall_grow_with_k(k, retrieved, relevant):
    for metric in (hit_at, recall_at):
        assert metric(k + 1, retrieved, relevant) >= metric(k, retrieved, relevant)


@settings(max_examples=60, deadline=None)
@given(K, st.lists(st.sampled_from("abcd"), unique=True, min_size=1), GAINS)
def test_no_order_of_the_same_papers_has_more_gain_than_the_one_by_falling_gain(k, ids, gains):
    values = map(partial(ndcg_at, k, gains=gains), map(list, permutations(ids)))
    by_gain = sorted(ids, key=lambda paper_id: -gains.get(paper_id, 0.0))
    assert max(values) == pytest.approx(ndcg_at(k, by_gain, gains))


@settings(max_examples=60, deadline=None)
@given(K, RETRIEVED, GAINS, st.floats(0.1, 10))
def test_the_unit_of_the_gains_does_not_matter(k, retrieved, gains, factor):
    scaled = {paper_id: gain * factor for paper_id, gain in gains.items()}
    assert ndcg_at(k, retrieved, scaled) == pytest.approx(ndcg_at(k, retrieved, gains))


# --- context, facts and citations ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("retrieved", "relevant", "expected"),
    [
        ("abc", "ab", 1),
        ("abc", "c", 1 / 3),
        ("abc", "acx", (1 + 2 / 3) / 2),  # what was not given is the retriever's fault, not counted
        ("abc", "x", 0),
        ("", "a", 0),
    ],
)
def test_context_precision_is_what_the_hand_computes(retrieved, relevant, expected):
    assert context_precision(list(retrieved), set(relevant)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "fact", "is_mentioned"),
    [
        ("It prunes at night.", "night", True),
        ("It prunes at night.", "NIGHT", True),
        ("It prunes at night.", "day|night", True),
        ("It prunes at night.", "day | noon", False),
        ("It prunes at night.", "prune", True),  # may end inside a word
        ("It prunes at night.", "runes", False),  # may not begin inside one
        ("They are organs.", "GAN", False),
        ("GANs hum.", "GAN", True),
        ("a state-of-the-art net", "state of the art", True),
        ("a state of\nthe art net", "state-of-the-art", True),
        ("dashes – of many — kinds", "dashes - of many - kinds", True),
        ("It keeps 97 of 100.", "97", True),
        ("It keeps 97.", "97", True),
        ("It keeps 97%.", "97%|97 percent", True),
        ("It keeps 197.", "97", False),
        ("It keeps 975.", "97", False),
        ("It keeps 97.5%.", "97", False),
        ("It keeps 1.97.", "97", False),
        ("It has 1,000,000 nodes.", "1000000", True),
        ("It has 1000000 nodes.", "1,000,000", True),
        ("in 1, 2 or 3", "12", False),
        ("ﬁve nets", "five", True),  # a ligature
        ("f(x) = [1]+", "f(x) = [1]+", True),  # no pattern of a fact is a regular expression
        ("anything", "a.y", False),
        ("anything", " | ", False),
        ("", "x", False),
    ],
)
def test_a_fact_is_mentioned_by_one_of_its_alternatives(text, fact, is_mentioned):
    assert mentions(text, fact) is is_mentioned


@pytest.mark.parametrize(
    ("facts", "expected"),
    [(["night", "97|98"], 1), (["night", "day"], 0.5), (["day", "noon"], 0), ([], 0)],
)
def test_coverage_is_the_share_of_facts_that_are_mentioned(facts, expected):
    assert mention_coverage("97 of 100 at night", facts) == expected


@pytest.mark.parametrize(
    ("cited", "relevant", "precision", "recall"),
    [
        ("ab", "ab", 1, 1),
        ("aab", "a", 1 / 2, 1),  # a paper cited twice is one paper
        ("a", "ab", 1, 1 / 2),
        ("x", "a", 0, 0),
        ("", "a", None, 0),
        ("a", "", 0, None),
    ],
)
def test_cited_papers_are_compared_with_those_that_answer(cited, relevant, precision, recall):
    assert gold_citation_precision(list(cited), list(relevant)) == precision
    assert gold_citation_recall(list(cited), list(relevant)) == recall


NO_CITATION = statement_of([])
ONE_GOOD = statement_of([True])
ONE_BAD = statement_of([False])
GOOD_AND_BAD = statement_of([True, False])
TWO_GOOD = statement_of([True, True])
# Neither says it all; together they do.
BOTH_NEEDED = Statement(supported=True, alone=(False, False), without=(False, False))


@pytest.mark.parametrize(
    ("statements", "recall", "precision"),
    [
        ([], None, None),
        ([NO_CITATION], 0, None),
        ([ONE_GOOD], 1, 1),
        ([ONE_BAD], 0, 0),
        ([GOOD_AND_BAD], 1, 1 / 2),
        ([TWO_GOOD], 1, 1),
        ([BOTH_NEEDED], 1, 1),
        ([ONE_GOOD, NO_CITATION, GOOD_AND_BAD, ONE_BAD], 2 / 4, 2 / 4),
    ],
    ids=str,
)
def test_statements_and_citations_are_counted_as_in_alce(statements, recall, precision):
    assert citation_recall(statements) == recall
    assert citation_precision(statements) == precision


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.booleans(), max_size=4), max_size=6), st.randoms())
def test_shares_of_statements_do_not_depend_on_their_order(alone, random):
    statements = [statement_of(each) for each in alone]
    shuffled = list(statements)
    random.shuffle(shuffled)
    for share in (citation_recall, citation_precision):
        value = share(statements)
        assert share(shuffled) == value
        assert value is None or 0 <= value <= 1


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        ([], None),
        ([("It works.", "It works.")], 1),
        ([("It works.", "It works")], 0),
        ([("", "")], 0),  # nothing was quoted
        ([("a", "a"), ("b", "B")], 1 / 2),
    ],
)
def test_a_quote_is_exact_to_the_letter(quotes, expected):
    assert quote_exactness(quotes) == expected


# --- confidence ----------------------------------------------------------------------------------


def test_answers_of_like_confidence_share_a_bin():
    bins = reliability_bins([0.05, 0.11, 0.19, 1.0, 0.9], [False, True, False, True, False])
    told = [(b.low, b.high, b.count, b.confidence, b.accuracy) for b in bins]
    assert told == [
        (0.0, 0.1, 1, 0.05, 0.0),
        (0.1, 0.2, 2, pytest.approx(0.15), 0.5),
        (0.9, 1.0, 2, pytest.approx(0.95), 0.5),  # certainty falls into the last bin
    ]
    assert expected_calibration_error(bins) == pytest.approx((0.05 + 2 * 0.35 + 2 * 0.45) / 5)


def test_without_answers_there_are_no_bins_and_no_error():
    assert reliability_bins([], []) == []
    assert expected_calibration_error([]) == 0


@pytest.mark.parametrize(
    ("confidence", "outcome", "expected"),
    [(1.0, True, 0), (1.0, False, 1), (0.0, True, 1), (0.5, True, 0.25), (0.8, False, 0.64)],
)
def test_the_brier_score_is_the_squared_error(confidence, outcome, expected):
    assert brier(confidence, outcome) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1),
        ([0.1], [0.9], 0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.4], [0.5, 0.4], (2 + 0 + 0.5) / 4),
        ([], [0.5], None),
        ([0.5], [], None),
    ],
)
def test_auroc_is_the_share_of_pairs_in_the_right_order(positive, negative, expected):
    assert auroc(positive, negative) == expected


SURE = st.floats(0, 1, allow_subnormal=False)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(SURE, st.booleans()), min_size=1), st.integers(1, 20), st.randoms())
def test_every_answer_is_in_one_bin_and_the_error_is_bounded(answers, count, random):
    def bins_of(pairs):
        return reliability_bins([sure for sure, _ in pairs], [right for _, right in pairs], count)

    bins = bins_of(answers)
    assert sum(b.count for b in bins) == len(answers)
    assert all(b.low - 1e-9 <= b.confidence <= b.high + 1e-9 for b in bins)
    assert 0 <= expected_calibration_error(bins) <= 1 + 1e-9
    shuffled = list(answers)
    random.shuffle(shuffled)
    assert expected_calibration_error(bins_of(shuffled)) == pytest.approx(
        expected_calibration_error(bins)
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(SURE, min_size=1, max_size=8), st.lists(SURE, min_size=1, max_size=8))
def test_auroc_turns_round_with_its_sides_and_sees_only_the_order(positive, negative):
    value = auroc(positive, negative)
    assert 0 <= value <= 1
    assert auroc(negative, positive) == pytest.approx(1 - value)
    ranks = {score: place for place, score in enumerate(sorted({*positive, *negative}))}
    assert auroc([ranks[s] for s in positive], [ranks[s] for s in negative]) == value
