"""Sentences whose markers are words of them, as models write them, without the markers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verification.markers import find_markers, strip_markers
from rag.verification.spoken_markers import without_markers

WRITTEN = [
    ("The paper by [3] shows that crabs count.", "The paper shows that crabs count."),
    ("Paper [3] shows that crabs count.", "Paper shows that crabs count."),
    ("The papers [1] and [2] count crabs.", "The papers count crabs."),
    ("Source [1] says so.", "Source says so."),
    ("In [1], the authors count crabs.", "In this paper, the authors count crabs."),
    ("In [1] and [2], crabs are counted.", "In these papers, crabs are counted."),
    ("According to [1], crabs count.", "According to this paper, crabs count."),
    ("Crabs count, according to [1].", "Crabs count, according to this paper."),
    ("As shown in [2], crabs count.", "As shown in this paper, crabs count."),
    ("Crabs count, as shown by [1][2].", "Crabs count, as shown by these papers."),
    ("Unlike [2], it counts crabs [1].", "Unlike this paper, it counts crabs."),
    ("The method of [2] counts crabs.", "The method of this paper counts crabs."),
    ("[2] counts crabs.", "This paper counts crabs."),
    ("[1] and [2] count crabs.", "These papers count crabs."),
    ("- [2] counts crabs.", "- This paper counts crabs."),
    ("Crabs count (see [1]).", "Crabs count."),
    ("Crabs count ([1], [2]).", "Crabs count."),
    ("Crabs count (e.g., [1]) and swim.", "Crabs count and swim."),
    ("The paper that counts crabs is [1].", "The paper that counts crabs is this paper."),
    ("That is what it is [1].", "That is what it is."),
    # A marker beside the sentence is cut out as ever.
    ("Crabs count [1].", "Crabs count."),
    ("Crabs count [1] and swim [2].", "Crabs count and swim."),
    ("[1] The crabs count.", " The crabs count."),
    ("That is what it was trained on [1].", "That is what it was trained on."),
    ("They follow earlier work [1].", "They follow earlier work."),
    ("It lies in [0, 1] and counts [1].", "It lies in [0, 1] and counts."),
]


@pytest.mark.parametrize(("sentence", "said"), WRITTEN)
def test_a_marker_that_is_a_word_is_said_in_words(sentence, said):
    assert without_markers(sentence) == said


@given(st.text("ab .,()[]123andthepaper`$", max_size=40))
def test_no_marker_is_left_and_a_sentence_without_markers_is_as_it_was(text):
    found = without_markers(text)
    assert not any(find_markers(found))
    if not any(find_markers(text)):
        assert found == strip_markers(text)
