"""Read papers from files, folders and records; a file's content tells its format, not its name."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Final

from rag.errors import SourceError
from rag.readers.records import Record, RecordError, UnreadableError, paper_from_record
from rag.readers.table import FORMATS, find_reader
from rag.text import one_line
from rag.types import Paper, Rejection

GZIP_MAGIC: Final = b"\x1f\x8b"
BYTES_LOOKED_AT: Final = 1 << 16
WHAT_CAN_BE_READ: Final = f"; what can be read: {FORMATS}"
REJECTED_SOURCES_NAMED: Final = 3

Source = str | Path | Paper | Mapping[str, object]


def read_sources(sources: Iterable[Source]) -> Iterator[Paper | Rejection]:
    """Read every paper of the sources in their order; what is none becomes a rejection.

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
    """List the file itself, or all files below a folder apart from hidden ones, in order."""
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
    except UnreadableError as exc:
        yield Rejection(name, 0, str(exc))
        return
    if not found:
        yield Rejection(name, 0, f"it holds no paper{WHAT_CAN_BE_READ}")


def _read_records(path: Path) -> Iterator[Record | RecordError]:
    try:
        with _open(path) as file:
            packed = file.peek(2)[:2] == GZIP_MAGIC
            content = gzip.GzipFile(fileobj=file) if packed else file
            yield from _read_content(io.BufferedReader(content, BYTES_LOOKED_AT))
    except (OSError, EOFError, zlib.error) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise UnreadableError(f"it cannot be read: {why}") from exc
    except UnicodeError as exc:
        raise UnreadableError(f"it is not text in UTF-8{WHAT_CAN_BE_READ}") from exc


def _open(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise UnreadableError(f"it cannot be read: {why}") from exc


def _read_content(file: io.BufferedReader) -> Iterator[Record | RecordError]:
    start = file.peek(BYTES_LOOKED_AT)[:BYTES_LOOKED_AT]
    if not start.strip():
        raise UnreadableError("it is empty")
    if b"\0" in start:
        raise UnreadableError(f"it is a binary file{WHAT_CAN_BE_READ}")
    head = start.decode("utf-8-sig", errors="ignore")
    if head.lstrip().startswith("<"):
        raise UnreadableError(f"it is an HTML or XML page{WHAT_CAN_BE_READ}")
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
    reader = find_reader(head)
    if reader is None:
        lines.read().encode()  # what is not UTF-8 shows here
        raise UnreadableError(f"its format is not known{WHAT_CAN_BE_READ}")
    yield from reader.read(lines)


def _paper_or_rejection(
    record: Record | RecordError, source: str, number: int
) -> Paper | Rejection:
    if isinstance(record, RecordError):
        return Rejection(source, number, str(record))
    try:
        return paper_from_record(record, source)
    except RecordError as exc:
        return Rejection(source, number, str(exc))


def require_paper(items: Iterator[Paper | Rejection]) -> Iterator[Paper | Rejection]:
    """Raise `SourceError` if no source yields a paper; else give the same items.

    They are read as far as the first paper before anything is given, so that a caller who changes
    a library changes nothing when there is none. No items at all are no error.

    Raises:
        SourceError: There are only rejections.
    """
    rejected: list[Rejection] = []
    for item in items:
        if isinstance(item, Paper):
            return chain(rejected, [item], items)
        rejected.append(item)
    if rejected:
        raise SourceError(_describe(rejected))
    return iter(())


def _describe(rejected: Sequence[Rejection]) -> str:
    """Say why nothing could be read: each source once, as a whole where that was said of it."""
    whole_first = sorted(rejected, key=lambda rejection: rejection.record > 0)
    why: dict[str, str] = {}
    for rejection in whole_first:
        why.setdefault(rejection.source, rejection.why.removesuffix(WHAT_CAN_BE_READ))
    named = [f"{source!r}: {each}" for source, each in why.items()]
    more = len(named) - REJECTED_SOURCES_NAMED
    shown = named[:REJECTED_SOURCES_NAMED] + ([f"and {more} more"] if more > 0 else [])
    return f"No paper could be read. {'; '.join(shown)}. What can be read: {FORMATS}."
