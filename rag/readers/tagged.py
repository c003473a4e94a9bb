"""Read tagged texts of databases: Cochrane's, RefWorks' and Ovid's.

Cochrane has a colon behind two letters, RefWorks a space, and Ovid names on lines of their own
above indented values; records are numbered, or begin where a tag comes again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from rag.identifiers import find_arxiv_id
from rag.readers.dates import best_date, combine
from rag.readers.fields import Fields, read_each
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
OVID: Final = re.compile(r"^<\d+>[ \t]*\n[A-Z][A-Za-z ]{1,40}[ \t]*\n[ \t]{1,8}\S", re.MULTILINE)
NUMBER: Final = re.compile(r"^(?:<\d+>|Record #\d+ of \d+)\s*$")
SPACED: Final = re.compile(
    r"^(RT|SR|ID|A[1-6]|T[1-3]|J[FO]|YR|FD|VO|IS|SP|OP|K1|AB|NO|ED|PB|PP|SN|AN|LA|CL|SF|OT|DO|LK"
    r"|UL|DB|DS|RD|ST|AD|AV|PM|WT|WV|OL|CN|CR|U\d{1,2})(?: (.*))?$"
)
COLONED: Final = re.compile(r"^([A-Z]{2}|DOI|PMID|ISSN): ?(.*)$")
NAMED: Final = re.compile(r"^([A-Z][A-Za-z/() -]{1,50}?)\s*$")
# What stands in the tags of any of them, the better first.
TITLES: Final = ("T1", "TI", "Title", "Original Title")
ABSTRACTS: Final = ("AB", "Abstract", "Abstracts")
AUTHORS: Final = ("A1", "Authors Full Name", "AU", "Authors", "Author", "FA")
YEARS: Final = ("YR", "Year of Publication", "YR", "Publication Year", "PY")
DATES: Final = ("FD", "Date of Publication", "Publication Date", "DP", "DA")
DOIS: Final = ("DO", "DOI", "Digital Object Identifier", "DI", "Article Identifier")
ADDRESSES: Final = ("LK", "UL", "US", "UR", "URL", "Link")
VENUES: Final = ("JF", "SO", "JO", "T2", "Journal Name", "Source")
KEYWORDS: Final = ("K1", "KY", "KW", "Keyword Heading", "Keywords", "Author Keywords")
PMID: Final = re.compile(r"^(?:PUBMED|PMID:?)?\s*(\d{1,8})$", re.IGNORECASE)
VOLUME: Final = re.compile(r"\.\s+(?=\d|\()|(?<=\w)\.\s*$")  # where a source goes on in numbers


def looks_like_tagged(text: str) -> bool:
    """Whether the text has a record's first tags in one of the three forms."""
    return any(form.search(text) for form in (COCHRANE, REFWORKS, OVID))


def read_tagged(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record of the file, in order."""
    return read_each(_split(file), _record)


def _split(file: Text) -> Iterator[Fields]:
    fields, is_apart, is_numbered = Fields(), True, False
    tag_of: Callable[[str], tuple[str, str] | None] | None = None
    for line in file:
        bare = line.rstrip()
        is_number = NUMBER.match(bare) is not None
        is_numbered |= is_number
        if is_number or not bare:
            is_apart = True
            if is_number and fields:
                yield fields
                fields = Fields()
            continue
        tag_of = tag_of or _form_of(bare, is_numbered)
        found = tag_of(bare) if tag_of else None
        if found is None:
            _go_on(fields, bare)
            continue
        if is_apart and found[0] in fields and found[0] not in AUTHORS:
            yield fields
            fields = Fields()
        is_apart = False
        fields.add(*found)
    if fields:
        yield fields


def _form_of(line: str, is_numbered: bool) -> Callable[[str], tuple[str, str] | None] | None:
    """How a file's tags are read, by the first line that has one; names alone need a number."""
    forms = (_coloned, _spaced, *((_named,) if is_numbered else ()))
    return next((form for form in forms if form(line)), None)


def _coloned(line: str) -> tuple[str, str] | None:
    found = COLONED.match(line)
    return (found[1], found[2]) if found else None


def _spaced(line: str) -> tuple[str, str] | None:
    found = SPACED.match(line)
    return (found[1], found[2] or "") if found else None


def _named(line: str) -> tuple[str, str] | None:
    found = NAMED.match(line)
    return (found[1], "") if found else None


def _go_on(fields: Fields, line: str) -> None:
    """A line without a tag goes on with a text, or is another of several names."""
    if fields.last in AUTHORS:
        fields.add(fields.last, line)
    elif fields.last:
        fields.go_on(line)


def _record(fields: Fields) -> Record:
    source = VOLUME.split(fields.text(*VENUES), maxsplit=1)[0]
    doi = fields.text(*DOIS)
    year, date = fields.text(*YEARS), fields.text(*DATES)
    numbers = (found[1] for each in fields.every("PM", "PMID") if (found := PMID.match(each)))
    return {
        "title": fields.text(*TITLES),
        "abstract": fields.whole(*ABSTRACTS),
        "authors": _authors(fields),
        "published": best_date(combine(year, date), date, fields.text("Source")),
        "arxiv_id": find_arxiv_id(doi, *fields.every("AN", "NO")),
        "doi": doi.removesuffix("."),
        "pmid": next(numbers, ""),
        "url": fields.text(*ADDRESSES),
        "venue": source,
        "keywords": "; ".join(fields.all(*KEYWORDS)),
    }


def _authors(fields: Fields) -> tuple[str, ...]:
    names = [each.rstrip(".") if each.count(".") == 1 else each for each in fields.all(*AUTHORS)]
    if len(names) == 1 and ";" in names[0]:
        return read_people(split_people(names[0]))
    return read_people(names)
