"""Read EndNote's tagged files (`.enw`, also called Refer): a percent sign and a letter a field.

The Astrophysics Data System has signs of its own there: a record begins with `%R`, its code, and
`%B` is the abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rag.identifiers import find_arxiv_id
from rag.readers.dates import best_date, combine
from rag.readers.fields import Fields, read_each
from rag.readers.people import read_people, with_endnotes_bodies
from rag.readers.records import Record, RecordError
from rag.readers.text_files import Text

START: Final = re.compile(
    r"^%(?:[0A] \S[^\n]*\n(?:[^\n%]*\n)?|R \d{4}\S{14}[A-Z.]\n)%[A-Z0-9@+!] ", re.MULTILINE
)
BIBCODE: Final = re.compile(r"^\d{4}[\w&.]{14}[A-Z.]$")
NAMED_DOI: Final = re.compile(r"\bDOI: *(10\.[^\s;]+)", re.IGNORECASE)
TAG: Final = re.compile(r"^%([A-Z0-9@+!#$&*()<>=?\[\]^~])(?:[ \t](.*))?$")


def looks_like_endnote(text: str) -> bool:
    """Return whether a line with a record's type or an author is followed by another field."""
    return START.search(text) is not None


def read_endnote(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record, in order."""
    return read_each(_split(file), _record)


def _split(file: Text) -> Iterator[Fields]:
    fields, is_blank = Fields(), False
    for line in file:
        found = TAG.match(line.rstrip("\n"))
        if found is None:
            is_blank |= not line.strip()
            if fields.last == "K" and line.strip():
                fields.add("K", line)
            elif line.strip():
                fields.go_on(line)
            continue
        is_code = found[1] == "R" and BIBCODE.match(found[2] or "") is not None
        begins = is_code or found[1] == "0" or (is_blank and "T" in fields and found[1] in "AT0")
        if fields and begins:
            yield fields
            fields = Fields()
        is_blank = False
        fields.add(found[1], found[2] or "")
    if fields:
        yield fields


def _record(fields: Fields) -> Record:
    if BIBCODE.match(fields.text("R")) and "0" not in fields:
        return _record_of_ads(fields)
    url = fields.text("U")
    return {
        "title": fields.text("T"),
        "abstract": fields.whole("X"),
        "authors": read_people(with_endnotes_bodies(fields.all("A"))),
        "published": best_date(combine(fields.text("D"), fields.text("8")), fields.text("8")),
        "arxiv_id": find_arxiv_id(*fields.every("M", "R", "J", "Z", "V", "N")),
        "doi": fields.text("R"),
        "url": url,
        "venue": fields.text("J", "B", "S"),
        "kind": fields.text("0"),
        "volume": fields.text("V"),
        "issue": fields.text("N"),
        "pages": fields.text("P"),
        "publisher": fields.text("I"),
        "issn": fields.every("@"),
        "citekey": fields.text("F"),
        "keywords": fields.all("K"),
    }


def _record_of_ads(fields: Fields) -> Record:
    ids = fields.every("Y", "J", "X", "C", "Z")
    dois = (found[1] for text in ids if (found := NAMED_DOI.search(text)))
    return {
        "title": fields.text("T"),
        "abstract": fields.whole("B"),
        "authors": read_people("; ".join(fields.all("A"))),
        "published": best_date(fields.text("D"), fields.text("R")[:4]),
        "arxiv_id": find_arxiv_id(*ids),
        "doi": next(dois, ""),
        "url": fields.text("U"),
        "venue": fields.text("J").partition(",")[0],
        "keywords": "; ".join(fields.all("K")),
    }
