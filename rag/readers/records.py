"""Turn records into papers: the one door, where what a reader found is validated and cleaned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from rag.identifiers import arxiv_id_in, id_from_title, plain_arxiv_id
from rag.readers.dates import parse_date
from rag.text import one_line
from rag.types import Paper

MOST_ID_CHARACTERS: Final = 200
MOST_INTEGER_BITS: Final = 256

Record = Mapping[str, object]


class RecordError(Exception):
    """Raised when a record is no paper; the message says why, in words for the user."""


class UnreadableError(Exception):
    """Raised when a whole file cannot be read; the message says why, in words for the user."""


def paper_from_record(record: Record, source: str) -> Paper:
    """Make the paper that a record describes.

    Keys: `title`; `abstract`, `text` or `summary`; and where known `id`, `_id`, `paper_id` or
    `arxiv_id`; `authors`; `published`, `date`, `year`, `update_date` or arXiv's `versions`; `url`;
    `venue`; `source`. An optional value that cannot be understood is left out.

    Raises:
        RecordError: Title or abstract is missing, or the id cannot serve as one.
    """
    title = _first_text(record, "title")
    abstract = _first_text(record, "abstract", "text", "summary")
    if not title:
        raise RecordError("it has no title")
    if not abstract:
        raise RecordError(f"{title[:60]!r} has no abstract")
    url = _web_address(_first_text(record, "url", "link"))
    arxiv_id = _arxiv_id(record, url)
    return Paper(
        paper_id=_own_id(record) or arxiv_id or id_from_title(title),
        title=title,
        abstract=abstract,
        authors=_authors(record.get("authors") or record.get("author")),
        published=_published(record),
        url=url or (f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else None),
        venue=_first_text(record, "venue") or None,
        source=_first_text(record, "source") or source,
    )


def _first_text(record: Record, *keys: str) -> str:
    """Find the first of the keys that holds text, or a number, and put it on one line."""
    for key in keys:
        if text := _text(record.get(key)):
            return text
    return ""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int) and value.bit_length() > MOST_INTEGER_BITS:
        return ""
    return one_line(str(value))


def _own_id(record: Record) -> str:
    own = _first_text(record, "id", "_id", "paper_id", "arxiv_id")
    if len(own) > MOST_ID_CHARACTERS:
        raise RecordError(f"its id is longer than {MOST_ID_CHARACTERS} characters")
    return plain_arxiv_id(own) or own


def _arxiv_id(record: Record, url: str | None) -> str:
    own = _first_text(record, "arxiv_id") or _first_text(record, "id", "_id", "paper_id")
    return plain_arxiv_id(own) or arxiv_id_in(url or "")


def _web_address(text: str) -> str | None:
    return text if re.match(r"^https?://[^\s<>\"']+$", text) else None


def _authors(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        separator = r";" if ";" in value else r",|\band\b"
        value = re.split(separator, _without_brackets(value))
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, Iterable):
        return ()
    names = (item.get("name") if isinstance(item, Mapping) else item for item in value)
    cleaned = (one_line(name) for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _without_brackets(text: str) -> str:
    """Drop what stands in round brackets, nested ones too: affiliations."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\([^()]*\)", "", text)
    return text


def _published(record: Record) -> str | None:
    candidates = [record.get(key) for key in ("published", "date", "year")]
    for value in (*candidates, _first_version(record), record.get("update_date")):
        if found := parse_date(_text(value)):
            return found
    return None


def _first_version(record: Record) -> object:
    """Find when the first version was made, as arXiv's snapshot tells it."""
    versions = record.get("versions")
    if isinstance(versions, list) and versions and isinstance(versions[0], Mapping):
        return versions[0].get("created")
    return None
