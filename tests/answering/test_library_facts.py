"""What the records of a whole library tell: its dates, and where its papers were published."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.types import Message, Paper

PAPERS = [
    Paper("a", "Tidal Clocks", "Crabs keep time.", ("Ada Byron",), "2019-02-03", venue="ICML"),
    Paper("b", "Sand Clocks", "Sand keeps time.", ("Bo Tee",), "2021", venue="icml"),
    Paper("c", "Moss", "Moss grows.", ("Ada Byron",), "2021-05", venue="Journal of Shores"),
    Paper("d", "Lichen", "Lichen grows on moss.", published="2023"),
    Paper("e", "Ferns", "Ferns grow."),
]


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


AGE = datetime.now(tz=UTC).year - 2019


@pytest.mark.parametrize(
    ("question", "start"),
    [
        (
            "what year was the oldest paper written?",
            f"The oldest is **Tidal Clocks** (Byron, 2019), published 2019-02-03, {AGE} years ago"
            " [1]. Of the 5 papers, 4 have a recorded date.",
        ),
        (
            "oldest and newest paper?",
            f"The oldest is **Tidal Clocks** (Byron, 2019), published 2019-02-03, {AGE} years ago"
            f" [1]. The newest is **Lichen** (2023), published 2023, {AGE - 4} years ago [2]. Of"
            " the 5 papers, 4",
        ),
        ("when was the newest one published", "The newest is **Lichen** (2023), published 2023"),
        ("the oldest paper on moss", "The oldest is **Moss** (Byron, 2021), published 2021-05"),
        ("which year has most papers?", "Most papers are in 2021: 2. The library holds 5 papers."),
        ("which year has the fewest papers?", "Fewest papers are in 2023, 2019: 1 each."),
        (
            "which journals are in here?",
            "3 of the 5 papers have a recorded journal or conference, 2 different ones:",
        ),
        (
            "where were these papers published?",
            "3 of the 5 papers have a recorded journal or conference, 2 different ones:",
        ),
        ("which conference has the most papers?", "Most papers are from ICML: 2."),
        (
            "how many papers from ICML?",
            "2 of the 5 papers are recorded as published in ICML."
            " For 2 of them no journal or conference is recorded.",
        ),
        (
            "papers published in Nature",
            "No paper is recorded as published in Nature. 3 of the 5 papers have a recorded",
        ),
        ("which universities are in here?", "Where authors work (universities, institutes"),
        ("papers from MIT", "No author, journal or conference of this library is called MIT."),
    ],
)
def test_the_fact_comes_first(library, question, start):
    answer = library.ask(question)
    assert (answer.status, answer.origin) == ("answered", "records")
    assert answer.text.startswith(start)


def test_papers_of_a_venue_are_listed_by_topic_and_year(library):
    assert [p.title for p in library.ask("ICML papers on sand").papers] == ["Sand Clocks"]
    assert [p.title for p in library.ask("which papers were at ICML 2019?").papers] == [
        "Tidal Clocks"
    ]


def test_a_venue_alone_asks_the_last_question_of_its_papers(library):
    history = []
    for question in ("which papers were at ICML in 2021?", "and Journal of Shores?"):
        answer = library.ask(question, history)
        history += [Message("user", question), Message("assistant", answer.text, answer.citations)]
    assert [paper.title for paper in answer.papers] == ["Moss"]


def test_a_library_without_venues_says_so(invented):
    answer = invented.ask("which journals are in here?")
    assert "No journal or conference is recorded for any of the" in answer.text
