"""Zotero's RDF, the first of the forms that it offers for an export."""

from __future__ import annotations

from rag.readers import read_sources
from rag.types import Paper

HEAD = """<rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:link="http://purl.org/rss/1.0/modules/link/" xmlns:bib="http://purl.org/net/biblio#"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
"""
PERSON = (
    "<rdf:li><foaf:Person><foaf:surname>{}</foaf:surname>"
    "<foaf:givenName>{}</foaf:givenName></foaf:Person></rdf:li>"
)
ARTICLE = f"""<bib:Article rdf:about="https://example.org/otters">
<z:itemType>journalArticle</z:itemType><dcterms:isPartOf rdf:resource="urn:issn:1234-5678"/>
<bib:authors><rdf:Seq>{PERSON.format("Kessel", "Ada")}{PERSON.format("Tee", "Bo")}</rdf:Seq>
</bib:authors><link:link rdf:resource="#item_12"/>
<dc:subject><z:AutomaticTag><rdf:value>rivers</rdf:value></z:AutomaticTag></dc:subject>
<dc:subject>sleep</dc:subject><dc:title>How otters hold hands</dc:title>
<dcterms:abstract>They held hands in 62% of nights, p &lt; 0.05.</dcterms:abstract>
<dc:date>2019-04</dc:date><dcterms:dateSubmitted>2024-01-01 10:00:00</dcterms:dateSubmitted>
<dc:identifier><dcterms:URI><rdf:value>https://example.org/otters</rdf:value></dcterms:URI>
</dc:identifier></bib:Article>
<bib:Journal rdf:about="urn:issn:1234-5678"><prism:volume>7</prism:volume>
<dc:title>Journal of Rivers</dc:title><dc:identifier>DOI 10.1000/otters.7</dc:identifier>
<dc:identifier>ISSN 1234-5678</dc:identifier></bib:Journal>
<z:Attachment rdf:about="#item_12"><z:itemType>attachment</z:itemType>
<dc:title>Full Text PDF</dc:title></z:Attachment>"""
TALK = f"""<rdf:Description rdf:about="#item_20"><z:itemType>conferencePaper</z:itemType>
<dcterms:isPartOf><bib:Journal><dc:title>Proceedings on Dams</dc:title>
<dc:identifier>DOI 10.1000/dams</dc:identifier></bib:Journal></dcterms:isPartOf>
<bib:authors><rdf:Seq>{PERSON.format("Tee", "Bo")}</rdf:Seq></bib:authors>
<dc:title>Dams of mud</dc:title><dcterms:abstract>Mud holds for 3 years.</dcterms:abstract>
</rdf:Description>"""
REPORT = """<bib:Report rdf:about="#item_21"><z:itemType>preprint</z:itemType>
<dc:title>Willows by the water</dc:title><dc:description>arXiv:2101.00009 [cs]</dc:description>
<dcterms:abstract>Willows grow 3 cm a day.</dcterms:abstract></bib:Report>"""
BARE = """<bib:Document rdf:about="#item_22"><z:itemType>webpage</z:itemType>
<dc:title>A page</dc:title><dc:description>mine to read</dc:description></bib:Document>"""
COLLECTIONS = """<z:Collection rdf:about="#collection_3"><dc:title>Animals</dc:title>
<dcterms:hasPart rdf:resource="#collection_4"/></z:Collection>
<z:Collection rdf:about="#collection_4"><dc:title>Otters</dc:title>
<dcterms:hasPart rdf:resource="https://example.org/otters"/></z:Collection>
<bib:Memo rdf:about="#item_9"><rdf:value>a note</rdf:value></bib:Memo></rdf:RDF>"""


def items_of(tmp_path, *parts):
    path = tmp_path / "My Library.rdf"
    path.write_text("".join((HEAD, *parts)), encoding="utf-8")
    return list(read_sources([path]))


def test_items_have_what_stands_beside_them(tmp_path):
    otters, dams, willows, page = items_of(tmp_path, ARTICLE, TALK, REPORT, BARE, COLLECTIONS)
    assert otters.title == "How otters hold hands"
    assert otters.abstract == "They held hands in 62% of nights, p < 0.05."
    assert otters.authors == ("Ada Kessel", "Bo Tee")
    assert (otters.published, otters.venue) == ("2019-04", "Journal of Rivers")
    assert ("doi", "10.1000/otters.7") in otters.identifiers
    assert otters.tags == ("rivers", "sleep")
    assert otters.collections == ("Animals/Otters",)
    assert (dams.venue, dams.published) == ("Proceedings on Dams", None)
    assert ("doi", "10.1000/dams") in dams.identifiers
    assert willows.paper_id == "2101.00009"
    assert page.why == "'A page' has no abstract"


def test_collections_that_lie_in_one_another_end(tmp_path):
    round_about = COLLECTIONS.replace("https://example.org/otters", "#collection_3")
    (otters,) = items_of(tmp_path, ARTICLE, round_about)
    assert otters.collections == ()


def test_a_file_that_is_cut_short_gives_what_is_whole(tmp_path):
    otters, *others = items_of(tmp_path, ARTICLE, TALK[: len(TALK) // 2])
    assert isinstance(otters, Paper)
    assert [each.why for each in others] == ["broken XML: the file ends inside a record"]
