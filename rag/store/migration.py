"""Brings a library of the released code, whose papers were in Chroma alone, into SQL."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from rag.embedding import OnProgress
from rag.store.legacy import LEFT_BEHIND, Manifest, read_manifest, read_papers, write_marker
from rag.store.papers import LibraryState, NewPaper, PaperStore
from rag.store.reached import write_reached
from rag.types import Progress

logger = logging.getLogger(__name__)

TOLD_EVERY: int = 100


def migrate(folder: Path, papers: PaperStore, on_progress: OnProgress) -> LibraryState | None:
    """Take the papers of an older library over, in one transaction; its vectors are used on.

    Returns:
        None where there is no older library.
    """
    made = read_manifest(folder)
    if made is None:
        write_marker(folder, version("paperchat"))
        return None
    logger.info("the library was made by paperchat 0.1.0; its papers are taken over")
    state = _take_over(folder, made, papers, on_progress)
    for name in LEFT_BEHIND:
        (folder / name).unlink(missing_ok=True)
    write_marker(folder, version("paperchat"))
    return state


def _take_over(
    folder: Path, made: Manifest, papers: PaperStore, on_progress: OnProgress
) -> LibraryState:
    from rag.store.vectors import VectorStore

    vectors = VectorStore(folder / "chroma", made.collection)
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
    if made.embedder is None:
        shutil.rmtree(folder / "chroma")
    else:
        write_reached(folder / "chroma", state.library_id, state.revision, state.vectors)
    return state


def _counted(papers: Iterator[NewPaper], on_progress: OnProgress) -> Iterator[NewPaper]:
    for done, each in enumerate(papers, start=1):
        yield each
        if done % TOLD_EVERY == 0:
            on_progress(Progress("taking over the papers", done, 0))
