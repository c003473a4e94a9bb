"""Read BibTeX and BibLaTeX files, as Zotero, Mendeley, JabRef and Google Scholar write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rag.cleaning.latex import plain_text
from rag.identifiers import find_arxiv_id, is_of_preprints, plain_arxiv_id
from rag.readers.bibtex_entries import Entry, read_entries
from rag.readers.dates import MONTHS, best_date, combine
from rag.readers.named_values import joined_title
from rag.readers.people import bibtex_people
from rag.readers.records import (
    LatexRecord,
    OwnRecord,
    Record,
    RecordError,
    noted_later,
    noted_retraction,
    words_of,
)
from rag.readers.text_files import Text
from rag.types import CITE_ALIAS

KIND: Final = r"(?:[a-z]+|\[[\w', ]{2,80}\])"
START: Final = re.compile(
    rf"^\s*@\s*(?:{KIND}\s*\{{[^,{{}}()=\"\n]{{1,100}},\s*[a-z][\w-]*\s*="
    r"|(?:comment|string|preamble)\s*[{(]|[a-z]+\s*[{(]\s*[^\s,{}()=\"]*\s*(?:,|$))",
    re.IGNORECASE | re.MULTILINE,
)
VENUE_FIELDS: Final = (
    *("journal", "journaltitle", "booktitle", "howpublished", "eventtitle", "series"),
)
DATE_FIELDS: Final = ("date", "year", "issued", "pubdate", "eventdate", "origdate")
# Where an arXiv id is met apart from `eprint`.
ARXIV_FIELDS: Final = (
    *("eprint", "doi", "journal", "journaltitle", "volume", "note", "number", "howpublished"),
    *("arxivid", "pages"),
)
UNTOLD: Final = ("misc", "online", "unpublished")  # kinds of entries that may be preprints
GROUPS: Final = ("groups", "mendeley-groups")
IMPRINT_FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages", "eid", "articleno", "article-number"),
    "publisher": ("publisher", "school", "institution"),
    "issn": ("issn",),
    "isbn": ("isbn",),
}
OWN_ID: Final = "paperchatid"  # as rag.export.bibtex writes it
NOT_INHERITED: Final = frozenset(
    "title subtitle abstract author doi url "
    "eprint eprinttype keywords ids xref crossref note pages eid articleno".split()
)
MOST_WAITING: Final = 10_000  # entries that are held back for a parent that may come later
Inherited = Mapping[str, Mapping[str, str]]


def looks_like_bibtex(text: str) -> bool:
    """Return whether a line opens an entry, a string, a comment or a preamble of BibTeX."""
    return START.search(text) is not None


def read_bibtex(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every entry of the file, broken ones too."""
    strings = {name: name for name in MONTHS}
    parents: dict[str, Mapping[str, str]] = {}
    waiting: list[Entry | RecordError] = []
    for each in read_entries(file, strings):
        if isinstance(each, Entry):
            parents[each.key.lower()] = _heritage(each)
        waiting.append(each)
        if len(waiting) > MOST_WAITING or all(_is_ready(held, parents) for held in waiting[:1]):
            yield from _drained(waiting, parents)
    for each in waiting:
        yield from _told(each, parents)


def _drained(
    waiting: list[Entry | RecordError], parents: Inherited
) -> Iterator[Record | RecordError]:
    """Give what waits no longer, in its order."""
    done = 0
    is_full = len(waiting) > MOST_WAITING
    for each in waiting:
        if not is_full and not _is_ready(each, parents):
            break
        done += 1
        yield from _told(each, parents)
    del waiting[:done]


def _is_ready(each: Entry | RecordError, parents: Inherited) -> bool:
    return isinstance(each, RecordError) or all(key in parents for key in _parents(each))


def _parents(entry: Entry) -> list[str]:
    named = f"{entry.fields.get('xdata', '')},{entry.fields.get('crossref', '')}"
    return [key for each in named.split(",") if (key := each.strip().lower())]


def _heritage(entry: Entry) -> Mapping[str, str]:
    """Return what others may take of an entry: all of `xdata`, of a volume what is its own."""
    if entry.kind == "xdata":
        return entry.fields
    kept = {name: text for name, text in entry.fields.items() if name not in NOT_INHERITED}
    if title := entry.fields.get("title"):
        kept.setdefault("booktitle", title)
    return kept


def _told(each: Entry | RecordError, parents: Inherited) -> Iterator[Record | RecordError]:
    if isinstance(each, RecordError):
        yield each
    elif each.kind not in ("xdata", "set"):
        yield _record(_with_inherited(each, parents), each.key, each.kind)


def _with_inherited(entry: Entry, parents: Inherited) -> dict[str, str]:
    fields = dict(entry.fields)
    for key in _parents(entry):
        for name, value in parents.get(key, {}).items():
            fields.setdefault(name, value)
    return fields


def _record(fields: Mapping[str, str], key: str, kind: str) -> Record:
    own_id = plain_text(fields.get(OWN_ID, ""))
    arxiv_id, venue = _arxiv_id(fields), _venue(fields)
    note = plain_text(fields.get("note", ""))
    is_preprint = kind in UNTOLD and (arxiv_id or is_of_preprints(venue))
    record: Record = {
        "id": own_id,
        "title": _title(fields),
        "abstract": fields.get("abstract") or fields.get("abstractnote", ""),
        "authors": bibtex_people(fields.get("author", "")),
        "published": _published(fields),
        "arxiv_id": arxiv_id,
        "doi": _address(fields.get("doi", "")),
        "pmid": fields.get("pmid") or _eprint(fields, "pubmed"),
        "citekey": key,
        "identifiers": [(CITE_ALIAS, each.strip()) for each in fields.get("ids", "").split(",")],
        "url": _url(fields),
        "venue": venue,
        "keywords": plain_text(fields.get("keywords", "") or fields.get("keyword", "")),
        "collections": _groups(fields),
        "retraction": noted_retraction(note),
        "notices": noted_later(note),
        "kind": "preprint" if is_preprint else "",
        # Semantic Scholar's are lists.
        "kinds": [*re.findall("[a-z]+", kind), fields.get("type"), fields.get("document_type")],
        **{name: _first(fields, *others) for name, others in IMPRINT_FIELDS.items()},
    }
    if not own_id:
        return LatexRecord(record)
    read = {name: plain_text(str(record[name])) for name in ("title", "abstract")}
    return OwnRecord({**record, **read})


def _first(fields: Mapping[str, str], *names: str) -> str:
    text = next((text for name in names if (text := fields.get(name))), "")
    return text if text.isalnum() else plain_text(text)


def _groups(fields: Mapping[str, str]) -> list[str]:
    """Return the groups of JabRef and Mendeley that an entry is in."""
    found = (words_of(plain_text(fields.get(name, ""))) for name in GROUPS)
    return [name for names in found for each in names if (name := each.strip())]


def _title(fields: Mapping[str, str]) -> str:
    return joined_title(fields.get("title", ""), fields.get("subtitle", ""))


def _published(fields: Mapping[str, str]) -> str:
    """Find an ISO date as precise as the entry is; of a span of time its beginning."""
    texts = [plain_text(fields[name]) for name in DATE_FIELDS if fields.get(name)]
    month, day = plain_text(fields.get("month", "")), plain_text(fields.get("day", ""))
    found = best_date(*texts)
    if found and len(found) == 4:
        return combine(found, month, day) or found
    return found or best_date(month) or ""


def _arxiv_id(fields: Mapping[str, str]) -> str:
    """Find the id in `eprint`, where that is arXiv's, or that another field names as such."""
    named = find_arxiv_id(*(fields.get(name, "") for name in ARXIV_FIELDS))
    return named or plain_arxiv_id(_eprint(fields, "arxiv"))


def _eprint(fields: Mapping[str, str], archive: str) -> str:
    given = fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv"
    return fields.get("eprint", "").strip() if given.strip().lower() == archive else ""


def _url(fields: Mapping[str, str]) -> str:
    places = (fields.get(name, "") for name in ("url", "link", "howpublished", "ee"))
    addresses = (_address(place) for place in places)
    return next((each for each in addresses if re.match("https?://", each)), "")


def _address(text: str) -> str:
    """Undo LaTeX's escapes, with which many write an address."""
    bare = re.sub(r"^\{+([^{}]*)\}+$", r"\1", text.strip()).strip()
    inside = re.sub(r"^\\url\s*\{(.*)\}$", r"\1", bare)
    tilde = re.sub(r"\{?\\(?:textasciitilde|~)(?:\{\})?\}?", "~", inside)
    return re.sub(r"\\([%&#_$])", r"\1", re.sub(r"\{\\_\}", "_", tilde)).replace("\\/", "/")


def _venue(fields: Mapping[str, str]) -> str:
    texts = (plain_text(fields.get(name, "")) for name in VENUE_FIELDS)
    return next((text for text in texts if text and not re.match("https?://", text)), "")
