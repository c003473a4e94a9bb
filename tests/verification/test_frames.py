"""What a sentence says of itself and of papers as such is no part of its claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verification.frames import without_frame, without_subject

CLAIM = "dams slow a stream"


@pytest.mark.parametrize(
    "frame",
    [
        "Yes, {}.",
        "Overall, {}.",
        "The paper reports that {}.",
        "This study also shows that {}.",
        "The authors found that {}.",
        "According to the paper, {}.",
        "According to the paper titled “Dams, and Streams”, {}.",
        "In the paper titled 'Dams', they show that {}.",
        'Yes, the paper entitled "Dams" reports that {}.',
    ],
)
def test_what_frames_a_claim_goes(frame):
    assert without_frame(frame.format(CLAIM)) == f"{CLAIM}."


def test_a_title_that_only_names_the_paper_goes():
    said = 'The paper titled "Where Dams Are" compares three rivers.'
    assert without_frame(said) == "The paper compares three rivers."


@pytest.mark.parametrize(
    "claim",
    [
        "Dams slow a stream.",
        "No, dams do not slow a stream.",
        "The paper does not report that dams slow a stream.",
        "The paper proposes a dam of willows.",
        "It shows promise that grows.",
        "In the study of 40 ponds, dams held.",
        "The paper shows that.",
    ],
)
def test_what_is_claimed_stays(claim):
    assert without_frame(claim) == claim


@given(st.text(max_size=80).filter(lambda text: "paper" not in text.lower()))
def test_what_is_left_is_the_end_of_the_sentence(claim):
    assert claim.endswith(without_frame(claim))


@pytest.mark.parametrize(
    ("claim", "bare"),
    [
        ("The authors train on one cohort.", "train on one cohort."),
        ("This paper proves a bound.", "proves a bound."),
        ("The method trains on one cohort.", "The method trains on one cohort."),
        ("The authors agree.", "The authors agree."),  # too little is left
        ("Authors train on one cohort.", "Authors train on one cohort."),
    ],
)
def test_a_paper_or_its_authors_as_the_subject_are_left_out(claim, bare):
    assert without_subject(claim) == bare
