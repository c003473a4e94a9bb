"""What a follow-up must say by itself to be declined, or to be answered without doubt."""

from __future__ import annotations

import pytest

from rag.answering.caveats import missing_acronyms
from rag.query.focus import topic_words
from rag.types import Message, Paper

FIRST = "What is WaveMix?"


@pytest.fixture(scope="module")
def talked(starter):
    """A conversation of one turn, about a paper of the starter library."""
    answer = starter.ask(FIRST)
    return (Message("user", FIRST), Message("assistant", answer.text, answer.citations))


@pytest.mark.parametrize(
    "question",
    [
        "who won the world cup in 2018?",
        "Can cats eat tuna every day?",
        "is it going to rain in Lisbon tomorrow afternoon?",
        "what's the weather like tomorrow?",
    ],
)
def test_a_follow_up_about_something_else_is_declined(starter, talked, question):
    answer = starter.ask(question, talked)
    assert (answer.status, answer.reason) == ("abstained", "not_in_library")


@pytest.mark.parametrize(
    "question",
    [
        "does it work?",
        "and the memory?",
        "is cost a problem for it?",
        "how many of those benchmarks are there?",
        "what about vision transformers?",
        "something different: how are graphs attacked?",
    ],
)
def test_a_follow_up_that_leans_on_the_conversation_is_answered(starter, talked, question):
    assert starter.ask(question, talked).status == "answered"


def test_a_follow_up_without_words_of_its_own_is_as_sure_as_its_conversation(starter, talked):
    answer = starter.ask("What results does it report?", talked)
    assert answer.papers[0].title.startswith("WaveMix")
    assert answer.confidence == starter.ask(FIRST).confidence
    assert answer.caveat is None


def test_a_caveat_stands_above_the_text_and_is_no_part_of_it(starter):
    answer = starter.ask("How do wavelets help a dentist?")
    assert answer.caveat is not None
    assert answer.caveat.endswith("these passages come nearest.")
    assert answer.text.startswith(f"**{answer.papers[0].title}**")
    assert all(answer.text[s.start : s.end] == s.text for s in answer.sentences)
    assert str(answer).startswith(f"*{answer.caveat}*\n\n{answer.text}\n\n[1] ")
    response = starter.as_query_engine().query(answer.question)
    assert str(response) == str(answer)  # with the papers that it cites
    assert response.metadata["caveat"] == answer.caveat


def test_a_premise_that_the_abstract_of_a_named_paper_contradicts_is_told(starter):
    caveat = starter.ask("Why is WaveMix worse than vision transformers?").caveat
    assert caveat is not None
    assert caveat.startswith("The abstract does not say “worse”, rather the contrary")
    assert starter.ask("Is WaveMix worse than vision transformers?").caveat is None


def test_a_kind_of_data_that_a_named_paper_lacks_is_told(starter):
    caveat = starter.ask("Which audio dataset did Ada-NETS cluster?").caveat
    assert caveat == "The abstract does not speak of audio; this is what it says."
    assert starter.ask("Which image datasets did EfficientNet use?").caveat is None


def test_the_word_that_compares_is_not_told_to_be_missing(starter):
    assert starter.ask("contrast TabPFN and boosted trees").caveat is None
    assert starter.ask("compare GNNExplainer and baselines").caveat is None


def test_a_stated_detail_has_no_caveat(starter):
    counted = starter.ask("How many models were trained to test the Chomsky hierarchy idea?")
    assert "models" in counted.text
    assert counted.caveat is None


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What results does it report?", []),
        ("and its limitations?", []),
        ("who won the world cup?", ["won", "world", "cup"]),
        ("", []),
    ],
)
def test_words_that_any_question_on_papers_has_are_not_its_own(question, words):
    assert topic_words(question) == words


@pytest.mark.parametrize(
    ("question", "side"),
    [
        ("WaveMix vs. Llama 3, which one for a phone?", "Llama 3"),
        ("is WaveMix better than nnU-Net at segmentation?", "nnU-Net"),
        ("difference between WaveMix and SE(3)-Perceivers", "SE(3)-Perceivers"),
    ],
)
def test_a_comparison_with_what_is_not_here_is_told_as_one_side(starter, question, side):
    answer = starter.ask(question)
    assert answer.papers[0].title.startswith("WaveMix")
    assert answer.caveat is not None
    assert side in answer.caveat


def test_a_comparison_of_two_papers_of_the_library_has_no_caveat(starter):
    assert starter.ask("TabPFN vs Hopular for small tables").caveat is None


@pytest.mark.parametrize(
    "question",
    [
        "which ethics committee approved the WaveMix study?",
        "how much rainfall does WaveMix need?",
    ],
)
def test_a_thing_that_nothing_in_a_named_paper_resembles_is_declined(starter, question):
    answer = starter.ask(question)
    assert (answer.status, answer.reason) == ("abstained", "not_in_abstract")
    assert "WaveMix" in answer.text


def test_an_acronym_that_a_named_paper_neither_has_nor_spells_out_is_told():
    paper = Paper("a", "Reading Tides", "Convolutional neural networks read tides in CT scans.")
    assert missing_acronyms("why does it take MRI?", paper) == ["MRI"]
    assert missing_acronyms("which CNN reads CT scans?", paper) == []


def test_a_word_that_no_paper_has_is_told_where_the_papers_are_hardly_relevant(starter):
    caveat = starter.ask("rotary position embeddings, how do they work?").caveat
    assert caveat == "No paper in this library mentions rotary; these passages come nearest."
    assert starter.ask("how does WaveMix mix tokens frugally?").caveat is None
