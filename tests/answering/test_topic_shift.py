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


def test_a_method_applied_to_what_only_others_speak_of_keeps_its_paper_first(starter, talked):
    answer = starter.ask("does it work for proteins?", talked)
    assert answer.papers[0].title.startswith("WaveMix")
    assert answer.caveat is not None
    assert answer.caveat.endswith("does not speak of proteins.")


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
    assert TopicShiftModel(None, lambda _: 1.0, lambda *_: found).settle(query) == query


@pytest.mark.parametrize(
    ("question", "fields"),
    [("show me the abstract", "WaveMix"), ("abstract please", "WaveMix")],
)
def test_the_abstract_is_shown_whole_where_it_is_asked_for(starter, talked, question, fields):
    answer = starter.ask(question, talked)
    (citation,) = answer.citations
    assert citation.paper.title.startswith(fields)
    assert citation.paper.abstract in answer.text
    assert citation.quote == citation.paper.abstract
    assert "not the authors' abstract" in answer.text


def test_a_language_alone_asks_for_the_last_answer_in_it(starter, talked):
    answer = starter.ask("in german please", talked)
    assert "language model" in answer.notice
    assert answer.papers[0].title.startswith("WaveMix")


def test_years_behind_a_question_for_a_record_ask_for_all_papers_of_them(starter, talked):
    asked = (*talked, Message("user", "show me the abstract"), Message("assistant", "It is this."))
    answer = starter.ask("anything from 2022?", asked)
    assert len(answer.hits) > 3
    assert {hit.paper.year for hit in answer.hits} == {2022}


def test_turns_that_lean_on_the_conversation_are_no_topic_to_filter(starter):
    history: tuple[Message, ...] = ()
    for question in (
        "what helps against overfitting",
        "which of these is the newest?",
        "in simpler words",
        "only those since 2022",
        "only the recent ones",
    ):
        answer = starter.ask(question, history)
        said = Message("assistant", answer.text, answer.citations)
        history = (*history, Message("user", question), said)
    assert answer.filters.since >= 2023
    assert all("fit" in paper.abstract for paper in answer.papers[:1])


def test_a_paper_before_leads_only_where_it_passes_the_filters(starter, talked):
    before = next(each for each in talked[1].citations).paper
    answer = starter.ask("papers from 2012 on image classification", talked)
    assert before.paper_id not in [hit.paper.paper_id for hit in answer.hits]
