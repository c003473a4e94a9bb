"""Fusion: hand-computed scores, and what no fusion may do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.retrieval.fusion import Signal, add_signals, blend, fuse, rank

approx = pytest.approx


@pytest.mark.parametrize(
    ("dense", "lexical", "weight", "expected"),
    [
        ({}, {}, 0.6, {}),
        ({"a": 0.8}, {}, 0.6, {"a": 0.6}),
        ({}, {"a": 12.0}, 0.6, {"a": 0.4}),
        ({"a": 0.8}, {"a": 12.0}, 0.6, {"a": 1.0}),
        # All of dense and a quarter of lexical; half of dense and all of lexical.
        ({"a": 0.8, "b": 0.4}, {"a": 3.0, "b": 12.0}, 0.6, {"a": 0.7, "b": 0.7}),
        # What a side does not know counts 0 there.
        ({"a": 0.5, "b": 0.25}, {"c": 2.0}, 0.5, {"a": 0.5, "b": 0.25, "c": 0.5}),
        # The opposite of the question is no worse than what has nothing to do with it.
        ({"a": 0.5, "b": -0.5, "c": 0.0}, {}, 1.0, {"a": 1.0, "b": 0.0, "c": 0.0}),
        ({"a": -0.1, "b": -0.9}, {"b": 4.0}, 0.5, {"a": 0.0, "b": 0.5}),
        ({"a": 0.0}, {"a": 0.0}, 0.5, {"a": 0.0}),
        ({"a": 0.8, "b": 0.4}, {"b": 3.0}, 1.0, {"a": 1.0, "b": 0.5}),
        ({"a": 0.8, "b": 0.4}, {"b": 3.0}, 0.0, {"a": 0.0, "b": 1.0}),
    ],
)
def test_fused_scores_are_the_weighted_shares_of_the_best_scores(dense, lexical, weight, expected):
    assert fuse(dense, lexical, weight) == approx(expected)


def test_a_paper_that_both_sides_like_beats_the_favourite_of_one():
    scores = fuse({"a": 0.9, "b": 0.8}, {"c": 9.0, "b": 8.0}, 0.6)
    assert rank(scores) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("scorings", "weights", "expected"),
    [
        ([], [], {}),
        ([{"a": 0.5, "b": 1.0}], [3.0], {"a": 0.5, "b": 1.0}),
        ([{"a": 1.0}, {"a": 0.0}], [1.0, 3.0], {"a": 0.25}),
        ([{"a": 1.0}, {"b": 1.0}], [1.0, 0.6], {"a": 0.625, "b": 0.375}),
        ([{"a": 0.5}, {}], [1.0, 1.0], {"a": 0.25}),
        ([{"a": 0.5}, {"a": 1.0}], [1.0, 0.0], {"a": 0.5}),
    ],
)
def test_blended_scores_are_the_weighted_mean(scorings, weights, expected):
    assert blend(scorings, weights) == approx(expected)


@pytest.mark.parametrize("weights", [[], [1.0], [1.0, 1.0, 1.0]])
def test_every_scoring_needs_its_weight(weights):
    with pytest.raises(ValueError, match="argument"):
        blend([{"a": 1.0}, {"b": 1.0}], weights)


@pytest.mark.parametrize(
    ("fused", "signals", "expected"),
    [
        ({}, [], {}),
        ({"a": 0.5}, [], {"a": 0.5}),
        # At a weight of 1 the mean of both.
        (
            {"a": 0.5, "b": 0.6},
            [Signal({"a": 0.8, "b": 0.2}, 1.0, 0.0)],
            {"a": 0.65, "b": 0.4},
        ),
        # From 0.2 to 1 a value of 0.6 is half of all there is; below 0.2 there is nothing.
        (
            {"a": 0.5, "b": 0.5},
            [Signal({"a": 0.6, "b": 0.1}, 1.0, 0.2)],
            {"a": 0.5, "b": 0.25},
        ),
        # What a signal does not know counts as the least that it knows; an unknown paper is none.
        (
            {"a": 0.6, "b": 0.4, "c": 0.2},
            [Signal({"a": 0.9, "b": 0.5, "x": 0.7}, 1.0, 0.0)],
            {"a": 0.75, "b": 0.45, "c": 0.35},
        ),
        ({"a": 0.6}, [Signal({}, 1.0, 0.2)], {"a": 0.3}),
        # The two signals together weigh as much as the fused score.
        ({"a": 0.2}, [Signal({"a": 0.4}, 0.5, 0.0), Signal({"a": 0.8}, 0.5, 0.0)], {"a": 0.4}),
    ],
)
def test_signals_are_averaged_into_the_fused_score(fused, signals, expected):
    assert add_signals(fused, signals) == approx(expected)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({}, []),
        ({"a": 0.1, "b": 0.3, "c": 0.2}, ["b", "c", "a"]),
        ({"b": 0.5, "a": 0.5, "c": 0.7}, ["c", "a", "b"]),  # a tie goes by id, not by arrival
        ({"p10": 0.0, "p9": 0.0}, ["p10", "p9"]),
    ],
)
def test_papers_are_ranked_by_score_then_by_id(scores, expected):
    assert rank(scores) == expected


IDS = st.sampled_from("abcdefgh")
COSINES = st.dictionaries(IDS, st.floats(-1, 1, allow_subnormal=False))
BM25 = st.dictionaries(IDS, st.floats(0, 100, allow_subnormal=False))
WEIGHTS = st.floats(0, 1, allow_subnormal=False)


@settings(max_examples=150, deadline=None)
@given(COSINES, BM25, WEIGHTS)
def test_every_candidate_gets_a_score_between_0_and_1(dense, lexical, weight):
    fused = fuse(dense, lexical, weight)
    assert set(fused) == set(dense) | set(lexical)
    assert all(0 <= score <= 1 + 1e-9 for score in fused.values())


@settings(max_examples=150, deadline=None)
@given(COSINES, BM25, WEIGHTS)
def test_more_on_both_sides_is_never_less_in_all(dense, lexical, weight):
    fused = fuse(dense, lexical, weight)
    for a in fused:
        for b in fused:
            if all(max(s.get(a, 0), 0) >= max(s.get(b, 0), 0) for s in (dense, lexical)):
                assert fused[a] >= fused[b] - 1e-9


@settings(max_examples=150, deadline=None)
@given(COSINES, BM25, WEIGHTS, IDS)
def test_a_paper_that_rises_on_one_side_does_not_fall(dense, lexical, weight, paper_id):
    before = fuse(dense, lexical, weight).get(paper_id, 0.0)
    raised = max([*dense.values(), 0.0])
    assert fuse(dense | {paper_id: raised}, lexical, weight)[paper_id] >= before - 1e-9


@settings(max_examples=150, deadline=None)
@given(COSINES.filter(bool), BM25, WEIGHTS)
def test_fewer_candidates_do_not_change_the_scores_of_the_others(dense, lexical, weight):
    kept = dict(sorted(dense.items(), key=lambda item: -item[1])[: max(1, len(dense) - 1)])
    full, fewer = fuse(dense, lexical, weight), fuse(kept, lexical, weight)
    assert [fewer[paper_id] for paper_id in kept] == approx([full[p] for p in kept])


@settings(max_examples=100, deadline=None)
@given(COSINES, st.dictionaries(IDS, st.floats(1e-3, 100)), WEIGHTS, st.floats(0.01, 100))
def test_the_unit_of_a_retriever_does_not_matter(dense, lexical, weight, factor):
    scaled = {paper_id: score * factor for paper_id, score in lexical.items()}
    assert fuse(dense, scaled, weight) == approx(fuse(dense, lexical, weight))


SCORINGS = st.lists(st.tuples(BM25, st.floats(0.01, 2)), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(SCORINGS)
def test_a_blended_score_lies_between_the_scores_it_is_made_of(scorings):
    scores, weights = zip(*scorings, strict=True)
    for paper_id, score in blend(scores, weights).items():
        parts = [each.get(paper_id, 0.0) for each in scores]
        assert min(parts) - 1e-6 <= score <= max(parts) + 1e-6


@settings(max_examples=100, deadline=None)
@given(SCORINGS, st.floats(0.1, 10))
def test_only_the_ratio_of_the_weights_matters(scorings, factor):
    scores, weights = zip(*scorings, strict=True)
    assert blend(scores, [w * factor for w in weights]) == approx(blend(scores, weights))


@settings(max_examples=100, deadline=None)
@given(BM25, st.randoms())
def test_a_ranking_does_not_depend_on_the_order_of_arrival(scores, random):
    items = list(scores.items())
    random.shuffle(items)
    ranked = rank(dict(items))
    assert ranked == rank(scores)
    assert sorted(ranked) == sorted(scores)
    assert [scores[p] for p in ranked] == sorted(scores.values(), reverse=True)


SHARES = st.floats(0, 1, allow_subnormal=False)
FUSED = st.dictionaries(IDS, SHARES, min_size=1)
SIGNALS = st.lists(
    st.builds(Signal, st.dictionaries(IDS, st.floats(-1, 1)), st.floats(0.1, 2), st.floats(0, 0.5)),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(FUSED, SIGNALS)
def test_with_signals_the_same_papers_have_scores_between_0_and_1(fused, signals):
    scores = add_signals(fused, signals)
    assert set(scores) == set(fused)
    assert all(0 <= score <= 1 + 1e-9 for score in scores.values())


@settings(max_examples=150, deadline=None)
@given(FUSED, SIGNALS)
def test_papers_that_no_signal_knows_keep_their_order_and_pass_nobody(fused, signals):
    scores = add_signals(fused, signals)
    unknown = [paper for paper in fused if all(paper not in each.scores for each in signals)]
    for a in unknown:
        for b in fused:
            if fused[b] >= fused[a]:
                assert scores[b] >= scores[a] - 1e-9


@settings(max_examples=150, deadline=None)
@given(FUSED, st.dictionaries(IDS, SHARES, min_size=1), st.floats(0.1, 2), IDS)
def test_a_paper_with_more_of_a_signal_does_not_fall(fused, known, weight, paper):
    before = add_signals(fused, [Signal(known, weight, 0.0)])
    after = add_signals(fused, [Signal(known | {paper: 1.0}, weight, 0.0)])
    if paper in fused and paper in known:
        assert after[paper] >= before[paper] - 1e-9
