"""Read the lines of a long file in two processes: this one and another, which cleans texts too.

Blocks of lines go to the second process, and come back as papers, in files of a folder that only
the user can read: what is written into a pipe waits for the other side. What that process does not
do is done here, so that nothing depends on it. Items come in the order of the lines.
"""

from __future__ import annotations

import contextlib
import logging
import marshal
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Self

from rag.types import NO_IMPRINT, Imprint, Paper, Rejection

logger = logging.getLogger(__name__)

OWN_CHARACTERS: Final = 1 << 16  # of a block that is read here, before a look at the other one
SECOND_CHARACTERS: Final = 1 << 18
MOST_GIVEN: Final = 2  # blocks that the second process has at once, so that it never waits for one
MOST_HELD: Final = 32  # blocks that wait for one before them
LONGEST_WAIT_S: Final = 30.0  # for a block, which takes some hundredths of a second
POLL_S: Final = 0.001
READY: Final = "ready"
MODULE: Final = "rag.readers.second_process"
# What reading a file may raise behind its beginning.
BROKEN: Final = (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile)

Item = Paper | Rejection
Read = Callable[[Sequence[str]], list[Item]]
FIELDS: Final = tuple(each.name for each in fields(Paper))
OF_PAPER: Final = attrgetter(*FIELDS)
AT_IMPRINT: Final = FIELDS.index("imprint")
OF_IMPRINT: Final = attrgetter(*(each.name for each in fields(Imprint)))
OF_REJECTION: Final = attrgetter(*(each.name for each in fields(Rejection) if each.name != "paper"))


@dataclass(slots=True)
class _Block:
    """Lines, which a second process may have, and once they are read their items."""

    lines: Sequence[str]
    number: int = 0
    items: list[Item] | None = None


def read_in_two(
    lines: Iterator[str], read: Read, arguments: Sequence[str], numbered: int = 0
) -> Iterator[Item]:
    """Give the items of lines, in their order.

    Args:
        lines: Each of which is read by itself.
        read: Makes the items of some lines; rejections numbered from 1.
        arguments: What the second process needs to know to read them like that.
        numbered: How many items came before.
    """
    whole = _UpToAFault(lines)
    for item in _items(iter(whole), read, arguments):
        numbered += 1
        yield replace(item, record=numbered) if isinstance(item, Rejection) else item
    if whole.fault:
        raise whole.fault


class _UpToAFault:
    """Lines up to where the file turns out broken; the fault is told when these are read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.fault: Exception | None = None

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._lines
        except BROKEN as exc:
            self.fault = exc


def _items(lines: Iterator[str], read: Read, arguments: Sequence[str]) -> Iterator[Item]:
    held: deque[_Block] = deque()
    first = _cut(lines, OWN_CHARACTERS)
    if not first:
        return
    with _SecondProcess(arguments) as second:
        held.append(_Block(first, items=read(first)))
        while held:
            while second.has_room() and (some := _cut(lines, SECOND_CHARACTERS)):
                held.append(second.given(some))
            yield from _taken(held, second, read)
            if len(held) < MOST_HELD and (own := _cut(lines, OWN_CHARACTERS)):
                held.append(_Block(own, items=read(own)))
            elif held:
                second.wait(held[0])


def _taken(held: deque[_Block], second: _SecondProcess, read: Read) -> Iterator[Item]:
    """Give the items of the first blocks, as far as they are read."""
    while held:
        block = held[0]
        if block.items is None:
            block.items = second.taken(block)
        if block.items is None and not second.is_running:
            block.items = read(block.lines)
        if block.items is None:
            return
        yield from held.popleft().items or ()


def _cut(lines: Iterator[str], characters: int) -> list[str]:
    """Take as many lines as have so many characters; none at the end."""
    some: list[str] = []
    for line in lines:
        some.append(line)
        characters -= len(line)
        if characters <= 0:
            break
    return some


class _SecondProcess:
    """A process that reads blocks of lines, as long as it does.

    Args:
        arguments: What it needs to know.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._folder = Path()
        self._process: subprocess.Popen[str] | None = None
        self._is_ready = False
        self._given = 0
        self._taken = 0

    def __enter__(self) -> Self:
        if _processors() > 1 and sys.executable:
            with contextlib.suppress(OSError):  # it is not needed
                self._folder = Path(tempfile.mkdtemp(prefix="paperchat-"))
                self._process = self._started()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and remove what it left."""
        self._end()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", MODULE, str(self._folder), *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    @property
    def is_running(self) -> bool:
        """Whether blocks may still come back."""
        return self._process is not None and self._process.poll() is None

    def has_room(self) -> bool:
        """Whether it can be given a block now."""
        if not self._is_ready and self.is_running:
            self._is_ready = (self._folder / READY).exists()
        return self._is_ready and self.is_running and self._given - self._taken < MOST_GIVEN

    def given(self, lines: Sequence[str]) -> _Block:
        """Give it a block of lines."""
        self._given += 1
        block = _Block(lines, self._given)
        process = self._process
        try:
            self._place(block, "lines").write_bytes(marshal.dumps(list(lines)))
            if process and process.stdin:
                process.stdin.write(f"{block.number}\n")
                process.stdin.flush()
        except OSError as exc:
            self._give_up(str(exc))
        return block

    def taken(self, block: _Block) -> list[Item] | None:
        """Return the items of a block that it was given; None as long as they are not there."""
        place = self._place(block, "items")
        if not (block.number and place.exists()):
            return None
        try:
            found = marshal.loads(place.read_bytes())
            place.unlink()
        except (OSError, EOFError, ValueError) as exc:
            self._give_up(str(exc))
            return None
        self._taken += 1
        return [_paper(each) if isinstance(each, tuple) else _rejection(each) for each in found]

    def wait(self, block: _Block) -> None:
        """Wait until a block is there, or none will come back."""
        latest = time.monotonic() + LONGEST_WAIT_S
        while self.is_running and not self._place(block, "items").exists():
            time.sleep(POLL_S)
            if time.monotonic() > latest:
                self._give_up(f"no block came back within {LONGEST_WAIT_S:.0f} s")

    def _place(self, block: _Block, kind: str) -> Path:
        return self._folder / f"{block.number}.{kind}"

    def _give_up(self, why: str) -> None:
        logger.info("read without a second process: %s", why)
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            if process.stdin:
                with contextlib.suppress(OSError):  # of what was not written
                    process.stdin.close()
        if self._folder.name:
            shutil.rmtree(self._folder, ignore_errors=True)


def _processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def as_values(item: Item) -> tuple[object, ...] | list[object]:
    """Return an item as plain values: a paper's in a tuple, a rejection's in a list."""
    if isinstance(item, Paper):
        return _values(item)
    return [*OF_REJECTION(item), _values(item.paper) if item.paper else None]


def _values(paper: Paper) -> tuple[object, ...]:
    values = OF_PAPER(paper)
    imprint = OF_IMPRINT(paper.imprint) if paper.imprint else None
    return (*values[:AT_IMPRINT], imprint, *values[AT_IMPRINT + 1 :])


def _paper(values: tuple[Any, ...]) -> Paper:
    known = list(values)
    known[AT_IMPRINT] = Imprint(*values[AT_IMPRINT]) if values[AT_IMPRINT] else NO_IMPRINT
    return Paper(*known)


def _rejection(values: list[Any]) -> Rejection:
    *known, paper = values
    rejection = Rejection(*known)
    return replace(rejection, paper=_paper(paper)) if paper else rejection
