"""Read BibTeX and BibLaTeX files, as Zotero, Mendeley, JabRef and Google Scholar write them.

Not covered: fields that an entry inherits by `crossref`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, TextIO

from rag.identifiers import doi_address, find_arxiv_id
from rag.readers.latex import plain_text
from rag.readers.records import Record, RecordError
from rag.text import is_utf8

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

START: Final = re.compile(
    r"^\s*@\s*(?:(?:comment|string|preamble)\s*[{(]|[a-z]+\s*[{(]\s*[^\s,{}()=\"]*\s*,)",
    re.IGNORECASE | re.MULTILINE,
)
VENUE_FIELDS: Final = ("journal", "journaltitle", "booktitle", "howpublished")
# Where an arXiv id is met apart from `eprint`.
ARXIV_FIELDS: Final = ("eprint", "doi", "journal", "volume", "note", "number", "howpublished")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAME: Final = re.compile("|".join(MONTHS), re.IGNORECASE)
NUMBER: Final = re.compile(r"\b\d{1,2}\b")
OWN_ID: Final = "paperchatid"  # as rag.export.bibtex writes it


def looks_like_bibtex(text: str) -> bool:
    """Whether a line opens an entry, a string, a comment or a preamble of BibTeX."""
    return START.search(text) is not None


def read_bibtex(file: TextIO) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every entry of the file, broken ones too.

    What is no UTF-8 stands in the text as lone surrogates, and spoils its own entry alone.
    """
    from bibtexparser.model import Entry, String
    from bibtexparser.splitter import Splitter

    # It warns of every broken entry, which we report ourselves.
    logging.getLogger("bibtexparser.splitter").setLevel(logging.CRITICAL)
    strings = dict(zip(MONTHS, MONTHS, strict=True))
    for block in map(_unwrapped, Splitter(file.read()).split().blocks):
        if isinstance(block, String):
            strings[block.key.lower()] = _value(str(block.value), strings)
        elif isinstance(block, Entry):
            yield _record(block, strings)
        elif error := _broken(block):
            yield error


def _unwrapped(block: Block) -> Block:
    """Unwrap a block that the parser refuses because its key, or a field, stands twice."""
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock

    while isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        if block.ignore_error_block is None:
            return block
        block = block.ignore_error_block
    return block


def _broken(block: Block) -> RecordError | None:
    """Say what is wrong with a block that could not be parsed; None for one without a paper."""
    from bibtexparser.model import ParsingFailedBlock

    if not isinstance(block, ParsingFailedBlock):
        return None
    line = (block.start_line or 0) + 1
    why = getattr(block.error, "abort_reason", None) or str(block.error)
    return RecordError(f"broken BibTeX in line {line}: {_shown(why)}")


def _shown(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _record(entry: Entry, strings: Mapping[str, str]) -> Record | RecordError:
    fields = {}
    for field in reversed(entry.fields):  # of two fields with one name the first holds
        fields[field.key.lower()] = _value(str(field.value), strings)
    if not is_utf8("".join(fields.values())):
        return RecordError("it is not text in UTF-8")
    try:
        return _known(fields)
    except RecursionError:
        return RecordError("its braces are nested too deep")


def _known(fields: Mapping[str, str]) -> Record:
    return {
        "id": plain_text(fields.get(OWN_ID, "")),
        "title": plain_text(fields.get("title", "")),
        "abstract": plain_text(fields.get("abstract", "")),
        "authors": _authors(fields.get("author", "")),
        "published": _published(fields),
        "arxiv_id": _arxiv_id(fields),
        "url": _url(fields),
        "venue": _venue(fields),
    }


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Take from a field's value what encloses it; look up names of strings, joined by `#`."""
    return "".join(_part(part, strings) for part in _split(raw))


def _part(part: str, strings: Mapping[str, str]) -> str:
    part = part.strip()
    if len(part) > 1 and (part[0], part[-1]) in (("{", "}"), ('"', '"')):
        return part[1:-1]
    return strings.get(part.lower(), part)


def _split(raw: str) -> Iterator[str]:
    """Split a value at every `#` outside braces and quotation marks."""
    if "#" not in raw:
        yield raw
        return
    depth, is_quoted, start = 0, False, 0
    for at, sign in enumerate(raw):
        if at and raw[at - 1] == "\\":
            continue
        if sign == '"' and depth == 0:
            is_quoted = not is_quoted
        depth += (sign == "{") - (sign == "}")
        if sign == "#" and depth == 0 and not is_quoted:
            yield raw[start:at]
            start = at + 1
    yield raw[start:]


def _authors(field: str) -> list[str]:
    from bibtexparser.middlewares.names import (
        parse_single_name_into_parts,
        split_multiple_persons_names,
    )

    names = (
        parse_single_name_into_parts(name, strict=False).merge_first_name_first
        for name in split_multiple_persons_names(" ".join(field.split()))
        if name.strip().lower() != "others"
    )
    return [plain_text(name) for name in names]


def _published(fields: Mapping[str, str]) -> str:
    """Find an ISO date as precise as the entry is; of a span of time its beginning."""
    if date := plain_text(fields.get("date", "")):
        return date.partition("/")[0]
    year = re.search(r"\d{4}", fields.get("year", ""))
    if not year:
        return ""
    written = plain_text(fields.get("month", ""))
    name, number = MONTH_NAME.search(written), NUMBER.search(written)
    day = NUMBER.search(fields.get("day", ""))
    if name:  # the day may stand beside it
        month, day = MONTHS.index(name[0].lower()) + 1, day or number
    elif number:
        month = int(number[0])
    else:
        return year[0]
    return f"{year[0]}-{month:02}" + (f"-{int(day[0]):02}" if day else "")


def _arxiv_id(fields: Mapping[str, str]) -> str:
    """Find the id in `eprint`, where that is arXiv's, or that another field names as such."""
    archive = fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv"
    eprint = fields.get("eprint", "") if archive.strip().lower() == "arxiv" else ""
    named = find_arxiv_id(*(fields.get(name, "") for name in ARXIV_FIELDS))
    return named or eprint.strip()


def _url(fields: Mapping[str, str]) -> str:
    for name in ("url", "link", "howpublished"):
        address = _address(fields.get(name, ""))
        if re.match("https?://", address):
            return address
    return doi_address(_address(fields.get("doi", "")))


def _address(text: str) -> str:
    """Undo LaTeX's escapes, with which many write an address."""
    inside = re.sub(r"^\\url\s*\{(.*)\}$", r"\1", text.strip())
    tilde = re.sub(r"\{?\\(?:textasciitilde|~)(?:\{\})?\}?", "~", inside)
    return re.sub(r"\\([%&#_$])", r"\1", tilde)


def _venue(fields: Mapping[str, str]) -> str:
    for name in VENUE_FIELDS:
        text = plain_text(fields.get(name, ""))
        if text and not re.match("https?://", text):
            return text
    return ""
