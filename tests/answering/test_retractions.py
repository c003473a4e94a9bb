"""Whether papers were retracted is told from their records: of one, of all, and in follow-ups."""

from __future__ import annotations

import pytest

from rag.library import Library
from rag.query.fields import asked_fields
from rag.query.library_questions import find_library_question
from rag.settings import Settings
from rag.types import Message, Paper

NOTICE = "retracted on 2023-04-05: https://doi.org/10.1000/notice_1"
CRABS = Paper("a", "Tidal Clocks in Crabs", "We introduce tidal clocks.", ("Ada Byron",), "2021-03")
SURVEY = Paper("b", "A Survey of Tidal Clocks", "We review clocks of crabs.", published="2023")
MOSS = Paper(
    "c", "Moss as a Meter", "Moss measures the air.", ("Bo Tee",), "2021", retraction=NOTICE
)
SAND = Paper("d", "Sand as a Clock", "Sand tells the time.", retraction="Withdrawn by the journal")
PAPERS = [CRABS, SURVEY, MOSS, SAND]
OF_ALL = [
    "which of my papers were retracted?",
    "list the retracted papers",
    "any retractions in my library?",
    "have any papers here been withdrawn?",
    "are there retracted papers?",
    "retracted papers",
    "is anything in this library retracted?",
    "show me all papers that have been retracted",
    "do any of my papers have a retraction notice?",
    "has any of my papers been retracted since?",
    "please check my library for retractions",
    "how many of my papers have been retracted?",
    "did any of our papers get retracted by the publisher?",
    "which papers are withdrawn?",
]
OF_ONE = [
    "is “{}” retracted?",
    "is {} retracted?",
    "has {} been retracted?",
    "was the paper {} withdrawn?",
    "do you know if {} was retracted?",
    "is there a retraction notice for {}?",
    "when was {} retracted?",
    "retraction status of {}",
    "has {} been retracted or corrected since?",
]
FOLLOW_UPS = [
    "was it retracted?",
    "is it retracted?",
    "has this paper been withdrawn?",
    "has it been retracted since?",
    "and was that paper retracted?",
    "why was it retracted?",
    "any retraction notice for it?",
    "was this ever retracted?",
    "retracted?",
]


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A library without a retracted paper."""
    folder = tmp_path_factory.mktemp("sound") / "library"
    settings = Settings(library=folder, embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest([CRABS, SURVEY])
        yield library


def after(library, question):
    """The conversation after a question."""
    first = library.ask(question)
    return [Message("user", question), Message("assistant", first.text, first.citations)]


@pytest.mark.parametrize("question", OF_ALL)
def test_the_retracted_papers_of_a_library_are_listed(library, question):
    answer = library.ask(question)
    assert (answer.status, answer.origin) == ("answered", "records")
    assert answer.text.startswith("2 of the 4 papers are recorded as retracted or withdrawn.")
    assert [paper.title for paper in answer.papers] == [MOSS.title, SAND.title]
    assert NOTICE in answer.text
    assert "withdrawn by the journal" in answer.text


@pytest.mark.parametrize("question", OF_ALL)
def test_a_library_without_any_says_so_and_how_to_look_for_notices(sound, question):
    answer = sound.ask(question)
    assert (answer.status, answer.origin, answer.citations) == ("answered", "records", ())
    assert "None of the 2 papers is recorded as retracted" in answer.text
    assert "paperchat papers enrich" in answer.text


@pytest.mark.parametrize("question", OF_ONE)
@pytest.mark.parametrize(
    ("title", "said"), [(MOSS.title, NOTICE), (CRABS.title, "no retraction"), (SAND.title, "with")]
)
def test_whether_a_named_paper_was_retracted_is_told_from_its_record(
    library, question, title, said
):
    answer = library.ask(question.format(title))
    assert (answer.status, answer.origin) == ("answered", "records")
    assert [paper.title for paper in answer.papers] == [title]
    assert said in answer.text


@pytest.mark.parametrize("question", FOLLOW_UPS)
@pytest.mark.parametrize(("title", "said"), [(MOSS.title, NOTICE), (CRABS.title, "no retraction")])
def test_a_follow_up_asks_it_of_the_paper_that_was_cited(library, question, title, said):
    answer = library.ask(question, after(library, f"What is “{title}” about?"))
    assert (answer.status, answer.origin) == ("answered", "records")
    assert [paper.title for paper in answer.papers] == [title]
    assert said in answer.text


@pytest.mark.parametrize(
    "question", ["which of them were retracted?", "are any of these retracted?"]
)
def test_a_follow_up_asks_it_of_all_that_were_listed(library, question):
    answer = library.ask(question, after(library, "all papers from 2021"))
    assert answer.origin == "records"
    assert [paper.title for paper in answer.papers] == [MOSS.title]
    assert answer.text.startswith("1 of the 2 papers from 2021 is recorded as retracted")
    assert NOTICE in answer.text


def test_a_follow_up_asks_it_of_all_that_an_answer_from_abstracts_cites(library):
    history = after(library, f"compare “{CRABS.title}” with “{MOSS.title}”")
    answer = library.ask("are any of these retracted?", history)
    assert {paper.title for paper in answer.papers} == {CRABS.title, MOSS.title}
    assert NOTICE in answer.text


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("retracted papers from 2021", [MOSS.title]),
        ("which papers by Bo Tee were retracted?", [MOSS.title]),
        ("which retracted papers are about clocks?", [SAND.title]),
        ("retracted papers on moss", [MOSS.title]),
        ("which papers about clocks have been retracted?", [SAND.title]),
        ("which of my papers are not retracted?", [CRABS.title, SURVEY.title]),
        ("retracted papers since 2022", []),
    ],
)
def test_they_are_limited_by_topic_author_and_year(library, question, titles):
    answer = library.ask(question)
    assert answer.origin == "records"
    assert [paper.title for paper in answer.papers] == titles


@pytest.mark.parametrize(
    "question",
    [
        "which papers are about retractions?",
        "how are papers retracted?",
        "why do journals retract papers?",
        "do retracted papers still get cited?",
        "were patients withdrawn from the trial?",
        "how many participants were withdrawn?",
        "how often are papers on cancer retracted?",
        "what happens when the landing gear is retracted?",
        "does drug withdrawal cause seizures?",
        "what is a retracted paper?",
        "how many retracted articles does it analyse?",
        "was the drug withdrawn from the market?",
    ],
)
def test_what_papers_say_of_retractions_is_no_question_to_the_records(question):
    asked = find_library_question(question)
    assert asked is None or asked.field is None
    assert "retraction" not in asked_fields(question)
