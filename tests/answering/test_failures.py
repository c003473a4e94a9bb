"""What went wrong is told in the sentences on it, or that the abstract does not say it."""

from __future__ import annotations

import pytest

from rag.answering.failures import ASKS_FOR_FAILURE, lacks_failure
from rag.types import Message, Paper

MOSSNET = Paper(
    "m",
    "MossNet: Measuring Air with Moss",
    "Air is measured in many places. Sondes struggle with wet roofs. We introduce MossNet, which"
    " reads moss by camera. It finds 12 of 13 leaks. MossNet fails on lichen, which looks alike.",
)
CRABNET = Paper(
    "c",
    "CrabNet: Counting Crabs",
    "Crabs are counted at night. We introduce CrabNet, which counts them by ear. CrabNet is fast"
    " and finds 9 of 10 crabs.",
)
PAPERS = [MOSSNET, CRABNET]
OF_IT = [
    "why did {} fail?",
    "what went wrong with {}",
    "why doesn't {} work?",
    "what is wrong with {}",
    "what's the trouble with {}?",
    "where does {} fall short?",
    "what goes wrong in {}",
    "why was {} a failure",
    "what problems does {} have",
    "why does {} do badly?",
    "when does {} break?",
    "what did not work in {}",
]


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


@pytest.mark.parametrize("question", OF_IT)
def test_the_sentence_on_a_failure_leads(library, question):
    answer = library.ask(question.format("MossNet"))
    assert answer.citations[0].quote == "MossNet fails on lichen, which looks alike."
    assert answer.caveat is None


@pytest.mark.parametrize("question", OF_IT)
def test_that_an_abstract_tells_of_no_failure_is_told(library, question):
    answer = library.ask(question.format("CrabNet"))
    is_told = answer.caveat == "The abstract does not say that this failed; this is what it says."
    assert is_told or answer.status == "abstained"


def test_the_failure_of_what_a_question_names_is_told(library):
    answer = library.ask("why do sondes do badly, in MossNet?")
    assert "Sondes struggle with wet roofs." in {cited.quote for cited in answer.citations[:2]}


def test_a_follow_up_asks_for_it_too(library):
    first = library.ask("what is MossNet?")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    answer = library.ask("why did it fail?", history)
    assert "MossNet fails on lichen" in answer.text
    assert answer.caveat is None


@pytest.mark.parametrize(
    "question",
    [
        "what is neural collapse?",
        "how is collapse prevented?",
        "why is it not random?",
        "what does not change?",
        "what is the problem?",
    ],
)
def test_other_questions_do_not_ask_for_a_failure(question):
    assert not ASKS_FOR_FAILURE.search(question)
    assert not lacks_failure(question, CRABNET)
