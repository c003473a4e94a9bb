"""Read Web of Science's own tagged files: `.ciw`, and "Plain text file"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rag.readers.dates import best_date, combine
from rag.readers.fields import Fields, read_each
from rag.readers.imprints import page_span
from rag.readers.people import read_people, whole
from rag.readers.records import Record, RecordError
from rag.readers.text_files import Text

START: Final = re.compile(r"^PT [A-Z][A-Za-z]*\s*$\n(?:[A-Z][A-Z0-9] |   )", re.MULTILINE)
HEADER: Final = re.compile(r"^FN [^\n]*(?:Clarivate|Thomson|ISI|Web of)", re.MULTILINE)
TAG: Final = re.compile(r"^([A-Z][A-Z0-9])(?: (.*))?$")
LISTS: Final = ("AU", "AF", "CA", "BA", "BF", "C1", "CR")  # a name a line


def looks_like_web_of_science(text: str) -> bool:
    """Return whether the text has the file's header, or a record's first lines."""
    return HEADER.search(text) is not None or START.search(text) is not None


def read_web_of_science(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record of the file, in order."""
    return read_each(_split(file), record_of_tags)


def _split(file: Text) -> Iterator[Fields]:
    fields = Fields()
    for line in file:
        found = TAG.match(line.rstrip())
        if not found:
            _go_on(fields, line)
        elif found[1] in ("ER", "EF"):
            if "PT" in fields:
                yield fields
            fields = Fields()
        else:
            if found[1] == "PT" and "PT" in fields:
                yield fields
                fields = Fields()
            fields.add(found[1], found[2] or "")
    if "PT" in fields:
        yield fields


def _go_on(fields: Fields, line: str) -> None:
    """Go on with a text, or with another of several names, at a line without a tag."""
    if fields.last in LISTS and line.strip():
        fields.add(fields.last, line)
    elif fields.last and line.strip():
        fields.go_on(line)


def record_of_tags(fields: Fields) -> Record:
    """Make a record of Web of Science's two-letter tags."""
    year, month = fields.text("PY"), fields.text("PD")
    return {
        "title": fields.text("TI"),
        "abstract": fields.whole("AB"),
        "authors": [
            *read_people(fields.all("AF", "AU", "BF", "BA")),
            *map(whole, fields.every("CA")),
        ],
        "published": best_date(combine(year, month), fields.text("EA")),
        "doi": fields.text("DI"),
        "pmid": fields.text("PM"),
        "venue": fields.text("SO", "JI", "SE"),
        "keywords": fields.text("DE"),
        "kind": "journal" if fields.text("PT") in ("J", "Journal") else "",
        "kinds": fields.text("DT").split(";")[::-1],  # "Article; Book Chapter"
        "volume": fields.text("VL"),
        "issue": fields.text("IS"),
        "pages": page_span(fields.text("BP"), fields.text("EP")) or fields.text("AR"),
        "publisher": fields.text("PU"),
        "issn": fields.every("SN", "EI"),
        "isbn": fields.every("BN"),
    }
