"""Write CSL-JSON, as pandoc, Zotero and citeproc read it; fields of the schema `csl-data.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from rag.export.references import Kind, Reference, listed
from rag.names import Name

TYPES: Final[Mapping[Kind, str]] = {
    "article": "article-journal",
    "conference": "paper-conference",
    "preprint": "article",
    "other": "document",
}
ARXIV: Final = "arXiv"
COLLECTIONS: Final = "collections"
OWN_ID: Final = "paperchat_id"  # both below `custom`, which the schema keeps for such


def render_csl(references: Iterable[Reference]) -> str:
    """Render one array of items, which is `[]` without references."""
    items = [csl_item(reference) for reference in references]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def csl_item(reference: Reference) -> dict[str, object]:
    """Return a reference as an item of CSL."""
    known: dict[str, object] = {
        "id": reference.key,
        "citation-key": reference.own_key,
        "type": TYPES[reference.kind],
        "title": reference.title,
        "author": [_name(name) for name in reference.authors],
        "issued": _date(reference),
        "container-title": reference.venue,
        "number": f"{ARXIV}:{reference.arxiv_id}" if reference.arxiv_id else None,
        "publisher": ARXIV if reference.arxiv_id and reference.kind == "preprint" else None,
        "DOI": reference.doi,
        "URL": reference.url,
        "PMID": reference.pmid,
        "keyword": listed(reference.keywords),
        "abstract": reference.abstract,
        "note": reference.note,
        "custom": _custom(reference),
    }
    return {field: value for field, value in known.items() if value}


def _custom(reference: Reference) -> dict[str, object]:
    known = {OWN_ID: reference.own_id, COLLECTIONS: list(reference.collections)}
    return {field: value for field, value in known.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.is_whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: value for part, value in parts.items() if value}


def _date(reference: Reference) -> dict[str, object] | None:
    known = [part for part in (reference.year, reference.month, reference.day) if part]
    return {"date-parts": [known]} if known else None
