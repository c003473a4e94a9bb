"""A new library is filled in a process of its own before the page opens it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from rag.library import Library
from rag.settings import Settings
from tests.support import ROOT
from ui.server import filling
from ui.server.filling import fill_apart, is_unwritten
from ui.server.loading import open_for_chat

STARTER_PAPERS = 436


@pytest.fixture
def settings(tmp_path):
    return Settings(library=tmp_path / "library", embedder="none", llm="extractive")


def test_the_starter_papers_are_ready_for_a_process_without_chroma(cache, tmp_path):
    settings = Settings(library=tmp_path / "library", cache=cache, llm="extractive")
    told = []
    assert is_unwritten(settings)
    fill_apart(settings, told.append)
    assert not is_unwritten(settings)
    assert max(each.done for each in told) >= STARTER_PAPERS
    with Library.open(settings=settings) as library:
        assert len(library) == STARTER_PAPERS
        assert not library.is_new
    asks = (
        "import sys; from rag import Library; "
        f"print(len(Library.open({str(settings.library)!r}).search('pruning')), "
        "'chromadb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "10 False\n", done.stderr


def test_what_the_other_process_cannot_do_is_done_by_who_opens_the_library(settings, monkeypatch):
    monkeypatch.setattr(filling.sys, "executable", "/bin/false")
    library, _ = open_for_chat(settings, None, lambda _: None)
    assert len(library) == STARTER_PAPERS


@pytest.mark.parametrize(
    "other",
    [
        {"embedder": "openai:some-model"},
        {"database_url": "postgresql://ada@127.0.0.1/papers"},
        {"chroma_url": "http://127.0.0.1:8000"},
    ],
)
def test_what_wants_more_than_the_folder_is_left_to_the_page(settings, other):
    assert not is_unwritten(settings.model_copy(update=other))


def test_a_page_that_is_asked_to_end_leaves_its_library_in_order(settings, monkeypatch):
    for name in ("library", "embedder", "llm"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(settings, name)))
    command = [sys.executable, "-m", "rag.cli", "chat", "--no-browser", "--port", "7990"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as page:
        assert any("paperchat is at" in line for line in page.stderr)
        page.send_signal(signal.SIGTERM)
        assert page.wait(30) == 143
