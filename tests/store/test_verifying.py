"""What `Library.verify` finds in a library that is damaged by hand, and what it mends."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding

from rag.errors import LibraryError
from rag.library import Library
from rag.settings import Settings
from rag.store.sqlite import FILE
from rag.store.verifying import is_covered
from rag.types import Paper, Passage

DIMENSION = 32
PAPERS = [
    Paper(
        f"p{number}",
        f"Lanterns of harbour {number}",
        f"Harbour {number} has lanterns. They were counted {number + 3} times. All of them shine.",
    )
    for number in range(12)
]


class HashedEmbedding(BaseEmbedding):
    """A vector made of the hash of a text, so that no model is needed."""

    model_name: str = "hashed"

    def _get_text_embedding(self, text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
        return list(map(float, np.random.default_rng(seed).normal(size=DIMENSION)))

    def _get_query_embedding(self, query):
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query):
        return self._get_text_embedding(query)


@pytest.fixture
def open_library(tmp_path):
    """Opens the library of the test; those that it opened are closed at its end."""
    opened = []

    def made():
        settings = Settings(library=tmp_path / "library", llm="extractive")
        opened.append(Library.open(settings=settings, embedder=HashedEmbedding()))
        return opened[-1]

    yield made
    for library in opened:
        library.close()


@pytest.fixture
def library(open_library):
    """A library of twelve papers."""
    library = open_library()
    library.ingest(PAPERS)
    return library


def faults(report):
    return {(fault.part, fault.problem): fault.count for fault in report.faults}


def mended(library, expected):
    """What verify finds, which must be what is expected and be gone after a repair."""
    assert faults(library.verify()) == expected
    repaired = library.verify(repair=True)
    assert faults(repaired) == expected
    assert repaired.is_sound
    assert library.verify().faults == ()


def sql(library, statement):
    with sqlite3.connect(library.folder / "paperchat.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def test_a_library_as_it_was_made_is_sound(library):
    report = library.verify()
    assert report.papers == len(PAPERS)
    assert report.is_sound
    assert report.faults == ()


def test_missing_vectors_are_found_and_made_again(library):
    library._index.vectors.delete(["p3#0", "p5#0"])
    mended(library, {("vectors", "missing"): 2})


def test_vectors_of_no_paper_are_found_and_deleted(library):
    stray = [Passage("stranger", 0, 0, 5)]
    library._index.vectors.upsert([stray], np.eye(1, DIMENSION, dtype=np.float32))
    mended(library, {("vectors", "orphaned"): 1})


def test_a_vector_that_no_embedder_makes_is_found_and_made_again(library):
    [stored] = library._index.papers.find(["p4"]).values()
    library._index.vectors.upsert([stored.passages], np.full((1, DIMENSION), 7, np.float32))
    mended(library, {("vectors", "wrong_vector"): 1})


def test_what_an_interrupted_rebuild_has_left_is_found_and_removed(library):
    library._index.open_vectors("passages-7").count()
    mended(library, {("vectors", "left_over"): 1})


def test_papers_without_words_are_found_and_indexed(library):
    with library._index.lexical.changing() as change:
        change.remove("p2")
    mended(library, {("words", "missing"): 1})
    assert "p2" in library._index.lexical.search("harbour 2", 12)


def test_words_of_no_paper_are_found_and_deleted(library):
    with library._index.lexical.changing() as change:
        change.put(Paper("stranger", "A stranger", "Nobody knows it."))
    mended(library, {("words", "orphaned"): 1})


def test_a_text_that_was_changed_behind_the_library_is_found(library):
    sql(library, "UPDATE abstract SET text = text || ' It was long ago.' WHERE paper_number = 3")
    mended(library, {("papers", "wrong_text"): 1, ("papers", "wrong_passages"): 1})


def test_passages_that_miss_a_part_of_the_abstract_are_found_and_cut_anew(library):
    sql(library, "UPDATE abstract SET passages = '[[0, 9]]' WHERE paper_number = 2")
    mended(library, {("papers", "wrong_passages"): 1})


def test_a_paper_that_has_lost_its_abstract_is_found_by_its_title(library):
    sql(library, "DELETE FROM abstract WHERE paper_number = 2")
    report = library.verify(repair=True)
    assert faults(report)["papers", "without_text"] == 1
    assert library.verify().faults == ()
    assert library.get("p1").abstract == PAPERS[1].title


def test_rows_of_no_paper_are_found_and_deleted(library):
    sql(library, "INSERT INTO tag (paper_number, name) VALUES (999, 'lost')")
    mended(library, {("papers", "orphaned"): 1})


def test_vectors_that_are_behind_are_found_where_another_process_has_written(library, open_library):
    library._index.papers.remove(["p0"])
    found = faults(library.verify())
    assert found["vectors", "behind"] == found["words", "behind"] == 1
    assert library.verify(repair=True).is_sound
    assert library.verify().faults == ()


def test_a_derived_folder_that_is_gone_is_made_again_and_told(library, open_library, caplog):
    library.close()
    shutil.rmtree(library.folder / "chroma")
    shutil.rmtree(library.folder / "lexical")
    reopened = open_library()
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == 2
    assert all("made again" in each for each in told)
    report = reopened.verify()
    assert faults(report) == {("words", "remade"): 1, ("vectors", "remade"): 1}
    assert report.is_sound


def test_a_library_whose_papers_are_gone_is_not_opened_as_an_empty_one(library, open_library):
    library.close()
    (library.folder / FILE).unlink()
    with pytest.raises(LibraryError, match="Put it back from a backup"):
        open_library()
    with pytest.raises(LibraryError, match="Put it back"):  # the try has left no empty one
        open_library()


@pytest.mark.parametrize(
    ("spans", "is_sound"),
    [
        ([(0, 8), (9, 14)], True),
        ([(0, 14)], True),
        ([(0, 8)], False),
        ([(9, 14)], False),
        ([(0, 10), (9, 14)], False),
        ([(0, 14), (14, 14)], False),
        ([(0, 99)], False),
        ([], False),
    ],
)
def test_passages_cover_an_abstract_when_only_white_space_is_left_over(spans, is_sound):
    paper = Paper("p", "Two words", "Beavers. Ponds")
    passages = [Passage("p", number, *span) for number, span in enumerate(spans)]
    assert is_covered(paper, passages) is is_sound


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The folder of a library with so many papers that Chroma writes its vectors into files."""
    folder = tmp_path_factory.mktemp("many") / "library"
    settings = Settings(library=folder, llm="extractive")
    with Library.open(settings=settings, embedder=HashedEmbedding()) as library:
        library.ingest(Paper(f"p{n}", f"Lantern {n}", f"Lantern {n} shines.") for n in range(1100))
    return folder


@pytest.mark.parametrize(
    "damaged",
    [lambda whole: whole[: len(whole) // 2], lambda whole: b"\x7f" * len(whole)],
    ids=["cut short", "overwritten"],
)
def test_a_damaged_file_of_vectors_ends_no_process_and_is_made_again(
    many, tmp_path, open_library, damaged
):
    shutil.copytree(many, tmp_path / "library")
    [file] = (tmp_path / "library" / "chroma").rglob("data_level0.bin")
    file.write_bytes(damaged(file.read_bytes()))
    library = open_library()
    report = library.verify()
    assert faults(report) == {("vectors", "remade"): 1}
    assert report.is_sound
    assert library.search("Lantern 7")


def test_a_damaged_database_of_vectors_is_made_again_in_a_folder_named_from_where_one_stands(
    library, tmp_path, monkeypatch
):
    library.close()
    file = library.folder / "chroma" / "chroma.sqlite3"
    file.write_bytes(file.read_bytes()[:4096])
    monkeypatch.chdir(tmp_path)
    settings = Settings(library="library", llm="extractive")
    with Library.open(settings=settings, embedder=HashedEmbedding()) as opened:
        report = opened.verify()
        assert faults(report) == {("vectors", "remade"): 1}
        assert report.is_sound


def test_vectors_that_could_not_be_opened_are_made_again_by_the_same_process(library, open_library):
    library.close()
    again = open_library()
    file = library.folder / "chroma" / "chroma.sqlite3"
    file.write_bytes(file.read_bytes()[:100])
    assert faults(again.verify()) == {("vectors", "damaged"): 1}
    assert again.verify(repair=True).is_sound
    assert again.verify().faults == ()


def test_an_undamaged_library_is_taken_as_it_is(many, tmp_path, open_library):
    shutil.copytree(many, tmp_path / "library")
    assert open_library().verify().faults == ()


@pytest.mark.parametrize("folder", ["emptied", "another library's", "a file"])
def test_vectors_that_are_not_the_library_s_are_made_again(library, open_library, tmp_path, folder):
    library.close()
    chroma = library.folder / "chroma"
    if folder == "another library's":
        reached = chroma / "reached.json"
        reached.write_text(reached.read_text().replace(library._index.state.library_id, "x" * 32))
    else:
        shutil.rmtree(chroma)
    if folder == "emptied":
        chroma.mkdir()
    elif folder == "a file":
        chroma.write_text("no folder")
    report = open_library().verify()
    assert faults(report) == {("vectors", "remade"): 1}
    assert report.is_sound
