"""Read BioC, in which services of text mining give the passages of papers, as XML and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from rag.readers.imprints import page_span
from rag.readers.records import Record

Passage = tuple[Mapping[str, str], str]

DOI: Final = re.compile(r"\bdoi:\s*(10\.\S+)", re.IGNORECASE)
TYPES: Final = ("section_type", "type")


def is_bioc(element: Element) -> bool:
    """Return whether an element is a document of passages."""
    return element.tag == "document" and element.find("passage") is not None


def record_of_bioc(element: Element) -> Record:
    """Make a record of a document of XML."""
    passages = [(_infons(each), _text(each)) for each in element.findall("passage")]
    return _record(element.findtext("id") or "", passages)


def record_of_passages(item: Mapping[str, object]) -> Record:
    """Make a record of a document of JSON."""
    return _record(str(item.get("id") or ""), _passages(item.get("passages")))


def _passages(value: object) -> Iterator[Passage]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping) and isinstance(text := each.get("text"), str):
            infons = each.get("infons")
            told = infons.items() if isinstance(infons, Mapping) else ()
            yield {str(key): str(value) for key, value in told}, text


def _infons(passage: Element) -> dict[str, str]:
    return {each.get("key") or "": each.text or "" for each in passage.findall("infon")}


def _text(passage: Element) -> str:
    whole = passage.findtext("text")
    return whole or " ".join(each.findtext("text") or "" for each in passage.findall("sentence"))


def _record(number: str, passages: Iterable[Passage]) -> Record:
    texts: dict[str, list[str]] = {"title": [], "abstract": []}
    known: dict[str, str] = {}
    for infons, text in passages:
        kind = next((infons[name] for name in TYPES if name in infons), "").casefold()
        texts.setdefault(kind, []).append(text)
        known |= {key: value for key, value in infons.items() if key not in known}
    doi = DOI.search(known.get("journal", ""))
    is_of_pubmed = number.isdecimal()
    return {
        "title": next(iter(texts["title"]), ""),
        "abstract": " ".join(texts["abstract"]),
        "authors": known.get("authors", "").replace(",", ";"),
        "published": known.get("year") or known.get("journal", ""),
        "doi": known.get("article-id_doi") or (doi[1].rstrip(".") if doi else ""),
        "pmid": known.get("article-id_pmid") or (number if is_of_pubmed else ""),
        "volume": known.get("volume"),
        "issue": known.get("issue"),
        "pages": page_span(known.get("fpage", ""), known.get("lpage", "")),
        "venue": known.get("journal-title") or known.get("journal", "").partition(";")[0],
    }
