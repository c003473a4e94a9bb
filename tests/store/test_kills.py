"""A writer that is killed at any moment loses nothing and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rag.library import Library
from rag.store import sync
from tests.store.kept_papers import BEFORE, REMOVED, UPDATE, read_held, settings_of
from tests.store.killed_writer import WORK
from tests.support import ROOT
from tests.support.letters import LetterEmbedding


def opened(folder):
    return Library.open(settings=settings_of(folder), embedder=LetterEmbedding())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a library with papers, closed."""
    folder = tmp_path_factory.mktemp("killed") / "made"
    with opened(folder) as library:
        library.ingest(BEFORE)
        assert len(read_held(library).vectors) > len(BEFORE)
    return folder


def killed_at_every_moment(made, folder, what):
    """The copies of a library in which the work was killed, by where that was."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.killed_writer", str(made), str(folder), what],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        f"{path.stem}, {path.read_text()}": path.with_suffix("") for path in folder.glob("*.txt")
    }


def after(what):
    papers = {paper.paper_id: paper for paper in BEFORE}
    if what == "ingest":
        papers |= {paper.paper_id: paper for paper in UPDATE}
    return tuple(paper for key, paper in papers.items() if what == "ingest" or key not in REMOVED)


@pytest.mark.parametrize("what", ["ingest", "remove"])
def test_what_a_kill_leaves_is_whole_after_the_next_opening(made, tmp_path, monkeypatch, what):
    monkeypatch.setattr(sync, "can_be_read", lambda *_: True)  # a process for each would take long
    killed = killed_at_every_moment(made, tmp_path, what)
    moments = " ".join(killed)
    in_sql = ("_supersede", "_write", "put") if what == "ingest" else ("_supersede", "remove")
    for each in (*in_sql, "delete", "apply", "dumps", "replace"):
        assert f"after {each}" in moments
    known = {paper.paper_id: [paper] for paper in BEFORE}
    for paper in after(what):
        known.setdefault(paper.paper_id, []).append(paper)
    for moment, folder in killed.items():
        with opened(folder) as library:
            held = read_held(library)
            assert held == held.expected(), moment
            assert all(paper in known[paper.paper_id] for paper in held.papers), moment
            WORK[what](library)  # the same again
            held = read_held(library)
            assert held.papers == after(what), moment
            assert held == held.expected(), moment
