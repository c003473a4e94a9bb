"""The vectors of a library's passages, whatever engine keeps them.

Derived from the papers: every passage has its vector, its paper's id and its place in the
abstract. Engines are in the library's folder, or servers that several processes use.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

import numpy as np

from rag.errors import DamagedLibraryError, MissingVectorsError
from rag.store.engine import VectorEngine, build_engines
from rag.store.held import Held, Vectors, drop_held, load_held, save_held
from rag.store.locks import SharedLock
from rag.store.reached import Reached, read_reached, remove, stamp_of, write_reached
from rag.store.servers import NO_SERVERS, Servers
from rag.types import Passage, passage_id, passage_place

if TYPE_CHECKING:
    from rag.store.chroma import ChromaEngine, RawRow

T = TypeVar("T")

# Chroma's graph misses about 3 in 1,000 passages, others after each opening. So small a collection
# is held in memory (3 MB) and compared as a whole: the same question finds the same papers.
EXACT_UP_TO: Final = 2000
ROWS_PER_CALL: Final = 1000
PASSAGES_KEPT: Final = 10_000  # that were asked for before; 15 MB
UNIT_TOLERANCE: Final = 0.01
PAUSES_S: Final = (0.1, 0.3)  # before what Chroma failed at is asked anew


class VectorStore:
    """The passages of one library with their vectors.

    Any number of threads may read; opening anew waits until none does. The engine is opened when it
    is first needed: to search a small library it is not.

    Args:
        folder: Where an engine keeps its files, or where a copy of a server's few vectors is kept;
            made when absent.
        name: Of the collection; made when absent.
        servers: What keeps the vectors, and whether in the place of the folder.

    Raises (every method but `close`):
        LibraryError: The engine cannot use the folder.
        LibraryUnavailableError: The server cannot be reached, or refuses.
    """

    def __init__(self, folder: Path, name: str, servers: Servers = NO_SERVERS) -> None:
        self.folder = folder
        self.name = name
        self._engines = build_engines(servers)
        self._lock = SharedLock()
        self._opening = threading.Lock()
        self._open: VectorEngine | None = None
        self._held: Held | None = None
        self._is_large = False  # too large to be held, as far as is known
        self._changes = 0  # of what could be held
        self._kept: dict[str, Vectors | None] = {}  # None for what is not there

    def reopen(self, name: str) -> None:
        """See what another process has written, which an open collection does not."""
        with self._lock.alone():
            self._close()
            self.name = name

    def reached(self) -> Reached | None:
        """Read which revision of which library the collection has reached; None for neither."""
        if not self._engines.is_shared:
            return read_reached(self.folder)
        with self._reading() as engine:
            told = engine.noted()
        try:
            library_id, revision = str(told["library_id"]), int(str(told["revision"]))
        except (KeyError, ValueError):
            return None
        return Reached(library_id, revision, self.name, str(told.get("change", "")))

    def mark(self, library_id: str, revision: int) -> None:
        """Note which revision of which library the collection has reached."""
        if not self._engines.is_shared:
            write_reached(self.folder, library_id, revision, self.name)
            return
        noted = {"library_id": library_id, "revision": revision, "change": uuid4().hex}
        with self._translating():
            self._opened().note(noted)

    def empty(self) -> None:
        """Throw all vectors away."""
        with self._lock.alone():
            if not self._engines.is_shared:
                self._close()
                remove(self.folder)
                return
            with self._translating():
                self._opened().drop(self.name)
            self._close()

    def count(self) -> int:
        """Count the passages of the collection."""
        return self._ask(lambda engine: engine.count())

    def ids(self) -> Iterator[str]:
        """Yield the ids of all passages."""
        first = 0
        while True:
            some = self._ask(partial(_ids, first=first))
            yield from some
            if len(some) < ROWS_PER_CALL:
                return
            first += ROWS_PER_CALL

    def upsert(self, papers: Sequence[Sequence[Passage]], vectors: Vectors) -> None:
        """Write the passages of papers; a call of the engine takes whole papers.

        Args:
            papers: The passages of each paper.
            vectors: Of all passages in their order, shape (passages, dimension).
        """
        first = 0
        with self._changing() as engine:
            for rows in _whole_papers(papers):
                engine.upsert(rows, vectors[first : first + len(rows)])
                first += len(rows)

    def delete(self, passage_ids: Iterable[str]) -> None:
        """Delete passages; those that are not there do not matter."""
        with self._changing() as engine:
            for some in _chunks(list(passage_ids)):
                engine.delete(some)

    def nearest_papers(self, vector: Vectors, passages_k: int) -> dict[str, float]:
        """Return the cosine of the best passage by paper, the most similar first.

        They are the papers of the `passages_k` nearest passages; all of a library that is compared
        as a whole anyway.
        """
        if not passages_k:
            return {}
        if (held := self._hold()) is not None:
            return held.nearest_papers(vector)
        best: dict[str, float] = {}
        for found_id, cosine in self.query_index(vector, passages_k):
            best.setdefault(passage_place(found_id)[0], cosine)
        return best

    def query_index(self, vector: Vectors, passages_k: int) -> list[tuple[str, float]]:
        """Query the engine itself, whose index may miss a few."""
        return self._ask(lambda engine: engine.nearest(vector, passages_k))

    def find(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Find vectors by passage id, each of shape (dimension,); unknown ids are left out.

        Whoever filters asks for the same ones again, so the latest are kept.
        """
        held = self._hold()
        if held is not None:
            known = held.places
            return {each: held.rows[known[each]] for each in passage_ids if each in known}
        kept, changes = self._kept, self._changes
        found = {each: kept[each] for each in passage_ids if each in kept}
        missing = [each for each in passage_ids if each not in found]
        read = self.read(missing) if missing else {}
        if changes == self._changes and len(missing) <= PASSAGES_KEPT:
            for each in list(kept)[: max(0, len(kept) + len(missing) - PASSAGES_KEPT)]:
                kept.pop(each, None)
            kept.update((each, read.get(each)) for each in missing)
        found |= read
        return {each: vector for each, vector in found.items() if vector is not None}

    def read(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Read the same from the engine itself, whatever is held in memory."""
        vectors: dict[str, Vectors] = {}
        for some in _chunks(passage_ids):
            ids, rows = self._ask(partial(_vectors, passage_ids=some))
            vectors.update(zip(ids, rows, strict=True))
        return vectors

    def of_papers(self, paper_ids: Sequence[str]) -> dict[str, list[Vectors]]:
        """Return the vectors of all passages of papers, by paper; unknown ids are left out."""
        found: dict[str, list[Vectors]] = {}
        left, number = list(paper_ids), 0
        while left:  # how many passages a paper has shows when they come to an end
            pair = self.find([passage_id(paper, n) for paper in left for n in (number, number + 1)])
            for each, vector in pair.items():
                found.setdefault(passage_place(each)[0], []).append(vector)
            left = [paper for paper in left if passage_id(paper, number + 1) in pair]
            number += 2
        return found

    def raw_pages(self, number: int) -> Iterator[list[RawRow]]:
        """Read the rows of passages with a number, a page at a time, of Chroma's alone."""
        first = 0
        while True:
            with self._reading() as engine:
                page = _chroma(engine).raw_page({"number": number}, first, ROWS_PER_CALL)
            if page:
                yield page
            if len(page) < ROWS_PER_CALL:
                return
            first += ROWS_PER_CALL

    def raw_rows(self, passage_ids: Sequence[str]) -> list[RawRow]:
        """Return the rows of these ids that exist, of Chroma's alone."""
        rows: list[RawRow] = []
        for some in _chunks(passage_ids):
            with self._reading() as engine:
                rows += _chroma(engine).raw_rows(some)
        return rows

    def other_collections(self) -> list[str]:
        """List the library's collections beside this one, as an interrupted rebuild leaves them."""
        return [each for each in self._collections() if each != self.name]

    def keep_only(self, collection: str) -> None:
        """Remove the library's other collections, as an interrupted rebuild leaves them."""
        for other in self._collections():
            if other != collection:
                with self._translating():
                    self._opened().drop(other)

    def _collections(self) -> list[str]:
        """List the collections of the library: on a server other libraries have theirs."""
        with self._translating():
            names = self._opened().collections()
        stem, is_shared = self.name.rpartition("-")[0], self._engines.is_shared
        return [each for each in names if not is_shared or each.rpartition("-")[0] == stem]

    def close(self) -> None:
        """Let go of the engine's files."""
        with self._lock.alone():
            self._close()

    def _close(self) -> None:
        self._let_go()
        if self._open is not None:
            self._open.close()
            self._open = None

    def _opened(self) -> VectorEngine:
        with self._opening:
            if self._open is None:
                self._open = self._engines.open(self.folder, self.name)
            return self._open

    @contextmanager
    def _changing(self) -> Iterator[VectorEngine]:
        drop_held(self.folder)
        try:
            with self._translating():
                yield self._opened()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._changes += 1
        self._kept = {}
        self._held = None
        self._is_large = False

    @contextmanager
    def _reading(self) -> Iterator[VectorEngine]:
        with self._lock.shared(), self._translating():
            yield self._opened()

    def _ask(self, ask: Callable[[VectorEngine], T]) -> T:
        """Ask the engine, and ask anew where it fails, as it may while another process writes.

        Raises:
            DamagedLibraryError: It fails every time.
        """
        for pause_s in PAUSES_S:
            with suppress(DamagedLibraryError), self._reading() as engine:
                return ask(engine)
            time.sleep(pause_s)
            self.reopen(self.name)
        with self._reading() as engine:
            return ask(engine)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn the errors of the engine into ours."""
        try:
            with self._engines.translating(self.folder):
                yield
        except MissingVectorsError:
            if self._engines.is_shared:
                self._open = None  # the next use makes the collection again
            raise

    def _stamp(self) -> str:
        return stamp_of(self.reached())

    def _hold(self) -> Held | None:
        """Read all vectors where they are few; None where they are many."""
        held, changes = self._held, self._changes
        if held is not None or self._is_large:
            return held
        stamped = self._stamp()
        held = load_held(self.folder, stamped)
        if held is None:
            held = self._read_all()
            if held is not None and changes == self._changes:
                save_held(self.folder, stamped, held)
        if changes == self._changes:  # nothing was written meanwhile
            self._held, self._is_large = held, held is None
        return held

    def _read_all(self) -> Held | None:
        if self.count() > EXACT_UP_TO:
            return None
        ids, rows = self._ask(_vectors)
        return Held(ids, rows if ids else np.empty((0, 1), np.float32))


def _ids(engine: VectorEngine, first: int) -> list[str]:
    return engine.ids(first, ROWS_PER_CALL)


def _vectors(
    engine: VectorEngine, passage_ids: Sequence[str] | None = None
) -> tuple[list[str], Vectors]:
    return engine.vectors(passage_ids)


def _chroma(engine: VectorEngine) -> ChromaEngine:
    """Return the engine, which is Chroma's where the released code made it."""
    from rag.store.chroma import ChromaEngine

    assert isinstance(engine, ChromaEngine)
    return engine


def is_unit(vector: Vectors) -> bool:
    """Return whether a vector has the length 1 that every embedder's has here."""
    return bool(abs(float(np.linalg.norm(vector)) - 1) <= UNIT_TOLERANCE)


def _whole_papers(papers: Sequence[Sequence[Passage]]) -> Iterator[list[Passage]]:
    """Group the passages of as many papers as one call of an engine should take."""
    rows: list[Passage] = []
    for passages in papers:
        if rows and len(rows) + len(passages) > ROWS_PER_CALL:
            yield rows
            rows = []
        rows = [*rows, *passages]
    if rows:
        yield rows


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), ROWS_PER_CALL):
        yield list(ids[start : start + ROWS_PER_CALL])
