"""Write CSL-JSON, as pandoc, Zotero and citeproc read it; fields of the schema `csl-data.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from rag.export.references import EntryKind, Reference, listed
from rag.names import Name

TYPES: Final[Mapping[EntryKind, str]] = {
    "article": "article-journal",
    "conference": "paper-conference",
    "chapter": "chapter",
    "book": "book",
    "thesis": "thesis",
    "report": "report",
    "preprint": "article",
    "other": "document",
}
IN_A_SERIES: Final = ("book", "thesis", "report")  # what stands in no other work
ARXIV: Final = "arXiv"
COLLECTIONS: Final = "collections"
OWN_ID: Final = "paperchat_id"  # both below `custom`, which the schema keeps for such


def render_csl(references: Iterable[Reference]) -> str:
    """Render one array of items, which is `[]` without references."""
    items = [csl_item(reference) for reference in references]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def csl_item(reference: Reference) -> dict[str, object]:
    """Return a reference as an item of CSL."""
    told = reference.imprint
    is_of_arxiv = reference.arxiv_id and reference.kind == "preprint"
    known: dict[str, object] = {
        "id": reference.key,
        "citation-key": reference.own_key,
        "type": TYPES[reference.kind],
        "title": reference.title,
        "author": [_name(name) for name in reference.authors],
        "issued": _date(reference),
        _venue_field(reference): reference.venue,
        "volume": told.volume,
        **_number(reference),
        "page": told.pages and told.pages.replace("–", "-"),
        "publisher": told.publisher or (ARXIV if is_of_arxiv else None),
        "ISSN": told.issn,
        "ISBN": told.isbn,
        "DOI": reference.doi,
        "URL": reference.url,
        "PMID": reference.pmid,
        "keyword": listed(reference.keywords),
        "abstract": reference.abstract,
        "note": reference.whole_note,
        "custom": _custom(reference),
    }
    return {field: value for field, value in known.items() if value}


def _venue_field(reference: Reference) -> str:
    return "collection-title" if reference.kind in IN_A_SERIES else "container-title"


def _number(reference: Reference) -> dict[str, str | None]:
    """Return the issue of a volume, and the number of what has one of its own."""
    issue, arxiv_id = reference.imprint.issue, reference.arxiv_id
    number = f"{ARXIV}:{arxiv_id}" if arxiv_id else None
    if reference.kind == "report" and not number:
        return {"number": issue}
    return {"issue": issue, "number": number}


def _custom(reference: Reference) -> dict[str, object]:
    known = {OWN_ID: reference.own_id, COLLECTIONS: list(reference.collections)}
    return {field: value for field, value in known.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.is_whole:
        return {"literal": name.family}
    given, dropping = _particle_behind(name.given)
    parts = {
        "family": name.family,
        "given": given,
        "dropping-particle": dropping,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: value for part, value in parts.items() if value}


def _particle_behind(given: str) -> tuple[str, str]:
    """Split the small words off that stand behind a given name: `Alexis de`, `Ludwig van`."""
    words = given.split()
    end = len(words)
    while end > 1 and words[end - 1].islower():
        end -= 1
    return " ".join(words[:end]), " ".join(words[end:])


def _date(reference: Reference) -> dict[str, object] | None:
    known = [part for part in (reference.year, reference.month, reference.day) if part]
    return {"date-parts": [known]} if known else None
