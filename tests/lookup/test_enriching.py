"""What catalogues add to records, and what they never touch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.errors import SourceUnavailableError
from rag.lookup.enriching import Change, enrich, find_enrichments, is_same
from rag.types import Imprint, Paper
from tests.support.scripted_service import arxiv_feed, crossref_work, openalex_work

BARE = Paper("t-1", "On Beavers", "Beavers build.")
BY_DOI = replace(BARE, identifiers=(("doi", "10.1000/182"),))


@pytest.fixture
def found(services):
    """What the catalogues know of papers."""

    def look(*papers):
        return list(find_enrichments(services, papers, lambda _: None))

    return look


def works(service, *some):
    return service.answer("/openalex/works", {"meta": {}, "results": list(some)})


def test_a_paper_is_completed_by_its_doi(service, found):
    works(service, openalex_work(7, doi="https://doi.org/10.1000/182", title="Another Title"))
    (enriched,) = found(BY_DOI)
    paper = enriched.paper
    assert paper.authors == ("Bo Tee",)
    assert (paper.published, paper.venue) == ("2018-02-03", "River Letters")
    assert paper.url == "https://doi.org/10.1000/182"
    assert ("openalex", "W7") in paper.identifiers
    assert (paper.title, paper.abstract) == (BARE.title, BARE.abstract)
    assert {each.field for each in enriched.changes} == {
        *("authors", "published", "venue", "url", "identifiers"),
    }
    assert all(each.source == "OpenAlex" for each in enriched.changes)
    assert service.asked[0][1]["filter"] == "doi:10.1000/182"


def test_many_papers_are_asked_for_in_one_request(service, found):
    some = [replace(BARE, identifiers=(("doi", f"10.1000/{n}"),)) for n in range(40)]
    works(service, *(openalex_work(n, doi=f"https://doi.org/10.1000/{n}") for n in range(1, 40)))
    assert len(found(*some)) == 39
    assert service.paths.count("/openalex/works") == 1
    assert service.paths.count("/crossref/works/10.1000/0") == 1  # what the one lacks


BIBLIO = {"volume": "12", "issue": "3", "first_page": "45", "last_page": "67"}


@pytest.mark.parametrize(
    ("known", "imprint"),
    [
        ({}, Imprint("article", "12", "3", "45–67", issn="1476-4687")),
        # of what is there nothing is replaced, and what a user set by hand stays
        ({"imprint": Imprint(volume="13")}, Imprint("article", "13", issn="1476-4687")),
        (
            {"imprint": Imprint(volume="13", issue="1", pages="e9")},
            Imprint("article", "13", "1", "e9", issn="1476-4687"),
        ),
        ({"imprint": Imprint(volume="13"), "edited": ("imprint",)}, Imprint(volume="13")),
        ({"venue": "arXiv"}, Imprint()),
    ],
)
def test_volume_and_pages_are_completed(service, found, known, imprint):
    host = {"display_name": "River Letters", "type": "journal", "issn": ["1476-4687"]}
    told = {"type": "article", "biblio": BIBLIO, "primary_location": {"source": host}}
    whole = openalex_work(7, doi="https://doi.org/10.1000/182", **told)
    works(service, whole)
    (enriched,) = found(replace(BY_DOI, **known))
    assert enriched.paper.imprint == imprint
    assert enriched.applied_to(replace(BY_DOI, **known)).imprint == imprint


def test_what_is_found_of_volume_and_pages_is_shown_in_words():
    told = Imprint("article", "12", pages="45–67")
    change = Change("imprint", Imprint(), told, "OpenAlex")
    assert str(change) == (
        "published as: (nothing) → kind article, volume 12, pages 45–67  (OpenAlex)"
    )


def test_a_preprint_is_completed_by_its_arxiv_id(service, found):
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    (enriched,) = found(replace(BARE, paper_id="2101.00001"))
    assert enriched.paper.authors == ("Ada Kessel", "Bo Tee")
    assert enriched.paper.published == "2021-01-03"


def test_without_an_id_only_exactly_the_same_title_counts(service, found):
    near = openalex_work(7, title="On Beavers and Otters")
    works(service, near, openalex_work(8, title="On beavers."))
    (enriched,) = found(BARE)
    assert ("openalex", "W8") in enriched.paper.identifiers
    assert service.asked[0][1]["filter"] == "title.search:On Beavers"


def test_a_title_that_openalex_lacks_is_looked_for_at_crossref(service, found):
    works(service)
    work = crossref_work("10.1000/5", title=["On Beavers"])["message"]
    service.answer("/crossref/works", {"message": {"items": [work]}})
    (enriched,) = found(BARE)
    assert enriched.paper.url == "https://doi.org/10.1000/5"
    assert {each.source for each in enriched.changes} == {"Crossref"}


@pytest.mark.parametrize(
    ("held", "other", "same"),
    [
        ({}, {}, True),
        ({"published": "2019"}, {"published": "2020-05"}, True),  # a preprint and its journal
        ({"published": "2010"}, {"published": "2020"}, False),
        ({"authors": ("Ada Kessel",)}, {"authors": ("A. Kessel", "Bo Tee")}, True),
        ({"authors": ("Ada Kessel",)}, {"authors": ("Cy Dorn",)}, False),
        ({}, {"title": "RETRACTED ARTICLE: On Beavers"}, True),
        ({}, {"title": "On Beaver"}, False),
    ],
)
def test_a_record_of_the_title_is_another_paper_when_anything_speaks_against_it(held, other, same):
    assert is_same(replace(BARE, **held), replace(BARE, **other)) is same


def test_a_retraction_is_told_with_its_day_and_notice(service, found):
    works(service, openalex_work(7, doi="https://doi.org/10.1000/182", is_retracted=True))
    notices = [
        {"type": "correction", "DOI": "10.1000/1"},
        {"type": "retraction", "DOI": "10.1000/9", "updated": {"date-parts": [[2010, 2, 6]]}},
    ]
    work = crossref_work("10.1000/182", **{"updated-by": notices})
    service.answer("/crossref/works/10.1000/182", work)
    whole = replace(BY_DOI, authors=("A",), published="2018", venue="V", url="https://v.example")
    (enriched,) = found(whole)  # also of a record that lacks nothing
    assert enriched.paper.retraction == "retracted on 2010-02-06: https://doi.org/10.1000/9"


def test_a_retraction_without_a_notice_is_told_too(service, found):
    works(service, openalex_work(7, doi="https://doi.org/10.1000/182", is_retracted=True))
    assert found(BY_DOI)[0].paper.retraction == "retracted, as OpenAlex tells"


def test_what_is_there_or_was_set_by_hand_stays(service, found):
    works(service, openalex_work(7, doi="https://doi.org/10.1000/182"))
    held = replace(BY_DOI, authors=("Ada Kessel",), venue=None, edited=("venue",))
    paper = found(held)[0].paper
    assert (paper.authors, paper.venue) == (("Ada Kessel",), None)


@pytest.mark.parametrize(
    ("held", "other", "expected"),
    [
        ("2018", "2018-02-03", "2018-02-03"),
        ("2018-02", "2018", "2018-02"),
        ("2018", "2019-01", "2018"),
        (None, "2019", "2019"),
    ],
)
def test_a_date_only_becomes_more_precise(held, other, expected):
    enriched = enrich(replace(BARE, published=held), [replace(BARE, published=other)])
    assert enriched.paper.published == expected


def test_a_catalogue_that_is_down_is_asked_once_and_the_others_go_on(service, found):
    service.answer("/openalex/works", "down", status=403)
    work = crossref_work("10.1000/182")
    service.answer("/crossref/works/10.1000/182", work)
    papers = [BY_DOI, replace(BARE, title="Otters"), replace(BARE, title="Willows")]
    assert len(found(*papers)) == 1
    assert service.paths.count("/openalex/works") == 1


def test_when_no_catalogue_answers_one_sentence_says_so(service, found):
    for path in ("/openalex/works", "/crossref/works/10.1000/182", "/arxiv"):
        service.answer(path, "down", status=403)
    with pytest.raises(SourceUnavailableError, match="OpenAlex could not be asked"):
        found(BY_DOI)


def test_changes_are_applied_to_the_paper_as_it_is_then():
    enriched = enrich(BARE, [replace(BARE, authors=("Bo Tee",), venue="River Letters")])
    meanwhile = replace(BARE, venue="Another", tags=("x",))
    assert enriched.applied_to(meanwhile) == replace(meanwhile, authors=("Bo Tee",))


MARQUEZ = ("José García Márquez", "García Márquez")


@pytest.mark.parametrize(
    ("known", "stated"),
    [
        ({}, (MARQUEZ,)),
        ({"authors": ("José García Márquez",)}, (MARQUEZ,)),
        ({"authors": ("José García Márquez",), "edited": ("authors",)}, ()),
    ],
)
def test_family_names_are_completed_unless_the_authors_were_set_by_hand(known, stated):
    paper = replace(BY_DOI, **known)
    more = replace(BARE, source="Crossref", authors=MARQUEZ[:1], family_names=(MARQUEZ,))
    enriched = enrich(paper, [more])
    assert enriched.paper.family_names == stated
    assert enriched.applied_to(paper).family_names == stated
    told = "family names: (nothing) → José García Márquez:García Márquez  (Crossref)"
    assert (told in map(str, enriched.changes)) == bool(stated)
