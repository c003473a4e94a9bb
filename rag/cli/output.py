"""What the terminal shows: text, JSON and progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from rag.embedding import OnProgress
from rag.errors import RagError
from rag.types import Answer, Filters, Hit, Paper, Progress


def write_line(text: str = "") -> None:
    """A line on standard output."""
    sys.stdout.write(text + "\n")


def write_json(value: object) -> None:
    """One JSON object on standard output."""
    write_line(json.dumps(to_plain(value), ensure_ascii=False))


def write_text(text: str, path: Path | None) -> None:
    """Text into a file, its line ends as they are, or on standard output.

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


def to_plain(value: object) -> object:
    """A value as JSON can hold it: dataclasses by field, papers by `paper_id`, `title`, `url`."""
    if isinstance(value, Paper):
        return {"paper_id": value.paper_id, "title": value.title, "url": value.link}
    if isinstance(value, Hit):
        passages = [{"text": node.text, **node.metadata} for node in value.passages]
        return {**_fields(value), "passages": to_plain(passages)}
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def _fields(value: object) -> dict[str, object]:
    names = [f.name for f in fields(value) if f.name != "passages"]  # type: ignore[arg-type]
    return {name: to_plain(getattr(value, name)) for name in names}


def paper_record(paper: Paper) -> dict[str, object]:
    """A paper with all that is known, as a record that `ingest` reads again."""
    known = {field.name: getattr(paper, field.name) for field in fields(paper)}
    return {name: value for name, value in known.items() if value not in (None, ())}


def write_answer(answer: Answer) -> None:
    """An answer for people: text, sources, and what they should know beside it."""
    write_line(str(answer))
    if any(paper.is_summary for paper in answer.papers):
        write_line(
            "\nThe texts are summaries written for paperchat; follow the links for the papers."
        )
    if answer.filters and answer.status == "answered":
        write_line(f"\n{_told(answer.filters)}")
    if answer.notice:
        write_line(f"\n{answer.notice}")


def _told(filters: Filters) -> str:
    from rag.query.filters import describe_filters

    return f"Only papers {describe_filters(filters)}."


def write_hits(hits: list[Hit], filters: Filters) -> None:
    """A line for each paper found, with why it was found; first which papers could be."""
    if filters:
        write_line(_told(filters))
    for place, hit in enumerate(hits, start=1):
        parts = [f"score {hit.score:.2f}"]
        if hit.dense_similarity is not None:
            parts.append(f"similarity {hit.dense_similarity:.2f}")
        if hit.lexical_score is not None:
            parts.append(f"words {hit.lexical_score:.1f}")
        write_line(f"{place:>3}. {hit.paper.title}\n     {', '.join(parts)}  {hit.paper.link}")


@contextmanager
def shown_progress() -> Iterator[OnProgress]:
    """A progress bar on standard error for what goes on inside; it leaves nothing behind.

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

    def show(progress: Progress) -> None:
        total = progress.total or None
        count = f"{progress.done:,}" + (f" of {progress.total:,}" if total else "")
        bar.update(
            task,
            description=progress.stage,
            completed=progress.done,
            total=total,
            visible=True,
            count=count if progress.done else "",
        )

    with bar:
        yield show
