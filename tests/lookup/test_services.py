"""What each service gives, and how a library is filled from them."""

from __future__ import annotations

import io
import json
import os
import threading

import pytest

from rag.errors import ConfigurationError, SourceError, SourceUnavailableError
from rag.library import Library
from rag.lookup import opening
from rag.lookup.asked import find_asked
from rag.lookup.opening import open_sources
from rag.lookup.services import Services
from rag.lookup.watching import watch_zotero
from rag.readers import read_sources, require_paper
from rag.readers.records import RecordError
from rag.types import Inventory, Note, Paper, Rejection
from tests.support.scripted_service import (
    arxiv_feed,
    crossref_work,
    openalex_work,
    zotero_item,
)

SHA = "649def34f8be52c8b66281af98ae884c09aef38b"


@pytest.fixture
def items(services):
    """What sources are read as: papers, rejections and notes."""

    def read(*sources):
        return list(require_paper(read_sources(open_sources(sources, services, 100))))

    return read


@pytest.fixture
def papers(items):
    """The papers of sources, all of which can be read."""

    def read(*sources):
        found = [each for each in items(*sources) if not isinstance(each, Inventory | Note)]
        assert all(isinstance(each, Paper) for each in found)
        return found

    return read


def read(services, text, most=100):
    return list(services.read(find_asked(text), most))


# --- arXiv -------------------------------------------------------------------------------------


def test_arxiv_ids_are_asked_for_in_one_request_and_come_in_their_order(service, services):
    service.answer("/arxiv", arxiv_feed("2101.00002", "2101.00001"))
    found = list(services.read_arxiv(["2101.00001", "2101.00009", "2101.00002"]))
    asked = {"id_list": "2101.00001,2101.00009,2101.00002", "max_results": "3"}
    assert service.asked == [("/arxiv", asked)]
    first, unknown, last = found
    assert first == {
        "id": "2101.00001",
        "title": "Cats in 2101.00001",
        "abstract": "A cat falls.",
        "authors": ["Ada Kessel", "Bo Tee"],
        "published": "2021-01-03T10:00:00Z",
        "venue": "Cats 3",
        "doi": "",
        "keywords": ["cs.LG"],
        "source": "arXiv",
    }
    assert isinstance(unknown, RecordError)
    assert "'2101.00009'" in str(unknown)
    assert last["id"] == "2101.00002"


def test_a_query_of_arxiv_is_read_page_by_page_three_seconds_apart(
    service, services, clock, monkeypatch
):
    monkeypatch.setattr("rag.lookup.arxiv.FOUND_PER_REQUEST", 2)
    service.answer("/arxiv", arxiv_feed("2101.00001", "2101.00002", total=9))
    service.answer("/arxiv", arxiv_feed("2101.00003", total=9))
    found = read(services, "arxiv:cat:cs.LG AND ti:cats", most=3)
    assert [each["id"] for each in found[:3]] == ["2101.00001", "2101.00002", "2101.00003"]
    assert found[3:] == [
        Note("arXiv", "9 papers match 'cat:cs.LG AND ti:cats'; these are the first 3")
    ]
    assert [asked["start"] for _, asked in service.asked] == ["0", "2"]
    assert service.asked[0][1]["search_query"] == "cat:cs.LG AND ti:cats"
    assert clock.slept == [3.0]


def test_a_query_that_finds_fewer_than_asked_for_ends_without_a_note(service, services):
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    assert len(read(services, "arxiv:ti:cats")) == 1


# --- DOIs --------------------------------------------------------------------------------------


def test_a_doi_is_looked_up_at_crossref(service, papers):
    service.answer("/crossref/works/10.1000/182", crossref_work("10.1000/182"))
    (paper,) = papers("doi:10.1000/182")
    assert paper.abstract == "Beavers build dams where water runs."
    assert (paper.published, paper.venue) == ("2019-04-02", "Journal of Beavers")
    assert (paper.authors, paper.source) == (("Ada Kessel",), "Crossref")
    assert ("doi", "10.1000/182") in paper.identifiers


def test_an_abstract_that_crossref_lacks_is_taken_from_openalex(service, papers):
    service.answer("/crossref/works/10.1000/182", crossref_work("10.1000/182", abstract=None))
    work = openalex_work(7, doi="https://doi.org/10.1000/182", title="Another title")
    service.answer("/openalex/works/doi:10.1000/182", work)
    (paper,) = papers("10.1000/182")
    assert (paper.title, paper.abstract) == ("On 10.1000/182", "Otters hold hands.")
    assert {("doi", "10.1000/182"), ("openalex", "W7")} <= set(paper.identifiers)


def test_an_abstract_that_openalex_lacks_too_is_taken_from_semantic_scholar(service, papers):
    service.answer("/crossref/works/10.1000/182", crossref_work("10.1000/182", abstract=None))
    paper = {"paperId": SHA, "title": "On 10.1000/182", "abstract": "Beavers swim."}
    service.answer("/s2/paper/DOI:10.1000/182", paper)
    assert papers("10.1000/182")[0].abstract == "Beavers swim."


def test_a_doi_of_another_agency_is_asked_for_at_doi_org(service, papers):
    item = {
        "type": "dataset",
        "id": "https://doi.org/10.5281/zenodo.1",
        "DOI": "10.5281/zenodo.1",
        "title": "Counts of Beavers",
        "author": [{"family": "Tee", "given": "Bo"}],
        "issued": {"date-parts": [[2022]]},
        "abstract": "Beavers were counted.",
    }
    service.answer("/doi/10.5281/zenodo.1", item)
    (paper,) = papers("doi:10.5281/zenodo.1")
    assert (paper.title, paper.published) == ("Counts of Beavers", "2022")
    assert service.headers[1]["Accept"] == "application/vnd.citationstyles.csl+json"


def test_crossref_being_down_does_not_matter_while_another_service_knows_the_paper(service, papers):
    service.answer("/crossref/works/10.1000/182", "down", status=401)
    work = openalex_work(7, doi="https://doi.org/10.1000/182")
    service.answer("/openalex/works/doi:10.1000/182", work)
    assert papers("10.1000/182")[0].title == "Otters of 7"


def test_a_doi_that_nobody_knows_is_a_rejection_that_says_so(service, papers):
    with pytest.raises(SourceError, match=r"no paper is known by doi:10\.1000/none") as told:
        papers("10.1000/none")
    assert "BibTeX" not in str(told.value)  # what files are read does not help here


# --- OpenAlex, Semantic Scholar, Crossref's words ------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "answer", "title"),
    [
        ("openalex:W7", "/openalex/works/W7", openalex_work(7), "Otters of 7"),
        ("pmid:123", "/openalex/works/pmid:123", openalex_work(8), "Otters of 8"),
        (
            f"s2:{SHA}",
            f"/s2/paper/{SHA}",
            {"paperId": SHA, "title": "Dams", "abstract": "They hold."},
            "Dams",
        ),
        (
            "s2:dams",
            "/s2/paper/search",
            {"total": 1, "data": [{"paperId": SHA, "title": "Dams", "abstract": "They hold."}]},
            "Dams",
        ),
        (
            "openalex:otters",
            "/openalex/works",
            {"meta": {"count": 1, "next_cursor": "x"}, "results": [openalex_work(9)]},
            "Otters of 9",
        ),
        (
            "crossref:beavers",
            "/crossref/works",
            {"message": {"total-results": 1, "items": [crossref_work("10.1000/1")["message"]]}},
            "On 10.1000/1",
        ),
    ],
)
def test_each_service_gives_papers(service, papers, text, path, answer, title):
    service.answer(path, answer)
    assert [each.title for each in papers(text)] == [title]


def test_queries_are_read_page_by_page_up_to_the_most_that_is_wanted(service, services):
    works = [openalex_work(n) for n in range(1, 101)]
    service.answer("/openalex/works", {"meta": {"next_cursor": "b"}, "results": works})
    service.answer("/openalex/works", {"meta": {"next_cursor": "c"}, "results": works[:20]})
    found = read(services, "openalex:otters", most=120)
    assert len([each for each in found if not isinstance(each, Note)]) == 120
    assert [asked["cursor"] for _, asked in service.asked] == ["*", "b"]
    assert isinstance(found[-1], Note)


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["2101.00001", "arxiv:cats", "openalex:otters", "s2:dams", "crossref:x", "zotero:"]
)
@pytest.mark.parametrize("body", ["<html>Sign in</html>", "[]", '{"message": 1}', "<feed/>"])
def test_a_page_in_the_place_of_records_is_told(service, papers, text, body):
    where = text.partition(":")[0] if ":" in text else "arxiv"
    tails = ("", "/works", "/paper/search", "/users/0/collections", "/users/0/items/top")
    for tail in tails:
        service.answer(f"/{where}{tail}", body)
    with pytest.raises(SourceError):
        papers(text)


def test_what_cannot_be_asked_does_not_stop_the_other_sources(service, items):
    service.answer("/openalex/works/W7", openalex_work(7))
    service.answer("/s2/paper/CorpusId:7", "busy", status=403)
    service.answer("/zotero/users/0/collections", "off", status=403)
    read = items("zotero:", "s2:CorpusId:7", "2101.00001", "openalex:W7", "openalex:W8")
    assert [isinstance(each, Paper) for each in read] == [False, False, False, True, False]
    rejected = [each for each in read if isinstance(each, Rejection)]
    assert [each.source for each in rejected] == [
        *("zotero:", "s2:CorpusId:7", "arXiv", "openalex:W8"),
    ]


def test_without_a_network_one_sentence_says_so(lookup_settings):
    nowhere = lookup_settings.model_copy(update={"arxiv_url": "http://127.0.0.1:9/query"})
    opened = open_sources(["2101.00001"], Services(nowhere), 1)
    with pytest.raises(SourceUnavailableError, match=r"^Could not reach arXiv \(no") as raised:
        require_paper(read_sources(opened))
    assert raised.value.retryable
    assert len(str(raised.value).splitlines()) == 1


def test_a_file_of_the_name_wins_over_what_could_be_looked_up(papers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2101.00001").write_text('{"title": "A File", "abstract": "It is one."}\n')
    assert papers("2101.00001")[0].title == "A File"


LIST = b"""\xef\xbb\xbfDOI\r
# to read
10.1000/182\r
https://doi.org/10.1000/183  # Kessel
arXiv:2101.00001, 10.1000/182
pmid:7

the one about otters
"""


@pytest.fixture
def listed(service):
    for doi in ("10.1000/182", "10.1000/183"):
        service.answer(f"/crossref/works/{doi}", crossref_work(doi))
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    service.answer("/openalex/works/pmid:7", openalex_work(7))
    return ["On 10.1000/182", "On 10.1000/183", "Cats in 2101.00001", "Otters of 7"]


def test_a_list_of_ids_on_standard_input_is_looked_up(listed, items, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LIST)))
    *found, other = items("-")
    assert [each.title for each in found] == listed
    assert (other.source, other.record) == ("standard input", 8)
    assert other.why == "'the one about otters' is no DOI, arXiv id or address of a paper"


def test_a_list_of_ids_in_a_file_is_looked_up(listed, items, tmp_path):
    path = tmp_path / "to-read.txt"
    path.write_bytes(LIST)
    *found, other = items(str(path))
    assert [each.title for each in found] == listed
    assert (other.source, other.record) == (str(path), 8)


def test_a_long_list_is_looked_up_to_its_end(service, services, monkeypatch):
    text = "\n".join(f"2101.{number:05}" for number in range(12_000))  # more than is looked at
    service.answer("/arxiv", arxiv_feed())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    found = list(read_sources(open_sources(["-"], services, 1)))
    assert len({each.why for each in found if each.record}) == 12_000
    assert len(service.asked) == 120


def test_a_list_that_is_too_long_is_told_where_it_ends(service, services, monkeypatch, tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("\n".join(f"2101.{number:05}" for number in range(20)))
    monkeypatch.setattr(opening, "MOST_LIST_BYTES", 115)
    service.answer("/arxiv", arxiv_feed())
    *found, last = read_sources(open_sources([str(path)], services, 1))
    assert (len(found), last.record) == (10, 11)
    assert last.why == opening.TOO_LONG


@pytest.mark.parametrize("pause", [1, 5, 70_000])
def test_standard_input_that_comes_bit_by_bit_is_read_as_what_it_is(items, monkeypatch, pause):
    text = "@article{otters,\n  title = {Otters},\n  abstract = {They hold hands.}\n}\n" * 2000

    class Slow(io.RawIOBase):
        left = text.encode()

        def readable(self):
            return True

        def readinto(self, buffer):
            size = min(pause, len(buffer))
            some, self.left = self.left[:size], self.left[size:]
            buffer[: len(some)] = some
            return len(some)

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Slow())))
    assert [each.title for each in items("-")] == ["Otters"] * 2000


def test_a_pipe_that_is_named_is_read_once(items, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = json.dumps({"title": "Otters", "abstract": "They hold hands."})
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    assert [each.title for each in items(str(pipe))] == ["Otters"]
    writer.join()


def test_a_library_is_filled_from_what_is_looked_up(service, lookup_settings):
    service.answer("/openalex/works/W7", openalex_work(7))
    with Library.open(settings=lookup_settings) as library:
        assert library.ingest("openalex:W7").added == 1
        assert library.ingest("openalex:W7").unchanged == 1
        assert library.papers()[0].source == "OpenAlex"


# --- Zotero ---------------------------------------------------------------------------------------


def collection(key, name, parent=False):
    return {"key": key, "data": {"key": key, "name": name, "parentCollection": parent}}


@pytest.fixture
def zotero(service):
    """A Zotero with two collections, one inside the other, and a group."""
    at = "/zotero/users/0"
    rivers, dams = collection("RRRRRRRR", "Rivers"), collection("DDDDDDDD", "Dams", "RRRRRRRR")
    service.answer(f"{at}/collections", [rivers, dams], headers={"Total-Results": "2"})
    items = [
        zotero_item("A", "Beavers", ["DDDDDDDD"], citationKey="kesselBeavers2020"),
        zotero_item("B", "Otters", ["RRRRRRRR"], extra="Citation Key: kessel:otters"),
        zotero_item("C", "Willows"),
        {"key": "N", "data": {"key": "N", "itemType": "note", "note": "Buy milk"}},
    ]
    version = {"Total-Results": "4", "Last-Modified-Version": "12"}
    service.answer(f"{at}/items/top", items, headers=version)
    for key, some in (("RRRRRRRR", items[1:2]), ("DDDDDDDD", items[:1])):
        headers = {"Total-Results": "1", "Last-Modified-Version": "12"}
        service.answer(f"{at}/collections/{key}/items/top", some, headers=headers)
    group = {"id": 77, "data": {"id": 77, "name": "Mill Pond Group"}}
    service.answer(f"{at}/groups", [group], headers={"Total-Results": "1"})
    service.answer("/zotero/groups/77/collections", [collection("GGGGGGGG", "Reading")])
    service.answer("/zotero/groups/77/items/top", items[2:3], headers=version)
    service.answer("/zotero/groups/77/collections/GGGGGGGG/items/top", items[2:3])
    return service


def test_all_of_zotero_is_read_without_its_notes_and_attachments(zotero, papers):
    found = papers("zotero:")
    assert [each.title for each in found] == ["Beavers", "Otters", "Willows"]
    known = [dict(each.identifiers).get("citekey") for each in found]
    assert known == ["kesselBeavers2020", "kessel:otters", None]
    assert found[0].tags == ("rivers",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Rivers", ["Otters", "Beavers"]),  # with the collection inside it
        ("rivers/dams", ["Beavers"]),
        ("Dams", ["Beavers"]),
        ("DDDDDDDD", ["Beavers"]),
        ("Mill Pond Group", ["Willows"]),
        ("mill pond group/reading", ["Willows"]),
        ("My Library", ["Beavers", "Otters", "Willows"]),
        ("Rivers/", ["Otters", "Beavers"]),
    ],
)
def test_a_part_of_zotero_is_read_by_its_name(zotero, papers, name, expected):
    assert [each.title for each in papers(f"zotero:{name}")] == expected


def test_a_name_that_zotero_does_not_have_is_told_with_those_that_it_has(zotero, papers):
    with pytest.raises(SourceError, match="'Rivers', 'Rivers/Dams', 'Mill Pond Group'"):
        papers("zotero:Lakes")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Shelf 77", "there are 'Shelf 7', 'Shelf 17'"),
        ("damms", "there are 'Shelf 3/Dams', "),
        ("mill pond group/readings", "there are 'Mill Pond Group/Reading', "),
    ],
)
def test_of_many_names_those_most_like_the_one_that_was_typed_are_told(zotero, papers, name, told):
    shelves = [collection(f"S{n}", f"Shelf {n}") for n in range(70)]
    some = [*shelves, collection("DDDDDDDD", "Dams", "S3")]
    zotero.answer_from_now("/zotero/users/0/collections", some)
    with pytest.raises(SourceError, match=told) as raised:
        papers(f"zotero:{name}")
    assert len(str(raised.value)) < 400


def test_groups_are_told_where_the_own_library_is_read(zotero, items):
    notes = [each for each in items("zotero:") if isinstance(each, Note)]
    assert [each.text for each in notes] == [
        "this is your own library; those of groups are zotero:Mill Pond Group"
    ]
    assert not [each for each in items("zotero:Rivers") if isinstance(each, Note)]


def test_zotero_that_tells_no_groups_is_read_all_the_same(zotero, papers):
    zotero.answer_from_now("/zotero/users/0/groups", "Forbidden", status=403)
    assert len(papers("zotero:")) == 3


def test_an_older_zotero_is_told_as_one(papers):
    with pytest.raises(SourceUnavailableError, match="404, as Zotero before version 7 does"):
        papers("zotero:")


def test_zotero_that_does_not_run_is_no_fault_of_the_network(lookup_settings):
    closed = lookup_settings.model_copy(update={"zotero_url": "http://127.0.0.1:9/api"})
    with pytest.raises(SourceUnavailableError, match=r"nothing answers at 127\.0\.0\.1:9.*Start"):
        list(Services(closed).read(find_asked("zotero:"), 1))


def test_a_name_that_two_collections_have_is_told_with_their_paths(service, papers):
    known = [
        collection("A", "Rivers"),
        collection("B", "Dams", "A"),
        collection("C", "Lakes"),
        collection("D", "Dams", "C"),
    ]
    service.answer("/zotero/users/0/collections", known)
    with pytest.raises(SourceError, match=r"'Rivers/Dams' \(B\), 'Lakes/Dams' \(D\)"):
        papers("zotero:Dams")


def test_collections_that_lie_in_one_another_do_not_go_round_forever(service, papers):
    at = "/zotero/users/0"
    known = [collection("A", "One", "B"), collection("B", "Two", "A")]
    service.answer(f"{at}/collections", known)
    for key in "AB":
        service.answer(f"{at}/collections/{key}/items/top", [zotero_item(key, f"Paper {key}")])
    assert [each.title for each in papers("zotero:A")] == ["Paper A", "Paper B"]


def test_zotero_that_is_not_running_or_locked_is_told_with_what_to_do(service, papers):
    service.answer("/zotero/users/0/collections", "Local API is not enabled", status=403)
    with pytest.raises(SourceUnavailableError, match=r"403.*Start Zotero.*Allow other"):
        papers("zotero:")


# --- watching Zotero ------------------------------------------------------------------------------


def dated(key, title, modified, version=5, **others):
    return {**zotero_item(key, title, dateModified=modified, **others), "version": version}


@pytest.fixture
def watched(service, services, clock):
    """Gives the titles of each reading of a watched Zotero."""
    reading = watch_zotero("zotero:", services, 30.0, clock.sleep)

    def read():
        found = read_sources([next(reading)])
        return [each.title for each in found if isinstance(each, Paper)]

    return read


def test_what_is_new_or_changed_in_zotero_follows(service, watched, clock):
    at = "/zotero/users/0"
    service.answer(f"{at}/collections", [])
    first = dated("A", "Beavers", "2024-01-01T10:00:00Z")
    service.answer(f"{at}/items/top", [first], headers={"Last-Modified-Version": "5"})
    assert watched() == ["Beavers"]
    # Not synchronised yet, so that no version tells that it is new.
    second = dated("B", "Otters", "2024-01-01T10:00:00Z", version=0)
    service.answer(f"{at}/items/top", []).answer(f"{at}/items/top", [second, first])
    assert watched() == ["Otters"]
    # Moved into a collection: a new version, and the date as before.
    moved = dated("A", "Beavers", "2024-01-01T10:00:00Z", version=9)
    service.answer(f"{at}/items/top", [moved]).answer(f"{at}/items/top", [second, moved])
    assert watched() == ["Beavers"]
    asked = [parameters for path, parameters in service.asked if path.endswith("top")]
    assert asked[1]["since"] == "5"
    assert asked[2]["sort"] == "dateModified"
    assert set(clock.slept) == {30.0}


def test_watching_outlives_a_zotero_that_was_closed(service, watched, clock, caplog):
    at = "/zotero/users/0"
    service.answer(f"{at}/collections", []).answer(f"{at}/collections", "gone", status=403)
    service.answer(f"{at}/collections", [])
    first = dated("A", "Beavers", "2024-01-01T10:00:00Z")
    service.answer(f"{at}/items/top", [first])
    assert watched() == ["Beavers"]
    service.answer(f"{at}/items/top", [dated("B", "Otters", "2024-01-02T10:00:00Z"), first])
    assert watched() == ["Otters"]
    assert set(clock.slept) == {30.0}
    assert "Zotero is waited for" in caplog.text


# --- what was deleted in Zotero -------------------------------------------------------------------


@pytest.fixture
def shelved(service, lexical_settings, tmp_path):
    """A library, and what sets which papers its Zotero has."""
    urls = {"zotero_url": f"{service.url}/zotero", "library": tmp_path / "library"}
    at = "/zotero/users/0"
    service.answer(f"{at}/collections", [collection("RRRRRRRR", "Rivers")])

    def hold(*titles):
        items = [zotero_item(title[0], title, ["RRRRRRRR"]) for title in titles]
        version = {"Total-Results": str(len(items)), "Last-Modified-Version": "5"}
        for path in (f"{at}/items/top", f"{at}/collections/RRRRRRRR/items/top"):
            service.answer_from_now(path, items, headers=version)
        service.answer_from_now(f"{at}/items", "\n".join(title[0] for title in titles))

    with Library.open(settings=lexical_settings.model_copy(update=urls)) as library:
        yield library, hold


@pytest.mark.parametrize("source", ["zotero:", "zotero:Rivers"])
def test_what_was_deleted_in_zotero_is_told_and_stays_until_it_is_to_go(shelved, source):
    library, hold = shelved
    hold("Beavers", "Otters", "Willows")
    assert library.ingest(source).gone == ()
    hold("Willows")
    report = library.ingest(source)
    assert [(each.title, each.is_removed) for each in report.gone] == [
        ("Beavers", False),
        ("Otters", False),
    ]
    assert len(library) == 3
    assert "removed" not in str(report)
    report = library.ingest(source, removes_gone=True)
    assert [paper.title for paper in library.papers()] == ["Willows"]
    assert str(report).endswith("2 removed")
    assert library.ingest(source).gone == ()


def test_an_empty_zotero_is_told_and_deletes_nothing(shelved):
    library, hold = shelved
    hold("Beavers")
    library.ingest("zotero:")
    hold()
    with pytest.raises(SourceError, match="nothing was found"):
        library.ingest("zotero:", removes_gone=True)
    assert len(library) == 1


def test_a_dry_run_tells_what_was_deleted_and_removes_nothing(shelved):
    library, hold = shelved
    hold("Beavers", "Otters")
    library.ingest("zotero:")
    hold("Otters")
    assert len(library.ingest("zotero:", dry_run=True, removes_gone=True).gone) == 1
    assert len(library) == 2


def test_a_paper_that_another_source_has_too_stays_when_it_is_deleted_in_zotero(shelved):
    library, hold = shelved
    hold("Beavers", "Otters")
    library.ingest("zotero:")
    paper = library.papers()[0]
    library.ingest({"title": "Beavers", "abstract": paper.abstract, "source": "refs.bib"})
    hold("Otters")
    (gone,) = library.ingest("zotero:", removes_gone=True).gone
    assert (gone.others, gone.is_removed) == (("refs.bib",), True)
    paper = library.papers()[0]
    assert (paper.title, paper.source, paper.origins) == ("Beavers", "refs.bib", ())
    assert paper.identifiers == ()
    assert library.ingest("zotero:").gone == ()


def test_an_item_stays_one_paper_when_its_title_and_abstract_are_changed_in_zotero(
    service, shelved
):
    library, hold = shelved
    hold("Beavers")
    library.ingest("zotero:")
    hold("Badgers and Their Homes")
    assert library.ingest("zotero:").updated == 1
    assert [paper.title for paper in library.papers()] == ["Badgers and Their Homes"]


def test_where_zotero_does_not_tell_all_its_items_nothing_counts_as_deleted(service, shelved):
    library, hold = shelved
    hold("Beavers", "Otters")
    library.ingest("zotero:Rivers")
    hold("Otters")
    for answer, options in (
        ("[]", {}),
        ("O", {"headers": {"Total-Results": "2"}}),
        ("", {"status": 501}),
    ):
        service.answer_from_now("/zotero/users/0/items", answer, **options)
        assert library.ingest("zotero:Rivers").gone == ()


def test_a_deletion_is_told_while_zotero_is_watched(service, shelved, services, clock):
    _, hold = shelved
    hold("Beavers", "Otters")
    reading = watch_zotero("zotero:", services, 30.0, clock.sleep)
    list(read_sources([next(reading)]))
    service.answer_from_now("/zotero/users/0/items/top", [])
    service.answer_from_now("/zotero/users/0/items", "O")
    (there,) = read_sources([next(reading)])
    assert there.values == {"users/0/O"}


def test_only_zotero_is_watched(services):
    with pytest.raises(ConfigurationError, match="Only Zotero can be watched"):
        next(watch_zotero("refs.bib", services))
