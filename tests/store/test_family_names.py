"""Family names that records state: kept beside the names, joined, edited, and found again."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from rag.export import export_papers
from rag.library import Library
from rag.settings import Settings
from rag.store.sqlite import FILE
from rag.types import Paper
from tests.support.letters import LetterEmbedding

MARQUEZ = ("José García Márquez", "García Márquez")
SONG = "We measure how long a kettle sings before it boils. The song lasts 42 seconds."
BIB = """@article{garcia2020, title = {Singing kettles}, year = {2020},
  author = {%s}, abstract = {%s} }
"""
TABLES_SINCE = {
    6: ("family_name", "notice", "watch", "offer_key", "offer", "checked"),
    7: ("family_name",),
}


def write(path, authors, abstract=SONG):
    path.write_text(BIB % (authors, abstract), encoding="utf-8")
    return path


@pytest.fixture
def library(lexical_settings, tmp_path):
    own = lexical_settings.model_copy(update={"library": tmp_path / "library"})
    with Library.open(settings=own) as opened:
        yield opened


def record(source, authors, **known):
    return {"title": "Singing kettles", "abstract": SONG, "source": source, "authors": authors} | (
        known
    )


# --- a library of before ---


@pytest.fixture(params=[6, 7])
def older(request, tmp_path):
    """How to open a library that an older schema made of a file, without family names."""
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    opened = {"settings": settings, "embedder": LetterEmbedding()}
    with Library.open(**opened) as library:
        library.ingest(write(tmp_path / "refs.bib", "García Márquez, José and Tee, Bo"))
    with closing(sqlite3.connect(settings.library / FILE)) as connection:
        for table in TABLES_SINCE[request.param]:
            connection.execute(f"DROP TABLE {table}")
        connection.execute(f"PRAGMA user_version = {request.param}")
        connection.execute(f"UPDATE library SET schema_version = {request.param}")
        connection.commit()
    return opened


def test_an_older_library_opens_and_falls_back_on_the_last_word(older):
    with Library.open(**older) as library:
        (paper,) = library.papers()
        assert (paper.authors, paper.family_names) == ((MARQUEZ[0], "Bo Tee"), ())
        assert "Márquez, José García and Tee, Bo" in export_papers(library.papers(), "bibtex")
        assert library.verify().is_sound


def test_family_names_are_noted_when_the_file_is_read_again_and_nothing_is_embedded(
    older, tmp_path, monkeypatch
):
    embedded = []
    with Library.open(**older) as library:
        monkeypatch.setattr(
            LetterEmbedding, "_get_text_embeddings", lambda _, texts: embedded.append(texts)
        )
        report = library.ingest(tmp_path / "refs.bib")
        assert [each.told for each in report.changes] == ["family names"]
        assert library.papers()[0].family_names == (MARQUEZ,)
        assert library.ingest(tmp_path / "refs.bib").unchanged == 1
    assert embedded == []
    with Library.open(**older) as library:
        assert library.papers()[0].family_names == (MARQUEZ,)
        assert "García Márquez, José and Tee, Bo" in export_papers(library.papers(), "bibtex")


def test_an_older_library_that_cannot_be_written_is_read_as_it_is(older, monkeypatch):
    monkeypatch.setattr("rag.store.sqlite.SqliteDatabase.is_read_only", True)
    with Library.open(**older) as library:
        assert library.papers()[0].family_names == ()


# --- records of one paper ---


@pytest.mark.parametrize("is_first", [True, False])
def test_a_record_that_states_a_family_name_goes_before_one_that_does_not(library, is_first):
    records = [
        record("a.csv", ["José García Márquez", "Bo Tee"]),
        record("b.csv", ["García Márquez, José", "Tee, Bo"]),
    ]
    for each in records if is_first else reversed(records):
        library.ingest(each)
    assert library.papers()[0].family_names == (MARQUEZ,)
    for each in records:
        assert library.ingest(each).unchanged == 1


@pytest.mark.parametrize("is_first", [True, False])
def test_a_family_name_is_known_of_the_same_author_with_initials(library, is_first):
    records = [
        record("a.csv", ["José García Márquez", "Bo Tee"]),
        record("b.csv", "García Márquez J, Tee B"),
    ]
    for each in records if is_first else reversed(records):
        library.ingest(each)
    (paper,) = library.papers()
    assert (paper.authors, paper.family_names) == ((MARQUEZ[0], "Bo Tee"), (MARQUEZ,))


def test_what_is_stated_of_one_author_is_not_told_of_another(library):
    authors = ["Berg, Jan van den", "van den Berg, Jo", "Berg, Joost van den"]
    library.ingest(record("a.csv", authors))
    library.ingest(record("b.csv", ["van den Berg, Jo", "van den Berg, Jan"]))
    assert library.papers()[0].family_names == (
        ("Jan van den Berg", "Berg"),
        ("Joost van den Berg", "Berg"),
    )


def test_a_file_that_states_another_family_name_now_is_believed(library):
    library.ingest(record("a.csv", ["García Márquez, José"]))
    report = library.ingest(record("a.csv", ["Márquez, José García"]))
    assert [each.fields for each in report.changes] == [("family_names",)]
    assert library.papers()[0].family_names == ()


# --- by hand ---


def test_a_family_name_is_set_by_hand_and_stays(library):
    library.ingest(record("a.csv", ["José García Márquez", "Bo Tee"]))
    paper_id = library.papers()[0].paper_id
    library.catalog.edit(paper_id, authors=["García Márquez, José", "Bo Tee"])
    assert library.papers()[0].family_names == (MARQUEZ,)
    library.ingest(record("a.csv", ["Márquez, José García", "Tee, Bo"]))
    assert library.papers()[0].family_names == (MARQUEZ,)
    library.catalog.edit(paper_id, authors=["José García Márquez", "Cy Pot"])
    assert library.papers()[0].family_names == (MARQUEZ,)  # typed without one, it stays
    library.catalog.edit(paper_id, venue="Bubbles")
    assert library.papers()[0].family_names == (MARQUEZ,)
    library.catalog.edit(paper_id, authors=["Márquez, José García"])
    paper = library.papers()[0]
    assert (paper.authors, paper.family_names) == ((MARQUEZ[0],), ())
    assert set(paper.edited) == {"authors", "venue"}


def test_family_names_are_merged_and_restored(library):
    library.ingest([record("a.csv", ["José García Márquez"], id="a")])
    library.ingest([record("b.csv", ["García Márquez, José"], id="b")])
    before = library.papers()
    library.catalog.merge(["a", "b"])
    assert library.papers()[0].family_names == (MARQUEZ,)
    library.catalog.restore(before)
    assert [each.family_names for each in library.papers()] == [(), (MARQUEZ,)]


# --- found and listed ---


@pytest.mark.parametrize(
    "name", ["García Márquez", "garcia marquez", "José García Márquez", "Márquez"]
)
def test_papers_are_found_by_a_family_name_of_two_words(library, name):
    library.ingest(record("a.csv", ["García Márquez, José", "Tee, Bo"]))
    answer = library.ask(f"papers by {name}")
    assert [each.title for each in answer.papers] == ["Singing kettles"]
    assert "(García Márquez et al.)" in answer.text
    assert library.catalog.facets().authors == {MARQUEZ[0]: 1, "Bo Tee": 1}


def test_papers_are_listed_in_the_order_of_family_names(library):
    library.ingest(Paper("p", "Teapots drip", "They do.", ("Ada Kessel",)))
    library.ingest(record("a.csv", ["García Márquez, José"]))
    listed = library.catalog.browse(order="authors").headings
    assert [each.title for each in listed] == ["Singing kettles", "Teapots drip"]
