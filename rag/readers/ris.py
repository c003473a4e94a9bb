"""Read RIS files, as reference managers, databases and publishers' pages write them.

Met besides the rules: one space before the dash, indented lines, unknown tags, tags before the
type, records without an end, and lines that go on without a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rag.cleaning import clean_abstract
from rag.identifiers import arxiv_id_in, find_arxiv_id, is_of_database, plain_doi
from rag.readers.dates import best_date, combine
from rag.readers.fields import Fields, read_each
from rag.readers.imprints import page_span
from rag.readers.people import read_people, split_people, with_endnotes_bodies
from rag.readers.records import OwnRecord, Record, RecordError, noted_later, noted_retraction
from rag.readers.text_files import Text

START: Final = re.compile(r"^[ \t]{0,12}TY {1,3}-(?:[ \t]|$)", re.MULTILINE)
TAG: Final = re.compile(r"^[ \t]{0,12}([A-Z][A-Z0-9]) {1,3}-(?:[ \t]|$)(.*)$")
# As the rules want it; in a record that begins so, a single space is of a text.
WIDE: Final = re.compile(r"^[ \t]{0,12}[A-Z][A-Z0-9] {2,3}-")
TITLES: Final = ("TI", "T1", "CT", "BT", "ST")
ABSTRACTS: Final = ("AB", "N2", "X2")
AUTHORS: Final = ("AU", "A1")
DATES: Final = ("DA", "PY", "Y1", "YR")
VENUES: Final = ("T2", "JF", "JO", "JA", "J2", "J1", "JT", "T3", "SO")
NOTED_PMID: Final = re.compile(r"^PMID: ?(\d{1,8})$")
NOTED_COLLECTION: Final = re.compile(r"^Collection: (\S.{0,300})$")  # as rag.export.ris writes it
NOTES: Final = ("N1", "M1", "M3", "C1", "C2", "AN", "ID", "VL")
OWN_DATABASE: Final = "paperchat"  # as rag.export.ris writes it
PUBMED: Final = re.compile(r"pubmed|medline", re.IGNORECASE)


def looks_like_ris(text: str) -> bool:
    """Return whether a line opens a record."""
    return START.search(text) is not None


def read_ris(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record of the file, in order.

    A record ends where the next begins, also where its own end is missing.
    """
    return read_each(_split(file), _record)


def _split(file: Text) -> Iterator[Fields]:
    fields, is_wide = Fields(), True
    for line in file:
        found = TAG.match(line)
        if found and found[1] == "TY":
            is_wide = WIDE.match(line) is not None
        if not found or (is_wide and not WIDE.match(line)):
            _go_on(fields, line)
            continue
        if found[1] in ("TY", "ER") and "TY" in fields:
            yield fields
            fields = Fields()
        if found[1] == "ER":
            fields = Fields()
        else:
            fields.add(found[1], found[2])
    if "TY" in fields:
        yield fields


def _go_on(fields: Fields, line: str) -> None:
    """Go on with a text, or another of several names or keywords, at a line without a tag."""
    if not (fields.last and line.strip()):
        return
    if fields.last in ("AU", "A1", "KW"):
        fields.add(fields.last, line)
    else:
        fields.go_on(line)


def _record(fields: Fields) -> Record:
    number = fields.text("AN")
    is_own = fields.text("DB") == OWN_DATABASE
    urls = [url for url in fields.every("UR", "L1", "L2", "LK") if re.match("https?://", url)]
    doi = _doi(fields, urls)
    record: Record = {
        "id": number if is_own else "",
        "title": fields.text(*TITLES),
        "abstract": _abstract(fields),
        "authors": _authors(fields),
        "published": _date(fields),
        "arxiv_id": find_arxiv_id(*fields.every(*NOTES), doi)
        or next(filter(None, map(arxiv_id_in, urls)), ""),
        "doi": doi,
        "pmid": number
        if number.isdigit() and PUBMED.search(fields.text("DB", "DP"))
        else _noted_pmid(fields),
        "citekey": fields.text("ID") if is_own or not number or find_arxiv_id(number) else "",
        "url": _url(urls, doi),
        "venue": fields.text(*VENUES),
        "keywords": fields.every("KW", "DE"),
        "collections": _noted_collections(fields),
        "retraction": noted_retraction(*fields.every("N1")),
        "notices": noted_later(*fields.every("N1")),
        "kinds": fields.every("TY", "M3"),
        "volume": fields.text("VL"),
        "issue": fields.text("IS"),
        "pages": _pages(fields),
        "publisher": fields.text("PB"),
        "issn": fields.every("SN"),
    }
    return OwnRecord(record) if is_own else record


def _pages(fields: Fields) -> str:
    """Return first and last page, which may stand in one field, or the article's number."""
    return page_span(fields.text("SP"), fields.text("EP")) or fields.text("C7")


def _noted_pmid(fields: Fields) -> str:
    found = (NOTED_PMID.match(note) for note in fields.every("N1", "C2"))
    return next((match[1] for match in found if match), "")


def _noted_collections(fields: Fields) -> list[str]:
    found = (NOTED_COLLECTION.match(note) for note in fields.every("N1"))
    return [match[1] for match in found if match]


def _abstract(fields: Fields) -> str:
    """Return the first abstract that says anything; several lines of a tag are one."""
    texts = [fields.whole(tag) for tag in ABSTRACTS]
    return next((text for text in texts if text and clean_abstract(text)), "")


def _authors(fields: Fields) -> list[str] | tuple[str, ...]:
    names = fields.all(*AUTHORS)
    if len(names) == 1 and (";" in names[0] or " and " in names[0]):
        return split_people(names[0])
    return read_people(with_endnotes_bodies(names))


def _doi(fields: Fields, urls: list[str]) -> str:
    places = [*fields.every("DO", "DI", "M3", "N1", "C7", "L3"), *urls]
    return next((place for place in places if plain_doi(place)), "")


def _url(urls: list[str], doi: str) -> str:
    """Return the paper's own address; of a database's the DOI's takes the place."""
    own = [url for url in urls if not is_of_database(url)]
    return next(iter(own), "") or ("" if doi else next(iter(urls), ""))


def _date(fields: Fields) -> str:
    """Make a date of fields that hold a year, and of those that hold a month alone."""
    found = best_date(*(fields.text(tag).strip("/ ") for tag in DATES))
    if found and len(found) == 4:
        return combine(found, fields.text("DA", "M2")) or found
    return found or ""
