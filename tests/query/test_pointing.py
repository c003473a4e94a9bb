"""What a follow-up points at in the answers before it."""

from __future__ import annotations

import pytest

from rag.query.pointing import asks_for_more, pointed_papers, short_of, turns_away
from rag.types import Citation, Message, Paper

MOSS, CRAB, BELL = (Paper(name, name.title(), "A text.") for name in ("moss", "crab", "bell"))


def cited(*papers, first=1):
    places = enumerate(papers, first)
    return tuple(Citation(n, paper, "A text.", 0, 7, 1.0) for n, paper in places)


LISTED = (Message("user", "Who?"), Message("assistant", "[1][2][3]", cited(MOSS, CRAB, BELL)))
LATER = (*LISTED, Message("user", "the second?"), Message("assistant", "[2]", cited(CRAB, first=2)))


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("tell me about the second one", [CRAB]),
        ("what does [3] measure?", [BELL]),
        ("and the last one?", [BELL]),
        ("the first two", [MOSS, CRAB]),
        ("compare the first and the third paper", [MOSS, BELL]),
        ("compare them", [MOSS, CRAB, BELL]),
        ("how does it work?", [MOSS]),
        ("its limitations", [MOSS]),
        ("tell me more", [MOSS]),
        ("in simpler words please", [MOSS]),
        ("is the code available?", [MOSS]),
        ("how are bells cast in winter?", []),
        ("and what about its limits?", [MOSS]),
        ("on which roofs", [MOSS, CRAB, BELL]),  # cut short, after an answer of several
        ("which one is the heaviest?", [MOSS, CRAB, BELL]),
        ("explain it like im five", [MOSS]),
        ("does a bell ring twice per second?", []),  # a second is no place
        ("and which gpu was it trained on", [MOSS]),  # "it" is asked something, not named anew
        ("ok and how many layers does it have?", [MOSS]),
        ("so what gpu was used?", [MOSS]),  # a kind of detail is no topic of its own
        ("and what about beavers and their dams?", []),  # "their" looks back in the question itself
    ],
)
def test_a_follow_up_points_at_papers_of_the_answer_before(question, papers):
    assert list(pointed_papers(question, LISTED).papers) == papers


def test_ordinals_are_those_of_the_last_answer_that_cited_several():
    assert pointed_papers("and the third one?", LATER).papers == (BELL,)
    assert pointed_papers("does it swim?", LATER).papers == (CRAB,)


@pytest.mark.parametrize(
    ("question", "count"),
    [("the fifth one", 3), ("and [7]?", 3), ("the third one", None), ("how are bells cast?", None)],
)
def test_a_place_that_no_answer_has_is_known_as_that(question, count):
    assert short_of(question, LATER) == count


def test_one_paper_is_not_compared_with_itself():
    alone = (Message("user", "Who?"), Message("assistant", "[1]", cited(MOSS)))
    assert short_of("compare them", alone) == 1
    assert short_of("compare them", LISTED) is None


def test_a_question_cut_short_is_of_the_paper_before():
    alone = (Message("user", "Who?"), Message("assistant", "[1]", cited(MOSS)))
    for question in (
        "how did they measure that",
        "what roof score?",
        "and the weight?",
        "in which winters",
        "how many stones",
    ):
        assert pointed_papers(question, alone).papers == (MOSS,)


def test_nothing_is_pointed_at_before_an_answer_cited_something():
    assert pointed_papers("the second one", LISTED[:1]).papers == ()


@pytest.mark.parametrize("message", ["tell me more", "more details please", "and what else?"])
def test_more_is_asked_for_in_many_ways(message):
    assert asks_for_more(message)


def test_a_question_for_more_of_something_is_its_own():
    assert not asks_for_more("more papers on moss")


@pytest.mark.parametrize(
    ("question", "turned"),
    [("and spiking crabs?", "spiking crabs"), ("what about moss", "moss"), ("why moss?", "")],
)
def test_what_a_follow_up_turns_to_is_found(question, turned):
    assert turns_away(question) == turned
