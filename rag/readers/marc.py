"""Read MARC's fields, as catalogues of libraries and repositories write them in XML.

A field has a number, and parts with a letter each: `245 $a` is the title, `520 $a` the abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from rag.identifiers import find_arxiv_id, plain_doi
from rag.readers.dates import best_date
from rag.readers.named_values import NO_AUTHORS
from rag.readers.records import Record

FIELD: Final = "datafield"
PEOPLE: Final = ("100", "110", "700", "710")
IDS: Final = ("024", "037", "856")
DATES: Final = (("264", "c"), ("260", "c"), ("502", "d"), ("773", "y"), ("773", "g"))
# How a part ends in a catalogue, where the next one follows.
ENDS: Final = re.compile(r"\s*[/:;,=]\s*$")
COPYRIGHT: Final = re.compile(r"^\s*©\s*")


def is_marc(element: Element) -> bool:
    """Return whether an element has MARC's numbered fields."""
    return element.find(FIELD) is not None


def record_of_marc(element: Element) -> Record:
    """Make a record of a catalogue's numbered fields."""
    ids = [text for tag in IDS for text in _parts(element, tag, "a", "u")]
    addresses = [text for text in ids if re.match(r"https?://\S+$", text)]
    return {
        "title": _title(element),
        "abstract": " ".join(_first_field(element, "520", "a", "b")),
        "authors": list(_people(element)),
        "published": best_date(
            *(COPYRIGHT.sub("", text) for tag, code in DATES for text in _parts(element, tag, code))
        ),
        "doi": next((text for text in ids if plain_doi(text)), ""),
        "arxiv_id": find_arxiv_id(*ids),
        "url": next(iter(addresses), ""),
        "venue": next((_bare(text) for text in _parts(element, "773", "t", "p")), ""),
        **_imprint(element),
        "keywords": [_bare(text).rstrip(".") for text in _parts(element, "650", "a")]
        + [_bare(text) for text in _parts(element, "653", "a")],
    }


def _imprint(element: Element) -> Record:
    """Return what stands in fields of its own; INSPIRE's volume and pages too."""
    told = {"volume": ("773", "v"), "issue": ("773", "n"), "pages": ("773", "c")}
    publishers = [_bare(text) for tag in ("264", "260") for text in _parts(element, tag, "b")]
    return {
        **{name: next(iter(_parts(element, *place)), "") for name, place in told.items()},
        "publisher": next(iter(publishers), ""),
        "issn": [*_parts(element, "022", "a"), *_parts(element, "773", "x")],
        "isbn": [*_parts(element, "020", "a"), *_parts(element, "773", "z")],
        "kinds": [
            _bare(text) for text in _parts(element, "655", "a") + _parts(element, "980", "a")
        ],
    }


def _title(element: Element) -> str:
    title, *rest = [_bare(text) for text in _first_field(element, "245", "a", "b")] or [""]
    return ": ".join([title, *rest])


def _people(element: Element) -> Iterator[str]:
    """Give the people and bodies that wrote it, without editors, supervisors and the like."""
    for field in _fields(element, *PEOPLE):
        roles = (text.strip(" .,") for text in _of(field, "e", "4"))
        if not any(map(NO_AUTHORS.match, roles)):
            yield from (_bare(text) for text in _of(field, "a"))


def _bare(text: str) -> str:
    return ENDS.sub("", text).strip()


def _fields(element: Element, *tags: str) -> Iterator[Element]:
    return (each for tag in tags for each in element.findall(FIELD) if each.get("tag") == tag)


def _of(field: Element, *codes: str) -> list[str]:
    parts = ("".join(part.itertext()) for part in field if part.get("code") in codes)
    return [" ".join(part.split()) for part in parts if part.strip()]


def _parts(element: Element, tag: str, *codes: str) -> list[str]:
    return [text for field in _fields(element, tag) for text in _of(field, *codes)]


def _first_field(element: Element, tag: str, *codes: str) -> list[str]:
    """Return the parts of the first field of a number that has any."""
    return next((found for field in _fields(element, tag) if (found := _of(field, *codes))), [])
