"""Metrics of answers, citations and confidence: cases worked out by hand, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.formulas import (
    Statement,
    auroc,
    brier,
    citation_precision,
    citation_recall,
    context_precision,
    dangling_share,
    expected_calibration_error,
    gold_citation_precision,
    gold_citation_recall,
    lead_of,
    mention_coverage,
    mentions,
    quote_exactness,
    reliability_bins,
    statement_of,
)


@pytest.mark.parametrize(
    ("retrieved", "relevant", "expected"),
    [
        (["a", "x", "b", "y"], {"a", "b"}, (1 + 2 / 3) / 2),
        (["x", "a"], {"a", "b"}, 1 / 2),  # b was not handed over: that is recall's concern
        (["x", "y"], {"a"}, 0.0),
        ([], {"a"}, 0.0),
    ],
)
def test_context_precision_rewards_relevant_papers_in_front(retrieved, relevant, expected):
    assert context_precision(retrieved, relevant) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "fact", "expected"),
    [
        ("It uses dropout.", "dropout", True),
        ("It uses DROPOUT.", "dropout", True),
        ("Nothing of the kind.", "dropout|co-adaptation", False),
        ("Against co-adaptation of detectors", "dropout|co-adaptation", True),
        ("co adaptation", "co-adaptation", True),
        ("co\u2011adaptation", "co-adaptation", True),  # a non-breaking hyphen
        ("the two are equivalent", "equivalen", True),  # a beginning of a word is enough
        ("an early sign", "RL", False),  # the middle of a word is not
        ("a gain of 14.25 points", "4.25", False),
        ("4.25 times faster", "4.25", True),
        ("4.256 times faster", "4.25", False),
        ("about 40 %", "40%|40 %", True),
        ("140%", "40%", False),
        ("10,000 images", "10000", True),
        ("10000 images", "10,000", True),
        ("top-1 of 25.", "25", True),  # a full stop is no decimal point
        ("several\n lines", "several lines", True),
        ("anything", "|", False),  # an empty alternative matches nothing
        ("anything", "-", False),  # nor does a dash, which is white space here
        ("sin² helps", "sin2", True),
    ],
)
def test_a_fact_is_mentioned_in_any_spelling_but_not_inside_a_word_or_number(text, fact, expected):
    assert mentions(text, fact) is expected


def test_mention_coverage_is_the_share_of_facts():
    assert mention_coverage("GANs and 3 tasks", ["GAN", "3", "translation"]) == pytest.approx(2 / 3)
    assert mention_coverage("anything", []) == 0.0


@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=4))
def test_mention_coverage_lies_in_bounds_and_never_falls_with_more_text(text, facts):
    before = mention_coverage(text, facts)
    assert 0 <= before <= 1
    assert mention_coverage(f"{text}\n\n{' '.join(facts)}", facts) >= before


@pytest.mark.parametrize(
    ("cited", "relevant", "precision", "recall"),
    [
        ({"a", "x"}, {"a", "b"}, 0.5, 0.5),
        (["a", "a", "x"], {"a"}, 0.5, 1.0),  # a paper counts once however often it is cited
        ([], {"a"}, None, 0.0),
        (["x"], [], 0.0, None),
    ],
)
def test_citations_against_the_papers_that_answer(cited, relevant, precision, recall):
    assert gold_citation_precision(cited, relevant) == precision
    assert gold_citation_recall(cited, relevant) == recall


# ALCE's cases: (statements, recall, precision)
ALONE = Statement(supported=True, alone=(True,), without=(False,))
UNCITED = Statement(supported=False)
WRONG = Statement(supported=False, alone=(False,), without=(False,))
IDLE = Statement(supported=True, alone=(True, False), without=(False, True))
TOGETHER = Statement(supported=True, alone=(False, False), without=(False, False))


@pytest.mark.parametrize(
    ("statements", "recall", "precision"),
    [
        ([ALONE], 1.0, 1.0),
        ([ALONE, UNCITED], 0.5, 1.0),  # no citation costs recall, not precision
        ([WRONG], 0.0, 0.0),
        ([IDLE], 1.0, 0.5),  # the second adds nothing to the first
        ([TOGETHER], 1.0, 1.0),  # neither does it alone, both are needed
        ([], None, None),
        ([UNCITED], 0.0, None),
    ],
)
def test_citation_recall_and_precision_follow_alce(statements, recall, precision):
    assert citation_recall(statements) == recall
    assert citation_precision(statements) == precision


@pytest.mark.parametrize(
    ("alone", "expected"),
    [
        ([True, False], IDLE),
        ([False, False], Statement(False, (False, False), (False, False))),
        ([True, True], Statement(True, (True, True), (True, True))),
        ([], UNCITED),
    ],
)
def test_citations_checked_one_by_one_support_as_well_as_the_best(alone, expected):
    assert statement_of(alone) == expected


@given(st.lists(st.lists(st.booleans(), max_size=4), min_size=1, max_size=6))
def test_citation_metrics_do_not_depend_on_order(verdicts):
    statements = [statement_of(each) for each in verdicts]
    backwards = [statement_of(each[::-1]) for each in verdicts[::-1]]
    assert citation_recall(statements) == citation_recall(backwards)
    assert citation_precision(statements) == citation_precision(backwards)


def test_quote_exactness_is_to_the_letter():
    assert quote_exactness([("a b", "a b"), ("a b", "a  b")]) == 0.5
    assert quote_exactness([("", "")]) == 0.0  # an empty quote proves nothing
    assert quote_exactness([]) is None


def test_reliability_bins_hold_the_means_of_their_answers():
    bins = reliability_bins([0.05, 0.95, 1.0, 0.91], [False, True, True, False])
    assert [(b.low, b.count) for b in bins] == [(0.0, 1), (0.9, 3)]
    assert bins[1].confidence == pytest.approx(2.86 / 3)
    assert bins[1].accuracy == pytest.approx(2 / 3)
    assert expected_calibration_error(bins) == pytest.approx((0.05 + abs(2 - 2.86)) / 4)


def test_calibration_of_no_answers_is_no_error():
    assert reliability_bins([], []) == []
    assert expected_calibration_error([]) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_calibration_error_and_bins_keep_their_bounds(answers):
    bins = reliability_bins([sure for sure, _ in answers], [right for _, right in answers])
    assert sum(each.count for each in bins) == len(answers)
    assert 0 <= expected_calibration_error(bins) <= 1


def test_a_sure_and_right_answer_has_no_brier_error():
    assert brier(1.0, True) == 0.0
    assert brier(1.0, False) == 1.0
    assert brier(0.25, True) == pytest.approx(0.5625)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.9, 0.1], [0.5], 0.5),
        ([0.5], [0.5], 0.5),  # a tie is half a win
        ([], [0.5], None),
        ([0.5], [], None),
    ],
)
def test_auroc_counts_the_pairs_in_order(positive, negative, expected):
    assert auroc(positive, negative) == expected


def test_the_lead_is_a_title_and_two_sentences():
    text = (
        "**Tea in Cups**\nOne is small. [1] Two are more. [1] Three spill. [1]\n\n**Moss**\nGreen."
    )
    assert lead_of(text) == "**Tea in Cups** One is small. Two are more."
    assert lead_of("") == ""


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("**Tea**\nHowever, tea spills. [1]\n\n**Moss**\nMoss grows. [2]", 0.5),
        ("Itself a cup, it holds. [1]", 0.0),
        ("", 0.0),
    ],
)
def test_a_paragraph_dangles_that_begins_with_what_points_before_it(text, share):
    assert dangling_share(text) == share
