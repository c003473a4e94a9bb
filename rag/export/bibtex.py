"""Write BibTeX, in UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from rag.export.latex import latex_text
from rag.export.references import EntryKind, Reference, listed
from rag.names import Name

ENTRY_TYPES: Final[Mapping[EntryKind, str]] = {
    "article": "article",
    "conference": "inproceedings",
    "chapter": "incollection",
    "book": "book",
    "thesis": "phdthesis",
    "report": "techreport",
    "preprint": "misc",
    "other": "misc",
}
VENUE_FIELDS: Final[Mapping[EntryKind, str]] = {
    "article": "journal",
    "conference": "booktitle",
    "chapter": "booktitle",
    "book": "series",
    "thesis": "series",
    "report": "series",
    "preprint": "howpublished",
    "other": "howpublished",
}
PUBLISHER_FIELDS: Final[Mapping[EntryKind, str]] = {"thesis": "school", "report": "institution"}
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OWN_ID: Final = "paperchatid"  # a field of ours, which BibTeX ignores
# What BibTeX's list of names would read as more than a name, or a parser as a command.
NO_NAME: Final = re.compile(r"\band\b|^others$|[\\{}$&%#_~^]", re.IGNORECASE)
NOT_IN_ADDRESS: Final = re.compile(r"[{}\\\s]")


def render_bibtex(references: Iterable[Reference]) -> str:
    """Render the entries of a `.bib` file; "" without references."""
    return "\n".join(map(_entry, references))


def _entry(reference: Reference) -> str:
    lines = [f"  {name} = {value}," for name, value in _fields(reference).items() if value]
    return "\n".join([f"@{ENTRY_TYPES[reference.kind]}{{{reference.key},", *lines, "}", ""])


def _fields(reference: Reference) -> dict[str, str]:
    """Return values for the right of the equals sign; empty where unknown."""
    has_eprint = reference.arxiv_id is not None
    return {
        "title": _braced(_braced(latex_text(reference.title))),  # inner braces keep capitals
        "author": _braced(" and ".join(map(_author, reference.authors))),
        "year": _braced(str(reference.year or "")),
        "month": MONTHS[reference.month - 1] if reference.month else "",
        "day": _braced(str(reference.day or "")),
        VENUE_FIELDS[reference.kind]: _braced(latex_text(reference.venue or "")),
        **_imprint(reference),
        "eprint": _braced(reference.arxiv_id or ""),
        "archivePrefix": _braced("arXiv" if has_eprint else ""),
        "doi": _braced(_verbatim(reference.doi or "")),
        "url": _braced(_verbatim(reference.url or "")),
        "ids": _braced(", ".join(reference.aliases)),  # as biblatex knows them
        "pmid": _braced(reference.pmid or ""),
        "note": _braced(latex_text(reference.whole_note)),
        "keywords": _braced(latex_text(listed(reference.keywords))),
        "groups": _braced(latex_text(listed(reference.collections))),  # as JabRef has them
        OWN_ID: _braced(latex_text(reference.own_id or "")),
        "abstract": _braced(latex_text(reference.abstract or "")),
    }


def _imprint(reference: Reference) -> dict[str, str]:
    known = reference.imprint
    values = {
        "volume": known.volume,
        "number": known.issue,
        "pages": known.pages,
        PUBLISHER_FIELDS.get(reference.kind, "publisher"): known.publisher,
        "issn": known.issn,
        "isbn": known.isbn,
    }
    written = {name: latex_text(value or "") for name, value in values.items()}
    return {name: _braced(text.replace("–", "--")) for name, text in written.items()}


def _braced(value: str) -> str:
    return f"{{{value}}}" if value else ""


def _author(name: Name) -> str:
    """Return `von Family, Suffix, Given`; braces keep together what is no person's name."""
    if name.is_whole or NO_NAME.search(str(name)):
        return _braced(latex_text(str(name)))
    parts = (name.whole_family, name.suffix, name.given)
    return ", ".join(latex_text(part) for part in parts if part)


def _verbatim(address: str) -> str:
    """Return an address; what would end the field or begin a command is percent-encoded."""
    return NOT_IN_ADDRESS.sub(lambda match: quote(match[0]), address)
