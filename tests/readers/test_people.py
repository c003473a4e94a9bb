"""Names that a text lists."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers import people, read_sources
from rag.readers.pasted import read_pasted
from rag.readers.people import read_people
from rag.readers.records import paper_from_record

WORDS = (
    *(
        "Ada",
        "Bo",
        "J.",
        "J.-P.",
        "AB",
        "Xu",
        "O'Dowd",
        "Al-Dhahir",
        "ElBatt",
        "Erd\u0151s",
        "\u0141oj",
    ),
    *(
        "van",
        "de",
        "der",
        "and",
        "And",
        "et",
        "al",
        "al.",
        "Others",
        "Jr.",
        "III",
        "PhD",
        "For",
        "the",
    ),
    *(
        "Not",
        "Available",
        "No",
        "Author",
        "Team",
        "University",
        "tee",
        "\u0142oj",
        "Tee1",
        "\u738b\u82b3",
        "&",
    ),
)
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(st.lists(NAMES, min_size=1, max_size=5), st.sampled_from([", ", ",", "; ", " and "]))
def test_names_that_are_simple_are_read_as_all_others_are(names, between):
    text = between.join(names)
    quick = read_people(text)
    with patch.object(people, "SIMPLE", re.compile("(?!)")):  # so that none is simple
        assert quick == read_people(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Kessel", ("Ada Kessel",)),
        ("Jun Hu, Limin Ma", ("Jun Hu", "Limin Ma")),
        ("Carlo de Falco, Daniel Cohen-Or", ("Carlo de Falco", "Daniel Cohen-Or")),
        ("No Author", ()),
        ("Ada Kessel, Not Available", ("Ada Kessel",)),
        ("Ada Kessel AND Bo Tee, Cy Pot", ("Ada Kessel", "Bo Tee", "Cy Pot")),
    ],
)
def test_people_with_given_name_first_are_told_apart(text, names):
    assert read_people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Kessel, A., Tee, B.",
        "Kessel, A., Tee, B",
        "Kessel, A., & Tee, B.",
        "Kessel A., Tee B.",
        "Kessel A, Tee B",
        "Kessel, A. and Tee, B.",
    ],
)
def test_initials_behind_family_names_stand_before_them(text):
    assert [name.replace(".", "") for name in read_people(text)] == ["A Kessel", "B Tee"]


# --- family names ---

RIS = "TY  - JOUR\nTI  - Kettles sing\n{}\nAB  - They do.\nER  - \n"
NBIB = "PMID- 1\nTI  - Kettles sing\nAB  - They do.\n{}\n"
WOS = "FN Clarivate\nVR 1.0\nPT J\n{}\nTI Kettles sing\nAB They do.\nER\nEF\n"
ENW = "%0 Journal Article\n%T Kettles sing\n{}\n%X They do.\n"
BIB = "@article{{k, title = {{Kettles sing}}, abstract = {{They do.}}, author = {{{}}} }}\n"
CSV = 'Title,Authors,Abstract\nKettles sing,"{}",They do.\n'
JSON = '{{"title": "Kettles sing", "abstract": "They do.", {}}}'
CSL = '[{{"id": "k", "type": "book", "title": "Kettles sing", "abstract": "They do.", {}}}]'
ZOTERO = '{{"itemType": "book", "title": "Kettles sing", "abstractNote": "They do.", {}}}'
CROSSREF = '{{"title": ["Kettles sing"], "DOI": "10.5555/k", "abstract": "They do.", {}}}'
ENDNOTE = (
    "<xml><records><record><source-app>EndNote</source-app><contributors><authors>{}"
    "</authors></contributors><titles><title>Kettles sing</title></titles>"
    "<abstract>They do.</abstract></record></records></xml>"
)
STYLED = '<author><style face="normal" size="100%">{}</style></author>'
PUBMED = (
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>"
    "<ArticleTitle>Kettles sing</ArticleTitle><Abstract><AbstractText>They do.</AbstractText>"
    "</Abstract><AuthorList>{}</AuthorList></Article></MedlineCitation></PubmedArticle>"
    "</PubmedArticleSet>"
)
MARC = (
    '<record><datafield tag="245"><subfield code="a">Kettles sing</subfield></datafield>'
    '<datafield tag="520"><subfield code="a">They do.</subfield></datafield>'
    '<datafield tag="100"><subfield code="a">{}</subfield></datafield></record>'
)
ARXIV = (
    '{{"id": "2001.00001", "title": "Kettles sing", "abstract": "They do.", "versions": [], '
    '"categories": "cs.AI", "authors_parsed": [{}]}}'
)
MARQUEZ = ("José García Márquez", "García Márquez")
BODY = ("Doctors Without Kettles", "Doctors Without Kettles")
DROPPED = ("Alexis de Tocqueville", "Tocqueville")


@pytest.mark.parametrize(
    ("name", "form", "written", "stated"),
    [
        ("a.bib", BIB, "Garc{\\'i}a M{\\'a}rquez, Jos{\\'e} and Tee, Bo", [MARQUEZ]),
        ("a.bib", BIB, "{García Márquez}, José and Tee, Bo", [MARQUEZ]),
        ("a.bib", BIB, "José {García Márquez} and Bo {Tee}", [MARQUEZ]),
        ("a.bib", BIB, "family={García Márquez}, given=José and Bo Tee", [MARQUEZ]),
        ("a.bib", BIB, "García Márquez, Jr., José", [("José García Márquez Jr.", MARQUEZ[1])]),
        ("a.bib", BIB, "{Doctors Without Kettles} and {World Health Organization}", [BODY]),
        ("a.bib", BIB, "{Kettle AI}", [("Kettle AI", "Kettle AI")]),
        ("a.bib", BIB, "Tocqueville, Alexis de and van der Berg, Jan", [DROPPED]),
        ("a.bib", BIB, "José García Márquez and Jan van der Berg and Plato", []),
        ("a.bib", BIB, "KC, Raj", []),  # no initials
        ("a.ris", RIS, "AU  - García Márquez, José\nAU  - Tee, Bo", [MARQUEZ]),
        ("a.ris", RIS, "AU  - Doctors Without Kettles,\nAU  - Ada Kessel", [BODY]),
        ("a.ris", RIS, "AU  - King, Martin Luther, Jr.\nAU  - World Health Organization", []),
        ("a.enw", ENW, "%A García Márquez, José\n%A Doctors Without Kettles,", [MARQUEZ, BODY]),
        ("a.nbib", NBIB, "FAU - García Márquez, José\nAU  - García Márquez J", [MARQUEZ]),
        ("a.nbib", NBIB, "FAU - Tee, Bo\nCN  - Doctors Without Kettles", [BODY]),
        ("a.ciw", WOS, "AU Marquez, JG\nAF García Márquez, José\nCA Doctors Without Kettles",
         [MARQUEZ, BODY]),
        ("a.csv", CSV, "García Márquez, José; Tee, Bo", [MARQUEZ]),
        ("a.csv", CSV, "Le Goff Y, Tee B", [("Y Le Goff", "Le Goff")]),
        ("a.csv", CSV, "José García Márquez; Bo Tee", []),
        ("a.json", CSL, '"author": [{"family": "García Márquez", "given": "José"}]', [MARQUEZ]),
        ("a.json", CSL, '"author": [{"literal": "Doctors Without Kettles"}]', [BODY]),
        ("a.json", CSL, '"author": [{"family": "Tocqueville", "given": "Alexis", '
         '"dropping-particle": "de"}, {"family": "Berg", "given": "Jan", '
         '"non-dropping-particle": "van der"}, {"family": "Plato"}]', [DROPPED]),
        ("a.json", CSL, '"author": [{"family": "Abdul Kalam"}]', [("Abdul Kalam",) * 2]),
        ("a.json", CROSSREF, '"author": [{"given": "José", "family": "García Márquez"}, '
         '{"name": "Doctors Without Kettles"}]', [MARQUEZ, BODY]),
        ("a.json", JSON, '"authors": ["García Márquez, José", "Bo Tee"]', [MARQUEZ]),
        ("a.json", JSON, '"authors": [{"firstName": "José", "lastName": "García Márquez"}]',
         [MARQUEZ]),
        ("a.json", JSON, '"authors": [{"name": "José García Márquez"}]', []),
        ("a.jsonl", ARXIV, '["García Márquez", "José", ""], ["Tee", "Bo", ""]', [MARQUEZ]),
        ("a.xml", ENDNOTE, STYLED.format("García Márquez, José") + STYLED.format("Tee, Bo"),
         [MARQUEZ]),
        ("a.xml", ENDNOTE, STYLED.format("Doctors Without Kettles,"), [BODY]),
        ("a.xml", PUBMED, "<Author><LastName>García Márquez</LastName><ForeName>José</ForeName>"
         "</Author><Author><CollectiveName>Doctors Without Kettles</CollectiveName></Author>",
         [MARQUEZ, BODY]),
        ("a.xml", MARC, "García Márquez, José,", [MARQUEZ]),
        ("a.bib", BIB, "Garc&iacute;a M&aacute;rquez, José and Tee, Bo", [MARQUEZ]),
        ("a.json", CSL, '"author": [{"family": "García Márquez, José"}]', [MARQUEZ]),
        ("a.json", ZOTERO, '"creators": [{"lastName": "García Márquez", "firstName": "José"}, '
         '{"name": "Doctors Without Kettles"}]', [MARQUEZ, BODY]),
        ("a.json", JSON, '"authors": [{"name": "García Márquez", "given-name": "José"}]',
         [MARQUEZ]),
        ("a.json", JSON, '"creators": [{"name": "Doctors Without Kettles", '
         '"nameType": "Organizational"}]', [BODY]),
    ],
)  # fmt: skip
def test_family_names_are_kept_where_a_record_states_them(tmp_path, name, form, written, stated):
    path = tmp_path / name
    path.write_text(form.format(written), encoding="utf-8")
    (paper,) = read_sources([path])
    assert list(paper.family_names) == stated
    assert {author for author, _ in stated} <= set(paper.authors)


def test_family_names_of_a_pasted_text_are_kept():
    text = "Kettles sing\nGarcía Márquez, José; Tee, Bo\nAbstract\nThey sing loudly. We heard them."
    (record,) = read_pasted(text)
    assert paper_from_record(record, "pasted").family_names == (MARQUEZ,)


def test_a_family_name_in_capitals_is_not_taken_for_initials(tmp_path):
    path = tmp_path / "a.bib"
    path.write_text(BIB.format("KC, Raj and KIM, Jae and {Kettle AI}"), encoding="utf-8")
    (paper,) = read_sources([path])
    assert paper.authors == ("Raj KC", "Jae KIM", "Kettle AI")


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ({"family": "Kessel AB"}, "AB Kessel"),  # both in one field
        ({"family": "A.", "given": "Kessel"}, "A. Kessel"),  # in each other's fields
        ({"literal": "Kessel, Ada"}, "Ada Kessel"),
        ({"literal": "Kettle AI"}, "Kettle AI"),
        ({"name": "Kessel", "given-name": "Ada", "prefix": "Dr."}, "Ada Kessel"),
        ({"name": "Berg", "given-name": "Jan", "prefix": "van der"}, "Jan van der Berg"),
        ({"name": "Ada Kessel", "given": "Ada"}, "Ada Kessel"),
    ],
)
def test_what_stands_in_the_parts_of_a_name_is_read_whatever_it_is(author, name):
    assert read_people(read_people([author])) == (name,)
