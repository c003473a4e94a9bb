"""Read RIS files, as Zotero, EndNote, Mendeley and publishers' pages write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TextIO

from rag.identifiers import arxiv_id_in, doi_address, find_arxiv_id
from rag.names import split_name
from rag.readers.records import Record, RecordError

START: Final = re.compile(r"^TY {1,2}- ", re.MULTILINE)
TAG: Final = re.compile(r"^([A-Z][A-Z0-9]) {1,2}-[ \t]*", re.MULTILINE)
END: Final = "ER  - "
TITLES: Final = ("title", "primary_title")
ABSTRACTS: Final = ("abstract", "notes_abstract")
AUTHORS: Final = ("authors", "first_authors")
DATES: Final = ("date", "publication_year", "year")
VENUES: Final = (
    *("secondary_title", "journal_name", "alternate_title3", "alternate_title2"),
    "tertiary_title",
)
OWN_DATABASE: Final = "paperchat"  # as rag.export.ris writes it


def looks_like_ris(text: str) -> bool:
    """Whether a line opens a record."""
    return START.search(text) is not None


def read_ris(file: TextIO) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every record of the file, in order.

    A record ends where the next begins, also where its own end is missing.
    """
    text = file.read()
    starts = [match.start() for match in START.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield _read(text[start:end])


def _read(text: str) -> Record | RecordError:
    import rispy

    try:
        text.encode()
        # The web addresses of a record stand a line each; a semicolon is part of them.
        records = rispy.loads(TAG.sub(r"\1  - ", f"{text}\n{END}"), delimiter_tags_mapping={})
    except UnicodeEncodeError:
        return RecordError("it is not text in UTF-8")
    except (KeyError, TypeError, AttributeError) as exc:  # what rispy's parser stumbles over
        return RecordError(f"broken RIS: {exc!r}")
    return _record(records[0]) if records else RecordError("broken RIS: no line has a tag")


def _record(fields: Mapping[str, object]) -> Record:
    number = _text(fields, "accession_number")
    is_own = _text(fields, "name_of_database") == OWN_DATABASE
    urls = [url for url in _list(fields, "urls") if re.match("https?://", url)]
    return {
        "id": number if is_own else "",
        "title": _text(fields, *TITLES),
        "abstract": _text(fields, *ABSTRACTS),
        "authors": [_spoken(name) for name in _list(fields, *AUTHORS)],
        "published": _date(fields),
        "arxiv_id": find_arxiv_id(number, _text(fields, "doi"), _text(fields, "note"))
        or next(filter(None, map(arxiv_id_in, urls)), ""),
        "url": next(iter(urls), doi_address(_text(fields, "doi"))),
        "venue": _text(fields, *VENUES),
    }


def _text(fields: Mapping[str, object], *names: str) -> str:
    return next(
        (value for name in names if isinstance(value := fields.get(name), str) and value), ""
    )


def _list(fields: Mapping[str, object], *names: str) -> list[str]:
    found = next((value for name in names if isinstance(value := fields.get(name), list)), [])
    return [value for value in found if isinstance(value, str)]


def _spoken(name: str) -> str:
    """Put the given name first; RIS has the suffix last."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 3:
        return " ".join([parts[1], parts[0], parts[2]])
    return str(split_name(name))


def _date(fields: Mapping[str, object]) -> str:
    """Make an ISO date of `2020/07/16/`, whose parts may be empty."""
    text = _text(fields, *DATES)
    parts = [part.strip() for part in text.split("/")[:3]]
    return "-".join(part for part in parts if part) if parts[0].isdecimal() else text
