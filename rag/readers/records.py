"""The one door for papers: whatever a reader found is validated and cleaned here."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from rag.types import Paper

ARXIV_ID: Final = re.compile(r"^(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?$")
ARXIV_URL: Final = re.compile(
    r"arxiv\.org/(?:abs|pdf)/([^\s?#]+?)(?:v\d+)?(?:\.pdf)?$", re.IGNORECASE
)
ISO_DATE: Final = re.compile(r"^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?:[T ].*)?$")
WRITTEN_DATES: Final = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %Y", "%B %Y")
UNWANTED: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
MOST_ID_CHARACTERS: Final = 200
MOST_INTEGER_BITS: Final = 256

Record = Mapping[str, object]


class RecordError(Exception):
    """A record is no paper; the message says why, in words for the user."""


def fold(text: str) -> str:
    """The text on one line: white space folded, control characters and lone surrogates dropped."""
    return " ".join(UNWANTED.sub("", text).split())


def title_key(title: str) -> str:
    """What two spellings of the same title share: letters and digits only, in lower case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title).casefold())


def content_hash(paper: Paper) -> str:
    """Changes when anything that a user could see of the paper does, except where it came from."""
    fields = {name: value for name, value in asdict(paper).items() if name != "source"}
    return hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest()[:16]


def paper_from_record(record: Record, source: str) -> Paper:
    """The paper that a record describes.

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
    """The first of the keys that holds text, folded; numbers count as text, all else does not."""
    for key in keys:
        if text := _text(record.get(key)):
            return text
    return ""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int) and value.bit_length() > MOST_INTEGER_BITS:
        return ""
    return fold(str(value))


def _own_id(record: Record) -> str:
    own = _first_text(record, "id", "_id", "paper_id", "arxiv_id")
    if len(own) > MOST_ID_CHARACTERS:
        raise RecordError(f"its id is longer than {MOST_ID_CHARACTERS} characters")
    return _plain_arxiv_id(own) or own


def _arxiv_id(record: Record, url: str | None) -> str:
    own = _first_text(record, "arxiv_id") or _first_text(record, "id", "_id", "paper_id")
    return _plain_arxiv_id(own) or arxiv_id_in(url or "")


def arxiv_id_in(url: str) -> str:
    """The id of the paper that an arXiv address leads to, without its version, or ""."""
    match = ARXIV_URL.search(url)
    return _plain_arxiv_id(match[1]) if match else ""


def arxiv_id_of(paper: Paper) -> str:
    """The paper's id on arXiv, from its own id or its address, or ""."""
    return _plain_arxiv_id(paper.paper_id) or arxiv_id_in(paper.url or "")


def _plain_arxiv_id(text: str) -> str:
    """The id without prefix and version, or "" when the text is none."""
    match = ARXIV_ID.match(re.sub(r"^arxiv:", "", text, flags=re.IGNORECASE))
    return match[1] if match else ""


def id_from_title(title: str) -> str:
    """Stable while the title is, so that a corrected abstract updates its paper."""
    return "t-" + hashlib.sha256((title_key(title) or title).encode()).hexdigest()[:12]


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
    folded = (fold(name) for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in folded if name))


def _without_brackets(text: str) -> str:
    """The text without what stands in round brackets, nested ones too: affiliations."""
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
    """When the first version was made, as arXiv's snapshot tells it."""
    versions = record.get("versions")
    if isinstance(versions, list) and versions and isinstance(versions[0], Mapping):
        return versions[0].get("created")
    return None


def parse_date(text: str) -> str | None:
    """An ISO date of the precision that the text has, or None when it holds no date with a year."""
    if match := ISO_DATE.match(text):
        return _iso(*(int(part) if part else None for part in match.groups()))
    for form in WRITTEN_DATES:
        try:
            parsed = datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        return parsed.isoformat() if "%d" in form else parsed.isoformat()[:7]
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def _iso(year: int | None, month: int | None, day: int | None) -> str | None:
    if month == 0 or day == 0:  # written where they are not known
        month = day = None
    try:
        valid = date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    return valid.isoformat()[: 10 if day else 7 if month else 4]
