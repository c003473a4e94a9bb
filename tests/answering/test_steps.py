"""What is told of the steps of a thorough answer, at the terminal and on the page."""

from __future__ import annotations

import pytest

from rag.answering.steps import describe_research, describe_step
from rag.types import Answer, Research, Search
from ui.chat.render import Place, turn_html

ASKED = Search("how do otters <b>sleep</b>?", found=30)
WORDS = Search("sea otters, resting", "keywords", 4)
GAP = Search("otters in winter", "gap", 1)


@pytest.mark.parametrize(
    ("stage", "searches", "told"),
    [
        ("planning", (ASKED,), "Planning what to search for…"),
        ("searching", (ASKED, WORDS), "Searching for “sea otters, resting”…"),
        ("searching", (ASKED, WORDS, GAP), "Searching for what is missing: “otters in winter”…"),
        ("choosing", (ASKED, WORDS), "Choosing among the papers found…"),
        ("writing", (ASKED, WORDS), None),
    ],
)
def test_each_step_is_told(stage, searches, told):
    draft = Answer("?", "", "draft", stage=stage, research=Research(searches))
    assert describe_step(draft) == told
    if told:
        assert told in turn_html(draft, Place(1))


def test_a_quick_answer_has_no_steps():
    assert describe_step(Answer("?", "", "draft", stage="searching")) is None


@pytest.mark.parametrize(
    ("research", "told"),
    [
        (Research((ASKED,), seconds=0.4), "1 search, 0 s."),
        (Research((ASKED, WORDS), calls=1, seconds=12.6), "2 searches, 1 call of the model, 13 s."),
        (
            Research((ASKED, WORDS), calls=2, seconds=9, limit="tokens"),
            "2 searches, 2 calls of the model, 9 s. "
            "The tokens for it were used up (RAG_THOROUGH_TOKENS).",
        ),
        (
            Research((ASKED,), seconds=2, failure="It is asleep."),
            "1 search, 2 s. The model did not help with the search: It is asleep.",
        ),
    ],
)
def test_what_was_done_is_told_in_a_line(research, told):
    assert describe_research(research) == told


def test_the_page_lists_the_searches_below_the_answer():
    answer = Answer("?", "They float.", "answered", research=Research((ASKED, WORDS), calls=1))
    drawn = turn_html(answer, Place(1))
    assert '<details id="research-1"' in drawn
    assert "sea otters, resting <small>keywords, 4 more papers</small>" in drawn
    assert "<b>sleep</b>" not in drawn
