"""Words that end a line with a hyphen: broken ones are joined, compounds keep it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers.hyphens import BROKEN_WORD, whole_words, with_lines_joined

ELSEWHERE = (
    "We train networks of low rank. A rank is low when a well-known bound holds. "
    "Self-attention reads an input. The state-of-the-art is long."
)


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("net-\nworks", "networks"),
        ("well-\nknown", "well-known"),
        ("low-\nrank", "low-rank"),  # both are words of the text
        ("in-\nput", "input"),
        ("state-of-\nthe-art", "state-of-the-art"),
        ("Self-\nattention", "Self-attention"),
        ("GPT-\n4", "GPT-4"),
        ("Spearman-\nBrown", "Spearman-Brown"),
        ("3-\nfold", "3-fold"),
        ("compu-\ntation", "computation"),  # that the text never has again
        ("a line - and\nanother", "a line - and\nanother"),
    ],
)
@pytest.mark.parametrize("sign", ["-\n", f"{BROKEN_WORD}\n", BROKEN_WORD])
def test_a_word_broken_at_the_end_of_a_line_is_whole_again(broken, whole, sign):
    written = broken.replace("-\n", sign)
    assert whole_words(f"See {written} here.", f"{ELSEWHERE} See {written} here.") == (
        f"See {whole} here."
    )


@given(st.text(alphabet=f"ab-\n {BROKEN_WORD}A1", max_size=80))
def test_nothing_but_line_ends_and_hyphens_goes(text):
    kept = [sign for sign in text if sign not in f"-\n{BROKEN_WORD}"]
    assert [sign for sign in whole_words(text, text) if sign not in "-\n"] == kept


def test_lines_set_in_type_are_joined_and_compounds_keep_their_hyphen():
    text = (
        "We ob-\nserved 9 people in well-\n  lit rooms under X-\nray light, and com-\npared them."
    )
    assert with_lines_joined(text) == (
        "We observed 9 people in well-lit rooms under X-ray light, and compared them."
    )


def test_a_single_line_that_ends_with_a_hyphen_ends_within_a_compound():
    text = "Here we count\nthe two-\ndimensional things\nthat are seen."
    assert with_lines_joined(text) == ("Here we count\nthe two-dimensional things\nthat are seen.")
