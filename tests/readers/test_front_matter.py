"""A paper written out as text: its title, people, abstract and ids, whoever labelled what."""

from __future__ import annotations

import io
import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.readers import read_text
from rag.readers.front_matter import (
    looks_like_front_matter,
    read_front_matter,
    read_front_matters,
    split_papers,
)
from rag.readers.pasted import is_structured
from rag.types import Paper

BROKEN = (
    "We propose a sparse pattern of attention that keeps the accuracy on long docu-\n"
    "ments while the cost grows linearly. Experiments on three datasets show\n"
    "that it is twice as fast."
)
ABSTRACT = (
    "We propose a sparse pattern of attention that keeps the accuracy on long documents while the "
    "cost grows linearly. Experiments on three datasets show that it is twice as fast."
)
PEOPLE = ("Ada Kessel", "Bo J. Tee")
WAYS = {
    "a PDF's first page": (
        "Sparse Attention for\nLong Documents*\nAda Kessel1,2 and Bo J. Tee2†\n"
        "1 University of Tidewater, Department of Boats\n2 ETH Zurich\n{ada,bo}@tide.edu\n\n"
        f"Abstract\n{BROKEN}\n\nKeywords: attention, long documents\n1 Introduction\nOthers go on."
    ),
    "labels": (
        "Title: Sparse Attention for Long Documents\nAuthors: Kessel, Ada; Tee, Bo J.\n"
        f"Abstract: {BROKEN}\nKeywords: attention; long documents\nDOI: 10.1234/ab.c"
    ),
    "labels on lines of their own": (
        "Title\nSparse Attention for Long Documents\n\nAuthors\nAda Kessel, Bo J. Tee\n\n"
        f"Abstract\n{BROKEN}\n\nKeywords\nattention, long documents\n\nReferences\n[1] Others."
    ),
    "arXiv's page": (
        "Computer Science > Computation and Language\n[Submitted on 12 Jun 2017 (v1)]\n"
        "Title:Sparse Attention for Long Documents\nAuthors:Ada Kessel, Bo J. Tee\nView PDF\n"
        f"Abstract:{BROKEN}\nComments:\t15 pages, 5 figures\n"
        "Subjects:\tMachine Learning (cs.LG)\nCite as:\tarXiv:1706.03999 [cs.CL]"
    ),
    "a dash": (
        "Sparse Attention for Long Documents\nAda Kessel, Member, IEEE, and Bo J. Tee\n"
        f"Abstract—{BROKEN}\nIndex Terms—attention, speed\nI. INTRODUCTION\nOthers go on."
    ),
    "some labels": (
        "Sparse Attention for Long Documents\nAuthors: Ada Kessel,\nBo J. Tee\nYear: 2020\n"
        f"DOI: 10.1234/ab.c\n{BROKEN}\nKeywords: attention"
    ),
    "no label": (
        "Sparse Attention for Long Documents\n\nAda Kessel, Bo J. Tee\nUniversity of Tidewater\n"
        f"doi: 10.1234/ab.c\n\n{BROKEN}"
    ),
    "an address above": (
        "https://arxiv.org/abs/1706.03999v2\nSparse Attention for Long Documents\n"
        f"Ada Kessel · Bo J. Tee\n{BROKEN}"
    ),
    "PubMed's text": (
        "1. J Boats. 2020 Jan 5;577(7788):706-710. doi: 10.1234/ab.c.\n\n"
        "Sparse Attention for\nLong Documents.\n\nKessel A(1), Tee BJ(2).\n\n"
        f"Author information:\n(1)Tide School, London, UK.\n\n{BROKEN}\n\nPMID: 3194207 [Indexed]"
    ),
    "a reviewing site's page": (
        "Sparse Attention for Long Documents\nAda Kessel, Bo J. Tee\nICLR 2024 poster\nEveryone\n"
        f"Keywords: attention\nTL;DR: It is sparse.\nAbstract: {BROKEN}\nPrimary Area: learning"
    ),
    "a publisher's page": (
        "Research article\nPublished: 05 January 2020\nSparse Attention for Long Documents\n"
        "Author links open overlay panelAda Kessel a, b, Bo J. Tee b\nShow more\nAbstract\n"
        f"{BROKEN}\nAccess through your institution"
    ),
    "a library's page": (
        "Sparse Attention for Long Documents\nPublisher: IEEE\nAda Kessel; Bo J. Tee\nAll Authors\n"
        f"Abstract:\n{BROKEN}\nPublished in: 2020 Conference on Boats\nDOI: 10.1234/ab.c"
    ),
    "a search's result": (
        "Sparse Attention for Long Documents\n"
        f"A Kessel, BJ Tee - Journal of Boats, 2020 - Elsevier\n{BROKEN}"
    ),
    "by": f"Sparse Attention for Long Documents\nby Ada Kessel and Bo J. Tee\n\n{BROKEN}",
    "a person a block": (
        "Sparse Attention for Long Documents\n\nAda Kessel\nTidewater University\nada@x.edu\n\n"
        f"Bo J. Tee\nETH Zurich\nbo@y.ch\n\nA B S T R A C T\n{BROKEN}\nCCS CONCEPTS\n• Boats"
    ),
    "people with places": (
        "Sparse Attention for Long Documents\n"
        f"Ada Kessel, University of Tidewater; Bo J. Tee, Lab Zurich\n\n{BROKEN}"
    ),
    "Markdown": (
        "# Sparse Attention for Long Documents\n\n**Authors:** Ada Kessel, Bo J. Tee\n\n"
        f"**Abstract**: {BROKEN}\n\n## Introduction\nOthers go on."
    ),
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_title_people_and_abstract_are_found_and_no_label_among_them(text):
    assert not is_structured(text)
    (paper,) = read_text(text, {})
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract) == ("Sparse Attention for Long Documents", ABSTRACT)
    assert [name.split()[-1] for name in paper.authors] == ["Kessel", "Tee"]


def test_ids_dates_and_keywords_stand_beside():
    read = {name: next(iter(read_text(text, {}))) for name, text in WAYS.items()}
    assert read["labels"].identifiers == (("doi", "10.1234/ab.c"),)
    assert read["labels"].tags == ("attention", "long documents")
    assert read["no label"].identifiers == (("doi", "10.1234/ab.c"),)
    assert read["arXiv's page"].paper_id == "1706.03999"
    assert read["arXiv's page"].published == "2017-06-12"
    assert read["an address above"].paper_id == "1706.03999"
    assert dict(read["PubMed's text"].identifiers) == {"doi": "10.1234/ab.c", "pmid": "3194207"}
    assert read["PubMed's text"].published == "2020-01-05"


@pytest.mark.parametrize(
    ("text", "title", "abstract"),
    [
        ("A Title\nAn abstract.", "A Title", "An abstract."),
        ("2101.00001\nIs no list of ids.", "2101.00001", "Is no list of ids."),
        ("Deep Nets\nSome Words Here", "Deep Nets", "Some Words Here"),  # last, so no people
        ("Abstract Interpretation\nAbstract\nWe do.", "Abstract Interpretation", "We do."),
        ("On Boats\nWe sail.\n\nThey float.", "On Boats", "We sail. They float."),
        (
            "On Boats\nBackground: We sail.\nMethods: Boats.",
            "On Boats",
            "Background: We sail. Methods: Boats.",
        ),
        (
            "On Boats\nAbstract\nMethods\nWe sail.\nResults\nThey float.",
            "On Boats",
            "Methods We sail. Results They float.",
        ),
        ("Only a title", "Only a title", ""),
        ("x" * 500, "", "x" * 500),
        ("", "", ""),
    ],
)
def test_what_has_no_labels_is_a_title_and_its_abstract(text, title, abstract):
    record = read_front_matter(text)
    assert (record["title"], record["abstract"], record["authors"]) == (title, abstract, [])


LIKE_LABELS = (
    "We study the problem of spotting keywords in speech. Our way of keyword spotting resists "
    "abstract noise and copyright marks. The Kessel Tee Method is used. It is available at "
    "no cost, by Ada Kessel, and in the online supplementary material."
)


@pytest.mark.parametrize("width", range(24, 90, 3))
def test_a_broken_abstract_is_whole_wherever_its_lines_end(width):
    lines = textwrap.fill(LIKE_LABELS, width, break_on_hyphens=False)
    for above in ("On Boats\nAda Kessel, Bo Tee\nAbstract\n", "On Boats\n"):
        record = read_front_matter(f"{above}{lines}")
        assert (record["title"], record["abstract"]) == ("On Boats", LIKE_LABELS)


def test_labelled_papers_may_follow_one_another():
    text = "Title: Boats\nAbstract: They float.\n\nTitle: Tides\nAbstract: They rise."
    assert [paper.title for paper in read_text(text, {})] == ["Boats", "Tides"]


def test_what_is_given_stands_in_the_place_of_what_is_read():
    (paper,) = read_text(WAYS["labels"], {"doi": "10.9999/other", "published": "2020"})
    assert (paper.identifiers, paper.published) == ((("doi", "10.9999/other"),), "2020")


@pytest.mark.parametrize(
    ("name", "is_paper"), [("a PDF's first page", True), ("labels", True), ("Markdown", False)]
)
def test_a_file_is_read_so_only_if_it_is_surely_a_paper(name, is_paper):
    assert looks_like_front_matter(WAYS[name]) is is_paper


@pytest.mark.parametrize(
    "text",
    [
        "Shopping for the week\nSummary: milk, bread and two pounds of apples from the market, and "
        "tell Ada to bring the boat back before it rains again.",
        "def abstract():\n    pass\nabstract: none",
        "Meeting of Monday\nAbstract: We show.",
    ],
)
def test_notes_and_code_with_such_labels_are_no_papers(text):
    assert not looks_like_front_matter(text)


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["Title:", "Abstract", "\n", "Ada B", "x. "])).map("".join)
)
@examples(max_examples=200)
def test_any_text_is_read_without_a_fault(text):
    assert isinstance(is_structured(text), bool)
    for each in (
        *read_front_matters(io.StringIO(text)),
        *map(read_front_matter, split_papers(text)),
    ):
        assert {"title", "abstract"} <= each.keys()


def seconds(text):
    """The least of three runs of this thread alone: what others do only adds to it."""
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        read_front_matter(text)
        taken.append(time.thread_time() - begun)
    return min(taken)


@pytest.mark.parametrize(
    "piece", ["x", "(", "{", "a-", "A B, ", "1,", "Abstract ", "@", "\n", "; "]
)
def test_eight_times_the_text_takes_about_eight_times_the_time(piece):
    small, large = (
        seconds("Title\n" + piece * (n // len(piece)) + "\nend.") for n in (5_000, 40_000)
    )
    assert large < 24 * small + 0.2  # 64 times where it grows with the square
