"""Bring a library of the released code, whose papers were in Chroma alone, into SQL."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rag.embedding import OnProgress
from rag.errors import LibraryError
from rag.store.legacy import (
    LEFT_BEHIND,
    Manifest,
    is_marked,
    read_manifest,
    read_papers,
    write_marker,
)
from rag.store.papers import LibraryState, NewPaper, PaperStore
from rag.store.reached import CHROMA, WORDS, write_reached
from rag.types import Progress

logger = logging.getLogger(__name__)

STAGE: Final = "taking over the papers"
REPORTED_EVERY: Final = 100


def migrate(folder: Path, papers: PaperStore, on_progress: OnProgress) -> LibraryState | None:
    """Take the papers of an older library over, in one transaction; its vectors are used on.

    Returns:
        None where there is no older library.
    """
    made = read_manifest(folder)
    if made is None:
        return None
    logger.info("the library was made by paperchat 0.1.0; its papers are taken over")
    return _take_over(folder, made, papers, on_progress)


def finish_migration(folder: Path) -> None:
    """Close the way back, once the papers are in SQL; does nothing when that is done."""
    if is_marked(folder):
        return
    for name in LEFT_BEHIND:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "lexical", ignore_errors=True)  # it is quickly made in the new form
    write_marker(folder, version("paperchat"))


def require_migrated(folder: Path) -> None:
    """Refuse an older library that cannot be brought up to date.

    Raises:
        LibraryError: Its folder cannot be written, which it has to be once.
    """
    if read_manifest(folder) is not None:
        raise LibraryError(
            f"The library in {str(folder)!r} was made by paperchat 0.1.0. Somebody who can write "
            "the folder has to open it once with this version; then it can be searched and asked."
        )


def _take_over(
    folder: Path, made: Manifest, papers: PaperStore, on_progress: OnProgress
) -> LibraryState:
    from rag.store.vectors import VectorStore

    vectors = VectorStore(folder / CHROMA, made.collection)
    try:
        state = papers.create(
            LibraryState(
                made.embedder,
                made.dimension,
                made.passage_tokens,
                revision=made.revision,
                vectors=made.collection,
            ),
            _counted(read_papers(vectors), on_progress),
        )
    finally:
        vectors.close()
    shutil.rmtree(folder / WORDS, ignore_errors=True)  # made again, in today's form
    if made.embedder is None:
        shutil.rmtree(folder / CHROMA)
    else:
        write_reached(folder / CHROMA, state.library_id, state.revision, state.vectors)
    return state


def _counted(papers: Iterator[NewPaper], on_progress: OnProgress) -> Iterator[NewPaper]:
    done = 0
    for done, each in enumerate(papers, start=1):
        yield each
        if done % REPORTED_EVERY == 0:
            on_progress(Progress(STAGE, done, 0))
    on_progress(Progress(STAGE, done, 0))
