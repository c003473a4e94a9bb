"""Writes papers into a library's index and keeps its parts in step.

The Chroma collection is the truth. The lexical index and the list of headings follow: each change
first raises the manifest's revision and last theirs, so a change that was cut short shows as a
difference, and what is behind is then filled anew from the collection.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from filelock import FileLock, Timeout
from llama_index.core.schema import TextNode
from numpy.typing import NDArray

from rag.embedding import Embedder, OnProgress
from rag.errors import EmbedderMismatchError, EmbedderUnavailableError, LibraryError
from rag.identifiers import content_hash
from rag.index.chroma import PassageStore, StoredPaper
from rag.index.headings import HeadingChange, HeadingTable
from rag.index.lexical import LexicalChange, LexicalIndex
from rag.index.manifest import (
    FILE,
    UNKNOWN_DIMENSION,
    Manifest,
    explain_mismatch,
    is_made_as,
    next_collection,
    read_manifest,
    write_manifest,
)
from rag.passages import build_passages, passage_id
from rag.types import NO_FILTERS, Facets, IngestReport, Paper, Progress, Rejection

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAPERS_PER_BATCH: Final = 128  # about 250 passages: enough to sort by length, little to lose
LOCK_TIMEOUT_S: Final = 30.0


class Change:
    """A change of what is derived from the collection.

    Args:
        words: Of the lexical index.
        headings: Of the list of papers.
    """

    def __init__(self, words: LexicalChange, headings: HeadingChange) -> None:
        self._parts = words, headings

    def put(self, paper: Paper) -> None:
        """Write a paper in place of an earlier version of it."""
        for part in self._parts:
            part.put(paper)

    def remove(self, paper_id: str) -> None:
        """Take a paper out; nothing happens when it is not in."""
        for part in self._parts:
            part.remove(paper_id)


class PaperIndex:
    """The index of the library in a folder; made when absent.

    Args:
        folder: The library's folder.
        embedder: What embeds passages and questions; None for lexical retrieval only.
        passage_tokens: Longest passage, tokens.
        rebuild: Embed all papers anew when the library was made with other settings. Without it
            a library without vectors stays as it is.

    Raises:
        EmbedderMismatchError: It was made with other settings, and `rebuild` is not set.
        LibraryError: The folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder | None,
        passage_tokens: int,
        *,
        rebuild: bool = False,
        on_progress: OnProgress = lambda _: None,
    ) -> None:
        self.folder = folder
        self.embedder = embedder
        self._lock = FileLock(folder / "lock", timeout=LOCK_TIMEOUT_S)
        self._wanted = _wanted(embedder, passage_tokens)
        self.manifest = self._open_manifest(rebuild=rebuild)
        self.store = PassageStore(folder / "chroma", self.manifest.collection)
        self.lexical = LexicalIndex(folder / "lexical")
        self.headings = HeadingTable(folder)
        self._seen = self._manifest_stamp()
        self._facets: tuple[tuple[int, int], Facets] | None = None
        self._catch_up(on_progress)
        if rebuild and not is_made_as(self.manifest, self._wanted):
            self.rebuild(on_progress)

    def _open_manifest(self, *, rebuild: bool) -> Manifest:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            found = read_manifest(self.folder)
            if found is None:
                found = replace(self._wanted, dimension=self._dimension())
                write_manifest(self.folder, found)
        except OSError as exc:
            raise LibraryError(
                f"The library folder {str(self.folder)!r} cannot be used: {exc.strerror}. "
                "Name another with --library or RAG_LIBRARY."
            ) from exc
        can_serve = found.embedder is None or is_made_as(found, self._wanted)
        if not rebuild and not can_serve:
            raise EmbedderMismatchError(explain_mismatch(self.folder, found, self._wanted))
        return found

    def _dimension(self) -> int:
        if self.embedder is None:
            return 1
        if self.embedder.dimension is None:
            self.embedder.dimension = len(self.embedder.embed_query("dimension"))
        return self.embedder.dimension

    @property
    def has_vectors(self) -> bool:
        """Whether the papers were embedded, so that dense retrieval can work."""
        return self.manifest.embedder is not None

    def count(self) -> int:
        """How many papers the library holds."""
        return self.lexical.count()

    @property
    def state(self) -> tuple[int, int]:
        """Differs after every change of the papers."""
        return self.lexical.revision, self.count()

    def facets(self) -> Facets:
        """What the papers could be filtered by; counted anew after a change only."""
        if self._facets is None or self._facets[0] != self.state:
            self._facets = (self.state, self.lexical.facets())
        return self._facets[1]

    def sample(self, k: int) -> list[Paper]:
        """Up to k papers, the latest; the same ones until something changes."""
        found = self.store.papers(self.lexical.newest(NO_FILTERS, k)) if k else {}
        return [paper for paper, _ in found.values()]

    def paper_vectors(self, paper_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The mean vector of each paper's passages, of those of the papers that are here."""
        stored = self.store.stored(list(dict.fromkeys(paper_ids)))
        names = {
            paper_id: [passage_id(paper_id, n) for n in range(paper.passages)]
            for paper_id, paper in stored.items()
        }
        vectors = self.store.vectors([name for each in names.values() for name in each])
        return {
            paper_id: np.mean([vectors[name] for name in each], axis=0, dtype=np.float32)
            for paper_id, each in names.items()
            if all(name in vectors for name in each)
        }

    def refresh(self) -> None:
        """See what another process has changed since the last look."""
        stamp = self._manifest_stamp()
        if stamp == self._seen:
            return
        self.manifest = read_manifest(self.folder) or self.manifest
        self.store.reopen(self.manifest.collection)
        self.lexical.reload()
        if self.lexical.revision == self.manifest.revision:
            self._seen = stamp

    def write(
        self, items: Iterable[Paper | Rejection], on_progress: OnProgress, *, dry_run: bool = False
    ) -> IngestReport:
        """Add and update the papers among the items; what is unchanged costs a look-up only."""
        report = IngestReport()
        rejected: list[Rejection] = []
        seen: set[str] = set()
        with self._changing(dry_run=dry_run) as change:
            for batch in _batches(items):
                papers = [item for item in batch if isinstance(item, Paper)]
                rejected += [item for item in batch if isinstance(item, Rejection)]
                fresh = {p.paper_id: p for p in reversed(papers) if p.paper_id not in seen}
                seen.update(fresh)
                counts = self._write_batch(list(reversed(fresh.values())), change)
                report = _add(report, counts, duplicates=len(papers) - len(fresh))
                on_progress(Progress("reading papers", len(seen), 0))
        return replace(report, rejected=tuple(rejected))

    def _write_batch(self, papers: Sequence[Paper], change: Change | None) -> IngestReport:
        hashed = [(paper, content_hash(paper)) for paper in papers]
        stored = self.store.stored([paper.paper_id for paper in papers])
        changed = [
            (paper, digest)
            for paper, digest in hashed
            if paper.paper_id not in stored or stored[paper.paper_id].content_hash != digest
        ]
        if change and changed:
            rows = [(p, d, build_passages(p, self.manifest.passage_tokens)) for p, d in changed]
            self._store(rows, stored)
            for paper, _ in changed:
                change.put(paper)
        updated = sum(paper.paper_id in stored for paper, _ in changed)
        return IngestReport(len(changed) - updated, updated, len(papers) - len(changed))

    def _store(
        self,
        rows: Sequence[tuple[Paper, str, Sequence[TextNode]]],
        stored: dict[str, StoredPaper],
    ) -> None:
        self.store.upsert(rows, self._embed([node.text for _, _, nodes in rows for node in nodes]))
        surplus = {
            paper.paper_id: range(len(nodes), stored[paper.paper_id].passages)
            for paper, _, nodes in rows
            if paper.paper_id in stored
        }
        self.store.delete(surplus)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not self.has_vectors:
            return np.ones((len(texts), 1), np.float32)  # Chroma wants a vector for each row
        if self.embedder is None:
            raise EmbedderUnavailableError(
                f"This library was embedded with {self.manifest.embedder!r}, which cannot be had "
                "now, so nothing can be added. Searching by words still works."
            )
        return self.embedder.embed_texts(texts)

    def remove(self, paper_ids: Sequence[str]) -> int:
        """Delete papers from both halves; how many there were."""
        stored = self.store.stored(list(dict.fromkeys(paper_ids)))
        if stored:
            with self._changing() as change:
                self.store.delete({key: range(paper.passages) for key, paper in stored.items()})
                for paper_id in stored:
                    change.remove(paper_id)  # type: ignore[union-attr]  # no dry run here
        return len(stored)

    @contextmanager
    def _changing(self, *, dry_run: bool = False) -> Iterator[Change | None]:
        if dry_run:
            yield None
            return
        with self._locked():
            self._fill()  # a change that was cut short must not be hidden by this one
            revision = self.manifest.revision + 1
            self._save(replace(self.manifest, revision=revision))
            try:
                with (
                    self.headings.changing(revision) as headings,
                    self.lexical.changing(revision) as words,
                ):
                    yield Change(words, headings)
            finally:
                self._fill()  # does nothing unless the change failed half way

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with self._lock:
                self.refresh()
                yield
        except Timeout as exc:
            raise LibraryError(
                f"Another process has been changing {str(self.folder)!r} for "
                f"{LOCK_TIMEOUT_S:.0f} s. Wait until it is done and try again."
            ) from exc

    def _save(self, manifest: Manifest) -> None:
        write_manifest(self.folder, manifest)
        self.manifest = manifest
        self._seen = self._manifest_stamp()

    def _manifest_stamp(self) -> int:
        return (self.folder / FILE).stat().st_mtime_ns

    def _catch_up(self, on_progress: OnProgress) -> None:
        """Fill anew what is missing or behind, unless someone else writes."""
        try:
            with self._lock.acquire(timeout=0):
                self._fill(on_progress)
        except Timeout:
            logger.info("index: another process is writing it")

    def _fill(self, on_progress: OnProgress = lambda _: None) -> None:
        self._fill_lexical(on_progress)
        self._fill_headings(on_progress)

    def _fill_lexical(self, on_progress: OnProgress) -> None:
        """Fill the lexical index anew from the collection when it is missing or behind."""
        if self.lexical.revision == self.manifest.revision:
            return
        logger.info("lexical index: filling it anew")
        with self.lexical.changing(self.manifest.revision) as change:
            change.clear()
            for done, paper in enumerate(self.store.all_papers(), start=1):
                change.put(paper)
                if done % PAPERS_PER_BATCH == 0:
                    on_progress(Progress("indexing words", done, 0))

    def _fill_headings(self, on_progress: OnProgress) -> None:
        """Fill the list of papers anew from the collection when it is missing or behind."""
        if self.headings.revision == self.manifest.revision:
            return
        logger.info("list of papers: filling it anew")
        with self.headings.changing(self.manifest.revision) as change:
            change.clear()
            for done, heading in enumerate(self.store.headings(), start=1):
                change.put(heading)
                if done % PAPERS_PER_BATCH == 0:
                    on_progress(Progress("listing papers", done, 0))

    def make_lexical_only(self) -> None:
        """Give up vectors; for a library that is still empty."""
        self._save(replace(self.manifest, embedder=None, dimension=1))

    def rebuild(self, on_progress: OnProgress) -> None:
        """Embed every paper anew into a new collection, then let it take the old one's place."""
        total = self.count()
        with self._locked():
            fresh = replace(
                self._wanted,
                dimension=self._dimension(),
                collection=next_collection(self.manifest.collection),
                revision=self.manifest.revision,
            )
            old, before = self.store, self.manifest
            self.store = PassageStore(self.folder / "chroma", fresh.collection, clear=True)
            self.manifest = fresh
            try:
                self._embed_anew(old.all_papers(), total, on_progress)
                self._save(fresh)
            finally:
                if self._manifest_on_disk() != fresh:  # cut short: the old collection still holds
                    self.store, self.manifest = old, before
            old.delete_collection()

    def _embed_anew(self, papers: Iterable[Paper], total: int, on_progress: OnProgress) -> None:
        for number, batch in enumerate(_batches(papers)):
            on_progress(Progress("embedding papers", number * PAPERS_PER_BATCH, total))
            rows = [
                (paper, content_hash(paper), build_passages(paper, self.manifest.passage_tokens))
                for paper in batch
            ]
            self._store(rows, {})

    def _manifest_on_disk(self) -> Manifest | None:
        return read_manifest(self.folder)

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, PAPERS_PER_BATCH)):
        yield batch


def _add(report: IngestReport, batch: IngestReport, *, duplicates: int) -> IngestReport:
    return IngestReport(
        report.added + batch.added,
        report.updated + batch.updated,
        report.unchanged + batch.unchanged,
        report.duplicates + duplicates,
    )


def _wanted(embedder: Embedder | None, passage_tokens: int) -> Manifest:
    if embedder is None:
        return Manifest(None, 1, passage_tokens)
    return Manifest(embedder.name, embedder.dimension or UNKNOWN_DIMENSION, passage_tokens)
