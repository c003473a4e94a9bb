"""A claim that keeps a sentence's words and turns their sense, or says more than the paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.types import Paper
from rag.verification.similarity import SimilarityVerifier
from rag.verification.terms import opposes, overclaims

SENTENCE = "The sparse filter increases the speed of the pump and needs no labelled valves."


@pytest.mark.parametrize(
    "claim",
    [
        "The dense filter increases the speed of the pump.",
        "The sparse filter decreases the speed of the pump.",
        "The sparse filter does not increase the speed of the pump.",
        "The filter fails to increase the speed of the pump.",
    ],
)
def test_an_opposite_or_a_denial_turns_a_sentence(claim):
    assert opposes(claim, "The sparse filter increases the speed of the pump.")


def test_what_a_paper_denies_and_a_claim_asserts_is_turned_too():
    assert opposes("It needs labelled valves.", "It needs no labelled valves.")


@pytest.mark.parametrize(
    "claim",
    [
        "With the sparse filter the pump runs faster.",
        "No labelled valves are needed.",
        "The sparse filter, not the dense one, increases the speed.",  # it says both words
        "The pump gains speed by a sparse filter.",
    ],
)
def test_other_words_for_the_same_turn_nothing(claim):
    assert not opposes(claim, SENTENCE)


@given(st.text(max_size=80))
def test_no_sentence_turns_or_exceeds_itself(text):
    assert not opposes(text, text)
    assert not overclaims(text, text)


@pytest.mark.parametrize(
    ("claim", "is_more"),
    [
        ("Every pump gains speed.", True),
        ("Only sparse filters help.", True),
        ("The authors prove that the pump gains speed.", True),
        ("The pump never stops.", True),
        ("The pump gains speed.", False),
    ],
)
def test_a_claim_of_all_only_never_or_proof_needs_the_like_in_the_paper(claim, is_more):
    assert overclaims(claim, "In tests the pump gained speed with sparse filters.") is is_more


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("All pumps gain speed.", "Each pump gained speed."),
        ("Only sparse filters help.", "Sparse filters alone help."),
        ("The pump never stops.", "The pump does not stop."),
        ("It is proved that the pump stops.", "A proof that the pump stops is given."),
    ],
)
def test_another_word_of_the_paper_bears_a_strong_one_out(claim, text):
    assert not overclaims(claim, text)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("The filter increases the speed of the old pump", "supported"),
        ("The filter decreases the speed of the old pump", "partly"),
        ("The filter always increases the speed of the old pump", "partly"),
    ],
)
def test_such_a_claim_is_not_shown_as_supported(claim, verdict):
    paper = Paper("p", "Pumps", "A filter increases the speed of the old pump by half.")
    (support,) = SimilarityVerifier(None, lambda _: 1.0).check([(claim, paper)])
    assert support.verdict == verdict
