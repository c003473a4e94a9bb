"""Backups: whole, made while the library is used, and restored without embedding anything."""

from __future__ import annotations

import shutil
import threading
import zipfile

import pytest

from rag.cli import main
from rag.errors import LibraryError
from rag.library import Library
from rag.settings import Settings
from rag.store import backup
from rag.types import Paper
from tests.support.endpoint_papers import BEAVERS, OTTERS, WILLOWS

QUESTION = "What do beavers build?"
HERONS = Paper("herons", "Herons at Dusk", "Herons catch fish at dusk, standing still in ponds.")


@pytest.fixture
def at(cache, tmp_path):
    """Opens the library in a folder of a name; keywords are settings."""
    opened = []

    def open_one(name="library", **others):
        given = {"library": tmp_path / name, "cache": cache, "llm": "extractive"}
        opened.append(Library.open(settings=Settings(**given | others)))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def library(at):
    library = at("library")
    library.ingest([BEAVERS, OTTERS, WILLOWS])
    library.catalog.collect([BEAVERS.paper_id], into=["rivers"])
    return library


def restored(path, at, name="restored", **others):
    Library.restore(path, settings=Settings(library=path.parent / name, **others))
    return at(name, **others)


def found(library):
    return [(hit.paper, hit.score) for hit in library.search(QUESTION)]


@pytest.fixture
def embeds_nothing(monkeypatch):
    """From now on whoever embeds a passage fails."""

    def forbid():
        def fail(*_):
            raise AssertionError("a passage was embedded")

        monkeypatch.setattr("rag.embedding.Embedder.embed_texts", fail)

    return forbid


def test_a_lost_disk_is_restored_with_all_that_was_kept(library, at, tmp_path, embeds_nothing):
    asked = library.conversations.create("ada")
    turn = library.conversations.append("ada", asked.conversation_id, library.ask(QUESTION))
    library.feedback.rate("ada", turn.turn_id, "up", turn.answer, comment="clear")
    token = library.shares.share("ada", turn.turn_id)
    before, papers, revision = found(library), library.papers(), library.revision
    kept = library.back_up(tmp_path / "kept.zip")
    library.close()
    shutil.rmtree(library.folder)
    embeds_nothing()
    again = restored(tmp_path / "kept.zip", at)
    assert (kept.papers, kept.conversations, kept.revision) == (3, 1, revision)
    assert (tmp_path / "kept.zip").stat().st_mode & 0o077 == 0
    assert again.papers() == papers
    assert found(again) == before
    assert again.verify().faults == ()
    assert again.catalog.collections() == {"rivers": 1}
    (kept_turn,) = again.conversations.load("ada", asked.conversation_id)
    assert kept_turn == turn
    assert again.shares.find(token) == turn.answer
    assert [each.comment for each in again.feedback.ratings()] == ["clear"]


def test_what_is_restored_goes_on(library, at, tmp_path):
    library.back_up(tmp_path / "kept.zip")
    again = restored(tmp_path / "kept.zip", at)
    again.ingest([HERONS])
    again.remove(OTTERS.paper_id)
    assert {each.paper_id for each in again.papers()} == {
        BEAVERS.paper_id,
        WILLOWS.paper_id,
        "herons",
    }
    assert again.verify().faults == ()
    assert len(library) == 3  # the one that it was made of is another


def test_a_library_without_vectors_is_kept_too(at, tmp_path):
    library = at("words", embedder="none")
    library.ingest([BEAVERS])
    assert library.back_up(tmp_path / "kept.zip").parts == 0
    again = restored(tmp_path / "kept.zip", at, embedder="none")
    assert [hit.paper.paper_id for hit in again.search(QUESTION)] == [BEAVERS.paper_id]


def test_questions_are_answered_while_a_backup_is_made(library, tmp_path, monkeypatch):
    reached, go_on, parts = threading.Event(), threading.Event(), backup._parts

    def slow(index):
        reached.set()
        assert go_on.wait(30)
        yield from parts(index)

    monkeypatch.setattr(backup, "_parts", slow)
    making = threading.Thread(target=library.back_up, args=(tmp_path / "kept.zip",))
    making.start()
    assert reached.wait(30)
    assert library.ask(QUESTION).status == "answered"
    assert not (tmp_path / "kept.zip").exists()
    go_on.set()
    making.join(30)
    assert backup.read_backup(tmp_path / "kept.zip").papers == 3


def test_a_backup_that_breaks_off_leaves_the_one_before(library, tmp_path, monkeypatch):
    path = tmp_path / "kept.zip"
    library.back_up(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_parts", full)
    with pytest.raises(LibraryError, match="no room left"):
        library.back_up(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.glob("*.part")] == []


def test_nothing_is_restored_over_papers_that_are_there(library, at, tmp_path):
    library.back_up(tmp_path / "kept.zip")
    other = at("other")
    other.ingest([HERONS])
    with pytest.raises(LibraryError, match="holds 1 paper already"):
        Library.restore(tmp_path / "kept.zip", other.folder, settings=other.settings)
    assert [each.paper_id for each in other.papers()] == ["herons"]
    assert [hit.paper.paper_id for hit in other.search("herons")] == ["herons"]


def test_a_restore_that_breaks_off_embeds_what_lacks_vectors(library, at, tmp_path, monkeypatch):
    library.back_up(tmp_path / "kept.zip")
    monkeypatch.setattr(backup.np, "load", None)
    with pytest.raises(TypeError):
        Library.restore(tmp_path / "kept.zip", tmp_path / "broken", settings=library.settings)
    monkeypatch.undo()
    again = at("broken")
    assert [paper for paper, _ in found(again)] == [paper for paper, _ in found(library)]
    assert again.verify().is_sound


@pytest.mark.parametrize("damage", ["absent", "text", "cut", "flipped", "another zip"])
def test_a_file_that_is_no_whole_backup_is_told_in_a_sentence(library, tmp_path, damage, capsys):
    path = tmp_path / "kept.zip"
    library.back_up(path)
    whole = path.read_bytes()
    if damage == "absent":
        path.unlink()
    elif damage == "text":
        path.write_text("no backup")
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    else:
        with zipfile.ZipFile(path, "w") as other:
            other.writestr("notes.txt", "hello")
    assert main(["restore", str(path), "--library", str(tmp_path / "restored")]) == 1
    told = capsys.readouterr().err
    assert "kept.zip" in told
    assert "Traceback" not in told
    assert not (tmp_path / "restored" / "paperchat.sqlite").exists()


def test_the_commands_say_what_is_kept_and_what_is_back(library, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(library.settings.cache))
    path = tmp_path / "kept.zip"
    assert main(["backup", str(path), "--library", str(library.folder)]) == 0
    assert "3 papers and 0 conversations are kept in" in capsys.readouterr().out
    assert main(["restore", str(path), "--library", str(tmp_path / "restored")]) == 0
    assert "3 papers and 0 conversations are back" in capsys.readouterr().out
    assert main(["papers", "list", "--library", str(tmp_path / "restored")]) == 0
    assert BEAVERS.title in capsys.readouterr().out


def test_a_folder_moves_to_the_servers_of_a_group_and_back(
    library, at, tmp_path, postgres, chroma, embeds_nothing
):
    servers = {"database_url": postgres.new_database(), "chroma_url": chroma.url}
    before = found(library)
    library.back_up(tmp_path / "folder.zip")
    embeds_nothing()
    group = restored(tmp_path / "folder.zip", at, "group", **servers)
    assert [paper for paper, _ in found(group)] == [paper for paper, _ in before]
    group.remove(OTTERS.paper_id)
    group.catalog.collect([BEAVERS.paper_id], into=["after the restored ones"])
    group.back_up(tmp_path / "group.zip")
    again = restored(tmp_path / "group.zip", at, "again")
    assert {each.paper_id for each in again.papers()} == {BEAVERS.paper_id, WILLOWS.paper_id}
    assert again.verify().faults == ()


@pytest.mark.parametrize(
    "fill",
    [
        lambda library: library.watches.add("arxiv:ti:cats"),
        lambda library: library.feedback.rate("a", "t", "up", library.ask("What do bees build?")),
    ],
    ids=["a watch", "a rating"],
)
def test_nothing_that_a_library_holds_beside_papers_is_overwritten(library, at, tmp_path, fill):
    fill(library)
    library.back_up(tmp_path / "kept.zip")
    with at("other") as other:
        fill(other)
    with pytest.raises(LibraryError, match=r"holds 1 \w+ already"):
        Library.restore(tmp_path / "kept.zip", settings=Settings(library=tmp_path / "other"))
    assert restored(tmp_path / "kept.zip", at).watches.all() == library.watches.all()


def test_what_is_left_of_things_that_are_gone_does_not_stand_in_the_way(library, at, tmp_path):
    library.back_up(tmp_path / "kept.zip")
    with at("other") as other:
        other.ingest(HERONS, collections=["rivers"])
        other.remove(HERONS.paper_id)
    Library.restore(tmp_path / "kept.zip", settings=Settings(library=tmp_path / "other"))
    assert found(at("other")) == found(library)
