"""Tagged texts of databases, and texts that list papers with their abstracts."""

from __future__ import annotations

import pytest

from rag.readers import read_sources
from rag.readers.fields import COST_OF_A_VALUE, MOST_RECORD_CHARACTERS, Fields
from rag.readers.listings import looks_like_listing
from rag.readers.records import RecordError
from rag.readers.tagged import looks_like_tagged
from rag.types import Paper, Rejection

DOI = "10.5555/hum.12"
WHOLE = "BACKGROUND: Kettles hum. METHODS: We tuned 12 of them. RESULTS: Two kept it for a week."
FORMS = {
    "Cochrane": f"""Record #1 of 2
ID: CN-01
AU: Kessel A
AU: Tee B
TI: Kettles that hum in tune
SO: Sounds
YR: 2019
VL: 7
PM: PUBMED 39900001
DOI: {DOI}
AB: {WHOLE}
US: https://library.example.org/CN-01


Record #2 of 2
ID: CN-02
TI: Pots without a pitch
YR: 2020
AB: Forty pots were struck. None rang twice alike.
""",
    "RefWorks": f"""RT Journal Article
SR Electronic(1)
ID 1
A1 Kessel,A.
A1 Tee,B.
T1 Kettles that hum in tune
YR 2019
FD May 2019
K1 kettles; tune
AB {WHOLE}
JF Sounds
DO {DOI}
LK https://shelf.example.org/1

RT Book, Section
ID 2
T1 Pots without a pitch
YR 2020
AB Forty pots were struck. None rang twice alike.
""",
    "Ovid": f"""Preamble of a search
<1>
Unique Identifier
  39900001
Title
  Kettles that hum
  in tune
Source
  Sounds. 11(2):20-29, 2019 Apr.
Authors
  Kessel, A.
  Tee, B.
Institution
  Kessel, A. Kitchen Institute.
Abstract
  {WHOLE}
Digital Object Identifier
  https://dx.doi.org/{DOI}

<2>
Title
  Pots without a pitch
Source
  Sounds. 12(1):1-4, 2020.
Abstract
  Forty pots were struck. None rang twice alike.
""",
    "EBSCO": f"""Record: 1
Title: Kettles that hum in tune
Authors: Kessel, A. (AUTHOR); Tee, B.
Source: Sounds. May2019, Vol. 7 Issue 1, p1-10. 10p.
Document Type: Article
Abstract: BACKGROUND: Kettles hum.
METHODS: We tuned 12 of them. RESULTS: Two kept it for a week.
DOI: {DOI}
Database: Shelf

Record: 2
Title: Pots without a pitch
Source: Sounds. Jun2020, Vol. 8.
Abstract: Forty pots were struck. None rang twice alike.
Database: Shelf
""",
    "ProQuest": f"""Report of a search
{"_" * 60}

Document 1 of 2

Kettles that hum in tune

Author: Kessel, A.; Tee, B.

Publication info: Sounds ; Town Vol. 7, Iss. 1, (May 2019): 1-10.

Abstract: {WHOLE}

Subject: Kettles; Tune

Title: Kettles that hum in tune

Publication title: Sounds

Publication year: 2019

DOI: http://dx.doi.org/{DOI}

{"_" * 60}

Document 2 of 2

Pots without a pitch

Abstract: Forty pots were struck. None rang twice alike.

Title: Pots without a pitch

Publication title: Sounds

Publication year: 2020

{"_" * 60}
""",
    "Embase": f"""RECORD 1

TITLE
Kettles that hum in tune

AUTHOR NAMES
Kessel A.
Tee B.

SOURCE
Sounds (2019) 7:1 (1-10). Date of Publication: 1 May 2019

ABSTRACT
{WHOLE}

DOI
{DOI}

RECORD 2

TITLE
Pots without a pitch

SOURCE
Sounds (2020) 8:1

ABSTRACT
Forty pots were struck. None rang twice alike.
""",
    "Ovid's tags": f"""<1. >
UI  - 39900001
AU  - Kessel A
AU  - Tee B
TI  - Kettles that hum in tune
SO  - Sounds. 11(2):20-29, 2019.
AB  - {WHOLE}
DO  - https://dx.doi.org/{DOI}
YR  - 2019

<2. >
TI  - Pots without a pitch
SO  - Sounds. 12(1):1-4, 2020.
AB  - Forty pots were struck. None rang twice alike.
YR  - 2020
""",
    "PubMed": f"""1. Sounds (Town). 2019 Mar 5;14(3):10-19. doi: {DOI}. Epub
2019 Jan 20.

Kettles that hum
in tune

Kessel A(1), Tee B(2).

Author information:
(1)Kitchen Institute.
(2)Pantry College.

BACKGROUND: Kettles hum. METHODS: We tuned 12 of them. RESULTS: Two kept it
for a week.

Copyright © 2019 The Authors. Published by Elsevier Inc.

DOI: {DOI}
PMID: 39900001  [Indexed for MEDLINE]

Conflict of interest statement: The authors own kettles.


2. Sounds. 2020;1:1.

Pots without a pitch

Forty pots were struck. None rang twice alike.

PMID: 39900002
""",
    "Scopus": f"""Scopus
EXPORT DATE: 05 November 2023

Kessel, A.; Tee, B.
AUTHOR FULL NAMES: Kessel, A. (700001); Tee, B. (700002)
700001; 700002
Kettles that hum in tune
(2019) Sounds, 3 (4), pp. 11 - 20, Cited 1 times.
DOI: {DOI}
https://www.scopus.com/inward/record.uri?eid=2-s2.0-1

AFFILIATIONS: Kitchen Institute
ABSTRACT: {WHOLE} © 2019 Elsevier Ltd
AUTHOR KEYWORDS: Kettle; Tune
DOCUMENT TYPE: Article
SOURCE: Scopus

Pots without a pitch
(2020) Sounds, art. no. 7.

ABSTRACT: Forty pots were struck. None rang twice alike.
SOURCE: Scopus
""",
    "ScienceDirect": f"""A. Kessel, B. Tee,
Kettles that hum in tune,
Sounds,
Volume 121,
2019,
Pages 1-14,
ISSN 0000-1818,
https://doi.org/{DOI}.
(https://www.example.com/science/article/pii/S1)
Abstract: {WHOLE}
Keywords: Kettle; Tune

Pots without a pitch,
Sounds,
2020,
https://doi.org/10.5555/pots.
(https://www.example.com/science/article/pii/S2)
Abstract: Forty pots were struck. None rang twice alike.
""",
}
RULE = "-" * 78
MAILING = f"""Subject: cs daily Subj-class mailing 1 1
{RULE}
 received from  Fri 28 Feb 20  to  Mon  2 Mar 20
{RULE}
\\\\
arXiv:2003.01111
Date: Fri, 28 Feb 2020 21:15:10 GMT   (812kb,D)

Title: Kettles that hum of $\\alpha$ and
  \\"ol
Authors: Ada Kessel, Bo Tee and Cy Pot
Categories: cs.CL cs.SD
Comments: 9 pages
\\\\
  We tuned 12\\% of them. Two
kept it for a week.
\\\\ ( https://arxiv.org/abs/2003.01111 ,  812kb)
{RULE}
\\\\
arXiv:2003.01222 (*cross-listing*)
Title: Pots
\\\\ ( https://arxiv.org/abs/2003.01222 ,  55kb)
%%%---%%%---%%%---%%%---%%%
"""


def read(folder, content):
    path = folder / "export.txt"
    path.write_text(content, "utf-8")
    return list(read_sources([path]))


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("form", FORMS)
def test_papers_are_read_from_each_form_of_text(tmp_path, form, end):
    first, second = read(tmp_path, FORMS[form].replace("\n", end))
    assert (first.title, first.abstract) == ("Kettles that hum in tune", WHOLE)
    assert ([name.replace(".", "") for name in first.authors]) == ["A Kessel", "B Tee"]
    assert (first.year, first.link) == (2019, f"https://doi.org/{DOI}")
    assert (first.venue or "").startswith("Sounds")
    assert (second.title, second.year, second.authors) == ("Pots without a pitch", 2020, ())
    assert second.abstract == "Forty pots were struck. None rang twice alike."


def test_arxivs_mailing_is_latex_and_a_paper_without_abstract_is_told(tmp_path):
    paper, rejection = read(tmp_path, MAILING)
    assert (paper.paper_id, paper.published) == ("2003.01111", "2020-02-28")
    assert paper.title == "Kettles that hum of $\\alpha$ and öl"
    assert paper.abstract == "We tuned 12% of them. Two kept it for a week."
    assert paper.authors == ("Ada Kessel", "Bo Tee", "Cy Pot")
    assert paper.tags == ("cs.CL", "cs.SD")
    assert rejection.reason == "no abstract"


def test_a_record_without_a_title_costs_only_itself(tmp_path):
    items = read(tmp_path, FORMS["Cochrane"].replace("TI: Kettles that hum in tune\n", ""))
    assert [type(each) for each in items] == [Rejection, Paper]


@pytest.mark.parametrize(
    "text",
    [
        "1. Buy tea. 2019 was good.\n\n2. Buy milk.\n",
        "ID: 7\nName: A lamp\n",
        "RT @someone: look at this\n",
        "<1>\nsome markup</1>\n",
        "Dear all,\nas said,\nin short,\nsee,\n(https://example.org/x)\nYours\n",
        "\\\\ A line of LaTeX\n",
    ],
)
def test_other_texts_are_not_recognised(text):
    assert not looks_like_tagged(text)
    assert not looks_like_listing(text)


def test_a_record_of_values_without_end_is_held_in_little_memory():
    fields = Fields()
    for _ in range(MOST_RECORD_CHARACTERS // COST_OF_A_VALUE + 2):
        fields.add("AU", "")
    with pytest.raises(RecordError, match="longer than"):
        fields.require_size()
