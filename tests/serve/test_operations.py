"""What an operator's tools are told over a real socket: `/health` and `/metrics`."""

from __future__ import annotations

import sys

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from rag.errors import LibraryError
from rag.library import Library
from rag.serve.metrics import Metrics
from rag.settings import Settings
from tests.support.page_server import served, serving
from ui.serve import _metrics
from ui.server.access import AccessPolicy
from ui.server.loading import Loading

SECRET = "who measured the tides of Ganymede"
TOKEN = "a-token-of-sixteen-characters"


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def library(tmp_path, metrics):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings, on_answer=metrics.count) as library:
        library.ingest([{"title": "Tides of the moon", "abstract": "The moon lifts the sea."}])
        yield library


def numbers(address, **options):
    text = httpx.get(f"{address}metrics", **options).raise_for_status().text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_page_tells_that_it_is_live_and_ready(library):
    with served(library) as address:
        assert httpx.get(f"{address}health/live").json() == {"status": "live"}
        for path in ("health", "health/ready"):
            got = httpx.get(address + path)
            assert (got.status_code, got.json()) == (
                200,
                {"status": "ready", "without": ["vectors"]},
            )


def test_a_page_whose_library_still_opens_is_live_but_not_ready(metrics):
    with serving(Loading(), 7970, metrics) as address:
        assert httpx.get(f"{address}health/live").status_code == 200
        got = httpx.get(f"{address}health")
        assert (got.status_code, got.json()) == (503, {"status": "starting"})
        assert numbers(address)["paperchat_ready",] == 0


def test_a_library_that_cannot_be_opened_is_told_without_its_path():
    loading = Loading()
    loading.failed("The folder '/srv/of-ada' cannot be read.")
    with serving(loading, 7970) as address:
        got = httpx.get(f"{address}health")
        assert (got.status_code, got.json()["status"]) == (503, "failed")
        assert "ada" not in got.text


def test_a_part_that_cannot_be_read_is_named(library, monkeypatch):
    def fail():
        raise LibraryError("the server at 10.0.0.7 is down")

    with served(library) as address:
        monkeypatch.setattr(library._index.papers, "revision", fail)
        got = httpx.get(f"{address}health")
        assert (got.status_code, got.json()["unavailable"]) == (503, ["papers"])
        assert "10.0.0.7" not in got.text
        monkeypatch.undo()
        assert httpx.get(f"{address}health").status_code == 200


def test_answers_are_counted_by_how_they_ended_without_their_text(library, metrics):
    with served(library, metrics=metrics) as address:
        library.ask("What lifts the sea?")
        library.ask(SECRET)
        told = numbers(address)
        assert told["paperchat_answers_total", "answered", "extractive", "papers"] == 1
        assert told["paperchat_answer_seconds_count", "extractive"] == 2
        assert (told["paperchat_papers",], told["paperchat_ready",]) == (1, 1)
        assert told["process_open_fds",] > 0
        assert "Ganymede" not in httpx.get(f"{address}metrics").text


def test_an_answer_that_was_stopped_is_not_counted_as_whole(library, metrics):
    drafts = library.stream("What lifts the sea?")
    next(drafts)
    drafts.close()
    assert b"paperchat_answers_total{" not in metrics.render(library)[0]


def test_numbers_want_a_token_where_there_are_tokens(library, metrics):
    access = AccessPolicy(tokens=frozenset({TOKEN}))
    with served(library, access, metrics=metrics) as address:
        refused = httpx.get(f"{address}metrics")
        assert refused.status_code == 401
        assert numbers(address, headers={"authorization": f"Bearer {TOKEN}"})
        assert httpx.get(f"{address}health").status_code == 200


def test_without_the_package_the_way_to_it_is_told(library, monkeypatch):
    monkeypatch.setitem(sys.modules, "rag.serve.metrics", None)
    assert _metrics() is None
    with served(library) as address:
        got = httpx.get(f"{address}metrics")
        assert (got.status_code, "paperchat[group]" in got.text) == (501, True)
