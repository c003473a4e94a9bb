"""Keeping order: records set by hand, collections, tags, and papers that may be one."""

from __future__ import annotations

import json
import sqlite3

import pytest

from rag.errors import SourceError
from rag.library import Library
from rag.settings import Settings
from rag.store.reached import read_reached
from rag.store.sqlite import FILE
from rag.types import Filters, Imprint
from ui.chat.cards import meta_line

BEAVERS = {
    "title": "Beavers Build Dams",
    "abstract": "Beavers build dams of wood where rivers run slowly.",
    "year": 2019,
    "keywords": ["rivers"],
    "citekey": "kessel2019",
}
OTTERS = {
    "title": "Otters Hold Hands",
    "abstract": "Otters hold hands while they sleep in rivers.",
    "collections": ["Water/Otters"],
}
WILLOWS = {"title": "Willows Bend", "abstract": "Willows bend where rivers run."}


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest([BEAVERS, OTTERS, WILLOWS])
        yield library


def by_title(library, beginning):
    return next(each for each in library.papers() if each.title.startswith(beginning))


def found(library, **limits):
    filters = Filters(**{name: tuple(values) for name, values in limits.items()})
    return {hit.paper.title.split()[0] for hit in library.search("rivers", 10, filters=filters)}


# --- fields set by hand ---------------------------------------------------------------------------


def test_what_is_set_by_hand_stays_whatever_is_read_later(library):
    paper = by_title(library, "Beavers")
    library.catalog.edit(
        paper.paper_id, venue="River Letters", authors=["Kessel, Ada"], doi="10.1000/1"
    )
    report = library.ingest({**BEAVERS, "venue": "Another", "authors": ["Cy Dorn", "Bo Tee"]})
    assert report.unchanged == 1
    paper = by_title(library, "Beavers")
    assert (paper.venue, paper.authors) == ("River Letters", ("Ada Kessel",))
    assert set(paper.edited) == {"venue", "authors"}
    assert ("doi", "10.1000/1") in paper.identifiers
    assert ("citekey", "kessel2019") in paper.identifiers


def test_a_field_that_was_cleared_by_hand_stays_empty(library):
    paper = by_title(library, "Beavers")
    library.catalog.edit(paper.paper_id, published="")
    library.ingest({**BEAVERS, "year": 2020})
    assert by_title(library, "Beavers").published is None


def test_volume_and_pages_set_by_hand_stay(library):
    library.ingest({**BEAVERS, "volume": "1", "pages": "2-3"})
    paper = by_title(library, "Beavers")
    library.catalog.edit(paper.paper_id, volume="7", pages="101-9", publisher="Dam Press")
    expected = Imprint(volume="7", pages="101–109", publisher="Dam Press")
    assert by_title(library, "Beavers").imprint == expected
    library.ingest({**BEAVERS, "volume": "1", "pages": "2-3", "issue": "5"})
    assert by_title(library, "Beavers").imprint == expected
    assert by_title(library, "Beavers").edited == ("imprint",)


def test_a_title_set_by_hand_is_searched_and_keeps_the_papers_id(library):
    paper = by_title(library, "Beavers")
    library.catalog.edit(paper.paper_id, title="Castor Works")
    assert library.get(paper.paper_id).title == "Castor Works"
    assert library.search("castor", 1)[0].paper.paper_id == paper.paper_id


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"published": "soon"}, "cannot be a date"),
        ({"title": ""}, "no title"),
        ({"abstract": " "}, "no abstract"),
        ({"url": "river"}, "'river' cannot be"),
        ({"doi": "river"}, "'river' cannot be"),
        ({"issn": "12"}, "'12' cannot be an ISSN"),
    ],
)
def test_a_value_that_cannot_be_taken_changes_nothing(library, values, why):
    paper = by_title(library, "Beavers")
    with pytest.raises(SourceError, match=why):
        library.catalog.edit(paper.paper_id, **values)
    assert by_title(library, "Beavers") == paper


@pytest.mark.parametrize("given", ["10.1000/OTTER", "https://doi.org/10.1000/otter"])
def test_a_doi_that_another_paper_has_is_told_and_not_set(library, given):
    otters, beavers = by_title(library, "Otters"), by_title(library, "Beavers")
    library.catalog.edit(otters.paper_id, doi="10.1000/otter")
    with pytest.raises(SourceError) as told:
        library.catalog.edit(beavers.paper_id, doi=given, venue="River Letters")
    assert f"“{otters.title}” ({otters.paper_id}) has the DOI 10.1000/otter" in str(told.value)
    assert f"`paperchat papers merge {otters.paper_id} {beavers.paper_id}`" in str(told.value)
    assert by_title(library, "Beavers") == beavers
    library.catalog.edit(otters.paper_id, doi="10.1000/otter", venue="Dams")  # its own may be told


def test_a_doi_of_arxiv_is_taken_as_the_arxiv_id_that_it_has(library):
    otters, beavers = by_title(library, "Otters"), by_title(library, "Beavers")
    library.catalog.edit(otters.paper_id, doi="10.48550/arXiv.2101.00001")
    assert dict(by_title(library, "Otters").identifiers)["arxiv"] == "2101.00001"
    with pytest.raises(SourceError, match=r"has the arXiv id 2101\.00001 already"):
        library.catalog.edit(beavers.paper_id, doi="https://doi.org/10.48550/arXiv.2101.00001v2")


def test_a_paper_that_is_not_there_is_told(library):
    with pytest.raises(SourceError, match="no paper 'nowhere'"):
        library.catalog.edit("nowhere", venue="V")
    with pytest.raises(SourceError, match="no paper 'nowhere'"):
        library.catalog.tag(["nowhere"], add=["x"])


# --- collections and tags -------------------------------------------------------------------------


def test_a_search_keeps_to_collections_and_what_lies_in_them(library):
    ids = [by_title(library, name).paper_id for name in ("Beavers", "Willows")]
    assert library.catalog.collect(ids[:1], into=["Water"]) == 1
    assert library.catalog.collect(ids[1:], into=["Trees"]) == 1
    assert found(library, collections=["water"]) == {"Beavers", "Otters"}
    assert found(library, collections=["Water/Otters"]) == {"Otters"}
    assert found(library, collections=["Trees", "Water/Otters"]) == {"Willows", "Otters"}
    assert found(library, collections=["Wat"]) == set()
    assert library.catalog.collections() == {"Trees": 1, "Water": 1, "Water/Otters": 1}
    library.catalog.collect(ids, out_of=["WATER"])
    assert found(library, collections=["Water"]) == {"Otters"}


def test_a_search_keeps_to_tags(library):
    otters = by_title(library, "Otters").paper_id
    library.catalog.tag([otters], add=["Sleep", "rivers"], drop=["nothing"])
    assert found(library, tags=["sleep"]) == {"Otters"}
    assert found(library, tags=["rivers"]) == {"Otters", "Beavers"}
    assert library.catalog.tags() == {"rivers": 2, "Sleep": 1}


def test_an_answer_keeps_to_a_collection(library):
    answer = library.ask("What do otters do?", filters=Filters(collections=("Water",)))
    assert [paper.title for paper in answer.papers] == ["Otters Hold Hands"]
    answer = library.ask("What do otters do?", filters=Filters(collections=("Nothing",)))
    assert answer.status == "abstained"


def test_what_is_ingested_can_be_put_into_a_collection_at_once(library):
    report = library.ingest([BEAVERS, WILLOWS], collections=["To read", "To read", " "])
    assert (report.updated, report.unchanged) == (2, 0)
    assert library.catalog.collections()["To read"] == 2
    assert library.ingest([BEAVERS, WILLOWS], collections=["To read"]).unchanged == 2


def test_order_is_put_without_embedding_or_indexing_anything_again(library):
    otters = by_title(library, "Otters").paper_id
    before = library._index.papers.changes_after(0, 100).written
    revision = library.revision
    library.catalog.tag([otters], add=["x"])
    library.ingest(WILLOWS, collections=["Trees"])
    changes = library._index.papers.changes_after(revision, 100)
    assert (changes.written, dict(changes.removed)) == ([], {})
    assert library.revision > revision  # other processes see it
    assert read_reached(library._index.words_folder).revision == library.revision
    assert len(before) == 3


def test_keywords_that_a_source_does_not_give_any_more_go_unless_set_by_hand(library):
    library.ingest({**BEAVERS, "keywords": ["wood"], "citekey": "kessel:dams"})
    paper = by_title(library, "Beavers")
    assert paper.tags == ("wood",)
    assert dict(paper.identifiers)["citekey"] == "kessel:dams"
    assert [key for key in paper.identifiers if key[0] == "citekey"] == [("citekey", "kessel:dams")]
    library.catalog.tag([paper.paper_id], add=["mine"])
    library.ingest({**BEAVERS, "keywords": ["mud"]})
    assert set(by_title(library, "Beavers").tags) == {"wood", "mine"}


def test_what_a_record_tells_beside_its_texts_counts_as_an_update(library):
    report = library.ingest({**BEAVERS, "retraction": "retracted on 2020-01-01"})
    assert (report.updated, report.unchanged) == (1, 0)
    assert by_title(library, "Beavers").retraction == "retracted on 2020-01-01"


def test_the_folders_within_a_folder_are_collections(library, tmp_path):
    for place in ("", "Water/Dams"):
        folder = tmp_path / "papers" / place
        folder.mkdir(parents=True, exist_ok=True)
        record = {"title": f"Of {place or 'Clouds'}", "abstract": "Rivers run."}
        (folder / "one.jsonl").write_text(json.dumps(record), encoding="utf-8")
    library.ingest(tmp_path / "papers")
    assert by_title(library, "Of Water").collections == ("Water/Dams",)
    assert by_title(library, "Of Clouds").collections == ()
    library.ingest(tmp_path / "papers" / "Water" / "Dams" / "one.jsonl")
    assert by_title(library, "Of Water").collections == ("Water/Dams",)


def test_a_retraction_is_told_wherever_the_paper_is_named(library):
    library.ingest({**OTTERS, "retraction": "retracted on 2020-01-01"})
    answer = library.ask("What do otters hold?")
    assert "[1] Otters Hold Hands (" in str(answer)
    assert "), retracted on 2020-01-01" in str(answer)
    assert meta_line(answer.papers[0]).startswith("This paper was retracted on 2020-01-01")


# --- how far reading is ---------------------------------------------------------------------------


def test_reading_tells_about_how_many_papers_there_are(library, tmp_path):
    lines = (json.dumps({"title": f"Paper {n:03}", "abstract": "Rivers run."}) for n in range(600))
    (tmp_path / "many.jsonl").write_text("\n".join(lines), encoding="utf-8")
    told = []
    library.ingest(tmp_path / "many.jsonl", dry_run=True, on_progress=told.append)
    reading = [each for each in told if each.stage == "reading papers"]
    assert [each.done for each in reading] == [128, 256, 384, 512, 600]
    assert all(600 <= each.total <= 1300 or each.done == each.total for each in reading)
    assert (reading[-1].total, reading[-1].is_estimate) == (600, False)


# --- papers that may be one -----------------------------------------------------------------------


def test_papers_of_one_title_are_shown_side_by_side(library):
    another = {"title": "Willows bend", "abstract": "A story of another thing altogether."}
    library.ingest({**another, "source": "elsewhere"})
    groups = library.catalog.duplicates()
    assert [[each.title for each in group] for group in groups] == [
        ["Willows Bend", "Willows bend"]
    ]


def test_a_question_for_duplicates_is_answered_with_the_papers_that_may_be_one(library):
    none = library.ask("are there any duplicate papers?")
    assert none.text.startswith("No two of the ")
    library.ingest({"title": "Willows bend", "abstract": "Another thing.", "source": "elsewhere"})
    answer = library.ask("do you have duplicates?")
    assert answer.text.startswith("2 of the ")
    assert [paper.title for paper in answer.papers] == ["Willows Bend", "Willows bend"]
    assert "paperchat papers duplicates --merge" in answer.text


# --- an older library -----------------------------------------------------------------------------


@pytest.fixture
def older(library):
    """The library's folder as the release before made it."""
    library.close()
    with sqlite3.connect(library.folder / FILE) as connection:
        connection.executescript(
            "DROP TABLE retraction; DROP TABLE edit; DROP TABLE imprint; DROP TABLE family_name;"
            "PRAGMA user_version = 2;"
        )
    connection.close()
    return library


def test_a_library_of_the_release_before_is_brought_up_to_date(older):
    with Library.open(settings=older.settings) as library:
        library.catalog.edit(by_title(library, "Beavers").paper_id, venue="V")
        assert by_title(library, "Beavers").edited == ("venue",)


def test_an_older_library_that_cannot_be_written_is_read_as_it_is(older, monkeypatch):
    monkeypatch.setattr("rag.store.sqlite.SqliteDatabase.is_read_only", True)
    with Library.open(settings=older.settings) as library:
        assert len(library.papers()) == 3
        assert found(library, collections=["Water"]) == {"Otters"}


# --- what the list can be limited to --------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "titles"),
    [
        ({"filters": Filters(since=2019, until=2019)}, {"Beavers"}),
        ({"filters": Filters(until=2018)}, set()),
        ({"filters": Filters(until=2018, undated=True)}, {"Otters", "Willows"}),
        ({"filters": Filters(tags="rivers")}, {"Beavers"}),
        ({"filters": Filters(collections="water")}, {"Otters"}),
        ({"lacking": ["date"]}, {"Otters", "Willows"}),
        ({"lacking": ["date", "authors", "link"], "query": "otters"}, {"Otters"}),
        ({}, {"Beavers", "Otters", "Willows"}),
    ],
)
def test_the_list_shows_what_passes_and_lacks(library, limits, titles):
    listing = library.catalog.browse(**limits)
    assert {each.title.split()[0] for each in listing.headings} == titles
    assert listing.found == len(titles)


def test_the_list_takes_authors_sources_and_ids_as_they_are(library):
    paper = by_title(library, "Beavers")
    library.catalog.edit(paper.paper_id, authors=["Ada Kessel"])
    for filters in (
        Filters(authors="Ada Kessel"),
        Filters(paper_ids=paper.paper_id),
        Filters(sources=paper.source, authors="Ada Kessel"),
    ):
        assert [each.paper_id for each in library.catalog.browse(filters=filters).headings] == [
            paper.paper_id
        ]
    assert library.catalog.browse(filters=Filters(authors="Kessel")).found == 0


def test_only_chosen_papers_are_searched_and_asked(library):
    otters = by_title(library, "Otters").paper_id
    filters = Filters(paper_ids=[otters, "gone"])
    assert [hit.paper.paper_id for hit in library.search("rivers", filters=filters)] == [otters]
    answer = library.ask("Where do rivers run slowly?", filters=filters)
    assert {paper.paper_id for paper in answer.papers} <= {otters}


def test_topics_are_what_titles_share(library):
    library.ingest(
        {"title": f"River Dams in {place}", "abstract": "Dams stand."} for place in ("Asia", "Peru")
    )
    (topic,) = library.catalog.topics()
    assert topic.name.lower() == "river dams"
    assert len(topic.paper_ids) == 2
