"""However a model names a numbered paper, a marker comes of it, and of nothing else."""

from __future__ import annotations

import pytest

from rag.answering.labels import as_markers, hold_back_label


@pytest.mark.parametrize(
    ("written", "marked"),
    [
        ("It holds [1].", "It holds [1]."),
        ("It holds (1).", "It holds [1]."),
        ("It holds (1, 3).", "It holds [1][3]."),
        ("It holds [paper 2].", "It holds [2]."),
        ("It holds [Paper number 2, p. 4].", "It holds [2]."),
        ("It holds (papers 1 and 2).", "It holds [1][2]."),
        ("It holds [see 3].", "It holds [3]."),
        ("It holds in papers [1], [2], and [4].", "It holds [1][2][4]."),
        ("It holds, according to paper 3.", "It holds [3]."),
        ("Paper 2 reports a gain of 5 %.", "The paper [2] reports a gain of 5 %."),
        ("As papers 1 and 2 say, it holds.", "As the papers [1][2] say, it holds."),
        ("It holds, while Paper 2 doubts.", "It holds, while the paper [2] doubts."),
        ("It holds.\n- Paper 2 doubts.", "It holds.\n- The paper [2] doubts."),
        ("It holds [paper 9].", "It holds ."),  # there is no such paper
    ],
)
def test_a_paper_that_is_named_by_its_number_gets_a_marker(written, marked):
    assert as_markers(written, 4) == marked


@pytest.mark.parametrize(
    "text",
    [
        "(1) First, (2) second.",
        "In 2017 (2017) it held.",
        "A number in [0, 1] holds.",
        "We read 2 papers 10 years old.",
        "The code w[9] runs.",
        "Papers 50 years old agree.",
        "It holds [9].",
    ],
)
def test_other_numbers_stay(text):
    assert as_markers(text, 4) == text


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("It holds [", "It holds"),
        ("It holds [pap", "It holds"),
        ("It holds (1", "It holds"),
        ("It holds (as", "It holds (as"),
        ("It holds.", "It holds."),
    ],
)
def test_a_bracket_that_may_become_a_marker_is_held_back(growing, shown):
    assert hold_back_label(growing) == shown
