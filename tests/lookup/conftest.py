"""A scripted service that stands for all of them, and a clock that nobody waits for."""

from __future__ import annotations

import pytest

from rag.lookup.services import Services
from rag.settings import Settings
from tests.support.scripted_service import Clock, ScriptedService


@pytest.fixture
def service():
    with ScriptedService() as running:
        yield running


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lookup_settings(service, tmp_path):
    """Settings that lead every look-up to the scripted service, each below a path of its own."""
    places = ("arxiv", "crossref", "doi", "openalex", "s2", "zotero")
    urls = {f"{place}_url": f"{service.url}/{place}" for place in places}
    return Settings(library=tmp_path / "library", embedder="none", llm="extractive", **urls)


@pytest.fixture
def services(lookup_settings, clock):
    return Services(lookup_settings, sleep=clock.sleep, clock=clock)
