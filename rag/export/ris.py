"""Write RIS: a tag a line, records end with `ER`, lines with carriage return and line feed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rag.export.references import EntryKind, Reference
from rag.names import Name, split_name
from rag.types import Imprint

TYPES: Final[Mapping[EntryKind, str]] = {
    "article": "JOUR",
    "conference": "CPAPER",
    "chapter": "CHAP",
    "book": "BOOK",
    "thesis": "THES",
    "report": "RPRT",
    "preprint": "UNPB",
    "other": "GEN",
}
END_OF_LINE: Final = "\r\n"
OWN_DATABASE: Final = "paperchat"
ARXIV: Final = "arXiv"
PUBMED: Final = "PubMed"
COLLECTION: Final = "Collection"  # before a collection's name in a note, for which RIS has no tag


def render_ris(references: Iterable[Reference]) -> str:
    """Render the records of a `.ris` file; "" without references."""
    return "".join(
        f"{tag}  - {value}{END_OF_LINE}"
        for reference in references
        for tag, value in (*_lines(reference), ("ER", ""))
    )


def _lines(reference: Reference) -> Iterator[tuple[str, str]]:
    yield "TY", TYPES[reference.kind]
    yield "TI", reference.title
    for name in reference.authors:
        yield "AU", _author(name)
    known = {
        "PY": f"{reference.year:04}" if reference.year else None,
        "DA": _date(reference),
        "T2": reference.venue,
        **_imprint(reference.imprint),
        "DO": reference.doi,
        "UR": reference.url,
        "ID": reference.own_key,
        **_accession(reference),
        "AB": reference.abstract,
    }
    yield from ((tag, value) for tag, value in known.items() if value)
    yield from (("KW", word) for word in reference.keywords)
    yield from (("N1", f"{COLLECTION}: {name}") for name in reference.collections)
    if reference.note:
        yield "N1", reference.note
    yield from (("N1", each[:1].upper() + each[1:]) for each in reference.later)
    if reference.arxiv_id and known.get("DB") != ARXIV:
        yield "N1", f"{ARXIV}:{reference.arxiv_id}"
    if reference.pmid and known.get("DB") != PUBMED:
        yield "N1", f"PMID: {reference.pmid}"


def _imprint(known: Imprint) -> dict[str, str | None]:
    """Return volume, issue, first and last page, publisher, and the numbers of journal or book."""
    pages = (known.pages or "").split("–")
    first, last = pages if len(pages) == 2 else ("-".join(pages), None)
    numbers = known.issn or known.isbn
    if known.issn and known.isbn:  # one field for both, as Scopus writes them
        numbers = f"{known.issn} (ISSN); {known.isbn} (ISBN)"
    return {
        **{"VL": known.volume, "IS": known.issue, "SP": first, "EP": last},
        **{"PB": known.publisher, "SN": numbers},
    }


def _author(name: Name) -> str:
    """Return `Family, Given, Suffix`; the standard has the suffix last.

    A name that could be taken apart ends with a comma, by which EndNote knows that it is whole.
    """
    if name.is_whole and not split_name(name.family).is_whole:
        return f"{name.family},"
    return ", ".join(filter(None, (name.whole_family, name.given, name.suffix)))


def _date(reference: Reference) -> str | None:
    """Return `YYYY/MM/DD/`, empty where unknown; None when the year says all."""
    if not (reference.year and reference.month):
        return None
    day = f"{reference.day:02}" if reference.day else ""
    return f"{reference.year:04}/{reference.month:02}/{day}/"


def _accession(reference: Reference) -> dict[str, str | None]:
    """Return the name of a database, and the paper's number in it."""
    if reference.own_id:
        return {"DB": OWN_DATABASE, "AN": reference.own_id}
    if reference.arxiv_id:
        return {"DB": ARXIV, "AN": f"{ARXIV}:{reference.arxiv_id}"}
    if reference.pmid and not reference.own_key:  # beside a database's number, ID is its own too
        return {"DB": PUBMED, "AN": reference.pmid}
    return {}
