"""Which papers of earlier answers a follow-up refers to."""

from __future__ import annotations

import pytest

from rag.query.coreference import (
    count_too_few_cited,
    described_before,
    find_antecedents,
    ids_to_exclude,
)
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
        ("how big was the improvement", [MOSS]),
        ("is the gain significant?", [MOSS]),
        ("any pros and cons?", [MOSS]),
        ("what was it compared to?", [MOSS]),
        ("tell me more", [MOSS]),
        ("in simpler words please", [MOSS]),
        ("is the code available?", [MOSS]),
        ("how are bells cast in winter?", []),
        ("and what about its limits?", [MOSS]),
        ("on which roofs", [MOSS, CRAB, BELL]),  # cut short, after an answer of several
        ("which one is the heaviest?", [MOSS, CRAB, BELL]),
        ("explain it like im five", [MOSS]),
        ("do wet bells or dry bells ring first?", []),
        ("does a bell ring twice per second?", []),  # a second is no place
        ("and which gpu was it trained on", [MOSS]),  # "it" is asked something, not named anew
        ("ok and how many layers does it have?", [MOSS]),
        ("so what gpu was used?", [MOSS]),  # a kind of detail is no topic of its own
        ("which gpu was that measured on?", [MOSS]),
        ("is it good for anything else than roofs in winter?", [MOSS]),
        ("is there code for that one?", [MOSS]),  # a field of its record
        ("is there code for other papers?", []),
        ("is there any code?", [MOSS]),  # what has no other topic is asked of the paper before
        ("any link?", [MOSS]),
        ("what do they suggest instead?", [MOSS, CRAB, BELL]),
        ("and what about beavers and their dams?", []),  # "their" looks back in the question itself
    ],
)
def test_a_follow_up_refers_to_papers_of_the_answer_before(question, papers):
    assert list(find_antecedents(question, LISTED).papers) == papers


def test_ordinals_are_those_of_the_last_answer_that_cited_several():
    assert find_antecedents("and the third one?", LATER).papers == (BELL,)
    assert find_antecedents("does it swim?", LATER).papers == (CRAB,)


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("and the other one?", (MOSS,)),
        ("the others please", (MOSS, BELL)),
        ("what about the rest", (MOSS, BELL)),
        ("does it beat the others?", (CRAB,)),
    ],
)
def test_the_others_are_those_that_nothing_was_asked_of_since(question, papers):
    assert find_antecedents(question, LATER).papers == papers


def test_a_few_words_ask_for_an_aspect_of_the_only_paper_that_has_them():
    swims = Paper("swims", "Swimming Crabs", "Crabs swim in salt water.")
    alone = (Message("user", "Who?"), Message("assistant", "[1]", cited(swims)))
    assert find_antecedents("accuracy in salt water?", alone).papers == (swims,)
    assert find_antecedents("accuracy on bells?", alone).papers == ()


def test_a_paper_is_compared_with_the_one_of_the_last_answer():
    assert find_antecedents("is that newer than the first one?", LATER).papers == (CRAB, MOSS)


def test_places_count_the_papers_of_the_conversation_where_no_answer_cites_several():
    apart = (
        *(Message("user", "Moss?"), Message("assistant", "[1]", cited(MOSS))),
        *(Message("user", "Bells?"), Message("assistant", "[2]", cited(BELL, first=2))),
    )
    assert find_antecedents("what did each of the two measure?", apart).papers == (MOSS, BELL)
    assert find_antecedents("the first one again: does it float?", apart).papers == (MOSS,)


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("ok, back to the roofs: what grew there?", "roof"),
        ("let's go back to casting, how hot was it?", "cast"),
        ("back to whales", None),
    ],
)
def test_a_return_is_to_the_paper_of_the_conversation_that_has_its_words(question, paper):
    roof = Paper("roof", "Moss", "Roofs are green.")
    cast = Paper("cast", "Bells", "Casting takes a hot day.")
    talked = (
        *(Message("user", "?"), Message("assistant", "[1][2]", cited(cast, roof))),
        *(Message("user", "?"), Message("assistant", "[3]", cited(CRAB, first=3))),
    )
    assert [each.paper_id for each in find_antecedents(question, talked).papers] == [paper][
        : bool(paper)
    ]


def test_who_came_up_with_a_thing_is_asked_of_other_papers():
    assert find_antecedents("who came up with those roofs in the first place?", LISTED).papers == ()
    assert find_antecedents("who came up with it?", LISTED).papers == (MOSS,)


@pytest.mark.parametrize(
    ("question", "is_other"),
    [
        ("any other papers with roofs?", True),
        ("who else counts crabs?", True),
        ("something similar to this", True),
        ("what else does it measure?", False),
        ("papers on roofs", False),
    ],
)
def test_other_papers_than_those_of_the_answers_before_are_asked_for(question, is_other):
    ids = {"moss", "crab", "bell"} if is_other else set()
    assert set(ids_to_exclude(question, LATER)) == ids


@pytest.mark.parametrize(
    ("question", "count"),
    [("the fifth one", 3), ("and [7]?", 3), ("the third one", None), ("how are bells cast?", None)],
)
def test_a_place_beyond_the_cited_papers_is_recognised(question, count):
    assert count_too_few_cited(question, LATER) == count


def test_one_paper_is_not_compared_with_itself():
    alone = (Message("user", "Who?"), Message("assistant", "[1]", cited(MOSS)))
    assert count_too_few_cited("how much better is it than before?", alone) is None
    assert count_too_few_cited("compare them", alone) == 1
    assert count_too_few_cited("compare them", LISTED) is None


def test_an_elliptical_question_is_of_the_paper_before():
    alone = (Message("user", "Who?"), Message("assistant", "[1]", cited(MOSS)))
    for question in (
        "how did they measure that",
        "what roof score?",
        "and the weight?",
        "in which winters",
        "how many stones",
    ):
        assert find_antecedents(question, alone).papers == (MOSS,)


def test_nothing_is_referred_to_before_an_answer_cited_something():
    assert find_antecedents("the second one", LISTED[:1]).papers == ()


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("and the one on moss?", MOSS),
        ("not that one, the bell one: what does it prove?", BELL),
        ("the crab paper, how big is it", CRAB),
        ("the one about boats?", None),
        ("the second one", None),  # a place, which others count
        ("the one with a text", None),  # all of them have one
        ("how are bells cast?", None),
    ],
)
def test_a_paper_of_a_list_is_told_by_what_it_is_on(question, paper):
    assert described_before(question, LATER) == paper
    assert described_before(question, ()) is None
