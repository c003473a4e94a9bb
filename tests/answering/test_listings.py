"""Questions that follow a list are asked of it: of its rest, and of the papers that it has."""

from __future__ import annotations

import pytest

from rag.answering.library_overview import MOST_LISTED
from rag.query.listings import asked_of_list, asks_for_rest, points_to_list
from rag.types import Message, Paper

YEAR = "which papers are from 2022?"
BYRON = "papers by Ada Byron"
OF_2022 = MOST_LISTED + 3
PAPERS = [
    *(
        Paper(f"y{n}", f"Tide Number {n}", f"We measure tide {n}.", ("Bo Tee",), "2022")
        for n in range(OF_2022)
    ),
    Paper(
        "a",
        "Clocks in Crabs",
        "We introduce clocks of crabs. Code is available at https://example.org/crabs.",
        ("Ada Byron",),
        "2021",
        venue="SHORE",
    ),
    Paper(
        "b",
        "A Survey of Moss",
        "Moss measures the air.",
        ("Ada Byron", "Cy Dee"),
        "2023",
        retraction="retracted on 2024-01-02",
    ),
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
    "go on",
    "keep going",
    "list the others too",
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


@pytest.mark.parametrize("question", FOR_THE_REST)
def test_the_rest_is_shown_where_the_history_does_not_tell_the_list(library, question):
    _, then = said(library, YEAR, question, carried=False)
    assert then.text.startswith(f"Here are {MOST_LISTED + 1} to {OF_2022} of the ")


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


OF_BYRONS = [
    ("were any of these retracted?", ["b"]),
    ("has any of those been withdrawn", ["b"]),
    ("what about retractions?", ["b"]),
    ("and what about retractions among those", ["b"]),
    ("how many of them are not retracted?", ["a"]),
    ("any of them by Dee?", ["b"]),
    ("which of these are by Cy Dee", ["b"]),
    ("which of these are from 2023?", ["b"]),
    ("how many of those are from 2021", ["a"]),
    ("only those before 2022", ["a"]),
    ("how many of those have code?", ["a"]),
    ("which ones have code available?", ["a"]),
    ("do any come with code?", ["a"]),
    ("and which of them without code?", ["b"]),
    ("any with code on github?", ["a"]),
    ("were any of them published in SHORE?", ["a"]),
    ("how many of these appeared at SHORE", ["a"]),
    ("any of these about crabs?", ["a"]),
    ("which among them are on moss", ["b"]),
    ("of these, which are surveys?", ["b"]),
    ("any on crabs?", ["a"]),
    ("and without code?", ["b"]),
    ("any at SHORE?", ["a"]),
    ("how many of these have a venue?", ["a"]),
]


@pytest.mark.parametrize(("question", "ids"), OF_BYRONS)
def test_what_is_asked_of_these_is_asked_of_the_list_alone(library, question, ids):
    _, then = said(library, BYRON, question)
    assert then.origin == "records"
    assert [paper.paper_id for paper in then.papers] == ids
    assert then.text.startswith("1 of the 2 papers by Ada Byron ")
    assert then.listed.paper_ids == tuple(ids)


def test_what_none_of_a_list_has_is_told_with_what_is_not_recorded(library):
    _, then = said(library, "list all papers about others", "any of them by Dee?")
    assert then.text == (
        "None of the 1 paper with “others” in title or abstract is by Dee."
        " For 1 of them no author is recorded."
    )


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("were any of these retracted?", ["b"]),
        ("which of those have code?", ["a"]),
        ("how many of them are from 2021?", ["a"]),
        ("any of those by Dee?", ["b"]),
    ],
)
def test_where_no_list_came_before_it_is_asked_of_the_library_and_says_so(library, question, ids):
    answer = library.ask(question)
    assert answer.text.startswith("No list came before this, so it is asked of the whole library.")
    assert [paper.paper_id for paper in answer.papers] == ids


@pytest.mark.parametrize(
    "question",
    [
        "which of them work best?",
        "what do they have in common?",
        "is there code for it?",
        "how many papers have code?",
        "which papers in my library were retracted?",
        "what do these say about moss and roofs in winter?",
    ],
)
def test_other_questions_are_not_asked_of_a_list(question):
    assert asked_of_list(question, points=points_to_list(question), is_limited=False) is None


@pytest.mark.parametrize("question", ["how many is that?", "how many are there?"])
def test_how_many_a_list_has_is_told(library, question):
    _, then = said(library, YEAR, question)
    told = f"There are {OF_2022} papers from 2022; {MOST_LISTED} of them were shown."
    assert then.text == told


def test_as_many_more_are_shown_as_are_asked_for(library):
    *_, then = said(library, "list 5 papers on tides", "3 more", "and the next two")
    assert then.text.startswith("Here are 9 to 10 of the ")


def test_a_list_is_gone_on_with_after_an_answer_without_papers(library):
    *_, then = said(library, BYRON, "were any of them at NeurIPS?", "which of those is the oldest?")
    assert then.text.startswith("The oldest is **Clocks in Crabs**")


def test_another_topic_asks_the_last_question_again_and_not_of_its_list(library):
    *_, then = said(library, "is there anything about moss?", "and about clocks?")
    assert [paper.paper_id for paper in then.papers] == ["a"]
    assert "“moss”" not in then.text
    *_, then = said(library, BYRON, "and about clocks?")  # of hers
    assert then.text.startswith("1 of the 2 papers by Ada Byron")


def test_the_oldest_behind_the_newest_is_told_of_those_with_a_date_once(library):
    *_, then = said(library, "which is the newest paper here?", "and the oldest?")
    assert f" {len(PAPERS)} papers have a recorded date." in then.text
    assert "with a recorded date" not in then.text


def test_another_author_or_year_asks_the_last_question_again(library):
    *_, then = said(library, "how many papers are from 2021?", "and how many from 2023?")
    assert [paper.paper_id for paper in then.papers] == ["b"]


def test_the_newest_of_papers_that_an_answer_cites_is_told_of_them(library):
    first = library.ask("compare “Clocks in Crabs” with “A Survey of Moss”")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    answer = library.ask("which of them is the most recent?", history)
    assert answer.text.startswith("The newest is **A Survey of Moss**"), answer.text
    assert "Of the 2 papers cited before, 2 have a recorded date." in answer.text


def test_how_many_have_something_is_asked_of_the_library_where_no_list_came_before(library):
    answer = library.ask("how many have code?")
    assert answer.text.startswith(f"1 of the {len(PAPERS)} papers has an abstract")
