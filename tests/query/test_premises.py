"""A question that takes for granted the contrary of what an abstract says."""

from __future__ import annotations

import pytest

from rag.query.premises import contradicted

FASTER = "MossNet is twice as fast as other nets, outperforms them and needs fewer parameters."


@pytest.mark.parametrize(
    ("question", "claimed"),
    [
        ("Since MossNet is slower than others, why use it?", "slower"),
        ("why does MossNet fail on roofs?", "fail"),
        ("given that it is worse than mowing, when does it pay?", "worse"),
        ("Why is MossNet larger than other nets?", "larger"),
        ("is MossNet slower than others?", ""),  # asks, and takes nothing for granted
        ("why is MossNet fast?", ""),
        ("why does MossNet need rain?", ""),
    ],
)
def test_what_is_taken_for_granted_against_an_abstract_is_found(question, claimed):
    assert contradicted(question, FASTER) == claimed


def test_what_an_abstract_says_of_both_contradicts_nothing():
    assert contradicted("why is it slower?", f"{FASTER} Its training is slower.") == ""
    assert contradicted("why is it slower?", "Moss grows on roofs.") == ""
