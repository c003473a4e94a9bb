"""A library that the released code made is opened, and never goes back."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import DamagedLibraryError, LibraryError
from rag.library import Library
from rag.settings import Settings
from rag.store.schema import SCHEMA
from rag.store.sqlite import FILE
from rag.types import Paper
from tests.support.letters import LetterEmbedding

# Made by paperchat 0.1.0: `words` without an embedder, `vectors` with one that counts letters.
# Both hold the papers below, one conversation of "ada" and her rating of its one answer.
RELEASED = Path(__file__).parent / "data" / "released-library.tar.gz"
LYNX = " ".join(
    f"On night {n} the lynx walks far in the dark and leaves no trace." for n in range(1, 13)
)
PAPERS = [
    Paper(
        "otter",
        "The otter in winter",
        "We followed an otter for one winter. It slept in the morning. Snow made it hungry.",
        ("Ada Müller", "Quoc V. Le"),
        "2021-03-04",
        "https://example.org/otter",
        "Journal of Snow",
        "example.org",
    ),
    Paper("lynx", "The lynx at night", LYNX, ("Bo Ek",), "2019"),
    Paper(
        "cafe",
        "Coffee and the café",
        "A café sells coffee. We counted the cups of one day. There were 300 of them.",
        published="2020-05",
    ),
    Paper("untold", "A paper without an abstract", "A paper without an abstract"),
]
EMBEDDINGS = {"words": None, "vectors": LetterEmbedding()}


@pytest.fixture(params=["words", "vectors"])
def released(request, tmp_path):
    """How to open a library of the released code."""
    with tarfile.open(RELEASED) as packed:
        packed.extractall(tmp_path, filter="data")
    settings = Settings(
        library=tmp_path / "released-library" / request.param,
        embedder="none",
        llm="extractive",
        passage_tokens=60,
    )
    return {"settings": settings, "embedder": EMBEDDINGS[request.param]}


def test_a_library_of_the_released_code_opens_with_every_field_of_every_paper(released):
    for _ in range(2):  # the second opening finds it migrated
        with Library.open(**released) as library:
            assert library.papers() == PAPERS
            assert library.is_lexical_only == (released["embedder"] is None)
            assert library.is_new is False


def test_a_migrated_library_finds_and_answers(released, cache):
    with Library.open(**released) as library:
        for paper in PAPERS:
            assert library.search(paper.title, 1)[0].paper == paper
        answer = library.ask("How many cups of coffee does the café sell?")
        assert answer.papers[0].paper_id == "cafe"
        assert len(library.search("lynx at night", 1)[0].passages) == 4


def test_vectors_of_the_released_code_are_used_on(released, monkeypatch):
    embedded = []
    if released["embedder"] is not None:
        monkeypatch.setattr(
            LetterEmbedding, "_get_text_embeddings", lambda _, texts: embedded.append(texts)
        )
    with Library.open(**released) as library:
        hit = library.search("lynx at night", 1)[0]
        assert (hit.dense_rank is None) == (released["embedder"] is None)
    assert embedded == []


def test_a_migrated_library_can_be_changed(released):
    with Library.open(**released) as library:
        assert library.ingest(PAPERS).unchanged == len(PAPERS)
        assert library.ingest(Paper("newt", "The newt", "A newt swims.")).added == 1
        assert library.remove("lynx") == 1
    with Library.open(**released) as library:
        assert library.catalog.paper_ids() == ["otter", "cafe", "untold", "newt"]
        assert library.search("newt", 1)[0].paper.paper_id == "newt"


def test_the_migration_tells_its_progress(released):
    seen = []
    Library.open(**released, on_progress=seen.append).close()
    told = [each for each in seen if each.stage == "taking over the papers"]
    assert told[-1].done == len(PAPERS)


def test_conversations_and_ratings_are_kept(released):
    with Library.open(**released) as library:
        (kept,) = library.conversations.of("ada")
        (turn,) = library.conversations.load("ada", kept.conversation_id)
        (rating,) = library.feedback.ratings()
        assert turn.question == "What does the café sell?"
        assert turn.answer.papers[0] == PAPERS[2]
        assert (rating.thumb, rating.comment) == ("up", "Just what I needed.")
        assert rating.answer == turn.answer


@pytest.mark.parametrize("words", ["café", "cafe", "CAFÉ cups"])
def test_old_conversations_are_found_with_and_without_accents(released, words):
    with Library.open(**released) as library:
        assert len(library.conversations.search("ada", words)) == 1


def test_the_released_code_refuses_a_migrated_library(released):
    Library.open(**released).close()
    folder = released["settings"].library
    # Format 2: the released code says "newer paperchat; update".
    assert json.loads((folder / "paperchat.json").read_text())["format"] == 2
    assert not list(folder.glob("headings*"))


def test_a_migration_killed_before_its_last_step_is_finished_by_the_next_opening(released):
    marker = released["settings"].library / "paperchat.json"
    before = marker.read_bytes()
    Library.open(**released).close()
    marker.write_bytes(before)
    with Library.open(**released) as library:
        assert library.papers() == PAPERS
    assert json.loads(marker.read_text())["format"] == 2


def test_a_migration_tells_of_no_damage(released, caplog):
    with Library.open(**released) as library:
        assert library.verify().is_sound
    assert "damaged" not in caplog.text


def test_a_newer_library_under_the_same_version_asks_for_the_latest(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    Library.open(settings=settings).close()
    with closing(sqlite3.connect(settings.library / FILE)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(LibraryError, match=r"a later version .* Install the latest"):
        Library.open(settings=settings)


def test_a_list_in_the_database_that_cannot_be_read_is_told_as_damage(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
    with closing(sqlite3.connect(settings.library / FILE)) as connection, connection:
        connection.execute("UPDATE abstract SET passages = '[[0,'")
    with (
        Library.open(settings=settings) as library,
        pytest.raises(DamagedLibraryError, match=r"is damaged.*paperchat ingest"),
    ):
        library.papers()


def test_a_library_of_a_newer_paperchat_names_the_version_to_install(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    Library.open(settings=settings).close()
    path = settings.library / FILE
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE library SET written_by = '7.3'")
        connection.execute("ALTER TABLE paper RENAME TO papers")
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    before = path.read_bytes()
    with pytest.raises(LibraryError, match=r"made by paperchat 7\.3.*Install that version"):
        Library.open(settings=settings)
    assert path.read_bytes() == before
