"""Write what a command has to say: lines, JSON, files, and a progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from rag.embedding import OnProgress
from rag.errors import RagError
from rag.export.plain import to_plain
from rag.pace import Pace
from rag.text import wrapped
from rag.types import Progress


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


def _fitted(text: str, stream: TextIO, hang: int) -> str:
    return wrapped(text, get_terminal_size().columns, hang) if stream.isatty() else text


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
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


@contextmanager
def shown_progress() -> Iterator[OnProgress]:
    """Show a progress bar on standard error for what goes on inside; it leaves nothing behind.

    Where standard error is no terminal, nothing is drawn.
    """
    console = Console(stderr=True, force_terminal=sys.stderr.isatty())
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
