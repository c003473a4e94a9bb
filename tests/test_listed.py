"""Lists of papers and hits as a notebook shows them: tables without scripts."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from rag.library import Library
from rag.listed import MOST_ROWS, Hits, Papers
from rag.settings import Settings
from rag.types import Hit, Paper

MOSS = Paper(
    "moss",
    "Counting *Moss* | on <b>walls</b>",
    "We counted moss.",
    authors=("Ada B. Kessel", "Bo Tee", "Cy Li", "Di Wu"),
    published="2019-03",
    venue="Walls & Letters",
    identifiers=(("doi", "10.1000/a|b<c>"),),
)
GONE = replace(MOSS, paper_id="gone", retraction="retracted on 2023-04-05: https://doi.org/10.1/x")
LATER = replace(MOSS, paper_id="later", notices=("erratum of 2020-02-06: https://doi.org/10.1/y",))


def rendered(markdown):
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


@pytest.mark.parametrize("form", ["_repr_html_", "_repr_markdown_"])
def test_a_row_tells_who_when_where_and_what_became_of_a_paper(form):
    shown = getattr(Papers([MOSS, GONE, LATER]), form)()
    page = rendered(shown) if form == "_repr_markdown_" else shown
    assert page.count("<tr>") == 4
    assert "Ada B. Kessel, Bo Tee, Cy Li and others" in page
    assert "Walls &amp; Letters" in page
    assert page.count("2019") == 3
    assert page.count("retracted on 2023-04-05<") == 1
    assert page.count("with later notices<") == 1
    assert page.count('href="https://doi.org/10.1000/a') == 3


@pytest.mark.parametrize("form", ["_repr_html_", "_repr_markdown_"])
def test_texts_of_papers_stay_texts(form):
    shown = getattr(Papers([MOSS]), form)()
    page = rendered(shown) if form == "_repr_markdown_" else shown
    assert "Counting *Moss* | on &lt;b&gt;walls&lt;/b&gt;" in page
    for tag in ("<b>walls", "<em>", "<script", "<img"):
        assert tag not in page


def test_an_address_that_is_none_of_the_web_is_no_link():
    evil = replace(MOSS, url="javascript:alert(1)", identifiers=(), edited=("url",))
    assert "href" not in Papers([evil])._repr_html_()
    assert "](" not in Papers([evil])._repr_markdown_()


def test_a_long_list_shows_its_first_rows_and_how_many_more_there_are():
    papers = Papers([MOSS] * (MOST_ROWS + 1200))
    assert papers._repr_html_().count("<tr>") == MOST_ROWS + 1
    assert "1,200 more" in papers._repr_html_()
    assert papers._repr_markdown_().rstrip().endswith("1,200 more")


def test_both_are_lists_like_any_other():
    papers, hits = Papers([MOSS, GONE]), Hits([Hit(MOSS, 0.5), Hit(GONE, 0.25)])
    assert papers == [MOSS, GONE]
    assert (papers[0], hits[-1].paper) == (MOSS, GONE)
    assert isinstance(papers[:1], Papers)
    assert isinstance(hits[1:], Hits)
    assert pickle.loads(pickle.dumps(papers)) == copy.copy(papers) == papers
    assert "0.25" in hits._repr_html_()
    assert hits._repr_markdown_().startswith("| Score | Title |")


def test_a_library_gives_them(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest([{"id": "cats", "title": "Cats in the Air", "abstract": "A cat bends."}])
        assert "Cats in the Air" in library.papers()._repr_html_()
        assert "Cats in the Air" in library.search("cats")._repr_markdown_()
        answer = library.tabulate(["cats"])
        assert "| " in answer._repr_markdown_()
