"""Reads files of papers; which form a file has is found from its content, never from its name."""

from __future__ import annotations

import gzip
import io
import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from rag.readers.bibtex import looks_like_bibtex, read_bibtex
from rag.readers.daily_papers import looks_like_page, read_page
from rag.readers.json_array import looks_like_json_array, read_json_array
from rag.readers.json_lines import looks_like_json_lines, read_json_lines
from rag.readers.records import Record, RecordError, paper_from_record
from rag.readers.ris import looks_like_ris, read_ris
from rag.text import one_line
from rag.types import Paper, Rejection

logger = logging.getLogger(__name__)

FORMS: Final = (
    "a saved Daily Papers page (plain text), JSON Lines with title and abstract, BibTeX, RIS or "
    "CSL-JSON, also gzipped"
)
GZIP_MAGIC: Final = b"\x1f\x8b"
BYTES_LOOKED_AT: Final = 1 << 16

Source = str | Path | Paper | Mapping[str, object]


def read_sources(sources: Iterable[Source]) -> Iterator[Paper | Rejection]:
    """Every paper of the sources in their order, and a rejection for all that is none.

    A source is a file, a folder of files, a `Paper`, or a mapping with a record's keys.
    """
    for number, source in enumerate(sources, start=1):
        if isinstance(source, Paper):
            item = _paper_or_rejection(asdict(source), "record", number)
            yield replace(item, source=source.source) if isinstance(item, Paper) else item
        elif isinstance(source, Mapping):
            yield _paper_or_rejection(source, "record", number)
        else:
            yield from _read_path(source)


def _read_path(source: str | Path) -> Iterator[Paper | Rejection]:
    try:
        files = _files(Path(source).expanduser())
    except (OSError, ValueError, RuntimeError) as exc:  # too long, a NUL, no home to expand `~` to
        yield Rejection(one_line(str(source))[:200], 0, f"it cannot be read: {exc}")
        return
    if not files:
        yield Rejection(Path(source).resolve().name, 0, "the folder holds no files")
    for path in files:
        yield from _read_file(path)


def _files(path: Path) -> list[Path]:
    """The file itself, or all files below a folder apart from hidden ones, in order."""
    if not path.is_dir():
        return [path]
    below = (p for p in path.rglob("*") if p.is_file())
    return sorted(
        p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts)
    )


def _read_file(path: Path) -> Iterator[Paper | Rejection]:
    name = path.name
    found = False
    try:
        for number, record in enumerate(_read_records(path), start=1):
            item = _paper_or_rejection(record, name, number)
            found |= isinstance(item, Paper)
            yield item
    except _UnreadableError as exc:
        yield Rejection(name, 0, str(exc))
        return
    if not found:
        yield Rejection(name, 0, f"it holds no paper; understood is {FORMS}")


class _UnreadableError(Exception):
    """A file as a whole cannot be read; the message says why."""


def _read_records(path: Path) -> Iterator[Record | RecordError]:
    try:
        with _open(path) as file:
            packed = file.peek(2)[:2] == GZIP_MAGIC
            content = gzip.GzipFile(fileobj=file) if packed else file
            yield from _dispatch(io.BufferedReader(content, BYTES_LOOKED_AT))
    except (OSError, EOFError, zlib.error) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise _UnreadableError(f"it cannot be read: {why}") from exc
    except UnicodeError as exc:
        raise _UnreadableError(f"it is not text in UTF-8; understood is {FORMS}") from exc


def _open(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise _UnreadableError(f"it cannot be read: {why}") from exc


def _dispatch(file: io.BufferedReader) -> Iterator[Record | RecordError]:
    start = file.peek(BYTES_LOOKED_AT)[:BYTES_LOOKED_AT]
    if not start.strip():
        raise _UnreadableError("it is empty")
    if b"\0" in start:
        raise _UnreadableError(f"it is a binary file; understood is {FORMS}")
    head = start.decode("utf-8-sig", errors="ignore")
    if head.lstrip().startswith("<"):
        raise _UnreadableError(f"it is an HTML or XML page; understood is {FORMS}")
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
    if looks_like_bibtex(head):
        yield from read_bibtex(lines.read())
    elif looks_like_ris(head):
        yield from read_ris(lines.read())
    elif looks_like_json_array(head):
        yield from _read_array(lines.read())
    elif looks_like_json_lines(head.splitlines()):
        yield from read_json_lines(lines)
    else:
        yield from _read_page(lines.read())


def _read_array(text: str) -> Iterator[Record | RecordError]:
    text.encode()  # what is not UTF-8 shows here
    try:
        yield from read_json_array(text)
    except (ValueError, RecursionError) as exc:
        raise _UnreadableError(f"it is broken JSON: {exc}") from exc


def _read_page(text: str) -> Iterator[Record | RecordError]:
    text.encode()
    if not looks_like_page(text):
        raise _UnreadableError(f"its form is not known; understood is {FORMS}")
    yield from read_page(text)


def _paper_or_rejection(
    record: Record | RecordError, source: str, number: int
) -> Paper | Rejection:
    if isinstance(record, RecordError):
        return Rejection(source, number, str(record))
    try:
        return paper_from_record(record, source)
    except RecordError as exc:
        return Rejection(source, number, str(exc))
