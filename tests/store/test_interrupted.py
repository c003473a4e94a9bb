"""A full disk, or a first start that was interrupted, loses nothing; the next one goes on."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from rag import starter
from rag.errors import LibraryError
from rag.library import Library
from rag.settings import Settings
from rag.store import writing
from rag.store.database import NO_ROOM_LEFT
from rag.store.sqlite import SqliteDatabase

PAPERS = [
    {
        "id": f"p{number}",
        "title": f"Lanterns of harbour {number}",
        "abstract": f"Harbour {number} has lanterns. " + f"Lamp {number} shines at dusk. " * 20,
    }
    for number in range(60)
]


@pytest.fixture
def open_library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    return lambda: Library.open(settings=settings)


@pytest.fixture
def starter_papers(tmp_path, monkeypatch):
    """Some invented papers in the place of the starter papers."""
    path = tmp_path / "starter.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), encoding="utf-8")

    @contextmanager
    def starter_file():
        yield path

    monkeypatch.setattr(starter, "starter_file", starter_file)


def ids(library):
    return [paper.paper_id for paper in library.papers()]


def fill_disk(monkeypatch):
    """No file of a database that is opened from now on can grow."""
    prepare = SqliteDatabase._prepare

    def prepared(self, connection, entry):
        prepare(self, connection, entry)
        connection.execute("PRAGMA max_page_count = 1")  # the pages that it has, at the least

    monkeypatch.setattr(SqliteDatabase, "_prepare", prepared)


def test_a_full_disk_is_told_in_a_sentence_and_with_room_the_same_goes_on(open_library):
    with open_library() as library:
        library.ingest(PAPERS[:2])
    with pytest.MonkeyPatch.context() as patched:
        fill_disk(patched)
        with open_library() as library:
            with pytest.raises(LibraryError) as told:
                library.ingest(PAPERS)
            assert str(told.value) == NO_ROOM_LEFT
            kept = ids(library)
            assert kept[:2] == ["p0", "p1"]
            assert library.search("Lanterns of harbour 1", 1)[0].paper.paper_id == "p1"
    with open_library() as library:
        assert ids(library) == kept
        assert library.ingest(PAPERS).added == len(PAPERS) - len(kept)
        assert ids(library) == [paper["id"] for paper in PAPERS]
        assert not library.verify().faults


@pytest.mark.usefixtures("starter_papers")
def test_an_interrupted_first_start_is_finished_by_the_next(open_library, monkeypatch):
    def interrupted(progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "PAPERS_PER_BATCH", 20)
    with open_library() as library, pytest.raises(KeyboardInterrupt):
        library.fill_new(is_wanted=True, on_progress=interrupted)
    with open_library() as library:
        assert 0 < len(library) < len(PAPERS)
        library.fill_new(is_wanted=False)
        assert ids(library) == [paper["id"] for paper in PAPERS]
    with open_library() as library:
        library.remove(ids(library))
        library.fill_new(is_wanted=True)  # what was emptied by hand is not new
        assert len(library) == 0
