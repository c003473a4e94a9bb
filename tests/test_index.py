"""The index on disk: its manifest, its two halves in step, several users of one folder."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, strategies
from hypothesis import settings as examples
from llama_index.core.base.embeddings.base import BaseEmbedding

from rag.embedding import MINILM, weights
from rag.errors import EmbedderMismatchError, EmbedderUnavailableError, LibraryError
from rag.index import headings, paper_index
from rag.index.chroma import PassageStore
from rag.index.lexical import LexicalIndex
from rag.index.manifest import (
    FILE,
    FORMAT,
    Manifest,
    next_collection,
    read_manifest,
    write_manifest,
)
from rag.library import Library
from rag.settings import Settings
from rag.types import Paper

ROOT = Path(__file__).resolve().parents[1]

ANIMALS = ("badger", "heron", "newt", "otter", "stoat", "vole")
PAPERS = [
    Paper(
        animal,
        f"The {animal} in winter",
        f"We followed a {animal} for one winter. It slept in the morning. Snow made it hungry.",
    )
    for animal in ANIMALS
]
# With 40 tokens a passage this one has several, with 220 one.
LONG = Paper(
    "lynx", "The lynx at night", "The lynx walks far in the dark and leaves no trace. " * 6
)
LONG = replace(LONG, abstract=LONG.abstract.strip())


class LetterEmbedding(BaseEmbedding):
    """Counts letters: a second embedder, small and exact."""

    model_name: str = "letters"

    def _get_text_embedding(self, text):
        return [float(text.lower().count(chr(97 + n))) for n in range(26)]

    def _get_query_embedding(self, query):
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query):
        return self._get_text_embedding(query)


def open_library(settings, **changes):
    """A library on the same folder with some settings changed."""
    return Library.open(settings=settings.model_copy(update=changes))


@pytest.fixture
def settings(cache, tmp_path):
    """Settings of a library whose every paper can be found by one search."""
    return Settings(library=tmp_path / "library", cache=cache, llm="extractive", candidates_k=1000)


@pytest.fixture
def made(settings):
    """The settings of a library with papers, made with the embedder and closed."""
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
    return settings


@pytest.fixture
def made_lexical(settings):
    """The settings of a library with papers, made without an embedder and closed."""
    settings = settings.model_copy(update={"embedder": "none"})
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
    return settings


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    """An empty cache folder, and no channel to fill it from."""
    monkeypatch.setattr(weights, "CHANNELS", {})
    return tmp_path / "empty cache"


def ids(papers):
    return [paper.paper_id for paper in papers]


def check_complete(library, papers=PAPERS):
    """All parts hold exactly these papers, and each is found by its words."""
    assert library.papers() == list(papers)
    assert library.paper_ids() == ids(papers)
    assert {each.title for each in library.headings(ids(papers))} == {p.title for p in papers}
    assert len(library) == len(papers)
    assert found_by_words(library) == set(ids(papers))
    for paper in papers[:10]:
        assert library.search(paper.title, 1)[0].paper == paper


def found_by_words(library, words="winter night note"):
    hits = library.search(words, 1000)
    return {hit.paper.paper_id for hit in hits if hit.lexical_score is not None}


def found_by_meaning(library, question="animals"):
    hits = library.search(question, 1000)
    return {hit.paper.paper_id for hit in hits if hit.dense_similarity is not None}


def stored_passages(folder, collection=None):
    return PassageStore(
        folder / "chroma", collection or read_manifest(folder).collection
    ).count_passages()


def run_python(code, *arguments, expected=0):
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done.stderr


PREAMBLE = """
import os, sys
from rag import Library, Paper, Settings

folder, cache, embedder, *names = sys.argv[1:]
settings = Settings(library=folder, cache=cache, embedder=embedder, llm="extractive")

def note(name):
    return Paper(name, f"A note on {name}", f"We note what is known of {name} in short words.")
"""


def told(settings):
    """What a process needs to know to open the same library."""
    return settings.library, settings.cache, settings.embedder


# The manifest.


@examples(max_examples=30, deadline=None)
@given(
    manifest=strategies.builds(
        Manifest,
        embedder=strategies.none() | strategies.text(min_size=1),
        dimension=strategies.integers(0, 4096),
        passage_tokens=strategies.integers(40, 1000),
        revision=strategies.integers(0),
        collection=strategies.integers(1).map("passages-{}".format),
    )
)
def test_a_manifest_comes_back_as_it_was_written(tmp_path_factory, manifest):
    folder = tmp_path_factory.mktemp("manifest")
    write_manifest(folder, replace(manifest, revision=7))
    write_manifest(folder, manifest)
    assert read_manifest(folder) == manifest
    assert [path.name for path in folder.iterdir()] == [FILE]  # nothing half written is left


def test_a_folder_without_a_manifest_is_no_library_yet(tmp_path):
    assert read_manifest(tmp_path) is None


def test_the_manifest_tells_how_the_library_was_made(made):
    manifest = read_manifest(made.library)
    assert (manifest.embedder, manifest.dimension) == (MINILM, 384)
    assert (manifest.passage_tokens, manifest.format) == (220, FORMAT)
    assert manifest.revision == 1


VALID = {"embedder": None, "dimension": 1, "passage_tokens": 220}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b"\x00\xff\xfe",
        json.dumps(VALID | {"unknown": 1}).encode(),
        json.dumps(VALID | {"format": "one"}).encode(),
        json.dumps(VALID | {"format": None}).encode(),
        json.dumps(VALID | {"revision": "three"}).encode(),
        json.dumps(VALID | {"passage_tokens": "many"}).encode(),
        json.dumps(VALID | {"embedder": 5}).encode(),
        json.dumps(VALID | {"collection": None}).encode(),
    ],
)
def test_a_damaged_manifest_is_told_with_what_to_do(settings, content):
    settings.library.mkdir()
    (settings.library / FILE).write_bytes(content)
    with pytest.raises(LibraryError, match=rf"{FILE}.*cannot be read.*ingest anew"):
        Library.open(settings=settings)
    assert (settings.library / FILE).read_bytes() == content


@pytest.mark.parametrize("news", [{}, {"compression": "zstd"}], ids=["same keys", "more keys"])
def test_a_library_of_a_newer_paperchat_is_told_as_such(settings, news):
    settings.library.mkdir()
    content = json.dumps(VALID | {"format": FORMAT + 1} | news)
    (settings.library / FILE).write_text(content)
    with pytest.raises(LibraryError, match="newer paperchat; update"):
        Library.open(settings=settings)
    assert (settings.library / FILE).read_text() == content


def test_a_damaged_collection_is_told(made_lexical):
    (made_lexical.library / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(LibraryError, match="cannot be opened"):
        Library.open(settings=made_lexical)


@pytest.mark.parametrize(
    ("collection", "expected"),
    [("passages-1", "passages-2"), ("passages-9", "passages-10"), ("a-b-41", "a-b-42")],
)
def test_the_next_collection_has_the_next_number(collection, expected):
    assert next_collection(collection) == expected


# Another embedder, other passages.


@pytest.mark.parametrize(
    ("changes", "embedder", "names"),
    [
        ({}, LetterEmbedding(), [MINILM, "(384 dimensions)", "letters", "(26 dimensions)"]),
        ({"passage_tokens": 90}, None, ["passages of 220 tokens", "passages of 90 tokens"]),
        ({"embedder": "openai:tiny"}, None, [MINILM, "openai:tiny"]),
    ],
    ids=["embedding", "passages", "openai"],
)
def test_a_mismatch_names_both_and_two_ways_out(made, changes, embedder, names):
    before = (made.library / FILE).read_bytes()
    with pytest.raises(EmbedderMismatchError) as caught:
        Library.open(settings=made.model_copy(update=changes), embedder=embedder)
    message = str(caught.value)
    assert all(name in message for name in [str(made.library), *names])
    assert "RAG_EMBEDDER" in message
    assert "rebuild=True" in message
    assert "--rebuild" in message
    assert (made.library / FILE).read_bytes() == before
    with Library.open(settings=made) as library:  # the first way out: as it was made
        check_complete(library)


@pytest.mark.parametrize(
    ("changes", "embedder", "expected"),
    [
        ({}, LetterEmbedding(), ("base_component:letters", 26, 220)),
        ({"passage_tokens": 40}, None, (MINILM, 384, 40)),
    ],
    ids=["embedding", "passages"],
)
def test_a_rebuild_embeds_anew_and_answers(made, changes, embedder, expected):
    with Library.open(settings=made) as library:
        library.ingest(LONG)
    old = read_manifest(made.library)
    changed = made.model_copy(update=changes)
    with Library.open(settings=changed, embedder=embedder, rebuild=True) as library:
        check_complete(library, [*PAPERS, LONG])
        assert found_by_meaning(library) == {*ids(PAPERS), "lynx"}
        answer = library.ask("Where does the lynx walk at night?")
        assert answer.papers[0] == LONG
    manifest = read_manifest(made.library)
    assert (manifest.embedder, manifest.dimension, manifest.passage_tokens) == expected
    assert manifest.collection != old.collection
    assert stored_passages(made.library, old.collection) == 0  # the old one is gone
    with Library.open(settings=changed, embedder=embedder) as library:  # no mismatch any more
        check_complete(library, [*PAPERS, LONG])
        assert library.ingest([*PAPERS, LONG]).unchanged == len(PAPERS) + 1
        passages = sum(len(hit.passages) for hit in library.search("winter night", 100))
        assert passages == stored_passages(made.library)


def test_smaller_passages_make_more_of_them(made):
    with Library.open(settings=made) as library:
        library.ingest(LONG)
        assert len(library.search(LONG.title, 1)[0].passages) == 1
    smaller = made.model_copy(update={"passage_tokens": 40})
    with Library.open(settings=smaller, rebuild=True) as library:
        assert len(library.search(LONG.title, 1)[0].passages) > 1


def test_a_rebuild_of_what_fits_does_nothing(made):
    before = read_manifest(made.library)
    seen = []
    with Library.open(settings=made, rebuild=True, on_progress=seen.append) as library:
        check_complete(library)
    assert read_manifest(made.library) == before
    assert seen == []


def test_a_rebuild_reports_progress(made):
    seen = []
    Library.open(
        settings=made, embedder=LetterEmbedding(), rebuild=True, on_progress=seen.append
    ).close()
    assert (seen[0].stage, seen[0].done, seen[0].total) == ("embedding papers", 0, len(PAPERS))


class InterruptedWorkError(Exception):
    """Stands for whatever ends the work in its middle."""


def interrupt_at(stage, done=0):
    def on_progress(progress):
        if progress.stage == stage and progress.done >= done:
            raise InterruptedWorkError

    return on_progress


@pytest.mark.parametrize("done", [0, 128], ids=["at once", "half way"])
def test_an_interrupted_rebuild_leaves_the_old_collection_usable(settings, done):
    many = [*PAPERS, *(Paper(f"n{n}", f"Note {n}", f"Note {n} on voles.") for n in range(200))]
    with Library.open(settings=settings) as library:
        library.ingest(many)
    before = read_manifest(settings.library)
    with pytest.raises(InterruptedWorkError):
        Library.open(
            settings=settings,
            embedder=LetterEmbedding(),
            rebuild=True,
            on_progress=interrupt_at("embedding papers", done),
        )
    assert read_manifest(settings.library) == before
    with Library.open(settings=settings) as library:
        check_complete(library, many)
        assert found_by_meaning(library)
        library.remove("vole")
    left = [paper for paper in many if paper.paper_id != "vole"]
    other = settings.model_copy(update={"passage_tokens": 100})
    with Library.open(settings=other, rebuild=True) as library:
        check_complete(library, left)  # nothing of the first try is in the way
        assert stored_passages(settings.library) == len(left)


# The lexical index is derived.


def remove_folder(folder):
    shutil.rmtree(folder)


def put_file_in_its_place(folder):
    shutil.rmtree(folder)
    folder.write_text("no folder")


def fall_behind(folder):
    (folder / "revision").write_text("0")


def spoil(name, content):
    def damage(folder):
        for path in folder.glob(name):
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content)

    damage.__name__ = f"{name} {'missing' if content is None else 'spoiled'}"
    return damage


@pytest.mark.parametrize(
    "damage",
    [
        remove_folder,
        put_file_in_its_place,
        fall_behind,
        spoil("revision", None),
        spoil("revision", b"soon"),
        spoil("meta.json", b"{"),
        spoil("meta.json", None),  # tantivy then makes an empty index without a word
        spoil("*.term", b"x"),
        spoil("*.term", None),
        spoil("*.idx", None),
        spoil("*.store", b"x"),
        spoil("*.store", None),
        spoil("*.fieldnorm", None),
        spoil("*.fast", None),
        spoil("*.pos", None),
        spoil("*", b""),
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_spoiled_lexical_index_is_made_anew(made_lexical, damage):
    damage(made_lexical.library / "lexical")
    for _ in range(2):  # the second opening finds it whole
        with Library.open(settings=made_lexical) as library:
            check_complete(library)
            assert library.ask("What did snow do to the otter?").papers[0].paper_id == "otter"
    with Library.open(settings=made_lexical) as library:
        assert library.ingest([*PAPERS, LONG]).added == 1
        check_complete(library, [*PAPERS, LONG])


def test_the_lexical_index_is_not_filled_anew_without_need(made_lexical):
    files = {path.name for path in (made_lexical.library / "lexical").glob("*.store")}
    with Library.open(settings=made_lexical) as library:
        check_complete(library)
    assert {path.name for path in (made_lexical.library / "lexical").glob("*.store")} == files


def empty_table(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DELETE FROM heading; PRAGMA user_version = 0")


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no database" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.with_name(f"{path.name}-wal").write_bytes(b"x" * 5000),
        empty_table,
    ],
    ids=["missing", "empty", "spoiled", "cut", "with a foreign log", "behind"],
)
def test_a_spoiled_list_of_papers_is_made_anew(made_lexical, damage):
    damage(made_lexical.library / headings.FILE)
    for _ in range(2):  # the second opening finds it whole
        with Library.open(settings=made_lexical) as library:
            check_complete(library)
    with Library.open(settings=made_lexical) as library:
        assert library.ingest([*PAPERS, LONG]).added == 1
        check_complete(library, [*PAPERS, LONG])


def test_a_list_of_papers_that_cannot_be_had_says_so(made_lexical):
    path = made_lexical.library / headings.FILE
    with Library.open(settings=made_lexical) as library:
        path.unlink()
        path.mkdir()
        with pytest.raises(LibraryError, match="made anew"):
            library.browse()


DIE_AFTER_THE_FIRST_BATCH = """
def notes():
    for n in range(200):
        yield note(f"n{n}")
    os._exit(9)

Library.open(settings=settings).ingest(notes())
"""
NOTES = [
    Paper(f"n{n}", f"A note on n{n}", f"We note what is known of n{n} in short words.")
    for n in range(200)
]


@pytest.mark.parametrize("embedder", ["none", "minilm"])
def test_after_a_crash_between_the_two_halves_the_next_opening_mends(settings, embedder):
    settings = settings.model_copy(update={"embedder": embedder})
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
    run_python(DIE_AFTER_THE_FIRST_BATCH, *told(settings), expected=9)
    with Library.open(settings=settings) as library:
        held = library.papers()
        assert len(held) > len(PAPERS)  # Chroma has the first batch
        check_complete(library, held)
        report = library.ingest(NOTES)
        assert report.added + report.unchanged == len(NOTES)
        check_complete(library, [*PAPERS, *NOTES])


def test_a_library_that_was_open_during_a_crash_mends_with_its_next_change(made_lexical):
    with Library.open(settings=made_lexical) as library:
        assert len(library) == len(PAPERS)
        run_python(DIE_AFTER_THE_FIRST_BATCH, *told(made_lexical), expected=9)
        library.ingest(NOTES)
        check_complete(library, [*PAPERS, *NOTES])
    with Library.open(settings=made_lexical) as library:
        check_complete(library, [*PAPERS, *NOTES])


def test_after_an_ingest_that_failed_half_way_both_halves_agree(made_lexical):
    def failing():
        yield from NOTES
        raise InterruptedWorkError

    with Library.open(settings=made_lexical) as library:
        with pytest.raises(InterruptedWorkError):
            library.ingest(failing())
        check_complete(library, library.papers())
        library.ingest(NOTES)
        check_complete(library, [*PAPERS, *NOTES])
    with Library.open(settings=made_lexical) as library:
        check_complete(library, [*PAPERS, *NOTES])


# Several users of one folder.


@pytest.mark.parametrize("embedder", ["none", "minilm"])
def test_a_second_library_object_sees_what_the_first_one_wrote(settings, embedder):
    settings = settings.model_copy(update={"embedder": embedder})
    with Library.open(settings=settings) as first, Library.open(settings=settings) as second:
        first.ingest(PAPERS[:3])
        check_complete(second, PAPERS[:3])
        second.ingest(PAPERS[3:])
        check_complete(first)
        changed = replace(PAPERS[0], abstract="A badger slept all winter.")
        first.ingest(changed)
        check_complete(second, [changed, *PAPERS[1:]])
        second.remove(PAPERS[0].paper_id)
        check_complete(first, PAPERS[1:])
        assert first.get(PAPERS[0].paper_id) is None


INGEST = "Library.open(settings=settings).ingest([note(name) for name in names])"
INGEST_ONE_BY_ONE = """
with Library.open(settings=settings) as library:
    for name in names:
        library.ingest(note(name))
"""
REMOVE = "Library.open(settings=settings).remove(names)"


@pytest.mark.parametrize("embedder", ["none", "minilm"])
def test_an_open_library_sees_what_another_process_wrote(settings, embedder):
    settings = settings.model_copy(update={"embedder": embedder})
    dense = embedder == "minilm"
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
        assert library.search("animals in winter")
        run_python(INGEST, *told(settings), "toads", "frogs")
        assert len(library) == len(PAPERS) + 2
        best = library.search("a note on frogs", 1)[0]
        assert best.paper.paper_id == "frogs"
        assert (best.dense_rank, best.lexical_rank) == (1 if dense else None, 1)
        assert library.ask("What is known of frogs?").papers[0].paper_id == "frogs"
        run_python(REMOVE, *told(settings), "toads", "otter")
        left = [paper for paper in PAPERS if paper.paper_id != "otter"]
        expected = {*ids(left), "frogs"}
        assert {paper.paper_id for paper in library.papers()} == expected
        assert found_by_meaning(library) == (expected if dense else set())
        assert library.ingest(LONG).added == 1  # and can still write itself
        assert library.search(LONG.title, 1)[0].paper == LONG


def test_what_was_built_before_another_process_wrote_still_works(made):
    # A chat engine lives as long as its conversation.
    with Library.open(settings=made) as library:
        chat, query = library.as_chat_engine(), library.as_query_engine()
        retriever = library.as_retriever()
        for name in ("toads", "frogs"):
            run_python(INGEST, *told(made), name)
            question = f"What is known of {name}?"
            assert retriever.retrieve(question)[0].node.node_id == f"{name}#0"
            assert name in query.query(question).response
            assert name in chat.chat(question).response
            assert library.search(question, 1)[0].paper.paper_id == name  # this one looks anew
            assert retriever.retrieve(question)[0].node.node_id == f"{name}#0"
            chat.reset()


@contextmanager
def searching_threads(library):
    """Two threads that search all the while; what goes wrong in one is raised at the end."""
    done = threading.Event()

    def search():
        count = 0
        while not done.is_set():
            hits = library.search("a note on animals in winter", 20)
            assert [hit.score for hit in hits] == sorted((h.score for h in hits), reverse=True)
            assert library.papers()
            count += 1
        return count

    with ThreadPoolExecutor(2) as threads:
        searches = [threads.submit(search) for _ in range(2)]
        try:
            yield
        finally:
            done.set()
        assert all(search.result() for search in searches)


def test_threads_can_search_while_the_library_is_changed(made):
    with Library.open(settings=made) as library, searching_threads(library):
        for start in range(0, 40, 10):
            library.ingest(NOTES[start : start + 10])
        for start in range(0, 40, 10):
            library.remove(ids(NOTES[start : start + 10]))
        check_complete(library)


def test_threads_can_search_while_another_process_writes(made):
    with Library.open(settings=made) as library, searching_threads(library):
        run_python(INGEST_ONE_BY_ONE, *told(made), *(f"a{n}" for n in range(8)))
        assert len(library) == len(PAPERS) + 8


def test_who_looks_while_another_writes_sees_the_whole_afterwards(made_lexical):
    with (
        Library.open(settings=made_lexical) as writer,
        Library.open(settings=made_lexical) as reader,
    ):
        during = []
        writer.ingest(LONG, on_progress=lambda _: during.append(len(reader)))
        assert during == [len(PAPERS)]
        check_complete(reader, [*PAPERS, LONG])


def test_an_open_library_survives_a_rebuild_by_another(made_lexical, cache):
    upgraded = made_lexical.model_copy(update={"embedder": "minilm", "cache": cache})
    with Library.open(settings=upgraded) as other, Library.open(settings=upgraded) as library:
        assert other.prepare() is None
        check_complete(library)
        assert library.ingest(LONG).added == 1
        check_complete(library, [*PAPERS, LONG])
        check_complete(other, [*PAPERS, LONG])
        assert found_by_meaning(other) == {*ids(PAPERS), "lynx"}


def test_two_processes_can_ingest_at_the_same_time(made_lexical):
    with Library.open(settings=made_lexical) as library:
        names = {half: [f"{half}{n}" for n in range(60)] for half in ("a", "b")}
        threads = [
            threading.Thread(target=run_python, args=(INGEST, *told(made_lexical), *each))
            for each in names.values()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = {*ids(PAPERS), *names["a"], *names["b"]}
        assert {paper.paper_id for paper in library.papers()} == expected
        assert found_by_words(library, "winter note") == expected
        assert len(library) == len(expected)


def test_a_change_waits_for_the_lock_and_gives_up_in_the_end(made_lexical, monkeypatch):
    monkeypatch.setattr(paper_index, "LOCK_TIMEOUT_S", 0.2)
    with Library.open(settings=made_lexical) as library:
        with FileLock(made_lexical.library / "lock"):
            for change in (lambda: library.ingest(LONG), lambda: library.remove("otter")):
                with pytest.raises(LibraryError, match="Another process has been changing"):
                    change()
            check_complete(library)  # reading does not wait
            assert library.ingest(LONG, dry_run=True).added == 1
            with Library.open(settings=made_lexical) as opened_meanwhile:
                check_complete(opened_meanwhile)
        assert library.ingest(LONG).added == 1
        check_complete(library, [*PAPERS, LONG])


def test_a_change_goes_on_when_the_lock_is_free_again(made_lexical):
    with Library.open(settings=made_lexical) as library:
        reports = []
        done = threading.Event()

        def ingest():
            reports.append(library.ingest(LONG))
            done.set()

        with FileLock(made_lexical.library / "lock"):
            threading.Thread(target=ingest, daemon=True).start()
            assert not done.wait(0.2)
            assert library.get("lynx") is None
        assert done.wait(30)
        assert reports[0].added == 1
        check_complete(library, [*PAPERS, LONG])


def test_threads_may_change_one_library_object(made_lexical):
    with Library.open(settings=made_lexical) as library:
        halves = [NOTES[:60], NOTES[60:120], NOTES[120:]]
        threads = [threading.Thread(target=library.ingest, args=(half,)) for half in halves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {paper.paper_id for paper in library.papers()} == set(ids([*PAPERS, *NOTES]))
        assert len(library) == len(PAPERS) + len(NOTES)
    with Library.open(settings=made_lexical) as library:
        assert len(library) == len(PAPERS) + len(NOTES)


# Lexical only.


def check_lexical_only(library):
    assert library.is_lexical_only
    hits = library.search("snow and the otter")
    assert hits[0].paper.paper_id == "otter"
    assert {(hit.dense_similarity, hit.dense_rank) for hit in hits} == {(None, None)}
    assert all(hit.lexical_score > 0 for hit in hits)
    answer = library.ask("What did snow do to the otter?")
    assert answer.papers[0].paper_id == "otter"
    for citation in answer.citations:
        assert citation.paper.abstract[citation.start : citation.end] == citation.quote
    assert library.ask("Which football club won the cup?").status == "abstained"


def check_hybrid(library, papers=PAPERS):
    assert not library.is_lexical_only
    assert found_by_meaning(library) == set(ids(papers))
    check_complete(library, papers)


def test_without_an_embedder_papers_are_found_by_their_words(made_lexical):
    assert read_manifest(made_lexical.library).embedder is None
    with Library.open(settings=made_lexical) as library:
        assert "RAG_EMBEDDER=none" in library.prepare()
        check_complete(library)
        check_lexical_only(library)


def test_a_library_with_vectors_can_be_used_without_an_embedder(made):
    with open_library(made, embedder="none") as library:
        check_complete(library)
        check_lexical_only(library)
        assert library.ingest(PAPERS).unchanged == len(PAPERS)
        with pytest.raises(EmbedderUnavailableError, match=MINILM):
            library.ingest(LONG)
        check_complete(library)
        assert library.remove("vole") == 1
        check_complete(library, PAPERS[:-1])
    with Library.open(settings=made) as library:
        check_hybrid(library, PAPERS[:-1])


def test_a_new_library_works_when_the_weights_cannot_be_had(tmp_path, no_weights):
    settings = Settings(library=tmp_path / "library", cache=no_weights, llm="extractive")
    with Library.open(settings=settings) as library:
        assert library.ask("otter?").reason == "empty_library"
        assert library.ingest(PAPERS).added == len(PAPERS)
        why = library.prepare()
        assert "by their words alone" in why
        assert "pip install --no-deps" in why
        check_complete(library)
        check_lexical_only(library)
    assert read_manifest(settings.library).embedder is None
    with Library.open(settings=settings) as library:
        check_lexical_only(library)


def test_a_library_with_vectors_works_when_the_weights_cannot_be_had(made, no_weights):
    with open_library(made, cache=no_weights) as library:
        assert "by their words alone" in library.prepare()
        check_complete(library)
        check_lexical_only(library)
        assert library.ingest(PAPERS).unchanged == len(PAPERS)
        changed = replace(PAPERS[0], abstract="Another text.")
        for paper in (LONG, changed):
            with pytest.raises(EmbedderUnavailableError):
                library.ingest(paper)
        check_complete(library)
    assert read_manifest(made.library).embedder == MINILM  # its vectors are not given up
    with Library.open(settings=made) as library:
        check_hybrid(library)


def test_closed_channels_are_tried_once_for_many_questions(made, monkeypatch, tmp_path):
    tries = []

    def closed(folder, on_progress):
        tries.append(folder)
        return folder

    monkeypatch.setattr(weights, "CHANNELS", {"a mirror": closed})
    with open_library(made, cache=tmp_path / "empty cache") as library:
        for _ in range(3):
            library.search("otter")
            library.ask("otter in snow?")
        assert len(tries) == 1
        assert "a mirror: it has no model.safetensors" in library.prepare()
        assert len(tries) == 2


def test_papers_without_vectors_get_them_later(made_lexical, cache):
    upgraded = made_lexical.model_copy(update={"embedder": "minilm", "cache": cache})
    with Library.open(settings=upgraded) as library:
        check_lexical_only(library)  # opening alone embeds nothing
        seen = []
        assert library.prepare(seen.append) is None
        assert "embedding papers" in {progress.stage for progress in seen}
        check_hybrid(library)
        assert library.prepare() is None
    assert read_manifest(made_lexical.library).embedder == MINILM
    with Library.open(settings=upgraded) as library:
        check_hybrid(library)
        assert library.ingest(LONG).added == 1
        check_hybrid(library, [*PAPERS, LONG])


def test_ingesting_brings_the_vectors_too(made_lexical, cache):
    with open_library(made_lexical, embedder="minilm", cache=cache) as library:
        library.ingest(LONG)
        check_hybrid(library, [*PAPERS, LONG])


def test_vectors_come_as_soon_as_the_weights_can_be_had(tmp_path, cache, no_weights):
    settings = Settings(library=tmp_path / "library", cache=no_weights, llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
        assert library.prepare() is not None
        shutil.copytree(cache / weights.FOLDER, no_weights / weights.FOLDER)
        assert library.prepare() is None
        check_hybrid(library)


def test_an_upgrade_that_is_interrupted_leaves_the_library_as_it_was(made_lexical, cache):
    with open_library(made_lexical, embedder="minilm", cache=cache) as library:
        with pytest.raises(InterruptedWorkError):
            library.prepare(interrupt_at("embedding papers"))
        check_complete(library)
        check_lexical_only(library)
        assert library.prepare() is None
        check_hybrid(library)


# The words themselves.


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    index = LexicalIndex(tmp_path_factory.mktemp("words") / "lexical")
    with index.changing(1) as change:
        change.put(Paper("poincare", "Poincaré maps of flows", "Flows return to a section."))
        change.put(
            Paper("flowers", "Flowers", "A flow is named once here, flowers thrice: flowers.")
        )
        change.put(Paper("pruned", "Pruning trees", "Old trees were pruned in March."))
        change.put(Paper("both", "March", "In March the flow of rivers is measured again."))
    return index


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("poincare", ["poincare"]),  # without its accent
        ("POINCARÉ", ["poincare"]),
        ("prune", ["pruned"]),  # the stem counts
        ("march", ["both", "pruned"]),  # a word of the title weighs more
        ("returning trees", ["pruned", "poincare"]),
        ("", []),
        ("?! ...", []),
        ("absent", []),
        ("AND OR NOT", []),
        ("paper_id:pruned", ["pruned"]),  # no query language: words only
        ("pruned_trees", ["pruned"]),  # one word for us, two for the index
        ("-march", ["both", "pruned"]),
        ("x" * 200, []),
    ],
)
def test_words_are_found_by_their_stems(words, query, expected):
    assert list(words.search(query, 10)) == expected


def test_the_best_score_comes_first_and_k_limits(words):
    scores = words.search("flow of rivers in march", 10)
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert list(words.search("flow of rivers in march", 1)) == list(scores)[:1]


@examples(max_examples=200, deadline=None)
@given(
    query=strategies.text(max_size=60)
    | strategies.text("flow_é² ", max_size=20)
    | strategies.text("a \"'-+:()[]{}^~*?\\/&|!", max_size=20)
)
def test_no_query_is_too_odd(words, query):
    assert set(words.search(query, 10)) <= {"poincare", "flowers", "pruned", "both"}


def put_and_fail(index, paper):
    with index.changing(2) as change:
        change.put(paper)
        raise InterruptedWorkError


def test_words_that_were_not_committed_are_not_found(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    assert (index.revision, index.count()) == (-1, 0)
    with index.changing(1) as change:
        change.put(PAPERS[0])
    with pytest.raises(InterruptedWorkError):
        put_and_fail(index, PAPERS[1])
    again = LexicalIndex(tmp_path / "lexical")
    assert (again.revision, again.count()) == (1, 1)
    assert list(again.search("winter", 10)) == ["badger"]
    assert again.paper_frequency("winter") == 1


def test_a_paper_put_twice_is_there_once(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    with index.changing(1) as change:
        change.put(PAPERS[0])
        change.put(replace(PAPERS[0], title="The badger in spring"))
        change.remove("unknown")
    assert index.count() == 1
    assert list(index.search("spring", 10)) == ["badger"]
    with index.changing(2) as change:
        change.remove("badger")
    assert index.count() == 0
