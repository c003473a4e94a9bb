"""Other people's parts in the place of the library's own."""

from __future__ import annotations

import pytest

from rag.library import Library
from rag.sentences import Sentence
from rag.settings import Settings
from rag.types import Filters, Hit, Message, Paper
from rag.verification.support import Support

CRABS = Paper(
    "crabs",
    "Tidal Clocks in Shore Crabs",
    "Shore crabs keep time with the sea. Their activity peaked every 12.4 hours.",
    published="2022-01-03",
)
BREAD = Paper("bread", "A Crust That Stays Crisp", "Steam in the oven keeps a crust crisp.")
QUESTION = "How often does the activity of shore crabs peak?"


class Shelf:
    """The papers of a list that have a word of the question."""

    def __init__(self, *papers):
        self.papers, self.queries = papers, []

    def find(self, query, k):
        self.queries.append(query)
        words = query.topic.lower().strip("?").split()
        found = [p for p in self.papers if any(word in p.abstract.split() for word in words)]
        return [Hit(paper, 1 / place) for place, paper in enumerate(found[:k], start=1)]


@pytest.fixture
def shelf():
    return Shelf(CRABS)


@pytest.fixture
def library(shelf, lexical_settings, tmp_path):
    """A library of bread, whose papers are found elsewhere."""
    with Library.open(tmp_path / "own", retriever=shelf, settings=lexical_settings) as library:
        library.ingest(BREAD)
        yield library


def test_a_retriever_of_ones_own_answers_through_the_engine(library):
    answer = library.ask(QUESTION)
    assert (answer.status, answer.papers) == ("answered", (CRABS,))
    assert "12.4 hours" in answer.text
    assert [CRABS.abstract[c.start : c.end] for c in answer.citations] == [
        citation.quote for citation in answer.citations
    ]


def test_it_searches_for_every_face_of_the_library(library):
    assert [hit.paper for hit in library.search(QUESTION)] == [CRABS]
    assert [node.node_id for node in library.as_retriever().retrieve(QUESTION)] == ["crabs#0"]
    response = library.as_query_engine().query(QUESTION)
    assert [node.node_id for node in response.source_nodes] == ["crabs#0"]
    assert library.with_llm("extractive").ask(QUESTION).papers == (CRABS,)


def test_it_is_given_the_question_the_filters_and_the_conversation(library, shelf):
    history = [Message("user", "What keeps time?"), Message("assistant", "Crabs.")]
    library.ask("How often do they peak since 2020?", history)
    (query,) = shelf.queries
    assert query.topic == "How often do they peak?"
    assert query.filters == Filters(since=2020)
    assert query.history == tuple(history)


def test_what_it_does_not_find_is_not_answered(library):
    answer = library.ask("Why does bread stale?")
    assert (answer.status, answer.reason) == ("abstained", "not_in_library")


class Doubter:
    """Finds that no paper says anything."""

    def check(self, pairs):
        return [Support(Sentence("", 0, 0), 0.0, "unsupported") for _ in pairs]


def test_a_verifier_of_ones_own_decides_what_a_model_may_say(
    shelf, lexical_settings, tmp_path, endpoint, monkeypatch
):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    endpoint.reply(f"{CRABS.abstract.split('. ')[1]} [1]")
    settings = Settings(embedder="none")
    parts = {"retriever": shelf, "settings": settings}
    with Library.open(tmp_path / "own", **parts) as library:
        library.ingest(BREAD)
        assert library.ask(QUESTION).mode != "extractive"
    with Library.open(tmp_path / "own", verifier=Doubter(), **parts) as library:
        answer = library.ask(QUESTION)
    assert (answer.mode, answer.removed) == (
        "extractive",
        ("Their activity peaked every 12.4 hours.",),
    )
