"""The page of a shared answer, over a real socket."""

from __future__ import annotations

import httpx
import pytest

from rag.errors import LibraryError
from rag.library import Library
from rag.settings import Settings
from rag.types import Answer, Citation, Paper
from tests.support.page_server import served, serving
from ui.server.loading import Loading

PAPER = Paper("tides", "Tides & <moons>", "The moon lifts the sea.", url="https://example.org/t")
ANSWER = Answer(
    "What lifts <b>the sea</b>?",
    "**Tides & moons**\n\nThe moon lifts the sea. [1]",
    "answered",
    citations=(Citation(1, PAPER, PAPER.abstract, 0, len(PAPER.abstract), 1.0),),
)


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        yield library


@pytest.fixture
def turn(library):
    made = library.conversations.create("ada")
    return library.conversations.append("ada", made.conversation_id, ANSWER).turn_id


def test_a_link_shows_the_answer_with_its_sources_and_nothing_else(library, turn):
    token = library.shares.share("ada", turn)
    with served(library) as address:
        got = httpx.get(f"{address}shared/{token}")
        assert got.status_code == 200
        assert "The moon lifts the sea." in got.text
        assert "What lifts &lt;b&gt;the sea&lt;/b&gt;?" in got.text
        assert "<script" not in got.text
        assert "default-src 'none'" in got.headers["content-security-policy"]
        assert (got.headers["x-robots-tag"], got.headers["cache-control"]) == (
            "noindex",
            "no-store",
        )


def test_a_link_that_was_taken_back_says_so(library, turn):
    token = library.shares.share("ada", turn)
    library.shares.withdraw("ada", turn)
    with served(library) as address:
        got = httpx.get(f"{address}shared/{token}")
        assert (got.status_code, "not shared" in got.text) == (404, True)


def test_a_link_waits_for_the_library_and_tells_a_fault(library, turn, monkeypatch):
    token = library.shares.share("ada", turn)
    with serving(Loading(), 7970) as address:
        assert httpx.get(f"{address}shared/{token}").status_code == 503

    def fail(_):
        raise LibraryError("The server is down.")

    with served(library) as address:
        monkeypatch.setattr(library.shares, "find", fail)
        got = httpx.get(f"{address}shared/{token}")
        assert (got.status_code, "The server is down." in got.text) == (503, True)
