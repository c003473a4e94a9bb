"""What a follow-up points at: papers by their place in the last answer, and a bare yes."""

from __future__ import annotations

import pytest

from rag.engine import standalone_question
from rag.retrieval.references import NAMED_BONUS, POINTED_BONUS, referred_papers
from rag.types import Citation, Message, Paper

MOSS, CRAB, BELL = (Paper(name, name.title(), "A text.") for name in ("moss", "crab", "bell"))
CITED = tuple(Citation(n, paper, "A text.", 0, 7, 1.0) for n, paper in enumerate((MOSS, CRAB), 1))
HISTORY = (Message("user", "Who measures air?"), Message("assistant", "So [1][2].", CITED))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what does the second one find?", {"crab": NAMED_BONUS}),
        ("and the last paper?", {"crab": NAMED_BONUS}),
        ("compare the first one with [2]", {"moss": NAMED_BONUS, "crab": NAMED_BONUS}),
        ("what does that paper measure?", {"moss": POINTED_BONUS}),
        ("and the third one?", {}),  # there are two
        ("how are bells cast?", {}),
    ],
)
def test_a_follow_up_names_papers_of_the_last_answer(question, expected):
    assert referred_papers(question, HISTORY) == expected


def test_only_the_last_answer_that_cites_counts():
    later = (Message("assistant", "[1]", (Citation(1, BELL, "A text.", 0, 7, 1.0),)),)
    nothing = (Message("assistant", "I answer questions about papers."),)
    assert referred_papers("the first one?", HISTORY + later + nothing) == {"bell": NAMED_BONUS}


def test_without_an_answer_there_is_nothing_to_point_at():
    assert referred_papers("the first one?", ()) == {}
    assert referred_papers("the first one?", (Message("user", "Who measures air?"),)) == {}


def test_a_bare_yes_asks_the_last_question_anew():
    assert standalone_question("yes please", HISTORY) == "Who measures air?"
    assert standalone_question("how are bells cast?", HISTORY) == "how are bells cast?"
    assert standalone_question("hello!", ()) == ""
