"""Tell sources that are looked up from files, and open them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from rag.lookup import arxiv
from rag.lookup.asked import Asked, ListedLine, find_asked, find_listed
from rag.lookup.services import Services
from rag.readers.sources import (
    BYTES_LOOKED_AT,
    STDIN,
    Opened,
    OpenedFile,
    Source,
    buffered,
    standard_input,
)
from rag.readers.text_files import decoded, find_encoding
from rag.types import Rejection

MOST_LIST_BYTES: Final = 2_000_000  # of ids, some 50,000
NO_ID: Final = "no id"
TOO_LONG: Final = "the list is longer than any that is looked up; it was read up to here"

Named = tuple[Source | Opened | OpenedFile, Asked | None]  # a source, and what it asks for


def open_sources(
    sources: Iterable[Source], services: Services, most: int
) -> Iterator[Source | Opened | OpenedFile]:
    """Replace each source that names no file by records from its service; the order stays.

    Ids may also stand in a file that is named by a text, or come from standard input. Nothing is
    asked before those records are read. arXiv's ids that stand side by side are asked for together.
    """
    ids: list[str] = []
    for source, asked in _with_lists_open(sources):
        if asked and asked.where == "arxiv" and not asked.is_query and asked.name:
            ids.append(asked.name)
            continue
        if ids:
            yield Opened(arxiv.NAME, services.read_arxiv(ids))
            ids = []
        if asked is None:
            yield source
        else:
            yield Opened(str(source), services.read(asked, most))
    if ids:
        yield Opened(arxiv.NAME, services.read_arxiv(ids))


def _with_lists_open(sources: Iterable[Source]) -> Iterator[Named]:
    """Give every source with what it asks for, those of a list in the list's place."""
    for source in sources:
        if source == STDIN:
            opened = standard_input()
            lines = _lines_of_list(opened.file)
            yield from _listed(lines, opened.name) if lines else [(opened, None)]
        elif lines := _lines_of_file(source):
            yield from _listed(lines, str(source))
        else:
            yield source, _asked(source)


def _asked(source: Source) -> Asked | None:
    """Read what a source asks for, where it is text that is not the name of a file."""
    if not isinstance(source, str):
        return None
    asked = find_asked(source)
    return None if asked is None or _is_there(source) else asked


def _listed(lines: Sequence[ListedLine], name: str) -> Iterator[Named]:
    """Give the ids of a list, each once, and behind them what else stands there."""
    for text in dict.fromkeys(each for line in lines for each in line.ids):
        yield text, find_asked(text)
    if others := [line for line in lines if not line.ids]:
        told = (Rejection(name, each.number, _why(each), NO_ID) for each in others)
        yield Opened(name, told), None


def _why(line: ListedLine) -> str:
    no_id = f"{line.text!r} is no DOI, arXiv id or address of a paper"
    return line.text if line.text == TOO_LONG else no_id


def _lines_of_file(source: Source) -> list[ListedLine]:
    """Read the list of ids that a file is; nothing where it is anything else."""
    if not isinstance(source, str) or not _is_there(source, Path.is_file):
        return []  # nor of a pipe, which can be read once
    try:
        with Path(source).expanduser().open("rb") as file, buffered(file) as content:
            return _lines_of_list(content)
    except OSError:  # which is told when it is read
        return []


def _lines_of_list(file: io.BufferedReader) -> list[ListedLine]:
    """Read a list of ids to its end; of anything else nothing is taken."""
    start = file.peek(BYTES_LOOKED_AT)[:BYTES_LOOKED_AT]
    encoding = find_encoding(start)
    text = decoded(start, encoding)
    whole = text.rpartition("\n")[0] if len(start) == BYTES_LOOKED_AT else text
    if not find_listed(whole):
        return []
    content = file.read(MOST_LIST_BYTES)
    lines = find_listed(decoded(content, encoding))
    if lines and file.read(1):  # of the last line there may be more
        lines[-1] = ListedLine(lines[-1].number, TOO_LONG, ())
    return lines


def _is_there(name: str, how: Callable[[Path], bool] = Path.exists) -> bool:
    try:
        return how(Path(name).expanduser())
    except (OSError, ValueError, RuntimeError):
        return False
