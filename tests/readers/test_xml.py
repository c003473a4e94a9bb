"""XML as services and reference managers write it: each form's records, and what is no paper."""

from __future__ import annotations

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers import read_sources
from rag.readers.xml_files import looks_like_xml
from rag.types import Paper, Rejection

TITLE = "Kettles <i>sing</i> of H<sub>2</sub>O &amp; tea"
READ = "Kettles sing of H2O & tea"
ABSTRACT = "We tuned 12 kettles &amp; a pan. Two kept it (p &lt; 0.05)."
WHOLE = "We tuned 12 kettles & a pan. Two kept it (p < 0.05)."
DOI = "10.5555/hum.12"
REFERENCE = "<title>Another's work</title><abstract>Not the paper's.</abstract>"
PUBMED = f"""<PubmedArticle><MedlineCitation><PMID Version="1">39900001</PMID>
<DateRevised><Year>2024</Year></DateRevised><Article><Journal><JournalIssue><PubDate>
<MedlineDate>2019 Jul-Aug</MedlineDate></PubDate></JournalIssue><Title>Sounds</Title></Journal>
<ArticleTitle>{TITLE}</ArticleTitle><ELocationID EIdType="doi">{DOI}</ELocationID>
<Abstract><AbstractText Label="METHODS">We tuned 12 kettles &amp; a pan.</AbstractText>
<AbstractText Label="RESULTS">Two kept it (p &lt; 0.05).</AbstractText></Abstract>
<AuthorList><Author><LastName>Kessel</LastName><ForeName>Ada</ForeName></Author>
<Author><CollectiveName>Kettle Study Group</CollectiveName></Author></AuthorList></Article>
<OtherAbstract Language="ger"><AbstractText>Wir stimmten.</AbstractText></OtherAbstract>
</MedlineCitation><PubmedData><ReferenceList><Reference><ArticleIdList>
<ArticleId IdType="doi">10.5555/other</ArticleId></ArticleIdList></Reference></ReferenceList>
</PubmedData></PubmedArticle>"""
JATS = f"""<article xmlns:xlink="x"><front><journal-meta><journal-title>Sounds</journal-title>
</journal-meta><article-meta><article-id pub-id-type="doi">{DOI}</article-id><title-group>
<article-title>{TITLE}<xref ref-type="fn">*</xref></article-title></title-group><contrib-group>
<contrib contrib-type="author"><name><surname>Kessel</surname><given-names>Ada</given-names></name>
</contrib><contrib contrib-type="author"><collab>Kettle Study Group</collab></contrib>
<contrib contrib-type="editor"><name><surname>Dry</surname><given-names>Ed</given-names></name>
</contrib></contrib-group><pub-date pub-type="epub"><day>4</day><month>6</month><year>2019</year>
</pub-date><abstract abstract-type="graphical"><p>See the kettle.</p></abstract><abstract>
<title>Abstract</title><sec><title>Methods</title><p>We tuned 12 kettles &amp; a pan.</p></sec>
<sec><title>Results</title><p>Two kept it (p &lt; 0.05).</p></sec></abstract></article-meta></front>
<body><sec><title>Intro</title><p>Long.</p></sec></body><back><ref-list>{REFERENCE}</ref-list></back>
</article>"""
FORMS = {
    "PubMed": f'<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "https://dtd.example.org/a.dtd">\n'
    f"<PubmedArticleSet>{PUBMED}</PubmedArticleSet>",
    "JATS": f'<!DOCTYPE article PUBLIC "-//NLM//DTD" "JATS.dtd">\n{JATS}',
    "EndNote": f"""<xml><records><record><rec-number>1</rec-number><contributors><authors><author>
<style face="normal">Kessel, Ada</style></author><author>Kettle Study Group</author></authors>
</contributors><titles><title><style>Kettles </style><style face="italic">sing</style><style> of H2O
 &amp; tea</style></title><secondary-title>Sounds</secondary-title></titles><dates><year>2019</year>
<pub-dates><date>Oct</date></pub-dates></dates><abstract><style>{ABSTRACT}</style></abstract>
<electronic-resource-num>{DOI}</electronic-resource-num></record></records></xml>""",
    "Europe PMC": f"""<responseWrapper><resultList><result><id>1</id><source>MED</source>
<doi>{DOI}</doi><title>{TITLE}</title><authorList><author><fullName>Kessel A</fullName>
<firstName>Ada</firstName><lastName>Kessel</lastName></author>
<author><collectiveName>Kettle Study Group</collectiveName></author></authorList><journalInfo>
<journal><title>Sounds</title></journal></journalInfo><pubYear>2019</pubYear><abstractText>
&lt;h4&gt;Methods&lt;/h4&gt;We tuned 12 kettles &amp; a pan. &lt;h4&gt;Results&lt;/h4&gt;Two kept
it (p &amp;lt; 0.05).</abstractText></result></resultList></responseWrapper>""",
    "DBLP": f"""<dblp><article key="a"><author>Ada Kessel</author>
<author>Kettle Study Group</author><title>{TITLE}</title><year>2019</year><journal>J</journal><ee>
https://doi.org/{DOI}</ee><abstract>{ABSTRACT}</abstract></article></dblp>""",
    "MODS": f"""<modsCollection xmlns="http://www.loc.gov/mods/v3"><mods><titleInfo>
<title>Kettles sing of H2O &amp; tea</title></titleInfo><name type="personal">
<namePart type="family">Kessel</namePart><namePart type="given">Ada</namePart></name>
<name type="corporate"><namePart>Kettle Study Group</namePart></name><name type="personal">
<namePart>Dry, Ed</namePart><role><roleTerm>edt</roleTerm></role></name>
<abstract>{ABSTRACT}</abstract><relatedItem type="host"><titleInfo><title>Sounds</title></titleInfo>
<originInfo><dateIssued>2019</dateIssued></originInfo></relatedItem>
<identifier type="doi">{DOI}</identifier></mods></modsCollection>""",
    "Dublin Core": f"""<OAI-PMH><ListRecords><record><header><identifier>oai:a:1</identifier>
<datestamp>2024-01-01</datestamp></header><metadata><oai_dc:dc xmlns:dc="x">
<dc:title>Kettles sing of H2O &amp; tea</dc:title><dc:creator>Kessel, Ada</dc:creator>
<dc:creator>Kettle Study Group</dc:creator><dc:description>{ABSTRACT}</dc:description>
<dc:description>9 pages</dc:description><dc:date>2019-05-02</dc:date>
<dc:identifier>https://example.org/1</dc:identifier><dc:identifier>doi:{DOI}</dc:identifier>
</oai_dc:dc></metadata></record></ListRecords></OAI-PMH>""",
    "DataCite": f"""<resource><identifier identifierType="DOI">{DOI}</identifier><creators><creator>
<creatorName>Kessel, Ada</creatorName></creator><creator><creatorName>Kettle Study Group
</creatorName></creator></creators><titles><title>Kettles sing of H2O &amp; tea</title></titles>
<publicationYear>2019</publicationYear><descriptions><description descriptionType="Methods">In a
kitchen.</description><description descriptionType="Abstract">{ABSTRACT}</description>
</descriptions></resource>""",
    "Crossref": f"""<doi_records><doi_record><crossref><journal><journal_metadata><full_title>Sounds
</full_title></journal_metadata><journal_article><titles><title>{TITLE}</title></titles>
<contributors><person_name contributor_role="author"><given_name>Ada</given_name>
<surname>Kessel</surname></person_name><organization contributor_role="author">Kettle Study Group
</organization></contributors><jats:abstract xmlns:jats="x"><jats:p>{ABSTRACT}</jats:p>
</jats:abstract><publication_date><month>05</month><year>2019</year></publication_date><doi_data>
<doi>{DOI}</doi></doi_data></journal_article></journal></crossref></doi_record></doi_records>""",
    "Web of Science": f"""<records><REC><UID>X:1</UID><static_data><summary><pub_info/><titles>
<title type="source">Sounds</title><title type="item">Kettles sing of H2O &amp; tea</title></titles>
<names><name role="author"><display_name>Kessel, Ada</display_name><first_name>Ada</first_name>
<last_name>Kessel</last_name></name><name role="author"><display_name>Kettle Study Group
</display_name></name></names><pubyear>2019</pubyear></summary><fullrecord_metadata><abstracts>
<abstract><abstract_text><p>{ABSTRACT}</p></abstract_text></abstract></abstracts>
</fullrecord_metadata></static_data><dynamic_data><identifier type="doi" value="{DOI}"/>
</dynamic_data></REC></records>""",
    "RefWorks": f"""<refworks><reference><rt>Journal</rt><a1>Kessel,Ada</a1>
<a1>Kettle Study Group</a1><t1>Kettles sing of H2O &amp; tea</t1><yr>2019</yr><ab>{ABSTRACT}</ab>
<do>{DOI}</do></reference></refworks>""",
    "Solr": f"""<response><result name="response" numFound="1"><doc><arr name="title">
<str>Kettles sing of H2O &amp; tea</str></arr><arr name="author"><str>Kessel, Ada</str>
<str>Kettle Study Group</str></arr><str name="abstract">{ABSTRACT}</str>
<str name="doi">{DOI}</str><str name="year">2019</str></doc></result></response>""",
    "TEI": f"""<TEI><teiHeader><fileDesc><titleStmt><title level="a">{TITLE}</title></titleStmt>
<sourceDesc><biblStruct><analytic><author><persName><forename type="first">Ada</forename>
<surname>Kessel</surname></persName></author><author><orgName>Kettle Study Group</orgName></author>
<idno type="DOI">{DOI}</idno></analytic><monogr><imprint><date when="2019-05">May</date></imprint>
</monogr></biblStruct></sourceDesc></fileDesc><profileDesc><abstract><div><p>{ABSTRACT}</p></div>
</abstract></profileDesc></teiHeader><text><body><p>Long.</p></body></text></TEI>""",
}
ARXIV = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Query</title>
<id>http://arxiv.org/api/x</id><entry><id>http://arxiv.org/abs/2103.01234v3</id>
<updated>2022-02-01T10:00:00Z</updated><published>2021-03-02T18:59:59Z</published>
<title>Bubbles of
  $\\alpha$ and \\"ol</title><summary>  They merge in 61\\% of cases.
</summary><author><name>Ada Kessel</name><affiliation>Foam</affiliation></author></entry></feed>"""


def read(folder, content, name="export.xml"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_sources([path]))


@pytest.mark.parametrize("form", FORMS)
def test_a_paper_is_read_from_each_form_of_xml(tmp_path, form):
    (paper,) = read(tmp_path, f'<?xml version="1.0" encoding="UTF-8"?>\n{FORMS[form]}')
    assert isinstance(paper, Paper), paper
    bare = re.sub(r"(?:METHODS|RESULTS):? ", "", paper.abstract, flags=re.IGNORECASE)
    assert (paper.title, bare, paper.year) == (READ, WHOLE, 2019)
    assert paper.authors == ("Ada Kessel", "Kettle Study Group")
    assert paper.link == f"https://doi.org/{DOI}"


def test_arxivs_feed_is_latex(tmp_path):
    (paper,) = read(tmp_path, ARXIV)
    assert (paper.paper_id, paper.authors) == ("2103.01234", ("Ada Kessel",))
    assert (paper.title, paper.published) == ("Bubbles of $\\alpha$ and öl", "2021-03-02")
    assert paper.abstract == "They merge in 61% of cases."


def test_arxivs_news_lose_what_announces_them(tmp_path):
    (paper,) = read(
        tmp_path,
        """<rss><channel><title>cs</title><item><title>Kettles</title>
<link>https://arxiv.org/abs/2401.00001</link><description>arXiv:2401.00001v1 Announce Type: new
Abstract: They sing in tune.</description><pubDate>Thu, 04 Jan 2024 00:00:00 -0500</pubDate>
<dc:creator>Ada Kessel, Bo Tee</dc:creator></item></channel></rss>""",
    )
    assert (paper.abstract, paper.authors) == ("They sing in tune.", ("Ada Kessel", "Bo Tee"))
    assert (paper.paper_id, paper.published) == ("2401.00001", "2024-01-04")


@pytest.mark.parametrize(
    "content",
    [
        "<html><body><article><title>T</title><p>A page.</p></article></body></html>",
        '<?xml version="1.0"?><!DOCTYPE html><html><body><article/></body></html>',
        "<settings><window width='8'/></settings>",
        "<rss><channel><item><title>Tea club</title><description>We meet.</description></item>"
        "</channel></rss>",
        "<feed><entry><title>My blog</title><summary>A walk.</summary></entry></feed>",
        "<svg><title>A drawing</title></svg>",
    ],
)
def test_other_markup_has_no_paper(tmp_path, content):
    assert [type(each) for each in read(tmp_path, content)] == [Rejection]


@pytest.mark.parametrize("end", [300, len(PUBMED) - 20])
def test_the_whole_records_of_a_file_that_is_cut_short_are_read(tmp_path, end):
    paper, rejection = read(tmp_path, f"<PubmedArticleSet>{PUBMED}\n{PUBMED[:end]}")
    assert (paper.title, "ends inside a record" in rejection.why) == (READ, True)


def test_a_broken_record_costs_only_itself(tmp_path):
    broken = PUBMED.replace("</ArticleTitle>", "</b></ArticleTitle>")
    items = read(tmp_path, f"<A>{PUBMED}{broken}\n{PUBMED}{broken}{PUBMED}</A>")
    assert [type(each) for each in items] == [Paper, Rejection, Paper, Rejection, Paper]


def test_what_xml_forbids_is_read_all_the_same(tmp_path):
    odd = PUBMED.replace("&amp; a pan", "& a\x0b pan&nbsp;&uuml;&#11;").replace("&lt;", "<")
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
    first, second = read(tmp_path, f"{declared}<A>{odd}</A>\n{declared}<A>{odd}</A>")
    assert "12 kettles & a pan ü. RESULTS: Two kept it (p < 0.05)." in first.abstract
    assert second.abstract == first.abstract


def test_a_declared_encoding_is_read(tmp_path):
    text = f'<?xml version="1.0" encoding="ISO-8859-2"?><A>{PUBMED}</A>'.replace("Ada", "Łucja")
    paper = next(iter(read(tmp_path, text.encode("iso-8859-2"))))
    assert paper.authors[0] == "Łucja Kessel"


BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "content",
    [
        f'<!DOCTYPE a [<!ENTITY a0 "ha">{BOMB}]><A><record><title>&a9;</title></record></A>',
        f"<A><record><!ENTITY x SYSTEM 'file:///etc/passwd'>{PUBMED}",
        "<record>" + "<a>" * 5_000,
        "<record>" + "<record></x>" * 2_000,
        f"<A><record a='{'x' * 2_000_000}",
    ],
    ids=["bomb", "a declaration within", "deep", "broken everywhere", "a long tag"],
)
def test_what_could_do_harm_is_refused_as_a_whole(tmp_path, content):
    *_, last = read(tmp_path, content)
    assert isinstance(last, Rejection)
    assert "holds no paper" not in last.why


def test_a_record_longer_than_any_is_left_out(tmp_path):
    long = PUBMED.replace("Long", "").replace("<Abstract>", "<Abstract>" + "x" * 2_100_000)
    rejection, paper = read(tmp_path, gzip.compress(f"<A>{long}{PUBMED}</A>".encode()))
    assert ("longer than" in rejection.why, paper.title) == (True, READ)


@given(st.text(alphabet='<>/&;!?[]-"= \nabrecordtitle', max_size=300))
def test_whatever_stands_in_a_file_it_is_told(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    items = read(folder, f"<A><record>{text}</record>{PUBMED}</A>")
    assert all(isinstance(each, Paper | Rejection) for each in items)


def test_only_markup_with_records_is_recognised():
    assert looks_like_xml(FORMS["PubMed"])
    assert not any(map(looks_like_xml, ("<1>\nTitle\n", "title,abstract\n<record>", "")))


ZOTERO = """<rdf:RDF xmlns:rdf="r" xmlns:bib="b" xmlns:foaf="f" xmlns:dc="d" xmlns:dcterms="t">
<bib:Article rdf:about="https://gates.example.org/1"><dcterms:isPartOf><bib:Journal>
<dc:title>Cow Quarterly</dc:title></bib:Journal></dcterms:isPartOf><bib:authors><rdf:Seq><rdf:li>
<foaf:Person><foaf:surname>van Hek</foaf:surname><foaf:givenName>Roos</foaf:givenName>
</foaf:Person></rdf:li><rdf:li><foaf:Person><foaf:surname>Akinyi</foaf:surname></foaf:Person>
</rdf:li></rdf:Seq></bib:authors><dc:title>Gates</dc:title><dcterms:abstract>Cows look.
</dcterms:abstract><dc:date>2016-07</dc:date><dc:identifier><dcterms:URI><rdf:value>
https://gates.example.org/1</rdf:value></dcterms:URI></dc:identifier></bib:Article>
<bib:Memo><rdf:value>Read this.</rdf:value></bib:Memo></rdf:RDF>"""


def test_an_article_in_rdf_of_zotero_is_read(tmp_path):
    (paper,) = read(tmp_path, ZOTERO)
    assert (paper.title, paper.abstract, paper.year) == ("Gates", "Cows look.", 2016)
    assert paper.authors == ("Roos van Hek", "Akinyi")
    assert paper.link == "https://gates.example.org/1"


def test_when_pubmed_finished_a_record_is_not_when_it_was_published(tmp_path):
    done = "<DateCompleted><Year>2020</Year></DateCompleted>"
    text = PUBMED.replace("<DateRevised>", f"{done}<DateRevised>")
    (paper,) = read(tmp_path, text)
    assert paper.year == 2019


def test_the_address_of_a_dublin_core_record_is_its_link(tmp_path):
    text = """<oai_dc:dc xmlns:dc="d"><dc:title>Bells</dc:title><dc:creator>Lindqvist, Ada
</dc:creator><dc:description>Hens lay at the hour.</dc:description><dc:date>2007</dc:date>
<dc:identifier>https://repo.example.org/77</dc:identifier></oai_dc:dc>"""
    (paper,) = read(tmp_path, text)
    assert paper.link == "https://repo.example.org/77"


@pytest.mark.parametrize(
    ("article", "title", "whole"),
    [("The ", "sleep of beavers", "The sleep of beavers"), ("L'", "eau", "L'eau")],
)
def test_the_word_that_catalogues_pass_over_is_of_the_title(tmp_path, article, title, whole):
    path = tmp_path / "one.xml"
    for written in (title, whole):
        path.write_text(
            f"<mods><titleInfo><nonSort>{article}</nonSort><title>{written}</title></titleInfo>"
            "<abstract>It is about that.</abstract></mods>"
        )
        (paper,) = read_sources([path])
        assert paper.title == whole
