"""Whether a follow-up that leaves it open goes on about the paper before it, or turns to others."""

from __future__ import annotations

import pytest

from rag.answering.topic_shift import TopicShiftModel
from rag.query.query import Query
from rag.types import Hit, Message, Paper

FIRST = "What is WaveMix?"
MOSS = Paper("moss", "Moss as a Meter", "Moss measures the air of cities.")
CRAB = Paper("crab", "Tidal Clocks", "Crabs follow the tide by their clocks.")


@pytest.fixture(scope="module")
def talked(starter):
    answer = starter.ask(FIRST)
    return (Message("user", FIRST), Message("assistant", answer.text, answer.citations))


@pytest.mark.parametrize(
    "question",
    [
        "where does the saving come from",  # no pronoun
        "can they use it for pictures of streets",  # a pronoun, and other words than the paper's
        "how many seconds does an epoch take",  # a detail that the abstract lacks
    ],
)
def test_a_follow_up_that_no_other_paper_meets_better_stays_with_the_one_before(
    starter, talked, question
):
    assert starter.ask(question, talked).hits[0].paper.title.startswith("WaveMix")


@pytest.mark.parametrize(
    "question",
    [
        "what about counting people in crowds",
        "and how are hypergraphs turned into mlps",
        "what about spiking networks on neuromorphic hardware",  # hardware is also a detail
    ],
)
def test_a_turn_to_what_other_papers_meet_better_leaves_the_paper_before(starter, talked, question):
    titles = [paper.title for paper in starter.ask(question, talked).papers]
    assert titles
    assert not any(title.startswith("WaveMix") for title in titles)


@pytest.mark.parametrize(
    "question",
    ["who painted the mona lisa", "who wrote hamlet", "tell me about the roman empire"],
)
def test_general_knowledge_in_the_middle_of_a_conversation_is_declined(starter, talked, question):
    assert starter.ask(question, talked).reason == "not_in_library"


@pytest.mark.parametrize(
    "question", ["how many hidden layers does that net have", "how many heads does it have"]
)
def test_what_is_counted_says_nothing_of_which_paper_is_meant(starter, talked, question):
    answer = starter.ask(question, talked)
    assert answer.reason == "not_in_abstract"
    assert answer.hits[0].paper.title.startswith("WaveMix")


def test_filters_alone_ask_the_last_question_with_a_topic_anew(starter):
    history: tuple[Message, ...] = ()
    found = []
    for question in ("papers on graph neural networks", "only the ones from 2022", "and 2021?"):
        answer = starter.ask(question, history)
        said = Message("assistant", answer.text, answer.citations)
        history = (*history, Message("user", question), said)
        found.append([(paper.year, paper.title.lower()) for paper in answer.papers])
    assert {year for year, _ in found[1]} == {2022}
    assert {year for year, _ in found[2]} == {2021}
    assert all("graph" in title for papers in found[1:] for _, title in papers)


def test_of_filters_alone_the_later_one_of_a_kind_counts(starter):
    history = (
        Message("user", "which papers by Hinton are there"),
        Message("assistant", "2 papers."),
        Message("user", "only 2017"),
        Message("assistant", "1 paper."),
    )
    (hit,) = starter.ask("and from 2012?", history).hits
    assert (hit.paper.year, "Hinton" in hit.paper.authors[0]) == (2012, True)


def test_without_vectors_the_words_alone_have_decided():
    query = Query(
        "and the tide?", "and the tide?", "the tide", previous=(MOSS,), seems_new_topic=True
    )
    found = [Hit(CRAB, 1.0)]
    assert TopicShiftModel(None, lambda _: 1.0, lambda *_: found).settle(query) is query
