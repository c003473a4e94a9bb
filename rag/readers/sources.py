"""Read papers from files, folders and records; a file's content tells its format, not its name."""

from __future__ import annotations

import gzip
import io
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from rag.errors import SourceError, SourceUnavailableError
from rag.readers import spreadsheets
from rag.readers.pasted import is_structured, read_pasted
from rag.readers.records import (
    NO_ABSTRACT,
    OwnRecord,
    Record,
    RecordError,
    UnreadableError,
    collection_name,
    paper_from_record,
    paper_without_abstract,
)
from rag.readers.spreadsheets import is_spreadsheet, require_small
from rag.readers.table import READERS, SOME_FORMATS, find_binary_reader, find_reader
from rag.readers.text_files import TextFile, decoded, find_encoding
from rag.readers.two_processes import read_in_two
from rag.text import one_line, why_unread
from rag.types import PASTED, Inventory, Note, Paper, Rejection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DATABASE_MAGIC: Final = b"SQLite format 3\0"  # such as Zotero's, Mendeley's and Calibre's
GZIP_MAGIC: Final = b"\x1f\x8b"
ZIP_MAGIC: Final = b"PK\x03\x04"
# What a document of an office program, a book or a program holds, which are all zip files.
ZIPPED_DOCUMENTS: Final = ("[Content_Types].xml", "mimetype", "META-INF/")
BYTES_LOOKED_AT: Final = 1 << 16
LINES_ALONE: Final = 3000  # another process takes as long to start as these to be read
MOST_MEMBERS: Final = 20_000
MOST_ARCHIVES: Final = 3  # archives within archives
WHAT_CAN_BE_READ: Final = f"; what can be read: {SOME_FORMATS}"
NO_PAPER: Final = "it holds no paper with a title and an abstract"
REJECTED_SOURCES_NAMED: Final = 3
STDIN: Final = "-"
STDIN_NAME: Final = "standard input"
MARKUP: Final = re.compile(r"\s*<[A-Za-z!?]")
UNREACHED: Final = "not reached"  # the reason of what could not be asked for
NOT_FOUND: Final = "not found"  # and of what could, in vain


@dataclass(frozen=True, slots=True)
class Opened:
    """Records on their way from a place that is no file.

    Attributes:
        name: Of the place, for users.
        records: Reading them may raise `SourceError`.
    """

    name: str
    records: Iterator[Record | RecordError | Rejection | Note | Inventory]


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that is open already, with its name for users."""

    name: str
    file: io.BufferedReader


class _Lent(io.RawIOBase):
    """Bytes that come bit by bit, read as many at once as are asked for; they are not closed."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        """Return that it can be read, which is all it can."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer, which stays short at the end alone; return how many bytes came."""
        return self._file.readinto(buffer)


def standard_input() -> OpenedFile:
    """Open standard input so that its beginning can be looked at, however slowly it comes."""
    file = cast("io.BufferedIOBase", sys.stdin.buffer)
    return OpenedFile(STDIN_NAME, io.BufferedReader(_Lent(file), BYTES_LOOKED_AT))


class Meter:
    """How much of the files among some sources has been read, by their size on the disk, and which.

    Args:
        sources: What will be read.
    """

    def __init__(self, sources: Iterable[object]) -> None:
        self._total = sum(_size(each) for each in sources if isinstance(each, str | Path))
        self._before = 0
        self._file: io.BufferedReader | None = None
        self._ended: dict[str, None] = {}

    @contextmanager
    def reading(self, file: io.BufferedReader) -> Iterator[None]:
        """Count a file that is read inside."""
        size = os.fstat(file.fileno()).st_size
        self._file = file
        yield
        self._before += size
        self._file = None

    def end(self, name: str) -> None:
        """Note that nothing more will be read of the files with a name for users."""
        self._ended[name] = None

    def ended(self) -> tuple[str, ...]:
        """Return the names of the files of which nothing more will be read, each once."""
        return tuple(self._ended)

    def share(self) -> float:
        """Return the part that has been read, in [0, 1]; 0 where nothing is known."""
        here = self._file.tell() if self._file and not self._file.closed else 0
        return min(1.0, (self._before + here) / self._total) if self._total else 0.0


def _size(source: str | Path) -> int:
    try:
        return sum(path.stat().st_size for path in _files(Path(source).expanduser()))
    except (OSError, ValueError, RuntimeError):
        return 0


ReadLines = Callable[[Iterable[str]], Iterator[Record | RecordError]]
Source = str | Path | Paper | Mapping[str, object]
Item = Paper | Rejection | Note | Inventory


def read_sources(
    sources: Iterable[Source | Opened | OpenedFile], meter: Meter | None = None
) -> Iterator[Item]:
    """Read every paper of the sources in their order; what is none becomes a rejection.

    A source is a file, a folder of files, `-` for standard input, a `Paper`, a mapping with a
    record's keys, or records or a file that were opened elsewhere.
    """
    for number, source in enumerate(sources, start=1):
        if isinstance(source, Paper):
            item = _paper_or_rejection(
                OwnRecord({**asdict(source), **asdict(source.imprint)}), "record", number
            )
            yield _as_given(item, source) if isinstance(item, Paper) else item
        elif isinstance(source, Mapping):
            yield _paper_or_rejection(source, "record", number)
        elif isinstance(source, Opened):
            yield from _read_opened(source)
        elif isinstance(source, OpenedFile) or source == STDIN:
            opened = source if isinstance(source, OpenedFile) else standard_input()
            yield from _read_file(opened.file, opened.name)
        else:
            yield from _read_path(source, meter or Meter(()))


def read_text(text: str, given: Record) -> Iterator[Item]:
    """Read the papers of a text that was typed or pasted: in a format of files, or written out.

    Args:
        text: It.
        given: Fields that stand in the place of those that the text has.
    """
    if is_structured(text):
        with buffered(io.BytesIO(text.encode("utf-8", "replace"))) as content:
            yield from _read_file(content, PASTED)
        return
    for number, record in enumerate(read_pasted(text), start=1):
        yield _paper_or_rejection({**record, **given}, PASTED, number)


def _as_given(item: Paper, given: Paper) -> Paper:
    identifiers = tuple(dict.fromkeys((*given.identifiers, *item.identifiers)))
    return replace(
        item,
        source=given.source,
        identifiers=identifiers,
        tags=given.tags,
    )


def _read_opened(source: Opened) -> Iterator[Item]:
    number = 0
    try:
        for record in source.records:
            if isinstance(record, Note | Inventory | Rejection):
                yield record
                number += not isinstance(record, Note)  # so something was found
                continue
            number += 1
            yield _paper_or_rejection(record, source.name, number)
    except SourceUnavailableError as exc:
        yield Rejection(source.name, 0, str(exc), UNREACHED)
        return
    except SourceError as exc:
        yield Rejection(source.name, 0, str(exc), NOT_FOUND)
        return
    if not number:
        yield Rejection(source.name, 0, "nothing was found", NOT_FOUND)


def _read_path(source: str | Path, meter: Meter) -> Iterator[Item]:
    try:
        files = _files(Path(source).expanduser())
    except (OSError, ValueError, RuntimeError) as exc:  # too long, a NUL, no home to expand `~` to
        yield Rejection(_shown(str(source))[:200], 0, f"it cannot be read: {exc}")
        return
    if not files:
        yield Rejection(Path(source).resolve().name, 0, "the folder holds no files")
    for path in files:
        try:
            with path.open("rb") as file, meter.reading(file):
                items = _within(_read_file(file, _shown(path.name)), _folder_of(path, source))
                yield from collected(items, _folders_of(path, source))
            meter.end(_shown(path.name))
        except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
            why = why_unread(exc)
            name, within = _as_typed(path, source), _folder_of(path, source)
            yield Rejection(name, 0, f"it cannot be read: {why}", within=within)


def _as_typed(path: Path, source: str | Path) -> str:
    """Return the place of a file, as the user named it or the folder that it is in."""
    root = Path(source).expanduser()
    within = Path(source) / path.relative_to(root) if path != root else source
    return _shown(str(within))


def _folder_of(path: Path, source: str | Path) -> str:
    """Return the folder of a file as the user named it; "" where the file itself was named."""
    return str(Path(_as_typed(path, source)).parent) if path != Path(source).expanduser() else ""


def _within(items: Iterator[Item], place: str) -> Iterator[Item]:
    """Give the same items, of which what was rejected tells the folder or archive that it is in."""
    for item in items:
        if place and isinstance(item, Rejection) and not item.within:
            yield replace(item, within=place)
        else:
            yield item


def _folders_of(path: Path, source: str | Path) -> list[str]:
    """Name the collection that a file of a folder is in: the folders between."""
    root = Path(source).expanduser()
    between = path.relative_to(root).parts[:-1] if path != root else ()
    return ["/".join(between)] if between else []


def _shown(name: str) -> str:
    """Return a file's name as it can be shown: bytes of no encoding are left out."""
    return one_line(name) or "file"


def _files(path: Path) -> list[Path]:
    """List the file itself, or all files below a folder apart from hidden ones, in order."""
    if not path.is_dir():
        return [path]
    below = (p for p in path.rglob("*") if p.is_file())
    return sorted(
        p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts)
    )


def _read_file(file: io.BufferedReader, name: str, depth: int = 0) -> Iterator[Item]:
    """Read a file of whatever kind; what is wrong with it as a whole is one rejection."""
    found = False
    number = 0
    try:
        for record in _read_packed(file, name, depth):
            if isinstance(record, Paper | Rejection | Note | Inventory):
                # Of a file in an archive all is told by itself.
                found |= isinstance(record, Paper) or record.source != name
                yield record
                continue
            number += 1
            item = _paper_or_rejection(record, name, number)
            found |= isinstance(item, Paper)
            yield item
    except UnreadableError as exc:
        yield Rejection(name, 0, str(exc))
        return
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as exc:
        yield Rejection(name, 0, f"it cannot be read: {why_unread(exc)}")
        return
    if not found:
        yield Rejection(name, 0, NO_PAPER)


def _read_packed(
    file: io.BufferedReader, name: str, depth: int
) -> Iterator[Record | RecordError | Item]:
    start = file.peek(4)[:4]
    if start[:2] == GZIP_MAGIC:
        with gzip.GzipFile(fileobj=file) as unpacked, buffered(unpacked) as content:
            yield from _read_content(content, name)
    elif start == ZIP_MAGIC:
        yield from _read_zip(file, name, depth)
    else:
        with buffered(file) as content:
            yield from _read_content(content, name)


@contextmanager
def buffered(file: object) -> Iterator[io.BufferedReader]:
    """Have a file read in large pieces, and looked into before; who opened it closes it."""
    content = io.BufferedReader(cast("io.RawIOBase", file), BYTES_LOOKED_AT)
    try:
        yield cast("io.BufferedReader", content)
    finally:
        if not content.closed:  # by who opened it, where reading was given up
            content.detach()


def _read_zip(file: io.BufferedReader, name: str, depth: int) -> Iterator[Item]:
    if depth >= MOST_ARCHIVES:
        raise UnreadableError("it is an archive inside archives")
    with zipfile.ZipFile(file if file.seekable() else io.BytesIO(file.read())) as archive:
        if is_spreadsheet(archive):
            require_small(archive)
            yield from _read_workbook(archive, name)
            return
        members = archive.infolist()
        if any(each.filename.startswith(ZIPPED_DOCUMENTS) for each in members[:20]):
            raise UnreadableError(f"it is a document or a program{WHAT_CAN_BE_READ}")
        if len(members) > MOST_MEMBERS:
            raise UnreadableError(f"it holds more than {MOST_MEMBERS:,} files")
        for member in members:
            if not member.is_dir() and not _is_hidden(member.filename):
                member_name = f"{name}/{_shown(member.filename)}"
                yield from _within(_read_member(archive, member, member_name, depth), name)


def _read_workbook(archive: zipfile.ZipFile, name: str) -> Iterator[Item]:
    """Read the papers of a spreadsheet, which is an archive of its parts."""
    file = archive.fp
    if file is None:
        return
    file.seek(0)
    content = file.read(spreadsheets.MOST_BYTES + 1)
    if len(content) > spreadsheets.MOST_BYTES:
        raise UnreadableError(f"it is larger than {spreadsheets.MOST_BYTES // 1_000_000} MB")
    for number, record in enumerate(spreadsheets.read_spreadsheet(content), start=1):
        yield _paper_or_rejection(record, name, number)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, depth: int
) -> Iterator[Item]:
    try:
        with archive.open(member) as inside, buffered(inside) as content:
            yield from _read_file(content, name, depth + 1)
    except (OSError, RuntimeError, ValueError, NotImplementedError, zipfile.BadZipFile) as exc:
        yield Rejection(name, 0, f"it cannot be read: {exc}")  # RuntimeError: it is encrypted


def _read_content(file: io.BufferedReader, name: str) -> Iterator[Record | RecordError | Item]:
    start = file.peek(BYTES_LOOKED_AT)[:BYTES_LOOKED_AT]
    if not start.strip():
        raise UnreadableError("it is empty")
    if binary := find_binary_reader(start):
        content = file.read(binary.most_bytes + 1)
        if len(content) > binary.most_bytes:
            raise UnreadableError(f"it is larger than {binary.most_bytes // 1_000_000} MB")
        yield from binary.read(content)
        return
    encoding = find_encoding(start)
    _require_text(start, encoding)
    head = _decoded(start, encoding)
    reader = find_reader(head)
    if reader is None and MARKUP.match(head):
        raise UnreadableError(f"it is an HTML or XML page{WHAT_CAN_BE_READ}")
    if reader is None:
        raise UnreadableError(f"its format is not known{WHAT_CAN_BE_READ}")
    with TextFile(file, encoding) as text:
        if reader.read_lines:
            yield from _read_lines(text, name, reader.read_lines)
        else:
            yield from reader.read(text)
    if text.note:
        yield Note(name, text.note)


def _read_lines(
    text: TextFile, name: str, read: ReadLines
) -> Iterator[Record | RecordError | Item]:
    """Read the first lines of a file alone, and of a long one the others in two processes."""
    lines = iter(text)
    number = 0
    for record in read(islice(lines, LINES_ALONE)):
        number += 1
        yield record
    place = next(place for place, each in enumerate(READERS) if each.read_lines is read)
    yield from read_in_two(lines, partial(items_of_lines, place, name), (str(place), name), number)


def items_of_lines(place: int, source: str, lines: Iterable[str]) -> list[Paper | Rejection]:
    """Read some lines of a file.

    Args:
        place: Of their format's reader in the table.
        source: The file's name.
        lines: Each of which is read by itself.
    """
    read = READERS[place].read_lines
    if read is None:
        raise ValueError(f"the lines of {READERS[place].name} are not read by themselves")
    records = enumerate(read(lines), start=1)
    return [_paper_or_rejection(record, source, number) for number, record in records]


def _require_text(start: bytes, encoding: str) -> None:
    if start.startswith(spreadsheets.OLD_MAGIC):
        raise UnreadableError(
            "it is a document of an office program of before 2007; "
            f"if it is a spreadsheet, {spreadsheets.SAVE_ANEW}"
        )
    if start.startswith(DATABASE_MAGIC):
        raise UnreadableError(
            "it is the database of a program, which only that program reads: export a file from "
            "it, or read a running Zotero with `paperchat ingest zotero:`"
        )
    if b"\0" in start and not encoding.startswith(("utf-16", "utf-32")):
        raise UnreadableError(f"it is a binary file{WHAT_CAN_BE_READ}")


def _decoded(start: bytes, encoding: str) -> str:
    """Return the beginning of a text, with lines ending as they do when it is read."""
    text = decoded(start, encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")


def _paper_or_rejection(
    record: Record | RecordError, source: str, number: int
) -> Paper | Rejection:
    if isinstance(record, RecordError):
        return Rejection(source, number, str(record), record.reason)
    try:
        return paper_from_record(record, source)
    except RecordError as exc:
        paper = paper_without_abstract(record, source) if exc.reason == NO_ABSTRACT else None
        return Rejection(source, number, str(exc), exc.reason, paper=paper)


def collected(items: Iterator[Item], collections: Sequence[str]) -> Iterator[Item]:
    """Give the same items, each paper put into collections as well."""
    names = tuple(filter(None, map(collection_name, collections)))
    for item in items:
        if names and isinstance(item, Paper):
            yield _put_into(item, names)
        elif names and isinstance(item, Rejection) and item.paper:
            yield replace(item, paper=_put_into(item.paper, names))
        else:
            yield item


def _put_into(paper: Paper, names: Sequence[str]) -> Paper:
    return replace(paper, collections=tuple(dict.fromkeys((*paper.collections, *names))))


def noting(items: Iterator[Item], papers: list[Paper], most: int) -> Iterator[Item]:
    """Yield the same items, and add the first papers among them to a list."""
    for item in items:
        if isinstance(item, Paper) and len(papers) < most:
            papers.append(item)
        yield item


def require_paper(items: Iterator[Item], *, lets_lacking: bool = False) -> Iterator[Item]:
    """Raise `SourceError` if no source yields a paper; else give the same items.

    They are read as far as the first paper before anything is given, so that a caller who changes
    a library changes nothing when there is none. No items at all are no error.

    Args:
        items: What was read.
        lets_lacking: Whether a record that lacks only its abstract passes for a paper.

    Raises:
        SourceError: There are only rejections.
        SourceUnavailableError: The sources could not be reached.
    """
    before: list[Rejection | Note | Inventory] = []
    for item in items:
        if isinstance(item, Paper):
            return _told_once(chain(before, [item], items))
        before.append(item)
    rejected = [each for each in before if isinstance(each, Rejection)]
    if any(isinstance(each, Inventory) for each in before):
        return iter(before)
    if rejected and all(each.reason == UNREACHED for each in rejected):
        raise SourceUnavailableError(" ".join(dict.fromkeys(each.why for each in rejected)))
    if rejected and not (lets_lacking and any(each.paper for each in rejected)):
        raise SourceError(_describe(rejected))
    return _told_once(iter(before))


def _told_once(items: Iterator[Item]) -> Iterator[Item]:
    """Leave out that a file holds no paper where its records were rejected, which says why."""
    told: set[tuple[str, str]] = set()
    for item in items:
        if isinstance(item, Rejection):
            if item.why == NO_PAPER and (item.within, item.source) in told:
                continue
            told.add((item.within, item.source))
        yield item


def _telling(rejection: Rejection) -> int:
    """Return how little a reason tells: one of the whole first, then those of records."""
    return 2 if rejection.why == NO_PAPER else int(rejection.record > 0)


def _describe(rejected: Sequence[Rejection]) -> str:
    """Say why nothing could be read: each source once, as a whole where that was said of it."""
    best_first = sorted(rejected, key=_telling)
    why: dict[str, str] = {}
    for rejection in best_first:
        why.setdefault(rejection.source, rejection.why)
    is_unknown = any(each.endswith(WHAT_CAN_BE_READ) for each in why.values())
    named = [f"{source!r}: {each.removesuffix(WHAT_CAN_BE_READ)}" for source, each in why.items()]
    more = len(named) - REJECTED_SOURCES_NAMED
    shown = named[:REJECTED_SOURCES_NAMED] + ([f"and {more} more"] if more > 0 else [])
    formats = f" What can be read: {SOME_FORMATS}." if is_unknown else ""
    lacking = sum(each.paper is not None for each in rejected)
    advice = f" {advise_look_up(lacking)}" if lacking else ""
    return f"No paper could be read. {'; '.join(shown).rstrip('.')}.{formats}{advice}"


def advise_look_up(lacking: int) -> str:
    """Say how abstracts are found that so many records lack."""
    records = "1 record lacks" if lacking == 1 else f"{lacking:,} records lack"
    return (
        f"{records} only an abstract, which OpenAlex, arXiv and Semantic Scholar can be asked for "
        "(`paperchat ingest --look-up`)."
    )
