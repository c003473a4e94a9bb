"""Questions that follow a list are asked of it: of its rest, and of the papers that it has."""

from __future__ import annotations

import pytest

from rag.answering.library_overview import MOST_LISTED
from rag.query.listings import asks_for_rest
from rag.types import Message, Paper

YEAR = "which papers are from 2022?"
BYRON = "papers by Ada Byron"
OF_2022 = MOST_LISTED + 3
PAPERS = [
    *(
        Paper(f"y{n}", f"Tide Number {n}", f"We measure tide {n}.", ("Bo Tee",), "2022")
        for n in range(OF_2022)
    ),
    Paper("a", "Clocks in Crabs", "We introduce clocks of crabs.", ("Ada Byron",), "2021"),
    Paper("b", "Moss as a Meter", "Moss measures the air.", ("Ada Byron",), "2023"),
    Paper("c", "Nothing Else Matters More", "All the others are more.", published="2020"),
]
FOR_THE_REST = [
    "nothing else?",
    "is that all?",
    "any more?",
    "what about the others?",
    "show me the rest",
    "and the remaining ones?",
    "are there more?",
    "is that everything?",
    "more",
    "next page",
    "continue the list",
    "are those all of them?",
    "the other 3?",
    "more papers please",
]


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


def said(library, *questions, carried=True):
    """Ask in turn; `carried` says whether the history tells what was listed."""
    history, answers = [], []
    for question in questions:
        answer = library.ask(question, history)
        listed = answer.listed if carried else None
        history += [
            Message("user", question),
            Message("assistant", answer.text, answer.citations, listed),
        ]
        answers.append(answer)
    return answers


@pytest.mark.parametrize("question", FOR_THE_REST)
def test_the_rest_of_a_list_is_shown_in_its_filters(library, question):
    first, then = said(library, YEAR, question)
    assert (then.origin, then.status) == ("records", "answered")
    assert len(first.papers) == MOST_LISTED
    assert {paper.year for paper in then.papers} == {2022}
    assert len({*first.papers, *then.papers}) == OF_2022


@pytest.mark.parametrize("question", FOR_THE_REST)
def test_where_a_list_has_no_rest_that_is_told(library, question):
    first, then = said(library, BYRON, question)
    assert then.origin == "records"
    assert then.text == "That is all: these are the 2 papers by Ada Byron."
    assert then.listed == first.listed


def test_a_list_is_gone_on_with_where_the_history_does_not_tell_what_it_listed(library):
    carried = said(library, YEAR, "more", "more")
    again = said(library, YEAR, "more", "more", carried=False)
    assert [answer.text for answer in again] == [answer.text for answer in carried]
    assert again[-1].text == f"That is all: these are the {OF_2022} papers from 2022."


@pytest.mark.parametrize(
    "question",
    [
        "list all papers",
        "tell me more",
        "what are they all about?",
        "what is all this about moss?",
        "more on crabs",
        "other papers by Bo Tee",
        "which of them is the best?",
    ],
)
def test_other_questions_do_not_go_on_with_a_list(question):
    assert not asks_for_rest(question)


def test_the_rest_is_of_a_list_alone(library):
    _, then = said(library, "what does moss measure?", "what else?")
    assert then.listed is None
