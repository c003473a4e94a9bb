"""The line of the library tab that tells what watches found, without a browser."""

from __future__ import annotations

from html import escape

import pytest

from rag.library import Library
from rag.settings import Settings
from tests.support.html import HOSTILE, Seen
from tests.support.scripted_service import ScriptedService, arxiv_feed
from ui.library.waiting import MOST_SHOWN, answer, waiting_html

QUERY = "arxiv:cat:cs.LG AND hopfield"


@pytest.fixture
def service():
    with ScriptedService() as running:
        yield running


@pytest.fixture
def library(tmp_path, service):
    settings = Settings(
        library=tmp_path / "library",
        embedder="none",
        llm="extractive",
        arxiv_url=f"{service.url}/arxiv",
    )
    with Library.open(settings=settings) as opened:
        opened.watches.add(QUERY)
        yield opened


def found(library, service, feed):
    """What the library's watches found."""
    service.answer("/arxiv", feed)
    library.watches.look()
    return library


def test_where_nothing_waits_there_is_no_line(library):
    assert waiting_html(library) == ""


def test_the_line_tells_how_many_papers_wait_and_unfolds_into_them(library, service):
    seen = Seen(waiting_html(found(library, service, arxiv_feed("2101.00001", "2101.00002"))))
    assert "2 new papers for “cat:cs.LG AND hopfield”: look" in seen.text
    assert seen.values("data-do").count("take") == 3  # each, and all
    assert set(seen.values("data-paper")) == {"2101.00001", "2101.00002", ""}
    assert set(seen.values("href")) == {
        *("https://arxiv.org/abs/2101.00001", "https://arxiv.org/abs/2101.00002"),
    }
    assert "open" not in dict(seen.attributes)


def test_what_is_accepted_is_added_and_the_list_stays_open(library, service):
    found(library, service, arxiv_feed("2101.00001", "2101.00002"))
    done = answer(library, "take", "2101.00001")
    seen = Seen(waiting_html(library, done))
    assert seen.text.startswith("1 paper added.")
    assert "1 new paper for" in seen.text
    assert "open" in dict(seen.attributes)
    assert [paper.paper_id for paper in library.papers()] == ["2101.00001"]


def test_all_are_dismissed_at_once(library, service):
    found(library, service, arxiv_feed("2101.00001", "2101.00002"))
    assert answer(library, "dismiss", "").said == "2 papers dismissed."
    assert waiting_html(library) == ""
    assert len(library) == 0


@pytest.mark.parametrize("did", ["take", "dismiss"])
def test_what_was_answered_meanwhile_is_told(library, service, did):
    found(library, service, arxiv_feed("2101.00001"))
    library.watches.dismiss(["2101.00001"])
    assert answer(library, did, "2101.00001").said == "This paper waits no more."


def test_what_goes_wrong_is_told(library, service, monkeypatch):
    found(library, service, arxiv_feed("2101.00001"))
    monkeypatch.setattr("rag.store.sqlite.SqliteDatabase.is_read_only", True)
    done = answer(library, "dismiss", "2101.00001")
    assert done.is_warning
    assert "not changed" in done.said


def test_of_many_the_newest_are_shown(library, service):
    service.answer("/arxiv", arxiv_feed("2102.00001"))
    library.watches.look()
    many = [f"2101.{number:05}" for number in range(MOST_SHOWN + 4)]
    service.answer_from_now("/arxiv", arxiv_feed(*many))
    library.watches.look()
    seen = Seen(waiting_html(library))
    assert f"{MOST_SHOWN + 5} new papers" in seen.text
    assert "And 5 older ones." in seen.text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_a_record_becomes_markup(library, service, hostile):
    feed = arxiv_feed("2101.00001").replace("Ada Kessel", escape(hostile))
    feed = feed.replace("Cats\n  in 2101.00001", escape(f"Cats {hostile}"))
    seen = Seen(waiting_html(found(library, service, feed)))
    assert set(seen.tags) <= {"details", "summary", "ul", "li", "a", "span", "button"}
    assert seen.values("href") == ["https://arxiv.org/abs/2101.00001"]
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
