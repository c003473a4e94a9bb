"""`ask`, the one call on the default library."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import rag.library
from rag.library import Library, ask
from rag.types import Filters, Paper

QUESTION = "How often does the activity of shore crabs peak?"
CRABS = Paper(
    "crabs",
    "Tidal Clocks in Shore Crabs",
    "Shore crabs keep time with the sea. Their activity peaked every 12.4 hours.",
    published="2022-01-03",
)


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """The libraries that `ask` opens, in the order of opening; they hold one paper."""
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "papers"))
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    monkeypatch.setattr(rag.library, "_default", None)
    with Library.open() as library:
        library.ingest(CRABS)
    libraries = []
    open_library = Library.open

    def open_and_count():
        libraries.append(open_library())
        return libraries[-1]

    monkeypatch.setattr(Library, "open", open_and_count)
    yield libraries
    for each in libraries:
        each.close()


def test_threads_that_ask_together_share_one_library(opened):
    together = threading.Barrier(6)

    def ask_together(_):
        together.wait()
        return ask(QUESTION)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask_together, range(6)))
    assert len(opened) == 1
    assert {answer.text for answer in answers} == {answers[0].text}
    assert "12.4 hours" in answers[0].text


def test_ask_keeps_to_the_filters_that_it_is_given(opened):
    answer = ask(QUESTION, filters=Filters(until=1800))
    assert (answer.status, answer.papers) == ("abstained", ())
    assert answer.filters == Filters(until=1800)


def test_a_single_name_filters_as_a_list_of_it_does(opened):
    assert ask(QUESTION, filters=Filters(since="2022")).papers == (CRABS,)
    assert ask(QUESTION, filters=Filters(authors="Nobody")).papers == ()


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ("question", {"question": None}),
        ("question", {"question": b"why?"}),
        ("history", {"history": ["x"]}),
        ("history", {"history": "x"}),
        ("history", {"history": None}),
        ("history", {"history": {"role": "user", "content": "x"}}),
        ("history", {"history": [{"role": "user", "content": 3}]}),
        ("filters", {"filters": {"since": 2022}}),
    ],
)
def test_an_argument_of_another_kind_is_refused_by_its_name(opened, named, given):
    with pytest.raises(TypeError, match=f"^{named} takes"):
        ask(**{"question": QUESTION, **given})
