"""Papers that a question names by title, and a bare yes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.query.titles import titled_papers
from rag.query.understanding import standalone_question
from rag.types import Citation, Message, Paper

MOSS, CRAB = (Paper(name, name.title(), "A text.") for name in ("moss", "crab"))
CITED = tuple(Citation(n, paper, "A text.", 0, 7, 1.0) for n, paper in enumerate((MOSS, CRAB), 1))
HISTORY = (Message("user", "Who measures air?"), Message("assistant", "So [1][2].", CITED))


def test_a_bare_yes_asks_the_last_question_anew():
    assert standalone_question("yes please", HISTORY) == "Who measures air?"
    assert standalone_question("how are bells cast?", HISTORY) == "how are bells cast?"
    assert standalone_question("hello!", ()) == ""


TITLES = ("Moss as a Meter of Air", "A Meter of Air: Moss and More", "Air", "Moss as a Meter")
LIBRARY = [Paper(str(n), title, "A text.") for n, title in enumerate(TITLES)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does “Moss as a Meter of Air” propose?", TITLES[:1]),
        ("what does moss as a   METER of air propose", TITLES[:1]),
        ("what results does 'Moss as a meter' report?", TITLES[3:]),
        ("compare Moss as a Meter with A meter of air - moss and more", (TITLES[1], TITLES[3])),
        ("what is air?", ()),  # so short a title is also a thing to ask about
        ("what is moss?", ()),
        ("", ()),
    ],
)
def test_a_paper_is_named_by_its_whole_title(question, expected):
    assert [paper.title for paper in titled_papers(question, LIBRARY)] == list(expected)


@given(st.sampled_from(LIBRARY), st.text(max_size=20), st.text(max_size=20))
def test_a_title_within_any_words_names_its_paper_or_a_longer_titled_one(paper, before, after):
    named = titled_papers(f"{before} {paper.title} {after}", LIBRARY)
    telling = len(paper.title.split()) >= 3
    assert not telling or paper in named or any(len(p.title) > len(paper.title) for p in named)


def test_a_paper_without_letters_in_its_title_is_never_named():
    assert titled_papers("what is this?", [Paper("x", "? ! ?", "A text.")]) == []
