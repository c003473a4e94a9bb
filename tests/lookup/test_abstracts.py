"""Abstracts that records lack: where they are looked for, and what is never taken for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.lookup.abstracts import with_abstracts
from rag.types import Paper, Rejection
from tests.support.scripted_service import arxiv_feed, openalex_work

BARE = Paper("t-1", "On Beavers", "", source="refs.bib", collections=("Rivers",))
BY_DOI = replace(BARE, identifiers=(("citekey", "tee2018"), ("doi", "10.1000/182")))
HANDS = "Otters hold hands."


def lacking(paper, record=1):
    return Rejection("refs.bib", record, f"{paper.title!r} has no abstract", paper=paper)


@pytest.fixture
def found(services):
    """What comes of items: papers and rejections."""

    def look(*items):
        return list(with_abstracts(iter(items), services, lambda _: None))

    return look


def works(service, *some):
    return service.answer("/openalex/works", {"meta": {}, "results": list(some)})


def s2_paper(title, abstract):
    return {"paperId": "a" * 40, "title": title, "abstract": abstract}


def test_an_abstract_is_found_by_its_papers_doi_with_what_else_lacks(service, found):
    works(service, openalex_work(7, doi="https://doi.org/10.1000/182", title="On Beavers"))
    (paper,) = found(lacking(BY_DOI))
    assert paper.abstract == HANDS
    assert (paper.title, paper.source, paper.collections) == ("On Beavers", "refs.bib", ("Rivers",))
    assert (paper.authors, paper.published) == (("Bo Tee",), "2018-02-03")
    assert {("citekey", "tee2018"), ("doi", "10.1000/182")} <= set(paper.identifiers)
    assert paper.origins == ("OpenAlex",)


def test_everything_else_is_given_first_and_nothing_is_asked_for_it(service, found):
    whole, broken = replace(BARE, abstract="Beavers build."), Rejection("refs.bib", 2, "no title")
    assert found(lacking(BY_DOI), whole, broken)[:2] == [whole, broken]
    service.asked.clear()
    assert found(whole, broken) == [whole, broken]
    assert not service.asked


def test_many_are_asked_for_in_one_request(service, found):
    some = [
        lacking(replace(BARE, title=f"Otters of {n}", identifiers=(("doi", f"10.1000/{n}"),)), n)
        for n in range(40)
    ]
    works(service, *(openalex_work(n, doi=f"https://doi.org/10.1000/{n}") for n in range(40)))
    assert [each.abstract for each in found(*some)] == [HANDS] * 40
    assert service.paths == ["/openalex/works"]


def test_arxiv_has_the_abstracts_of_its_papers(service, found):
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    title = "On the paper 2101.00001"
    (paper,) = found(lacking(replace(BARE, paper_id="2101.00001", title=title)))
    assert isinstance(paper, Paper), service.asked
    assert paper.abstract


def test_semantic_scholar_is_asked_for_what_openalex_has_without_an_abstract(service, found):
    doi = "https://doi.org/10.1000/182"
    works(service, openalex_work(7, doi=doi, title="On Beavers", abstract_inverted_index=None))
    service.answer("/s2/paper/DOI:10.1000/182", s2_paper("On Beavers", "Beavers fell trees."))
    (paper,) = found(lacking(BY_DOI))
    assert paper.abstract == "Beavers fell trees."


def test_a_pubmed_number_names_the_paper(service, found):
    service.answer("/openalex/works/pmid:123", openalex_work(7, title="On Beavers"))
    (paper,) = found(lacking(replace(BARE, identifiers=(("pmid", "123"),))))
    assert paper.abstract == HANDS


def test_without_an_id_only_exactly_the_same_title_counts(service, found):
    near = openalex_work(7, title="On Beavers and Otters")
    works(service, near)
    assert found(lacking(BARE)) == [lacking(BARE)]
    works(service, near, openalex_work(8, title="On beavers."))
    service.answer_from_now("/openalex/works", {"results": [openalex_work(8, title="On beavers.")]})
    (paper,) = found(lacking(BARE))
    assert ("openalex", "W8") in paper.identifiers


def test_a_mistyped_id_does_not_bring_the_abstract_of_another_paper(service, found):
    works(service, openalex_work(7, doi="https://doi.org/10.1000/182", title="Steel Bridges"))
    assert found(lacking(BY_DOI)) == [lacking(BY_DOI)]


def test_a_catalogue_that_does_not_answer_is_left_out_while_another_does(service, found):
    service.answer("/openalex/works", "down", status=500)
    service.answer("/s2/paper/DOI:10.1000/182", s2_paper("On Beavers", "Beavers fell trees."))
    (paper,) = found(lacking(BY_DOI))
    assert paper.abstract == "Beavers fell trees."


def test_where_none_answers_that_is_said_and_nothing_is_lost(service, found):
    for path in ("/openalex/works", "/s2/paper/DOI:10.1000/182"):
        service.answer(path, "down", status=500)
    first, last = found(lacking(BY_DOI))
    assert first == lacking(BY_DOI)
    assert (last.source, last.record) == ("OpenAlex", 0)
