"""Read PubMed's `.nbib` files, which are MEDLINE's tagged records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rag.readers.fields import Fields, read_each
from rag.readers.people import read_people, whole
from rag.readers.records import Record, RecordError
from rag.readers.text_files import Text

START: Final = re.compile(r"^(?:PMID|OWN |STAT|DCOM|FAU |LID |PMC )- ", re.MULTILINE)
TAG: Final = re.compile(r"^([A-Z]{2,4}) {0,2}- ?(.*)$")
PLACE: Final = re.compile(r"^(\S+)\s+\[doi\]", re.IGNORECASE)
IN_SOURCE: Final = re.compile(r"\bdoi: *(10\.\S+)", re.IGNORECASE)


def looks_like_pubmed(text: str) -> bool:
    """Return whether a line has one of the tags that MEDLINE's records alone have."""
    return START.search(text) is not None


def read_pubmed(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record; blank lines stand between them."""
    return read_each(_split(file), _record)


def _split(file: Text) -> Iterator[Fields]:
    fields = Fields()
    for line in file:
        found = TAG.match(line)
        if found:
            if found[1] == "PMID" and "PMID" in fields:
                yield fields
                fields = Fields()
            fields.add(found[1], found[2])
        elif line.strip():
            fields.go_on(line)
        elif "TI" in fields or "BTI" in fields:
            yield fields
            fields = Fields()
    if fields:
        yield fields


def _record(fields: Fields) -> Record:
    return {
        "title": fields.text("TI", "BTI", "TT"),
        "abstract": fields.whole("AB", "OAB"),
        "authors": [*read_people(fields.all("FAU", "AU")), *map(whole, fields.every("CN"))],
        "published": fields.text("DP", "DEP", "EDAT"),
        "doi": _doi(fields),
        "pmid": fields.text("PMID"),
        "venue": fields.text("JT", "TA"),
        "keywords": fields.every("OT"),
        "kinds": fields.every("PT"),
        "volume": fields.text("VI"),
        "issue": fields.text("IP"),
        "pages": fields.text("PG"),
        "publisher": fields.text("PB"),
        "issn": fields.every("IS"),
        "isbn": fields.every("ISBN"),
    }


def _doi(fields: Fields) -> str:
    places = map(PLACE.match, fields.every("LID", "AID"))
    named = next((found[1] for found in places if found), "")
    inside = IN_SOURCE.search(fields.text("SO"))
    return named or (inside[1].rstrip(".") if inside else "")
