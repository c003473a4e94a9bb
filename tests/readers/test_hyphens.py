"""Words that end a line with a hyphen: broken ones are joined, compounds keep it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers.hyphens import BROKEN_WORD, whole_words

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
