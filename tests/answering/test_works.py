"""What people of an answer before wrote is listed by who they are, and topics by what they are."""

from __future__ import annotations

import pytest

from rag.query.people import asked_of_people
from rag.types import Message, Paper

PAPERS = [
    Paper("a", "Tidal Clocks", "Crabs keep time.", ("Ada Byron", "Bo Tee"), "2019"),
    Paper("b", "Sand Clocks", "Sand keeps time.", ("Bo Tee",), "2021"),
    Paper("c", "Moss", "Moss grows on roofs.", ("Ada Byron",), "2020"),
    Paper("d", "How Authors Write", "We study what people write.", ("Cy Dee",), "2022"),
]
OF_SEVERAL = "who wrote “Tidal Clocks”?"
OF_ONE = "who wrote “Sand Clocks”?"
OF_ALL = "who are the authors in this library?"


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


def then(library, first, question, carried=True):
    before = library.ask(first)
    listed = before.listed if carried else None
    said = Message("assistant", before.text, before.citations, listed)
    return library.ask(question, [Message("user", first), said])


@pytest.mark.parametrize("carried", [True, False])
@pytest.mark.parametrize(
    ("first", "question", "ids"),
    [
        (OF_SEVERAL, "what did they write?", ["c", "a", "b"]),
        (OF_SEVERAL, "and their other papers?", ["c", "b"]),
        (OF_SEVERAL, "what else have they published", ["c", "b"]),
        (OF_SEVERAL, "do you have more from these authors?", ["c", "b"]),
        (OF_SEVERAL, "more by the same authors please", ["c", "b"]),
        (OF_SEVERAL, "and the papers of the second author?", ["b", "a"]),
        (OF_SEVERAL, "what else did they write about moss?", ["c"]),
        (OF_SEVERAL, "what other things did those two write", ["c", "b"]),
        (OF_ONE, "anything else by him?", ["a"]),
        (OF_ONE, "what else did he do?", ["a"]),
        (OF_ONE, "her other work?", ["a"]),
        (OF_ALL, "what did they write?", ["c", "a", "b", "d"]),
        (OF_ALL, "which papers are by these people?", ["c", "a", "b", "d"]),
        (OF_ALL, "show me their papers", ["c", "a", "b", "d"]),
        (OF_ALL, "what has the first of them written?", ["c", "a"]),
        (OF_ALL, "and what did they publish in 2021?", ["b"]),
        ("papers by Bo Tee", "what did he write in 2019?", ["a"]),
    ],
)
def test_the_papers_of_people_before_are_listed(library, first, question, ids, carried):
    answer = then(library, first, question, carried)
    assert (answer.status, answer.origin) == ("answered", "records")
    assert [paper.paper_id for paper in answer.papers] == ids


def test_papers_of_several_are_grouped_each_once(library):
    assert then(library, OF_ALL, "what did they write?").text == (
        "4 papers are by Ada Byron, Bo Tee or Cy Dee.\n\n"
        "**Ada Byron**: 2 papers\n\n1. **Moss** (Byron, 2020) [1]\n"
        "2. **Tidal Clocks** (Byron et al., 2019) [2]\n\n"
        "**Bo Tee**: 2 papers, 1 of them above\n\n3. **Sand Clocks** (Tee, 2021) [3]\n\n"
        "**Cy Dee**: 1 paper\n\n4. **How Authors Write** (Dee, 2022) [4]"
    )


def test_that_there_is_no_other_is_told(library):
    answer = then(library, "who wrote “How Authors Write”?", "anything else by her?")
    assert answer.text == "No other paper by Cy Dee is in this library."
    assert (answer.status, answer.reason) == ("abstained", "not_in_library")


@pytest.mark.parametrize(
    "question",
    [
        "what did they find?",
        "how do they write it down?",
        "what do people write about crabs in winter?",
        "which other methods do they compare?",
        "what did they do?",
        "is this work any good?",
        "what else did they measure?",
    ],
)
def test_other_questions_ask_for_nobodys_papers(question):
    assert asked_of_people(question) is None
