"""Read XML: PubMed, EndNote, arXiv, Europe PMC, JATS, DBLP, MODS, MARC, Dublin Core and the like.

A record is an element of one of the names that these give to one; what it holds is found by name
as in JSON. Of an article only its front is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from rag.cleaning.markup import BLOCKS, INLINE, MATH
from rag.readers.bioc import is_bioc, record_of_bioc
from rag.readers.marc import is_marc, record_of_marc
from rag.readers.named_imprints import named_imprint, named_kinds
from rag.readers.named_values import (
    ABSTRACTS,
    FINDERS,
    LESSER_ABSTRACTS,
    TEXT,
    TITLES,
    Found,
    key_of,
)
from rag.readers.records import LatexRecord, Record, RecordError
from rag.readers.text_files import Text
from rag.readers.xml_elements import read_elements

RECORDS: Final = frozenset(
    "PubmedArticle PubmedBookArticle record entry item result article inproceedings incollection "
    "book phdthesis mastersthesis mods resource TEI journal_article conference_paper "
    "posted_content doc dc arXiv arXivRaw REC reference full-text-retrieval-response "
    "abstracts-retrieval-response Article BookSection Book Thesis Description eprint "
    "document biblStruct biblFull AcademicArticle".split()
)
ENTRIES: Final = frozenset(("entry", "item"))  # of a feed, which may be of anything
LEFT_OUT: Final = frozenset(
    "body back ref-list ReferenceList sub-article response citation_list listBibl".split()
)
HTML: Final = re.compile(r"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
START: Final = re.compile(rf"<(?:[\w.-]+:)?(?:{'|'.join(sorted(RECORDS))})[\s>]")
# What arXiv's news put before an abstract.
ANNOUNCED: Final = re.compile(r"^\s*arXiv:\S+ Announce Type: \S+\s*(?:Abstract:)?\s*")
FIELDS: Final = frozenset("str arr int date long bool float double field lst".split())  # Solr's
IN_A_TITLE: Final = (INLINE | MATH | {"br", "p"}) - {"title"}
IN_AN_ABSTRACT: Final = (INLINE | MATH | BLOCKS) - {"abstracttext"}
MARKUP: Final = INLINE | MATH | BLOCKS
NOTE, ABSTRACT = "note", "abstract"
NOTES: Final = frozenset(("fn", "xref", "author-notes"))  # marks of a title's footnotes
TITLE_NAMES: Final = frozenset(TITLES)
ABSTRACT_NAMES: Final = frozenset((*ABSTRACTS, *LESSER_ABSTRACTS))


def looks_like_xml(text: str) -> bool:
    """Return whether the text is XML that has an element as records have them; no web page."""
    return text.lstrip()[:1] == "<" and START.search(text) is not None and not HTML.search(text)


def read_xml(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every one of the file, in order."""
    for element in read_elements(file, RECORDS, LEFT_OUT):
        if isinstance(element, RecordError):
            yield element
        elif record := record_of_element(element):
            yield record


def record_of_element(element: Element) -> Record | None:
    """Make a record of an element; None for an entry of a feed that is no paper."""
    if is_marc(element) or is_bioc(element):
        return record_of_marc(element) if is_marc(element) else record_of_bioc(element)
    if element.find("source-app") is not None:
        _mark_bodies(element)
    item = _data(element)
    found = Found(item if isinstance(item, dict) else {})
    record = {key: found.find(key) for key in FINDERS}
    if element.tag in ENTRIES and not (record["arxiv_id"] or record["doi"] or record["pmid"]):
        return None
    if not (record["title"] or record["abstract"]):
        return None
    types = [each.text for each in element.iter("PublicationType")]
    record |= named_imprint(found.whole)
    record["kind"] = element.findtext("type")
    record["kinds"] = [*types, *named_kinds(found.whole), element.tag]
    record["abstract"] = ANNOUNCED.sub("", str(record["abstract"]))
    is_latex = bool(record["arxiv_id"]) and (element.tag in ENTRIES or _is_of_arxiv(element))
    return LatexRecord(record) if is_latex else record


def _mark_bodies(element: Element) -> None:
    """Call what EndNote ends with a comma a body, so that its name stays whole."""
    for author in element.iter("author"):
        name = " ".join("".join(author.itertext()).split())
        if name.endswith(",") and name.count(",") == 1:
            author.clear()
            SubElement(author, "collab").text = name


def _is_of_arxiv(element: Element) -> bool:
    return any(element.iter("arXiv")) or any(element.iter("arXivRaw"))


def _data(element: Element) -> object:
    """Return what an element holds as nested data: texts, and mappings of names to values."""
    attributes = {name: value for name, value in element.attrib.items() if value.strip()}
    if not len(element) or _is_text(element):
        text = _inner(element) if len(element) else (element.text or "")
        text = " ".join(text.split())
        return {**attributes, TEXT: text} if attributes else text
    values: dict[str, list[object]] = {}
    for child in element:
        is_field = child.tag in FIELDS and "name" in child.attrib
        name = child.attrib.pop("name") if is_field else str(child.tag)
        if name == NOTE and child.get("type") == ABSTRACT:  # as Zotero writes TEI
            name = child.attrib.pop("type")
        values.setdefault(name, []).append(_data(child))
    listed = {name: each[0] if len(each) == 1 else each for name, each in values.items()}
    if element.tag == "arr":
        return [each for some in values.values() for each in some]
    return {**attributes, **listed}


def _is_text(element: Element) -> bool:
    """Return whether an element with others inside is text with markup in it."""
    key = key_of(str(element.tag))
    texts = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in texts):
        return True
    inside = {str(child.tag).lower() for child in element}
    if key in ABSTRACT_NAMES:
        return inside <= IN_AN_ABSTRACT
    return key in TITLE_NAMES and inside <= IN_A_TITLE


def _inner(element: Element) -> str:
    """Return the text of an element with the markup that the cleaning reads."""
    is_title = key_of(str(element.tag)) in TITLE_NAMES
    pieces = [escape(element.text or "", quote=False)]
    for child in element:
        if not (is_title and child.tag in NOTES):
            name = child.tag if str(child.tag).lower() in MARKUP else "p"
            pieces += [f"<{name}>", _inner(child), f"</{name}>"]
        pieces.append(escape(child.tail or "", quote=False))
    return "".join(pieces)
