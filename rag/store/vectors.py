"""The vectors of a library's passages in a Chroma collection: the one module that names Chroma.

Derived from the papers: every passage has its vector, its paper's id and its place in the
abstract. Not covered: Chroma's own embedding functions, and Chroma as a server.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from rag.errors import DamagedLibraryError, LibraryError
from rag.store.held import Held, Vectors, drop_held, load_held, save_held
from rag.store.locks import SharedLock
from rag.store.reached import stamp
from rag.types import Passage, passage_id, passage_place

if TYPE_CHECKING:  # a second of imports, which a small library's questions do without
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult, Where

SPACE: Final = "cosine"
# A wider beam than Chroma's 100: at 100,000 papers it costs 1 ms and finds what exact search does.
SEARCH_BEAM: Final = 200
# Chroma's graph misses about 3 in 1,000 passages, others after each opening. So small a collection
# is held in memory (3 MB) and compared as a whole: the same question finds the same papers.
EXACT_UP_TO: Final = 2000
ROWS_PER_CALL: Final = 1000
UNIT_TOLERANCE: Final = 0.01
RAW: Final[tuple[Literal["documents", "metadatas"], ...]] = ("documents", "metadatas")


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row of the collection with all that stands in it."""

    document: str
    metadata: Mapping[str, object]


class VectorStore:
    """The passages of one library with their vectors.

    Any number of threads may read; opening anew waits until none does. Chroma itself is opened when
    it is first needed: to search a small library it is not.

    Args:
        folder: Where Chroma keeps its files; made when absent.
        name: Of the collection; made when absent.

    Raises (every method but `close`):
        LibraryError: Chroma cannot use the folder.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self._lock = SharedLock()
        self._opening = threading.Lock()
        self._open: _Open | None = None
        self._held: Held | None = None
        self._is_large = False  # too large to be held, as far as is known
        self._changes = 0  # of what could be held

    def reopen(self, name: str) -> None:
        """See what another process has written, which an open collection does not."""
        with self._lock.alone():
            self._close()
            self.name = name

    def count(self) -> int:
        """Count the passages of the collection."""
        with self._reading() as collection:
            return collection.count()

    def ids(self) -> Iterator[str]:
        """Yield the ids of all passages."""
        first = 0
        while True:
            with self._reading() as collection:
                some = collection.get(limit=ROWS_PER_CALL, offset=first, include=[])["ids"]
            yield from some
            if len(some) < ROWS_PER_CALL:
                return
            first += ROWS_PER_CALL

    def upsert(self, papers: Sequence[Sequence[Passage]], vectors: Vectors) -> None:
        """Write the passages of papers; a call of Chroma takes whole papers.

        Args:
            papers: The passages of each paper.
            vectors: Of all passages in their order, shape (passages, dimension).
        """
        first = 0
        collection = self._changing()
        for rows in _whole_papers(papers):
            collection.upsert(
                ids=[row.passage_id for row in rows],
                embeddings=vectors[first : first + len(rows)],
                metadatas=[
                    {"paper_id": r.paper_id, "number": r.number, "start": r.start, "end": r.end}
                    for r in rows
                ],
            )
            first += len(rows)
        self._let_go()

    def delete(self, passage_ids: Iterable[str]) -> None:
        """Delete passages; those that are not there do not matter."""
        collection = self._changing()
        for some in _chunks(list(passage_ids)):
            collection.delete(ids=some)
        self._let_go()

    def query(self, vector: Vectors, passages_k: int) -> list[tuple[str, float]]:
        """Passage ids with their cosine to a vector, most similar first.

        They are `passages_k` at least where there are so many; all of a library that is compared
        as a whole anyway.
        """
        if not passages_k:
            return []
        held = self._hold()
        if held is not None and not held.ids:
            return []
        return self.query_index(vector, passages_k) if held is None else held.nearest(vector)

    def query_index(self, vector: Vectors, passages_k: int) -> list[tuple[str, float]]:
        """Query Chroma's own graph, which may miss a few."""
        with self._reading() as collection:
            wanted = min(passages_k, collection.count())
            found = collection.query(
                query_embeddings=vector[None, :], n_results=wanted, include=["distances"]
            )
        distances = (found["distances"] or [[]])[0]
        similarities = [1.0 - float(distance) for distance in distances]
        return list(zip(found["ids"][0], similarities, strict=True))

    def find(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Find vectors by passage id, each of shape (dimension,); unknown ids are left out."""
        held = self._hold()
        if held is not None:
            known = held.places
            return {each: held.rows[known[each]] for each in passage_ids if each in known}
        return self.read(passage_ids)

    def read(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Read the same from Chroma itself, whatever is held in memory."""
        vectors: dict[str, Vectors] = {}
        for some in _chunks(passage_ids):
            with self._reading() as collection:
                found = collection.get(ids=some, include=["embeddings"])
            rows = np.asarray(found["embeddings"], np.float32)
            vectors.update(zip(found["ids"], rows, strict=True))
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

    def raw_pages(self, where: Where) -> Iterator[list[RawRow]]:
        """Read the rows whose metadata match, a page at a time."""
        first = 0
        while True:
            with self._reading() as collection:
                page = collection.get(
                    where=where, limit=ROWS_PER_CALL, offset=first, include=list(RAW)
                )
            if page["ids"]:
                yield _raw(page)
            if len(page["ids"]) < ROWS_PER_CALL:
                return
            first += ROWS_PER_CALL

    def raw_rows(self, passage_ids: Sequence[str]) -> list[RawRow]:
        """Return the rows of these ids that exist."""
        rows: list[RawRow] = []
        for some in _chunks(passage_ids):
            with self._reading() as collection:
                rows += _raw(collection.get(ids=some, include=list(RAW)))
        return rows

    def other_collections(self) -> list[str]:
        """List the collections beside this one, such as an interrupted rebuild has left."""
        client = self._opened().client
        return [each.name for each in client.list_collections() if each.name != self.name]

    def keep_only(self, collection: str) -> None:
        """Remove every other collection, such as one that an interrupted rebuild has left."""
        client = self._opened().client
        for other in client.list_collections():
            if other.name != collection:
                client.delete_collection(other.name)

    def close(self) -> None:
        """Let go of Chroma's files."""
        with self._lock.alone():
            self._close()

    def _close(self) -> None:
        self._let_go()
        if self._open is not None:
            self._open.client.close()  # type: ignore[attr-defined]  # missing from ClientAPI
            self._open = None

    def _opened(self) -> _Open:
        with self._opening:
            if self._open is None:
                self._open = _open(self.folder, self.name)
            return self._open

    def _changing(self) -> Collection:
        drop_held(self.folder)
        return self._opened().collection

    def _let_go(self) -> None:
        self._changes += 1
        self._held = None
        self._is_large = False

    @contextmanager
    def _reading(self) -> Iterator[Collection]:
        from chromadb.errors import ChromaError

        with self._lock.shared():
            try:
                yield self._opened().collection
            except ChromaError as exc:
                raise DamagedLibraryError(_explain_damage(self.folder, exc)) from exc

    def _hold(self) -> Held | None:
        """Read all vectors where they are few; None where they are many."""
        held, changes = self._held, self._changes
        if held is not None or self._is_large:
            return held
        stamped = stamp(self.folder)
        held = load_held(self.folder, stamped)
        if held is None:
            held = self._read_all()
            if held is not None and changes == self._changes:
                save_held(self.folder, stamped, held)
        if changes == self._changes:  # nothing was written meanwhile
            self._held, self._is_large = held, held is None
        return held

    def _read_all(self) -> Held | None:
        with self._reading() as collection:
            if collection.count() > EXACT_UP_TO:
                return None
            found = collection.get(include=["embeddings"])
        rows = np.asarray(found["embeddings"], np.float32)
        return Held(found["ids"], rows if found["ids"] else np.empty((0, 1), np.float32))


def is_unit(vector: Vectors) -> bool:
    """Return whether a vector has the length 1 that every embedder's has here."""
    return bool(abs(float(np.linalg.norm(vector)) - 1) <= UNIT_TOLERANCE)


@dataclass(frozen=True, slots=True)
class _Open:
    """Chroma at work."""

    client: ClientAPI
    collection: Collection


def _open(folder: Path, collection: str) -> _Open:
    import chromadb
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.config import Settings
    from chromadb.errors import ChromaError

    try:
        client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
        opened = client.get_or_create_collection(
            collection,
            configuration=CreateCollectionConfiguration(
                hnsw={"space": SPACE, "ef_search": SEARCH_BEAM}
            ),
            embedding_function=None,
        )
    except (ChromaError, OSError, ValueError) as exc:
        raise LibraryError(_explain_damage(folder, exc)) from exc
    return _Open(client, opened)


def _raw(page: GetResult) -> list[RawRow]:
    texts, known = page["documents"] or [], page["metadatas"] or []
    return [RawRow(text or "", each) for text, each in zip(texts, known, strict=True)]


def _explain_damage(folder: Path, exc: Exception) -> str:
    return (
        f"The vectors in {str(folder)!r} cannot be used: {exc}. Run `paperchat papers verify "
        "--repair`, which makes them again from the papers."
    )


def _whole_papers(papers: Sequence[Sequence[Passage]]) -> Iterator[list[Passage]]:
    """Group the passages of as many papers as one call of Chroma should take."""
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
