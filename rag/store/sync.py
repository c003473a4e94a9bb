"""Have what is derived from a library's papers follow them: vectors and words.

Each derived store notes in its own folder which revision of the papers it has reached. What is
behind, after a kill or a full disk, is caught up in batches by whoever opens or writes next. What
is damaged, missing or another library's is made again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embedding import Embedder, OnProgress
from rag.embedding.workers import Workers
from rag.errors import EmbedderUnavailableError
from rag.passages import passage_text
from rag.settings import VectorStoreName
from rag.store.database import translate_disk_full
from rag.store.lexical import LexicalIndex
from rag.store.papers import Changes, PaperStore, StoredPaper
from rag.store.probe import can_be_read
from rag.store.reached import (
    NOTHING,
    file_sizes,
    is_as_left,
    read_reached,
    remove,
    write_reached,
)
from rag.types import Progress, passage_id

if TYPE_CHECKING:
    from rag.store.vectors import VectorStore

logger = logging.getLogger(__name__)

PAPERS_PER_BATCH: Final = 128  # about 250 passages: enough to sort by length, little to lose
Prepared = NDArray[np.float32] | None  # vectors, where a store takes some

WORDS_PER_BATCH: Final = 2048  # papers; a commit of the words costs as much as 100 papers


class Follower(Protocol):
    """A derived store that can be brought to any later revision of the papers."""

    stage: str
    batch: int

    @property
    def ahead(self) -> int:
        """How many batches are begun before the first of them is waited for."""

    def reached(self, library_id: str) -> int:
        """Read the revision that the store has reached; `NOTHING` if it is empty or another's."""

    def begin(self, changes: Changes) -> Callable[[], Prepared]:
        """Begin to make what `apply` is to write; what is returned waits for it, maybe long."""

    def apply(self, changes: Changes, prepared: Prepared) -> None:
        """Write and delete what has changed; doing it twice does nothing more."""

    def mark(self, library_id: str, revision: int) -> None:
        """Note that a revision is reached."""


def follow(
    papers: PaperStore, library_id: str, follower: Follower, on_progress: OnProgress
) -> None:
    """Bring a derived store to the revision that the papers have now, a batch at a time.

    While one batch is written the next is prepared, or as many as the follower has others prepare;
    they are written in order.
    """

    def write(changes: Changes, prepared: Prepared) -> None:
        with translate_disk_full():
            follower.apply(changes, prepared)
            follower.mark(library_id, changes.until)

    reached, done, until = follower.reached(library_id), 0, papers.revision()
    with ThreadPoolExecutor(1, follower.stage) as writer:
        written: Future[None] | None = None
        begun: deque[tuple[Changes, Callable[[], Prepared]]] = deque()
        while begun or reached < until:
            while reached < until and len(begun) < follower.ahead:
                changes = papers.changes_after(reached, follower.batch)
                begun.append((changes, follower.begin(changes)))
                reached = changes.until
            changes, prepared = begun.popleft()
            made = prepared()
            if written:
                written.result()
            written = writer.submit(write, changes, made)
            done += len(changes.written)
            on_progress(Progress(follower.stage, done, 0))
        if written:
            written.result()


def is_behind(papers: PaperStore, library_id: str, follower: Follower, by: int) -> bool:
    """Return whether a store has at least so many papers to write."""
    return papers.count_after(follower.reached(library_id), by) >= by


class WordsFollower:
    """The words of the papers in tantivy.

    Args:
        folder: Where the index lies.
        index: The index.
    """

    stage = "indexing words"
    batch = WORDS_PER_BATCH
    ahead = 1

    def __init__(self, folder: Path, index: LexicalIndex) -> None:
        self._folder = folder
        self._index = index

    def reached(self, library_id: str) -> int:
        """Return the revision that the index has reached."""
        found = read_reached(self._folder)
        return found.revision if found and found.library_id == library_id else NOTHING

    def begin(self, _: Changes) -> Callable[[], Prepared]:
        """Make nothing: tantivy takes the papers as they are."""
        return lambda: None

    def apply(self, changes: Changes, _: Prepared) -> None:
        """Write and delete papers, and commit."""
        with self._index.changing() as change:
            for paper_id in changes.removed:
                change.remove(paper_id)
            for stored in changes.written:
                change.put(stored.paper)

    def mark(self, library_id: str, revision: int) -> None:
        """Note that a revision is reached."""
        write_reached(self._folder, library_id, revision)


class VectorsFollower:
    """The vectors of the passages in Chroma.

    Args:
        store: The collection.
        embed: Vectors of texts, shape (texts, dimension).
        tell: Called when a revision is reached.
        workers: Embed in the place of `embed`.
    """

    stage = "embedding papers"
    batch = PAPERS_PER_BATCH

    def __init__(
        self,
        store: VectorStore,
        embed: Callable[[Sequence[str]], NDArray[np.float32]],
        tell: Callable[[], None],
        workers: Workers | None = None,
    ) -> None:
        self._store = store
        self._embed = embed
        self._tell = tell
        self._workers = workers

    @property
    def ahead(self) -> int:
        """How many batches are begun before the first of them is waited for."""
        return self._workers.most if self._workers else 1

    def reached(self, library_id: str) -> int:
        """Return the revision that the collection has reached."""
        found = self._store.reached()
        bound = (library_id, self._store.name)
        return found.revision if found and (found.library_id, found.part) == bound else NOTHING

    def begin(self, changes: Changes) -> Callable[[], Prepared]:
        """Begin to embed the passages as they are now, where others do it."""
        texts = _texts(changes.written)
        if self._workers and texts:
            return self._workers.begin(texts)
        return lambda: self._embed(texts) if texts else None

    def apply(self, changes: Changes, vectors: Prepared) -> None:
        """Delete what earlier versions left, and write the passages as they are now."""
        fresh = {each.passage_id for stored in changes.written for each in stored.passages}
        old = (passage_id(p, n) for p, count in changes.removed.items() for n in range(count))
        self._store.delete([each for each in old if each not in fresh])
        self._write(changes.written, vectors)

    def write(self, papers: Sequence[StoredPaper]) -> None:
        """Embed and write the passages of papers."""
        texts = _texts(papers)
        self._write(papers, self._embed(texts) if texts else None)

    def _write(self, papers: Sequence[StoredPaper], vectors: Prepared) -> None:
        if vectors is not None:
            self._store.upsert([each.passages for each in papers], vectors)

    def mark(self, library_id: str, revision: int) -> None:
        """Note that a revision is reached."""
        self._store.mark(library_id, revision)
        self._tell()


def _texts(papers: Sequence[StoredPaper]) -> list[str]:
    return [passage_text(each.paper, part) for each in papers for part in each.passages]


def unavailable(name: str | None) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """Return a stand-in for a missing embedder, which raises `EmbedderUnavailableError`."""

    def embed(_: Sequence[str]) -> NDArray[np.float32]:
        raise EmbedderUnavailableError(
            f"This library was embedded with {name!r}, which is not available now, so nothing can "
            "be added. Searching by words still works."
        )

    return embed


def embedding(embedder: Embedder | None, name: str | None) -> Callable[..., NDArray[np.float32]]:
    """Return the function that makes the vectors of a library's passages."""
    return embedder.embed_texts if embedder else unavailable(name)


def drop_unsound(
    folder: Path,
    library_id: str,
    revision: int,
    part: str = "",
    *,
    tries: VectorStoreName | None = None,
) -> None:
    """Remove a derived store that is another library's or whose files are not as they were left.

    Args:
        folder: Of the store.
        library_id: Of the library that it should be derived from.
        revision: Of the library; what is ahead of it was derived from papers that a backup of
            before does not know.
        part: What else it should be bound to.
        tries: The engine of a store that may be sound with other sizes and may not be when it was
            written since, which a process of its own tells; None for one of which sizes tell.
    """
    if not folder.exists():
        return
    found = read_reached(folder)
    is_its = found is not None and (found.library_id, found.part) == (library_id, part)
    if found is not None and is_its and found.revision <= revision:
        if is_as_left(folder, found, untouched=tries is not None):
            return
        if tries and file_sizes(folder) and can_be_read(folder, part, tries):
            write_reached(folder, library_id, found.revision, part)
            return
    logger.info("%s is damaged or another library's", folder)
    remove(folder)
