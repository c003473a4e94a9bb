"""Every format gives volume, issue, pages and the like as its programs and services write them."""

from __future__ import annotations

import json

import pytest

from rag.readers import read_sources
from rag.types import Imprint, Paper

TITLE = "Why kettles sing in small kitchens"
ABSTRACT = "We measure how long a kettle sings before it boils, in 300 trials of 42 seconds each."
ABOUT = {"title": TITLE, "abstract": ABSTRACT}

ARTICLE = Imprint("article", "12", "3", "1045–1067")
FILES = {
    "mendeley.bib": (
        f"""@article{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}, journal = {{Pots}},
        volume = {{12}}, number = {{3}}, pages = {{1045--1067}}, issn = {{14764687}},
        publisher = {{Steam \\& Sons}} }}""",
        Imprint("article", "12", "3", "1045–1067", "Steam & Sons", "1476-4687"),
    ),
    "child.bib": (  # what the volume tells is the paper's too, its pages are not
        f"""@inproceedings{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}, crossref = {{b}},
        pages = {{5-9}} }}
        @proceedings{{b, title = {{Proc. of Tea}}, publisher = {{ACM}}, pages = {{1--900}},
        isbn = {{978-3-16-148410-0}} }}""",
        Imprint("conference", None, None, "5–9", "ACM", None, "978-3-16-148410-0"),
    ),
    "chapter.bib": (
        f"""@incollection{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}, booktitle = {{Tea}},
        pages = {{5--9}}, publisher = {{Cup}}, isbn = {{316148410X}} }}""",
        Imprint("chapter", None, None, "5–9", "Cup", None, "316148410X"),
    ),
    "thesis.bib": (
        f"""@phdthesis{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}, school = {{Delft}} }}""",
        Imprint("thesis", publisher="Delft"),
    ),
    "acm.bib": (
        f"""@article{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}, journal = {{TOPS}},
        volume = {{12}}, number = {{3}}, articleno = {{17}}, numpages = {{25}} }}""",
        Imprint("article", "12", "3", "17"),
    ),
    "dblp.bib": (  # says nothing that the id does not
        f"""@article{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}, journal = {{CoRR}},
        volume = {{abs/2101.00001}} }}""",
        Imprint("article"),
    ),
    "springer.ris": (
        f"""TY  - CHAP\nTI  - {TITLE}\nAB  - {ABSTRACT}\nSP  - 5\nEP  - 9\nPB  - Springer
SN  - 978-3-16-148410-0\nVL  - 7\nER  - \n""",
        Imprint("chapter", "7", None, "5–9", "Springer", None, "978-3-16-148410-0"),
    ),
    "scopus.ris": (
        f"""TY  - JOUR\nTI  - {TITLE}\nAB  - {ABSTRACT}\nVL  - 12\nIS  - 3\nSP  - 1045\nEP  - 67
SN  - 14764687 (ISSN)\nM3  - Article\nER  - \n""",
        Imprint("article", "12", "3", "1045–1067", None, "1476-4687"),
    ),
    "number.ris": (
        f"""TY  - CONF\nTI  - {TITLE}\nAB  - {ABSTRACT}\nC7  - 17\nER  - \n""",
        Imprint("conference", pages="17"),
    ),
    "pubmed.nbib": (
        f"""PMID- 1\nOWN - NLM\nIS  - 1476-4687 (Electronic)\nIS  - 0028-0836 (Linking)\nVI  - 12
IP  - 3\nTI  - {TITLE}\nPG  - 1045-67\nAB  - {ABSTRACT}\nPT  - Clinical Trial
PT  - Journal Article\n\n""",
        Imprint("article", "12", "3", "1045–1067", None, "1476-4687, 0028-0836"),
    ),
    "wos.ciw": (
        f"""FN Clarivate Analytics Web of Science\nVR 1.0\nPT S\nAU Kessel, A\nTI {TITLE}
SO PROC TEA\nAB {ABSTRACT}\nDT Proceedings Paper\nVL 12\nBP 1045\nEP 1067\nPU ACM
SN 0302-9743\nEI 1611-3349\nBN 978-3-16-148410-0\nER\n\nEF\n""",
        Imprint(
            *("conference", "12", None, "1045–1067", "ACM", "0302-9743, 1611-3349"),
            "978-3-16-148410-0",
        ),
    ),
    "number.ciw": (
        f"""FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Kessel, A\nTI {TITLE}
SO POTS\nAB {ABSTRACT}\nDT Article; Proceedings Paper\nVL 12\nIS 3\nAR 10451\nER\n\nEF\n""",
        Imprint("article", "12", "3", "10451"),
    ),
    "endnote.enw": (
        f"""%0 Journal Article\n%A Ada Kessel\n%T {TITLE}\n%J Pots\n%V 12\n%N 3\n%P 1045-1067
%@ 1476-4687\n%I Steam\n%X {ABSTRACT}\n""",
        Imprint("article", "12", "3", "1045–1067", "Steam", "1476-4687"),
    ),
    "endnote.xml": (
        f"""<xml><records><record><ref-type name="Conference Proceedings">10</ref-type>
<titles><title>{TITLE}</title><secondary-title>Tea</secondary-title></titles><pages>5-9</pages>
<volume>12</volume><number>3</number><publisher>ACM</publisher><isbn>1476-4687</isbn>
<abstract>{ABSTRACT}</abstract></record></records></xml>""",
        Imprint("conference", "12", "3", "5–9", "ACM", "1476-4687"),
    ),
    "pubmed.xml": (
        f"""<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><Journal>
<ISSN IssnType="Electronic">1476-4687</ISSN><JournalIssue CitedMedium="Internet">
<Volume>12</Volume><Issue>3</Issue><PubDate><Year>2020</Year></PubDate></JournalIssue>
<Title>Pots</Title></Journal><ArticleTitle>{TITLE}</ArticleTitle><Pagination>
<StartPage>1045</StartPage><EndPage>1067</EndPage><MedlinePgn>1045-67</MedlinePgn></Pagination>
<ELocationID EIdType="pii">S1234</ELocationID><Abstract><AbstractText>{ABSTRACT}</AbstractText>
</Abstract><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
</PublicationTypeList></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>""",
        Imprint("article", "12", "3", "1045–1067", None, "1476-4687"),
    ),
    "jats.xml": (
        f"""<article article-type="research-article"><front><journal-meta><journal-title-group>
<journal-title>Pots</journal-title></journal-title-group><issn pub-type="epub">1476-4687</issn>
<publisher><publisher-name>Steam</publisher-name></publisher></journal-meta><article-meta>
<title-group><article-title>{TITLE}</article-title></title-group><volume>12</volume>
<issue>3</issue><elocation-id>e1009</elocation-id><abstract><p>{ABSTRACT}</p></abstract>
</article-meta></front><back><ref-list><ref><volume>99</volume></ref></ref-list></back>
</article>""",
        Imprint("article", "12", "3", "e1009", "Steam", "1476-4687"),
    ),
    "mods.xml": (
        f"""<mods><titleInfo><title>{TITLE}</title></titleInfo><abstract>{ABSTRACT}</abstract>
<genre>journal article</genre><relatedItem type="host"><titleInfo><title>Pots</title></titleInfo>
<identifier type="issn">1476-4687</identifier><part><detail type="volume"><number>12</number>
</detail><detail type="issue"><number>3</number></detail><extent unit="pages"><start>1045</start>
<end>1067</end></extent></part></relatedItem></mods>""",
        ARTICLE,
    ),
    "dblp.xml": (
        f"""<dblp><inproceedings key="a"><title>{TITLE}</title><abstract>{ABSTRACT}</abstract>
<pages>5-9</pages><booktitle>Tea</booktitle></inproceedings></dblp>""",
        Imprint("conference", pages="5–9"),
    ),
    "marc.xml": (
        f"""<collection><record><datafield tag="245"><subfield code="a">{TITLE}</subfield>
</datafield><datafield tag="520"><subfield code="a">{ABSTRACT}</subfield></datafield>
<datafield tag="773"><subfield code="p">Pots</subfield><subfield code="v">12</subfield>
<subfield code="n">3</subfield><subfield code="c">1045-1067</subfield></datafield>
<datafield tag="260"><subfield code="b">Steam,</subfield></datafield></record></collection>""",
        Imprint(None, "12", "3", "1045–1067", "Steam"),
    ),
    "scopus.csv": (
        "Authors,Title,Year,Source title,Volume,Issue,Art. No.,Page start,Page end,Page count,"
        "Abstract,Publisher,ISSN,ISBN,Document Type,EID\n"
        f'"Kessel A.","{TITLE}",2020,"Pots","12","3","","1045","1067","23","{ABSTRACT}",'
        '"Steam","14764687","","Article","2-s2.0-85000000001"\n',
        Imprint("article", "12", "3", "1045–1067", "Steam", "1476-4687"),
    ),
    "number.csv": (
        "Authors,Title,Year,Volume,Issue,Art. No.,Page start,Page end,Abstract,Document Type\n"
        f'"Kessel A.","{TITLE}",2020,"12","","e1009","","","{ABSTRACT}","Conference paper"\n',
        Imprint("conference", "12", None, "e1009"),
    ),
    "ieee.csv": (
        "Document Title,Authors,Publication Year,Volume,Issue,Start Page,End Page,Abstract,ISSN,"
        "ISBNs,Publisher,Document Identifier\n"
        f'"{TITLE}","A. Kessel",2020,"","","5","9","{ABSTRACT}","","978-3-16-148410-0","IEEE",'
        '"IEEE Conferences"\n',
        Imprint("conference", None, None, "5–9", "IEEE", None, "978-3-16-148410-0"),
    ),
    "zotero.csv": (
        "Key,Item Type,Publication Year,Author,Title,ISBN,ISSN,Abstract Note,Pages,Num Pages,"
        "Issue,Volume,Publisher\n"
        f'"K","bookSection","2020","Kessel, Ada","{TITLE}","978-3-16-148410-0","","{ABSTRACT}",'
        '"5-9","","","","Cup"\n',
        Imprint("chapter", None, None, "5–9", "Cup", None, "978-3-16-148410-0"),
    ),
    "zotero.rdf": (
        f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:bib="http://purl.org/net/biblio#" xmlns:dcterms="http://purl.org/dc/terms/"
xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/"><bib:Article rdf:about="#i">
<z:itemType>journalArticle</z:itemType><dcterms:isPartOf rdf:resource="urn:issn:1476-4687"/>
<dc:title>{TITLE}</dc:title><dcterms:abstract>{ABSTRACT}</dcterms:abstract>
<bib:pages>1045-1067</bib:pages></bib:Article><bib:Journal rdf:about="urn:issn:1476-4687">
<prism:volume>12</prism:volume><prism:number>3</prism:number><dc:title>Pots</dc:title>
<dc:identifier>ISSN 1476-4687</dc:identifier></bib:Journal></rdf:RDF>""",
        Imprint("article", "12", "3", "1045–1067", None, "1476-4687"),
    ),
    "typst.yaml": (
        f"""kettles:\n  type: article\n  title: {TITLE}\n  abstract: "{ABSTRACT}"
  page-range: 1045-1067\n  parent:\n    type: periodical\n    title: Pots\n    volume: 12
    issue: 3\n    publisher: Steam\n""",
        Imprint("article", "12", "3", "1045–1067", "Steam"),
    ),
}
ITEMS = {
    "csl": (
        ABOUT
        | {"id": "a", "type": "article-journal", "container-title": "Pots", "volume": 12}
        | {"issue": "3", "page": "1045-1067", "publisher": "Steam", "ISSN": "1476-4687"},
        Imprint("article", "12", "3", "1045–1067", "Steam", "1476-4687"),
    ),
    "csl, a preprint": (
        ABOUT | {"id": "a", "type": "article", "publisher": "arXiv", "number": "arXiv:2101.00001"},
        Imprint("preprint"),
    ),
    "openalex": (
        {"id": "https://openalex.org/W1", "title": TITLE, "type": "article"}
        | {"abstract_inverted_index": {w: [n] for n, w in enumerate(ABSTRACT.split())}}
        | {"biblio": {"volume": "12", "issue": "3", "first_page": "1045", "last_page": "1067"}}
        | {
            "primary_location": {
                "source": {
                    **{"display_name": "Pots", "type": "journal", "issn": ["1476-4687"]},
                    "host_organization_name": "Steam",
                }
            }
        },
        Imprint("article", "12", "3", "1045–1067", "Steam", "1476-4687"),
    ),
    "crossref": (
        {"title": [TITLE], "abstract": ABSTRACT, "DOI": "10.5555/1", "container-title": ["Pots"]}
        | {"type": "proceedings-article", "page": "5-9", "publisher": "ACM"}
        | {"ISBN": ["9783161484100"], "issue": "", "volume": "12"},
        Imprint("conference", "12", None, "5–9", "ACM", None, "9783161484100"),
    ),
    "semantic scholar": (
        ABOUT
        | {"paperId": "a" * 40, "venue": "Pots", "publicationTypes": ["Review", "JournalArticle"]}
        | {"journal": {"name": "Pots", "volume": "12 3", "pages": "\n  1045-1067\n "}},
        Imprint("article", "12 3", None, "1045–1067"),
    ),
    "zotero": (
        {"itemType": "conferencePaper", "title": TITLE, "abstractNote": ABSTRACT, "pages": "5-9"}
        | {"publisher": "ACM", "ISBN": "978-3-16-148410-0", "volume": "", "creators": []},
        Imprint("conference", None, None, "5–9", "ACM", None, "978-3-16-148410-0"),
    ),
    "europe pmc": (
        {"title": TITLE, "abstractText": ABSTRACT, "pageInfo": "1045-1067", "pmid": "1"}
        | {"journalInfo": {"volume": "12", "issue": "3", "journal": {"essn": "1476-4687"}}}
        | {"pubTypeList": {"pubType": ["research-article", "Journal Article"]}},
        Imprint("article", "12", "3", "1045–1067", None, "1476-4687"),
    ),
    "doaj": (
        {
            "bibjson": ABOUT
            | {"year": "2020", "month": "5", "start_page": "1045", "end_page": "1067"}
            | {"journal": {"volume": "12", "number": "3", "title": "Pots", "publisher": "Steam"}}
        },
        Imprint(None, "12", "3", "1045–1067", "Steam"),
    ),
    "a person's script": (
        ABOUT | {"journal": "Pots", "volume": 12, "number": "3", "pages": "1045--1067"},
        Imprint(None, "12", "3", "1045–1067"),
    ),
    "how many pages": (ABOUT | {"journal": "Pots", "pages": 12}, Imprint()),
    "bibtexparser": (
        ABOUT | {"ENTRYTYPE": "inproceedings", "ID": "a", "booktitle": "Tea", "pages": "5--9"},
        Imprint("conference", pages="5–9"),
    ),
}


@pytest.mark.parametrize(
    ("known", "source", "kind"),
    [
        ({}, {"display_name": "Pots", "type": "journal"}, "article"),
        ({}, {"display_name": "Tea", "type": "conference"}, "conference"),
        ({}, {"display_name": "arXiv (Cornell University)", "type": "repository"}, "preprint"),
        ({}, {"display_name": "HAL", "type": "repository"}, None),  # it may be of any
        ({}, {}, None),
        ({"type_crossref": "proceedings-article"}, {}, "conference"),
        ({"type": "dissertation"}, {}, "thesis"),
    ],
)
def test_openalex_calls_nearly_all_an_article(known, source, kind, tmp_path):
    item = ITEMS["openalex"][0] | {"primary_location": {"source": source}} | known
    (tmp_path / "items.json").write_text(json.dumps([item]), encoding="utf-8")
    assert read_one(tmp_path / "items.json").imprint.kind == kind


def read_one(path) -> Paper:
    (paper,) = (each for each in read_sources([path]) if isinstance(each, Paper))
    assert paper.title == TITLE
    return paper


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_volume_issue_and_pages(name, tmp_path):
    text, imprint = FILES[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_one(tmp_path / name).imprint == imprint


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_of_json_gives_volume_issue_and_pages(name, tmp_path):
    item, imprint = ITEMS[name]
    (tmp_path / "items.json").write_text(json.dumps([item]), encoding="utf-8")
    assert read_one(tmp_path / "items.json").imprint == imprint


def test_the_month_of_doaj_and_the_subjects_of_datacite_are_kept(tmp_path):
    doaj = {"bibjson": ABOUT | {"year": "2020", "month": "5"}}
    datacite = {
        "attributes": {
            "titles": [{"title": TITLE}],
            "descriptions": [{"description": ABSTRACT, "descriptionType": "Abstract"}],
            "subjects": [{"subject": "kettles"}, {"subject": "song", "subjectScheme": "own"}],
        }
    }
    for item, field, value in (
        (doaj, "published", "2020-05"),
        (datacite, "tags", ("kettles", "song")),
    ):
        (tmp_path / "items.json").write_text(json.dumps([item]), encoding="utf-8")
        assert getattr(read_one(tmp_path / "items.json"), field) == value
