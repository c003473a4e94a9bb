"""A small library is searched without Chroma, by a file that is never believed too long."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from chromadb import Collection
from chromadb.errors import InternalError

from rag.errors import DamagedLibraryError
from rag.library import Library
from rag.settings import Settings
from rag.store import sync
from rag.store.held import Held, load_held
from rag.store.reached import HELD, is_as_left, read_reached, stamp
from rag.types import Paper
from tests.store.kept_papers import WINTER
from tests.support import ROOT
from tests.support.letters import LetterEmbedding

QUESTION = "What did snow do to the otter?"
CHILD = f"""
import sys
from rag import Library, Settings
from tests.support.letters import LetterEmbedding
settings = Settings(library=sys.argv[1], embedder="none", llm="extractive")
with Library.open(settings=settings, embedder=LetterEmbedding()) as library:
    answer = library.ask({QUESTION!r})
    assert answer.papers[0].paper_id == "otter" and answer.hits[0].dense_rank, answer
    assert "chromadb" not in sys.modules
"""


@pytest.fixture
def folder(tmp_path):
    """Of a library of the papers that was searched once."""
    with opened(tmp_path / "library") as library:
        library.ingest(WINTER)
        library.search(QUESTION)
    return tmp_path / "library"


def opened(folder):
    settings = Settings(library=folder, embedder="none", llm="extractive")
    return Library.open(settings=settings, embedder=LetterEmbedding())


def vectors_of(folder):
    return load_held(folder / "chroma", stamp(folder / "chroma"))


def test_a_process_answers_without_importing_chroma(folder, cache):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_file_holds_what_chroma_does(folder):
    held = vectors_of(folder)
    with opened(folder) as library:
        store = library._index.vectors
        known = store.read(list(store.ids()))
    assert sorted(held.ids) == sorted(known)
    assert all(np.array_equal(held.rows[held.places[each]], known[each]) for each in known)


@pytest.mark.parametrize("change", ["ingest", "remove"])
def test_after_a_change_the_file_is_another(folder, change):
    before = vectors_of(folder).ids
    with opened(folder) as library:
        if change == "ingest":
            library.ingest(Paper("lynx", "The lynx", "A lynx walks."))
        else:
            library.remove("otter")
        assert vectors_of(folder) is None
        library.search(QUESTION)
    assert set(vectors_of(folder).ids) ^ set(before) == {
        "lynx#0" if change == "ingest" else "otter#0"
    }


@pytest.mark.parametrize("kept", [0, 10, 300])
def test_a_cut_file_is_made_again(folder, kept):
    file = folder / "chroma" / HELD
    whole = file.read_bytes()
    file.write_bytes(whole[:kept])
    with opened(folder) as library:
        assert library.search(QUESTION)[0].dense_similarity
    assert sorted(vectors_of(folder).ids) == [f"{paper.paper_id}#0" for paper in WINTER]


def test_one_bit_that_was_turned_is_noticed(folder):
    file = folder / "chroma" / HELD
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert vectors_of(folder) is None


def test_what_chroma_writes_while_it_is_read_is_no_damage(folder, monkeypatch):
    monkeypatch.setattr(sync, "can_be_read", lambda *_: pytest.fail("a process was started"))
    for _ in range(2):
        with opened(folder) as library:
            list(library._index.vectors.ids())
        assert is_as_left(folder / "chroma", read_reached(folder / "chroma"))


def test_a_file_that_was_written_behind_the_library_is_in_doubt(folder):
    (native, *_) = (folder / "chroma").glob("*/data_level0.bin")
    native.write_bytes(native.read_bytes())
    assert not is_as_left(folder / "chroma", read_reached(folder / "chroma"))


def test_a_copy_of_a_library_is_sound(folder, tmp_path, caplog):
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)  # with other times
    with opened(tmp_path / "copy") as library:
        assert library.search(QUESTION)[0].paper.paper_id == "otter"
        assert library._index.remade == ()
    assert not caplog.records


def test_a_paper_is_as_near_as_its_nearest_passage_wherever_its_passages_lie():
    rows = np.array([[1, 0], [0.6, 0.8], [0, 1], [0.8, 0.6]], np.float32)
    held = Held(["tides#0", "dams#0", "dams#1", "tides#1"], rows)
    found = held.nearest_papers(np.array([0, 1], np.float32))
    assert list(found.items()) == [("dams", 1.0), ("tides", pytest.approx(0.6))]
    assert Held([], np.empty((0, 2), np.float32)).nearest_papers(rows[0]) == {}


def fails(monkeypatch, times):
    """Have Chroma fail so often before it answers, as it may beside a writer; count what it did."""
    get, asked = Collection.get, []

    def failing(self, *arguments, **others):
        asked.append(arguments)
        if len(asked) <= times:
            raise InternalError("Error finding id")
        return get(self, *arguments, **others)

    monkeypatch.setattr(Collection, "get", failing)
    return asked


def test_what_chroma_fails_at_while_another_writes_is_asked_anew(folder, monkeypatch):
    ids = vectors_of(folder).ids
    with opened(folder) as library:
        asked = fails(monkeypatch, times=2)
        assert library._index.vectors.read(ids).keys() == set(ids)
        assert len(asked) == 3


def test_what_chroma_fails_at_every_time_is_damage(folder, monkeypatch):
    with opened(folder) as library:
        fails(monkeypatch, times=99)
        with pytest.raises(DamagedLibraryError, match=r"Error finding id.*verify --repair"):
            library._index.vectors.read(["otter#0"])
