"""What a follow-up asks of the answers before it."""

from __future__ import annotations

import pytest

from rag.query.follow_ups import (
    applied_to,
    applies,
    asks_for_like_papers,
    asks_for_more,
    asks_for_other_papers,
    asks_to_rephrase,
    compares,
    explicit_new_topic,
    possible_new_topic,
    selects_among_cited,
)


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Different thing: how do bells ring?", "how do bells ring?"),
        ("ok, something else. what eats moss?", "what eats moss?"),
        ("let's change the topic - crabs?", "crabs?"),
        ("On another note, crabs?", "crabs?"),
        ("a different thing about moss: is it wet?", ""),
        ("is there something different?", ""),
    ],
)
def test_an_announced_change_of_topic_is_told_from_what_is_asked(question, rest):
    assert explicit_new_topic(question) == rest


@pytest.mark.parametrize(
    ("question", "is_selecting"),
    [
        ("which of them swim?", True),
        ("do any of those use sonar?", True),
        ("which one needs no light?", True),
        ("compare them", False),
        ("which crabs swim?", False),
    ],
)
def test_some_of_the_papers_before_are_asked_for_by_what_they_say(question, is_selecting):
    assert selects_among_cited(question) is is_selecting


def test_what_a_method_is_applied_to_is_found():
    assert applied_to("does that work for wet roofs too?") == ["wet", "roofs"]
    assert applied_to("how does it work?") == []


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
    assert possible_new_topic(question) == turned


@pytest.mark.parametrize(
    "message",
    [
        "shorter",
        "give me that in two sentences",
        "as bullet points please",
        "put everything in one sentence pls",
        "in plain english",
        "the short version",
        "huh?",
        "i don't understand",
        "could you explain that differently",
        "what does that mean?",
    ],
)
def test_the_last_answer_is_asked_for_in_other_words(message):
    assert asks_to_rephrase(message)


@pytest.mark.parametrize(
    "message", ["summarise the moss paper in one sentence", "brief overview of crab nets"]
)
def test_a_topic_of_its_own_is_no_last_answer_in_other_words(message):
    assert not asks_to_rephrase(message)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("similar papers", True),
        ("anything related?", True),
        ("what else should I read on this", True),
        ("are there other papers like this one?", True),
        ("similar papers on roofs", False),
        ("what else does it measure?", False),
    ],
)
def test_papers_like_those_before_are_asked_for_without_a_topic(question, asks):
    assert asks_for_like_papers(question) is asks


def test_what_something_was_compared_with_is_asked_of_one_paper():
    assert not compares("what did they compare it with?")
    assert not compares("could you explain that differently")
    assert compares("compare it with the first one")


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("any other papers on that?", True),
        ("did anybody else try that?", True),
        ("there is another one that says moss sleeps, which is it", True),
        ("I read another paper on crabs", True),
        ("is it good for something else than roofs?", False),
        ("can it be used for something else?", False),
        ("has another one been lost?", False),
    ],
)
def test_other_papers_are_told_from_other_uses_of_the_same(question, asks):
    assert asks_for_other_papers(question) is asks


@pytest.mark.parametrize(
    ("question", "does"),
    [
        ("can I use it for wet roofs?", True),
        ("does that work for crabs too?", True),
        ("would it be applicable to boats", True),
        ("so it also works on boats?", True),
        ("have they been tried on crabs?", False),
        ("and the one on crabs, does it work in fog?", False),
        ("how does it work?", False),
    ],
)
def test_whether_a_method_works_for_something_else_is_asked(question, does):
    assert applies(question) is does
