"""Read tagged texts of databases and programs, a tag a line and what belongs to it.

Cochrane has a colon behind two letters, RefWorks a space; EBSCO, ProQuest and EndNote have words
and a colon, Ovid and Embase words on lines of their own above values; CNKI, NoteExpress, SciFinder,
RePEc, Engineering Village, PubTator and the test collections of retrieval have signs of their own.
How records begin tells which it is; where that is not told, one begins where a tag comes again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rag.identifiers import find_arxiv_id
from rag.readers.dates import best_date, combine, parse_date
from rag.readers.fields import Fields, read_each
from rag.readers.imprints import page_span
from rag.readers.people import read_people, split_people
from rag.readers.records import Record, RecordError
from rag.readers.text_files import Text

REFWORKS: Final = re.compile(
    r"^RT [A-Z][^\n]*\n(?:[A-Z][A-Z0-9] [^\n]*\n){0,3}(?:A1|T1|ID|SR|YR) ", re.MULTILINE
)
COCHRANE: Final = re.compile(
    r"^(?:Record #\d+ of \d+[ \t]*\n+)?ID: \S+[ \t]*\n(?:[A-Z]{2}: [^\n]*\n){0,40}?(?:TI|AB): ",
    re.MULTILINE,
)
OVID: Final = re.compile(
    r"^<\d+(?:\. )?>[ \t]*\n(?:[A-Z][A-Za-z ]{1,40}[ \t]*\n[ \t]{1,8}\S|[A-Z]{2}  - )", re.MULTILINE
)
LABELLED: Final = re.compile(
    r"^(?:Record: \d+|Document \d+ of \d+)[ \t]*\n(?:[^\n]*\n){0,60}?Abstract: ", re.MULTILINE
)
EMBASE: Final = re.compile(r"^RECORD \d+[ \t]*\n+(?:[^\n]*\n){0,60}?ABSTRACT[ \t]*\n", re.MULTILINE)
# `{Reference Type}: Journal Article`, which begins a record, and the like.
NOTE_EXPRESS: Final = re.compile(r"^\{Reference Type\}:", re.MULTILINE)
ENDNOTE: Final = re.compile(
    r"^Reference Type: [^\n]*\n(?:[^\n]*\n){0,40}?(?:Title|Abstract): ", re.M
)
CNKI: Final = re.compile(r"^SrcDatabase-[^\n:：]{1,10}[:：]", re.MULTILINE)
SCIFINDER: Final = re.compile(r"^START_RECORD[ \t]*\nFIELD ", re.MULTILINE)
REDIF: Final = re.compile(r"^Template-Type: ReDIF", re.MULTILINE)
VILLAGE: Final = re.compile(r"^<RECORD \d+>[ \t]*\n(?:[^\n]*\n){0,40}?Title:", re.MULTILINE)
SMART: Final = re.compile(r"^\.I \d+[ \t]*\n\.[A-Z][ \t]*\n", re.MULTILINE)
PUBTATOR: Final = re.compile(r"^\d{1,9}\|t\|", re.MULTILINE)
RULE: Final = re.compile(r"^[_=-]{10,}\s*$")
SPACED: Final = re.compile(
    r"^(RT|SR|ID|A[1-6]|T[1-3]|J[FO]|YR|FD|VO|IS|SP|OP|K1|AB|NO|ED|PB|PP|SN|AN|LA|CL|SF|OT|DO|LK"
    r"|UL|DB|DS|RD|ST|AD|AV|PM|WT|WV|OL|CN|CR|U\d{1,2})(?: (.*))?$"
)
COLONED: Final = re.compile(r"^([A-Z]{2}|DOI|PMID|ISSN): ?(.*)$")
DASHED: Final = re.compile(r"^([A-Z]{2})  ?- ?(.*)$")
NAMED: Final = re.compile(r"^([A-Z][A-Za-z/() -]{1,50}?)()\s*$")
WORDED: Final = re.compile(
    r"^([A-Z][A-Za-z/()-]*[a-z)](?: [A-Za-z/()-]{1,20}){0,4}|DOI|PMID|ISSN|URL): (.*)$"
)
CAPITALS: Final = re.compile(r"^([A-Z][A-Z /()-]{2,50})()\s*$")
TIGHT: Final = re.compile(r"^([A-Z][A-Za-z/() -]{1,50}?):(?!//) ?(.*)$")
BRACED: Final = re.compile(r"^\{([A-Z][A-Za-z ]{1,40})\}: ?(.*)$")
BILINGUAL: Final = re.compile(r"^([A-Z][A-Za-z]{1,20})-[^\x00-\x7f]{1,8}[:：] ?(.*)$")
FIELD: Final = re.compile(r"^FIELD ([A-Z][A-Za-z /()-]{1,50}):(.*)$")
HYPHENED: Final = re.compile(r"^([A-Z][A-Za-z]+(?:-[A-Z][A-Za-z]+)*): ?(.*)$")
DOTTED: Final = re.compile(r"^(\.[A-Z])()\s*$")
BARRED: Final = re.compile(r"^\d{1,9}(\|[ta])\|(.*)$")
BESIDE: Final = re.compile(r"^()()\d{1,9}\t.*$")  # what PubTator marks in a text
# What parts of an abstract are called, which may stand on lines of their own.
SECTIONS: Final = frozenset(
    "background objective objectives aim aims purpose introduction method methods design setting "
    "participants patients results findings conclusion conclusions discussion interpretation "
    "significance context importance funding limitations".split()
)
# How records are numbered, and how their tags are written then.
NUMBERS: Final = (
    (re.compile(r"^<\d+(?:\. )?>\s*$"), (DASHED, NAMED)),
    (re.compile(r"^Record #\d+ of \d+\s*$"), (COLONED,)),
    (re.compile(r"^(?:Record: \d+|Document \d+ of \d+)\s*$"), (WORDED,)),
    (re.compile(r"^RECORD \d+\s*$"), (CAPITALS,)),
    (re.compile(r"^<RECORD \d+>\s*$"), (TIGHT,)),
    (re.compile(r"^START_RECORD\s*$"), (FIELD,)),
    (re.compile(r"^\.I \d+\s*$"), (DOTTED,)),
)
# Likewise, where the line that begins a record is a tag of it.
OPENINGS: Final = (
    (re.compile(r"^Reference Type: "), (WORDED,)),
    (re.compile(r"^\{Reference Type\}:"), (BRACED,)),
    (re.compile(r"^SrcDatabase-[^\x00-\x7f]"), (BILINGUAL,)),
    (re.compile(r"^Template-Type: ReDIF"), (HYPHENED,)),
    (re.compile(r"^\d{1,9}\|t\|"), (BARRED, BESIDE)),
)
Forms = Sequence[re.Pattern[str]]
ENDS: Final = frozenset(("END_RECORD",))
UNNUMBERED: Final = (COLONED, SPACED)
# What stands in the tags of any of them, the better first.
TITLES: Final = ("T1", "TI", "title", "original title", ".T", "|t")
ABSTRACTS: Final = ("AB", "abstract", "abstracts", "summary", ".W", "|a")
AUTHORS: Final = (
    *("A1", "authors full name", "AU", "authors", "author names", "author", "author-name", "FA"),
    ".A",
)
YEARS: Final = ("YR", "year of publication", "publication year", "year", "year of conference", "PY")
DATES: Final = (
    *("FD", "date of publication", "publication date", "pubtime", "creation-date", "issue date"),
    *("date", "DP", "DA"),
)
DOIS: Final = ("DO", "DOI", "doi", "digital object identifier", "DI", "article identifier")
ADDRESSES: Final = ("LK", "UL", "US", "UR", "url", "link", "document url")
VENUES: Final = (
    *("JF", "SO", "JO", "T2", "journal name", "publication title", "source", "journal"),
    *("journal title", "source title", "conference name", "secondary title", ".B"),
)
KEYWORDS: Final = (
    *("K1", "KY", "KW", "keyword heading", "keywords", "keyword", "author keywords", "subject"),
    "controlled terms",
)
KINDS: Final = ("RT", "PT", "publication type", "document type", "reference type", "doctype")
VOLUMES: Final = ("VL", "VO", "VI", "volume")
ISSUES: Final = ("IS", "IP", "issue", "number")
PAGES: Final = ("SP", "PG", "pages", "page", "first page")
LAST_PAGES: Final = ("OP", "EP", "last page")
PUBLISHERS: Final = ("PB", "PU", "publisher", "publisher name")
STANDARDS: Final = ("SN", "IB", "issn", "isbn", "international standard serial number")
PMID: Final = re.compile(r"^(?:PUBMED|PMID:?)?\s*(\d{1,8})$", re.IGNORECASE)
VOLUME: Final = re.compile(r"\.\s+(?=\d|\()|(?<=\w)\.\s*$")  # where a source goes on in numbers


FORMS: Final = (
    *(COCHRANE, REFWORKS, OVID, LABELLED, EMBASE, NOTE_EXPRESS, ENDNOTE, CNKI, SCIFINDER, REDIF),
    *(VILLAGE, SMART, PUBTATOR),
)


def looks_like_tagged(text: str) -> bool:
    """Return whether the text has a record's first tags in one of the forms."""
    return any(form.search(text) for form in FORMS)


def read_tagged(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record of the file, in order."""
    return read_each(_split(file), _record)


def _split(file: Text) -> Iterator[Fields]:
    """Cut records where a number stands or, in files without numbers, a tag comes again."""
    fields, is_apart = Fields(), True
    forms: Forms = UNNUMBERED
    for line in file:
        bare = line.rstrip()
        numbered, opened = _first_of(NUMBERS, bare), _first_of(OPENINGS, bare)
        if (numbered or opened or bare in ENDS) and fields:
            yield fields
            fields = Fields()
        forms = numbered or opened or forms
        is_apart |= bool(numbered or opened)
        if numbered or bare in ENDS:
            continue
        if not bare or RULE.match(bare):
            is_apart = True
            continue
        found = _tag(bare, forms, is_apart=is_apart)
        if found is None:
            _go_on(fields, bare)
        else:
            if forms is UNNUMBERED and is_apart and found[0] in fields and found[0] not in AUTHORS:
                yield fields
                fields = Fields()
            fields.add(*found)
        is_apart = False
    if fields:
        yield fields


def _first_of(table: Sequence[tuple[re.Pattern[str], Forms]], line: str) -> Forms | None:
    """Return the forms of the tags below a line that begins a record; None for another line."""
    return next((forms for begin, forms in table if begin.match(line)), None)


def _tag(line: str, forms: Forms, *, is_apart: bool) -> tuple[str, str] | None:
    """Return the tag that a line begins with, and what stands behind it; None for neither."""
    for form in forms:
        found = form.match(line)
        if found and (form is not CAPITALS or is_apart) and found[1].lower() not in SECTIONS:
            name = found[1] if len(found[1]) == 2 else found[1].lower()
            return name, found[2] or ""
    return None


def _go_on(fields: Fields, line: str) -> None:
    """Go on with a text, or with another of several names, at a line without a tag."""
    if fields.last in AUTHORS:
        fields.add(fields.last, line)
    elif fields.last:
        fields.go_on(line)


def _record(fields: Fields) -> Record:
    source = VOLUME.split(fields.text(*VENUES), maxsplit=1)[0]
    doi = fields.text(*DOIS)
    year, date = fields.text(*YEARS), fields.text(*DATES)
    issue = parse_date(fields.text("source", "publication info", ".B")) or ""
    numbers = map(PMID.match, fields.every("PM", "pmid", "medline pmid"))
    return {
        "title": fields.text(*TITLES),
        "abstract": fields.whole(*ABSTRACTS),
        "authors": _authors(fields),
        # The day of a source may be its volume.
        "published": best_date(combine(year, date), date, issue[:7]),
        "arxiv_id": find_arxiv_id(doi, *fields.every("AN", "NO")),
        "doi": doi.removesuffix("."),
        "pmid": next((found[1] for found in numbers if found), ""),
        "url": fields.text(*ADDRESSES),
        "venue": source,
        "kinds": fields.every(*KINDS),
        "volume": fields.text(*VOLUMES),
        "issue": fields.text(*ISSUES),
        "pages": page_span(fields.text(*PAGES), fields.text(*LAST_PAGES)),
        "publisher": fields.text(*PUBLISHERS),
        "issn": fields.every(*STANDARDS),
        "keywords": "; ".join(fields.all(*KEYWORDS)),
    }


def _authors(fields: Fields) -> tuple[str, ...]:
    names = [each.rstrip(".") if each.count(".") == 1 else each for each in fields.all(*AUTHORS)]
    if len(names) == 1 and (";" in names[0] or " and " in names[0]):
        return read_people(split_people(names[0]))
    return read_people(names)
