"""A library that a group shares: papers in PostgreSQL, vectors in Chroma, words in each folder."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

import pytest
from filelock import FileLock

from rag.cli.bundle import make_bundle
from rag.cli.checkup import examine
from rag.errors import ConfigurationError, LibraryError, LibraryUnavailableError
from rag.library import Library
from rag.settings import Settings
from rag.types import Answer, Paper
from tests.support.endpoint_papers import BEAVERS, OTTERS, WILLOWS

HERONS = Paper("herons", "Herons at Dusk", "Herons catch fish at dusk, standing still in ponds.")
FISH = "What do herons catch at dusk?"


@pytest.fixture
def group(postgres, chroma, cache, tmp_path):
    """Opens the one library of a group, from a folder of its own each time; keywords are
    settings."""
    url, opened = postgres.new_database(), []

    def open_one(name=None, *, rebuild=False, **others):
        given = {
            "library": tmp_path / (name or f"app{len(opened)}"),
            "cache": cache,
            "llm": "extractive",
            "database_url": url,
            "chroma_url": chroma.url,
        }
        library = Library.open(settings=Settings(**given | others), rebuild=rebuild)
        opened.append(library)
        return library

    yield open_one
    for each in opened:
        each.close()


def titles(library, question="beavers"):
    return [hit.paper.title for hit in library.search(question)]


def test_what_one_process_adds_the_other_finds_and_answers_from(group):
    one, other = group(), group()
    assert other.ask(FISH).reason == "empty_library"
    one.ingest([BEAVERS, OTTERS, HERONS])
    assert len(other) == 3
    assert other.revision == one.revision
    answer = other.ask(FISH)
    assert "fish" in answer.text
    assert [each.paper_id for each in answer.papers] == ["herons"]
    assert titles(one) == titles(other)


def test_what_one_process_changes_or_removes_is_so_in_the_other(group):
    one, other = group(), group()
    other.ingest([BEAVERS, OTTERS, HERONS])
    titles(one)
    other.remove("herons")
    other.ingest([Paper(OTTERS.paper_id, OTTERS.title, "Otters eat crayfish by moonlight.")])
    assert one.get("herons") is None
    assert "Herons at Dusk" not in titles(one, FISH)
    assert titles(one, "crayfish by moonlight")[0] == OTTERS.title
    for each in (one, other):
        assert each.verify().is_sound


def test_a_process_that_comes_later_makes_its_own_words_and_embeds_nothing(group, monkeypatch):
    group().ingest([BEAVERS, HERONS])
    monkeypatch.setattr("rag.store.sync.VectorsFollower.write", lambda *_: pytest.fail("embedded"))
    later = group()
    assert titles(later, FISH)[0] == HERONS.title
    assert later.check_quickly().is_sound


def test_conversations_and_ratings_are_the_groups(group):
    one, other = group(embedder="none"), group(embedder="none")
    one.ingest(HERONS)
    answer = one.ask(FISH)
    key = one.conversations.create("ada").conversation_id
    turn = one.conversations.append("ada", key, answer)
    assert [each.answer.text for each in other.conversations.load("ada", key)] == [answer.text]
    other.feedback.rate("ada", turn.turn_id, "up", answer)
    assert one.feedback.of("ada", [turn.turn_id])[turn.turn_id].thumb == "up"


def test_processes_that_add_at_once_wait_for_each_other_and_lose_nothing(group):
    apps = [group(embedder="none") for _ in range(3)]
    papers = [Paper(f"p{n}", f"Paper {n} of ponds", f"Pond {n} has frogs.") for n in range(12)]

    def add(app, number):
        for paper in papers[number::3]:
            app.ingest(paper)

    work = [threading.Thread(target=add, args=each) for each in zip(apps, range(3), strict=True)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    for app in apps:
        assert {each.paper_id for each in app.papers()} == {each.paper_id for each in papers}
        assert len(app.search("ponds", 20)) == 12
        assert app.verify().is_sound


def test_processes_of_one_folder_share_its_words(group, tmp_path):
    one, other = group("same", embedder="none"), group("same", embedder="none")
    one.ingest([BEAVERS, HERONS])
    assert titles(other, FISH)[0] == HERONS.title


def test_words_that_another_process_is_writing_are_seen_when_it_is_done(group, tmp_path):
    one, other = group(embedder="none"), group("busy", embedder="none")
    with held(tmp_path / "busy" / "lock"):
        one.ingest(HERONS)
        assert titles(other, FISH) == []
    assert titles(other, FISH) == [HERONS.title]


@contextmanager
def held(path):
    """A lock in the hands of somebody else."""
    with FileLock(path, thread_local=False, is_singleton=False):
        yield


def test_what_is_left_behind_by_a_killed_writer_is_brought_on_by_who_opens_next(group, monkeypatch):
    one = group()
    with monkeypatch.context() as killed:
        killed.setattr("rag.store.index.PaperIndex.catch_up", lambda *_, **__: None)
        one.ingest([BEAVERS, HERONS])
    later = group()
    assert titles(later, FISH)[0] == HERONS.title
    assert titles(one, FISH)[0] == HERONS.title
    assert later.verify().is_sound


def test_a_rebuild_is_seen_by_the_other_process(group):
    one, other = group(), group()
    one.ingest([BEAVERS, HERONS])
    before = titles(other, FISH)
    anew = group(passage_tokens=60, rebuild=True)
    assert titles(other, FISH) == titles(anew, FISH) == before
    assert anew.verify().faults == ()


def test_libraries_on_one_chroma_server_do_not_touch_each_other(group, postgres):
    one, another = group(), group(database_url=postgres.new_database())
    one.ingest([BEAVERS, HERONS])
    another.ingest(WILLOWS)
    assert another.verify(repair=True).is_sound
    assert one.verify().faults == ()
    assert titles(one, FISH)[0] == HERONS.title


def test_vectors_that_are_gone_from_the_server_are_made_again_from_the_papers(group):
    library = group()
    library.ingest([BEAVERS, HERONS])
    library._index.vectors.empty()
    assert {fault.problem for fault in library.verify(repair=True).faults} == {"behind"}
    assert titles(group(), FISH)[0] == HERONS.title


def test_a_chroma_server_that_is_down_is_told_in_one_sentence_and_used_again_when_it_is_up(
    group, chroma
):
    library = group()
    library.ingest([BEAVERS, HERONS])
    chroma.stop()
    try:
        with pytest.raises(LibraryUnavailableError) as told:
            titles(library, FISH)
        assert f"Chroma at {chroma.url}" in str(told.value)
        assert "See that the server runs" in str(told.value)
        with pytest.raises(LibraryUnavailableError):
            library.verify(repair=True)
        with pytest.raises(LibraryUnavailableError):
            library.ingest(WILLOWS)
    finally:
        chroma.start()
    assert titles(library, FISH)[0] == HERONS.title
    library.ingest(WILLOWS)
    assert library.verify().is_sound


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"chroma_database": "none_such"}, "RAG_CHROMA_DATABASE are right"),
        ({"chroma_tenant": "none_such"}, "RAG_CHROMA_TENANT"),
        ({"chroma_url": "http://127.0.0.1:9"}, "RAG_CHROMA_URL"),
    ],
)
def test_a_wrong_address_or_database_of_chroma_is_told_at_opening(group, others, told):
    with pytest.raises(LibraryUnavailableError, match=told):
        group(**others)


def test_vectors_need_a_server_where_papers_have_one(group):
    with pytest.raises(ConfigurationError, match="set RAG_CHROMA_URL too"):
        group(chroma_url=None)
    assert len(group(chroma_url=None, embedder="none")) == 0


def test_a_folder_that_cannot_be_written_is_told(group, tmp_path, monkeypatch):
    monkeypatch.setattr("rag.store.index.os.access", lambda _, how: how != 2)
    with pytest.raises(LibraryError, match="cannot be written"):
        group(embedder="none")


def test_one_person_may_keep_vectors_on_a_server_and_papers_in_the_folder(group):
    library = group("own", database_url=None)
    library.ingest([BEAVERS, HERONS])
    library.close()
    again = group("own", database_url=None)
    assert titles(again, FISH)[0] == HERONS.title
    assert again.verify().is_sound


class Load:
    """One process adds papers while others ask and keep turns, each until it works."""

    def __init__(self, reader, apps, papers):
        self.key = reader.conversations.create("ada").conversation_id
        self.turns, self.told, self.answers = [], [], []
        self._is_over = threading.Event()
        self._work = [threading.Thread(target=self._read, args=(reader, papers))]
        self._work += [threading.Thread(target=self._ask, args=(app,)) for app in apps]
        for each in self._work:
            each.start()

    def _read(self, reader, papers):
        for paper in papers:
            self._until_it_works(reader.ingest, paper)
        self._is_over.set()

    def _ask(self, app):
        answer = Answer("Why?", "So.", "answered")
        while not self._is_over.is_set():
            self.answers.append(self._until_it_works(app.ask, FISH).text)
            turn = self._until_it_works(app.conversations.append, "ada", self.key, answer)
            self.turns.append(turn.turn_id)

    def _until_it_works(self, work, *given):
        while True:
            try:
                return work(*given)
            except LibraryError as exc:
                self.told.append(exc)

    def finish(self):
        for each in self._work:
            each.join()


def test_restarts_under_load_are_told_lose_nothing_and_double_nothing(group, chroma, postgres):
    reader, *apps = (group() for _ in range(3))
    reader.ingest(HERONS)
    papers = [Paper(f"p{n}", f"Paper {n} of ponds", f"Pond {n} has frogs.") for n in range(6)]
    load = Load(reader, apps, papers)
    for server in (postgres, chroma):
        server.restart()
    load.finish()
    assert {type(each) for each in load.told} <= {LibraryUnavailableError}
    assert not any("\n" in str(each) for each in load.told)
    assert len(set(load.answers)) == 1
    ids = sorted(["herons", *(each.paper_id for each in papers)])
    for app in (reader, *apps):
        assert sorted(each.paper_id for each in app.papers()) == ids
        assert app.verify().faults == ()
    kept = [each.turn_id for each in reader.conversations.load("ada", load.key)]
    assert set(load.turns) <= set(kept)
    assert len(kept) == len(set(kept))


def test_doctor_names_both_servers_and_a_bundle_neither(group, chroma, postgres):
    settings = group().settings
    findings = examine(settings)
    assert all(each.is_fine for each in findings)
    told = {each.subject: each.told for each in findings}
    assert f"PostgreSQL at 127.0.0.1:{postgres.port}/" in told["servers"]
    assert f"Chroma at {chroma.url}" in told["servers"]
    assert "0 papers in PostgreSQL at" in told["library"]
    bundle = json.dumps(make_bundle(settings, findings))
    for each in ("127.0.0.1", str(postgres.port), str(chroma.port), "/papers_", "default_"):
        assert each not in bundle


def test_doctor_says_which_server_is_away(group):
    settings = group(embedder="none").settings
    away = settings.model_copy(update={"chroma_url": "http://127.0.0.1:9"})
    told = {each.subject: each for each in examine(away)}
    assert not told["servers"].is_fine
    assert "RAG_CHROMA_URL" in told["servers"].told
    assert told["library"].is_fine
