"""Write notes into a folder of Markdown: `papers notes` and `ask --note`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rag.cli.opening import open_library
from rag.errors import RagError
from rag.export.notes import answer_note, note_name, note_names, paper_note
from rag.terminal import write_line
from rag.types import Answer

if TYPE_CHECKING:
    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

HELP: Final = "a note of Markdown for each paper, for Obsidian, Logseq and the like"


def add_noting(actions: Actions, common: Sequence[argparse.ArgumentParser]) -> None:
    """Add the action, below `paperchat papers`."""
    parser = actions.add_parser("notes", parents=common, help=HELP, description=HELP)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of the notes")
    parser.add_argument(
        "--collection", action="append", metavar="NAME", help="of this collection; repeatable"
    )
    parser.set_defaults(run=write_notes)


def write_notes(options: argparse.Namespace) -> int:
    """Write a note for each paper; a note that is there stays as it is, for it may be edited."""
    library = open_library(options)
    papers = library.papers()
    names = note_names(papers)
    if options.collection:
        library.catalog.require_groups(options.collection)
        wanted = set(library.catalog.inside(options.collection))
        papers = [paper for paper in papers if paper.paper_id in wanted]
    written = _write(options.folder, {names[p.paper_id]: paper_note(p) for p in papers})
    write_line(f"{written:,} notes written, {len(papers) - written:,} were there already")
    return 0


def write_answer_note(folder: Path, answer: Answer, names: Mapping[str, str]) -> None:
    """Write an answer, and the notes of the papers that it cites where they are not there yet."""
    cited = {names[paper.paper_id]: paper_note(paper) for paper in answer.papers}
    _write(folder, cited)
    name, number = note_name(answer.question), 1
    while not _write(folder, {name: answer_note(answer, names)}):
        number += 1
        name = f"{note_name(answer.question)} {number}"


def _write(folder: Path, notes: Mapping[str, str]) -> int:
    """Write notes that are not there yet; return how many.

    Raises:
        RagError: The folder cannot be written.
    """
    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in notes.items():
            try:
                with (folder / f"{name}.md").open("x", encoding="utf-8", newline="") as file:
                    file.write(text)
                written += 1
            except FileExistsError:
                continue
    except OSError as exc:
        raise RagError(f"{str(folder)!r} cannot be written: {exc.strerror}.") from exc
    return written
