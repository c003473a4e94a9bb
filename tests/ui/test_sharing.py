"""The page of a shared answer, over a real socket."""

from __future__ import annotations

import httpx
import pytest

from rag.errors import LibraryError
from rag.library import Library
from rag.receipts import differences, read_receipt, replay
from rag.settings import Settings
from rag.types import Answer, Citation, Message, Paper
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
        monkeypatch.setattr(library.shares, "find_turn", fail)
        got = httpx.get(f"{address}shared/{token}")
        assert (got.status_code, "The server is down." in got.text) == (503, True)


def test_beside_an_answer_lies_its_receipt_which_is_replayed(library, tmp_path):
    library.ingest({"id": "tides", "title": "Tides", "abstract": "The moon lifts the sea."})
    first = library.ask("What lifts the sea?")
    then = library.revision
    made = library.conversations.create("ada")
    kept = library.conversations.append("ada", made.conversation_id, first)
    token = library.shares.share("ada", kept.turn_id)
    library.ingest({"id": "bogs", "title": "Bogs", "abstract": "A bog holds water."})
    with served(library) as address:
        assert f'href="{token}/receipt"' in httpx.get(f"{address}shared/{token}").text
        got = httpx.get(f"{address}shared/{token}/receipt")
        assert got.headers["content-disposition"].startswith("attachment")
        receipt = got.json()
        assert (receipt["revision"], receipt["papers"]) == (then, 1)  # as they were
        assert receipt["text"] == first.text
        assert receipt["hits"][0]["paper_id"] == "tides"
        assert str(library.folder) not in got.text
        library.shares.withdraw("ada", kept.turn_id)
        assert httpx.get(f"{address}shared/{token}/receipt").status_code == 404
    file = tmp_path / "receipt.json"
    file.write_bytes(got.content)
    assert read_receipt(file.read_text(), "it").question == "What lifts the sea?"
    now = replay(library, read_receipt(file.read_text(), "it"))
    assert "papers: 1 then, 2 now" in differences(read_receipt(file.read_text(), "it"), now)
    assert now.text == first.text


def test_the_receipt_of_a_follow_up_holds_nothing_of_the_conversation_before(library):
    library.ingest({"id": "tides", "title": "Tides", "abstract": "The moon lifts the sea."})
    made = library.conversations.create("ada")
    secret = library.ask("What does the xylophone say of the sea?")
    library.conversations.append("ada", made.conversation_id, secret)
    history = [Message("user", secret.question), Message("assistant", secret.text)]
    follow_up = library.ask("What lifts it?", history)
    turn = library.conversations.append("ada", made.conversation_id, follow_up).turn_id
    token = library.shares.share("ada", turn)
    with served(library) as address:
        got = httpx.get(f"{address}shared/{token}/receipt")
    assert got.json()["is_follow_up"] is True
    assert "xylophone" not in got.text


def test_an_answer_of_an_earlier_version_has_no_receipt_and_says_so(library, turn):
    token = library.shares.share("ada", turn)
    with served(library) as address:
        assert "receipt" not in httpx.get(f"{address}shared/{token}").text
        got = httpx.get(f"{address}shared/{token}/receipt")
    assert (got.status_code, "earlier version" in got.text) == (404, True)
