"""What a question compares."""

from __future__ import annotations

import pytest

from rag.query.comparing import (
    asks_only_to_compare,
    compared_sides,
    is_called_paper,
    without_sides,
)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("what is the difference between TideNet and the moss paper?", ("TideNet", "moss")),
        ("Compare “Old Waves” with the one on slow ocean maps", ("Old Waves", "slow ocean maps")),
        ("TideNet vs. Old Waves", ("TideNet", "Old Waves")),
        ("how do buoys and bells differ?", ("buoys", "bells")),
        ("How does TideNet compare to Old Waves?", ("TideNet", "Old Waves")),
        (
            "crab counts or wet moss - which problem does each of them solve",
            ("crab counts", "wet moss"),
        ),
        ("crabs and moss, how do the two papers differ?", ("crabs", "moss")),
        ("is TideNet better than Old Waves at small tides?", ("TideNet", "Old Waves")),
        ("should I use crabs or moss", ("crabs", "moss")),
        ("bells compared to buoys?", ("bells", "buoys")),
        ("is it better than before?", ("it", "before")),
        ("compare them", None),
        ("how do crabs and moss live?", None),
        ("are buoys or bells louder?", None),
        ("", None),
    ],
)
def test_both_sides_are_found_without_what_introduces_them(question, sides):
    assert compared_sides(question) == sides


def test_what_else_is_asked_is_left_without_the_sides():
    assert without_sides("TideNet vs. Old Waves, on what data?") == "vs. , on what data?"
    assert without_sides("how do crabs live?") == "how do crabs live?"


@pytest.mark.parametrize(
    ("question", "is_all"),
    [
        ("compare TideNet with the moss paper", True),
        ("TideNet and Old Waves, what is each about?", True),
        ("compare the first two", True),
        ("what is the difference between them?", True),
        ("TideNet vs. Old Waves, which data sets does each use?", False),
        ("how much better is it than before?", False),
        ("how do crabs live?", False),
    ],
)
def test_a_comparison_may_be_all_that_is_asked(question, is_all):
    assert asks_only_to_compare(question) is is_all


def test_a_side_may_be_called_a_paper():
    question = "what is the difference between the moss paper, crabs and the one that is on bells?"
    assert is_called_paper("moss", question)
    assert is_called_paper("bells", question)
    assert not is_called_paper("crabs", question)


def test_a_pasted_text_has_no_sides():
    assert compared_sides("how do crabs and moss " * 20_000) is None
