"""What exports say of papers that were retracted, each in its own way."""

from __future__ import annotations

import json

import pytest

from rag.readers import read_sources

TITLE = "Kettles that hum in tune"
ABSTRACT = "We tuned twelve kettles to one pitch, and two of them kept it for a week."
PUBMED = f"""PMID- 33000001
OWN - NLM
TI  - {TITLE}
AB  - {ABSTRACT}
PT  - Journal Article
PT  - KIND
RIN - Kettles. 2021;1:1. PMID: 33300000
"""
SCOPUS = (
    f'"Title","Year","Abstract","Document Type","EID"\n"{TITLE}","2020","{ABSTRACT}","KIND",""\n'
)
RIS = f"TY  - JOUR\nTI  - {TITLE}\nAB  - {ABSTRACT}\nM3  - KIND\nER  - \n"
BIBTEX = f"@article{{kessel,\n title={{{TITLE}}},\n abstract={{{ABSTRACT}}},\n type={{KIND}},\n}}\n"
SCIENCE = f"FN Clarivate\nVR 1.0\nPT J\nTI {TITLE}\nAB {ABSTRACT}\nDT Article; KIND\nER\n\nEF\n"
XML = f"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation>
<PMID>33000001</PMID><Article><ArticleTitle>{TITLE}</ArticleTitle>
<Abstract><AbstractText>{ABSTRACT}</AbstractText></Abstract><PublicationTypeList>
<PublicationType>Journal Article</PublicationType><PublicationType>KIND</PublicationType>
</PublicationTypeList></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"""
EXPORTS = {
    "pubmed.nbib": (PUBMED, "Retracted Publication"),
    "pubmed.xml": (XML, "Retracted Publication"),
    "scopus.csv": (SCOPUS, "Retracted"),
    "scopus.ris": (RIS, "Retracted"),
    "scopus.bib": (BIBTEX, "Retracted"),
    "savedrecs.ciw": (SCIENCE, "Retracted Publication"),
}


def read(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text, "utf-8")
    (paper,) = read_sources([file])
    return paper


@pytest.mark.parametrize("name", EXPORTS)
def test_the_kind_of_a_publication_tells_that_it_was_retracted(tmp_path, name):
    text, kind = EXPORTS[name]
    paper = read(tmp_path, name, text.replace("KIND", kind))
    assert (paper.title, paper.retraction) == (TITLE, "retracted, as its record tells")


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("kind", ["Article", "Retraction of Publication", "Retraction Notice"])
def test_no_other_kind_tells_that(tmp_path, name, kind):
    assert read(tmp_path, name, EXPORTS[name][0].replace("KIND", kind)).retraction is None


@pytest.mark.parametrize(
    ("title", "retraction"),
    [
        (f"RETRACTED: {TITLE}", "retracted, as its title tells"),
        (f"RETRACTED ARTICLE: {TITLE}", "retracted, as its title tells"),
        (f"[Retracted] {TITLE}", "retracted, as its title tells"),
        (f"WITHDRAWN: {TITLE}", "withdrawn, as its title tells"),
        (
            f"{TITLE} (Retracted article. See vol. 12, pg. 3, 2015)",
            "retracted, as its title tells",
        ),
        ("Retracted papers: who cites them?", None),
        (f"Retraction: {TITLE}", None),
        ("Why kettles are withdrawn from sale (a survey)", None),
    ],
)
def test_a_title_that_is_marked_tells_it_too(tmp_path, title, retraction):
    text = json.dumps({"title": title, "abstract": ABSTRACT})
    assert read(tmp_path, "one.json", text).retraction == retraction
