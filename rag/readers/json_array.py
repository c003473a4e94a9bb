"""Read a JSON array of papers: CSL-JSON, as Zotero and pandoc write it, or plain records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TextIO

from rag.identifiers import doi_address, find_arxiv_id
from rag.names import Name
from rag.readers.records import Record, RecordError, UnreadableError

START: Final = re.compile(r"\s*\[\s*(?:\{\s*\"|\])")
# CSL's own markup in titles, and publishers' in abstracts.
MARKUP: Final = re.compile(r"</?(?:i|b|sub|sup|sc|span|jats:[\w-]+)(?:\s[^<>]*)?/?>")
OWN_ID: Final = "paperchat_id"  # as rag.export.csl writes it


def looks_like_json_array(text: str) -> bool:
    """Whether the text begins an array of objects."""
    return START.match(text) is not None


def read_json_array(file: TextIO) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every item of the array.

    Raises:
        UnicodeError: The file is not UTF-8.
        UnreadableError: It is no JSON.
    """
    text = file.read()
    text.encode()
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise UnreadableError(f"it is broken JSON: {exc}") from exc
    for item in items:
        if not isinstance(item, dict):
            yield RecordError(f"a JSON object is needed, not {type(item).__name__}")
        else:
            yield _csl_record(item) if {"id", "type"} <= item.keys() else item


def _csl_record(item: Mapping[str, object]) -> Record:
    custom = item.get("custom")
    address = _text(item, "URL") or doi_address(_text(item, "DOI"))
    return {
        "id": _text(custom, OWN_ID) if isinstance(custom, Mapping) else "",
        "title": MARKUP.sub("", _text(item, "title")),
        "abstract": MARKUP.sub("", _text(item, "abstract")),
        "authors": [_author(name) for name in _objects(item, "author")],
        "published": _date(item.get("issued")),
        "arxiv_id": find_arxiv_id(*(_text(item, name) for name in ("number", "DOI", "note"))),
        "url": address,
        "venue": _text(item, "container-title"),
    }


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _objects(item: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = item.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _author(name: Mapping[str, object]) -> str:
    if literal := _text(name, "literal"):
        return literal
    particles = (_text(name, part) for part in ("dropping-particle", "non-dropping-particle"))
    particle = " ".join(filter(None, particles))
    return str(Name(_text(name, "family"), _text(name, "given"), particle, _text(name, "suffix")))


def _date(issued: object) -> str:
    """Make an ISO date of `date-parts`, whose numbers may be texts, or give the raw date."""
    if not isinstance(issued, Mapping):
        return ""
    spans = issued.get("date-parts")
    if isinstance(spans, list) and spans and isinstance(spans[0], list):
        return _iso(spans[0])
    return _text(issued, "raw") or _text(issued, "literal")


def _iso(parts: Sequence[object]) -> str:
    texts = [str(part) for part in parts[:3]]
    return "-".join(text.zfill(2) for text in texts if text.isdecimal())
