"""Write what a command has to say: lines, JSON, files, and a progress bar."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TextIO

from rag.embedding import OnProgress
from rag.errors import RagError
from rag.export.plain import to_plain
from rag.pace import Pace
from rag.text import wrapped
from rag.types import Progress

USUAL_COLUMNS: Final = 80


def write_line(text: str = "", hang: int = 0) -> None:
    """Write a line on standard output; at a terminal it is broken between words.

    Args:
        text: It, or several.
        hang: By how many columns what goes on stands further in.
    """
    sys.stdout.write(_fitted(text, sys.stdout, hang) + "\n")


def write_notice(text: str) -> None:
    """Write a line on standard error, as `write_line` does on standard output."""
    sys.stderr.write(_fitted(text, sys.stderr, hang=2) + "\n")


class Notices(logging.StreamHandler[TextIO]):
    """Writes what is logged as notices, broken between words at a terminal."""

    def __init__(self, form: str) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(logging.Formatter(form))

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return _fitted(super().format(record), self.stream, hang=2)


def _fitted(text: str, stream: TextIO, hang: int) -> str:
    return wrapped(text, _columns(stream), hang) if stream.isatty() else text


def _columns(stream: TextIO) -> int:
    """The width of the terminal that a stream writes to, whatever the others do."""
    try:
        known = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        known = 0
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdecimal() and int(given) else known or USUAL_COLUMNS


def write_json(value: object) -> None:
    """Write a value as one JSON object on standard output."""
    sys.stdout.write(json.dumps(to_plain(value), ensure_ascii=False) + "\n")


def write_text(text: str, path: Path | None) -> None:
    """Write text into a file, its line ends as they are, or on standard output.

    Raises:
        RagError: The file cannot be written.
    """
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as exc:
        raise RagError(f"{str(path)!r} cannot be written: {exc.strerror}.") from exc


def is_answered_yes(question: str) -> bool:
    """Ask a user at the terminal, who says no by saying nothing."""
    sys.stderr.write(_fitted(f"{question} [y/N] ", sys.stderr, hang=0))
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


@contextmanager
def shown_progress() -> Iterator[OnProgress]:
    """Show a progress bar on standard error for what goes on inside; it leaves nothing behind.

    Where standard error is no terminal, nothing is drawn.
    """
    with ExitStack() as opened:
        bars: list[OnProgress] = []  # made when there is something to show: rich is slow to import

        def show(progress: Progress) -> None:
            if not bars:
                bars.append(opened.enter_context(_bar()))
            bars[0](progress)

        yield show if sys.stderr.isatty() else _unseen


def _unseen(progress: Progress) -> None:
    """Show progress to nobody."""


@contextmanager
def _bar() -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, force_terminal=True)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_interactive,
    )
    task = bar.add_task("", start=True, total=None, visible=False, count="")
    pace = Pace()

    def show(progress: Progress) -> None:
        total = progress.total or None
        about = "about " if progress.is_estimate else ""
        count = f"{progress.done:,}" + (f" of {about}{progress.total:,}" if total else "")
        told = ", ".join(filter(None, (count, pace.tell(progress))))
        bar.update(
            task,
            description=progress.stage,
            completed=progress.done,
            total=total,
            visible=True,
            count=told if progress.done else "",
        )

    with bar:
        yield show
