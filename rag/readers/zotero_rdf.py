"""Read Zotero's RDF, whose items name the journals and collections that stand beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from rag.identifiers import find_arxiv_id, plain_doi
from rag.readers.records import Record, RecordError
from rag.readers.text_files import Text
from rag.readers.xml_elements import read_elements
from rag.readers.xml_files import record_of_element

NAMESPACE: Final = "http://www.zotero.org/namespaces/export#"
ITEMS: Final = frozenset(
    "Article Book BookSection Data Description Document Illustration Image Interview Legislation "
    "Letter Manuscript MotionPicture Patent Recording Report Thesis".split()
)
PLACES: Final = frozenset(("Journal", "Series"))
COLLECTION: Final = "Collection"
OTHERS: Final = frozenset(("Attachment", "Memo"))
NO_PAPERS: Final = frozenset(("attachment", "note", "annotation"))
MOST_HELD: Final = 20_000  # items whose journals and collections may come behind them
DEEPEST: Final = 20  # collections within collections


@dataclass(slots=True)
class _Beside:
    """What stands beside items: places by their names, and what each collection has."""

    places: dict[str, Element] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, element: Element) -> None:
        about = element.get("about") or ""
        if element.tag in PLACES:
            self.places[about] = element
            return
        self.titles[about] = " ".join((element.findtext("title") or "").split())
        for part in element.findall("hasPart"):
            self.inside[part.get("resource") or ""].append(about)

    def collections_of(self, about: str) -> list[str]:
        """Name the collections that something is in, each behind those that it lies in."""
        return [path for each in self.inside.get(about, ()) if (path := self._path(each))]

    def _path(self, about: str) -> str:
        names: list[str] = []
        while about in self.titles and len(names) < DEEPEST:
            names.insert(0, self.titles[about])
            about = next(iter(self.inside.get(about, ())), "")
        return "/".join(names)


def looks_like_zotero_rdf(text: str) -> bool:
    """Return whether the text is XML in which Zotero's own names are declared."""
    return text.lstrip()[:1] == "<" and NAMESPACE in text


def read_zotero_rdf(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every item that is no note or attachment."""
    beside = _Beside()
    held: list[Element | RecordError] = []
    for each in read_elements(file, ITEMS | PLACES | OTHERS | {COLLECTION}, frozenset()):
        if isinstance(each, RecordError) or each.tag in ITEMS:
            held.append(each)
        elif each.tag not in OTHERS:
            beside.add(each)
        if len(held) > MOST_HELD:
            yield from _records(held, beside)
            held.clear()
    yield from _records(held, beside)


def _records(held: list[Element | RecordError], beside: _Beside) -> Iterator[Record | RecordError]:
    for each in held:
        if isinstance(each, RecordError):
            yield each
        elif (each.findtext("itemType") or "") not in NO_PAPERS and (
            record := record_of_element(each)
        ):
            yield _completed(record, each, beside)


def _completed(record: Record, item: Element, beside: _Beside) -> Record:
    """Return a record with what Zotero says in its own way, and without what it says otherwise."""
    place = _place(item, beside)
    told = item.findtext("description") or ""  # what Zotero calls extra
    known: Mapping[str, object] = {
        "abstract": record["abstract"] if item.find("abstract") is not None else "",
        "published": item.findtext("date") or "",  # not when it was looked at
        "venue": (place.findtext("title") if place is not None else "") or record["venue"],
        "doi": record["doi"] or _doi(item) or (_doi(place) if place is not None else ""),
        "arxiv_id": record["arxiv_id"] or find_arxiv_id(told),
        **_imprint(item, place),
        "keywords": list(_tags(item)),
        "collections": beside.collections_of(item.get("about") or ""),
    }
    return {**record, **known}


def _imprint(item: Element, place: Element | None) -> dict[str, object]:
    """Return what an item tells, and the journal or book that it is in."""
    both = [item] if place is None else [item, place]
    names = ("volume", "number", "pages")
    told = (next(filter(None, (each.findtext(name) for each in both)), "") for name in names)
    volume, issue, pages = told
    ids = [each.text or "" for part in both for each in part.findall("identifier")]
    return {
        "kind": item.findtext("itemType") or "",
        "volume": volume,
        "issue": issue,
        "pages": pages,
        "publisher": item.findtext("publisher/Organization/name") or "",
        "issn": [each for each in ids if each.startswith("ISSN")],
        "isbn": [each for each in ids if each.startswith("ISBN")],
    }


def _place(item: Element, beside: _Beside) -> Element | None:
    """Find the journal or series that an item is in: inside it, or named by it."""
    for part in item.findall("isPartOf"):
        inside = next(iter(part), None)
        found = beside.places.get(part.get("resource") or "") if inside is None else inside
        if found is not None:
            return found
    return None


def _doi(element: Element) -> str:
    return next(
        filter(None, (plain_doi(each.text or "") for each in element.iter("identifier"))), ""
    )


def _tags(item: Element) -> Iterator[str]:
    for each in item.findall("subject"):
        yield each.findtext("AutomaticTag/value") or each.text or ""
