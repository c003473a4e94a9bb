"""The vectors of a library's passages in a Chroma collection: the one module that names Chroma.

Derived from the papers: every passage has its vector, its paper's id and its place in the
abstract. Chroma is embedded, with its files in the library's folder, or a server that several
processes use. Not covered: Chroma's own embedding functions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TypeVar
from uuid import uuid4

import numpy as np

from rag.errors import DamagedLibraryError, LibraryError, LibraryUnavailableError
from rag.store.held import Held, Vectors, drop_held, load_held, save_held
from rag.store.locks import SharedLock
from rag.store.reached import Reached, read_reached, remove, stamp_of, write_reached
from rag.store.servers import ChromaServer
from rag.text import one_line
from rag.types import Passage, passage_id, passage_place

if TYPE_CHECKING:  # a second of imports, which a small library's questions do without
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult, Where

T = TypeVar("T")

SPACE: Final = "cosine"
# A wider beam than Chroma's 100: at 100,000 papers it costs 1 ms and finds what exact search does.
SEARCH_BEAM: Final = 200
# Chroma's graph misses about 3 in 1,000 passages, others after each opening. So small a collection
# is held in memory (3 MB) and compared as a whole: the same question finds the same papers.
EXACT_UP_TO: Final = 2000
ROWS_PER_CALL: Final = 1000
PASSAGES_KEPT: Final = 10_000  # that were asked for before; 15 MB
UNIT_TOLERANCE: Final = 0.01
# Of a server; the client by itself would wait for ever.
CONNECT_TIMEOUT_S: Final = 10.0
REPLY_TIMEOUT_S: Final = 60.0
REFUSED: Final = (401, 403)
PAUSES_S: Final = (0.1, 0.3)  # before what Chroma failed at is asked anew
MOST_SAID: Final = 200  # characters of what a server or a proxy says
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
        folder: Where Chroma keeps its files, or where a copy of a server's few vectors is kept;
            made when absent.
        name: Of the collection; made when absent.
        server: What keeps the vectors in the place of the folder.

    Raises (every method but `close`):
        LibraryError: Chroma cannot use the folder.
        LibraryUnavailableError: The server cannot be reached, or refuses.
    """

    def __init__(self, folder: Path, name: str, server: ChromaServer | None = None) -> None:
        self.folder = folder
        self.name = name
        self._server = server
        self._lock = SharedLock()
        self._opening = threading.Lock()
        self._open: _Open | None = None
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
        if self._server is None:
            return read_reached(self.folder)
        with self._reading() as collection:
            told = self._opened().client.get_collection(collection.name).metadata or {}
        try:
            library_id, revision = str(told["library_id"]), int(str(told["revision"]))
        except (KeyError, ValueError):
            return None
        return Reached(library_id, revision, self.name, str(told.get("change", "")))

    def mark(self, library_id: str, revision: int) -> None:
        """Note which revision of which library the collection has reached."""
        if self._server is None:
            write_reached(self.folder, library_id, revision, self.name)
            return
        noted = {"library_id": library_id, "revision": revision, "change": uuid4().hex}
        with self._translating():
            self._opened().collection.modify(metadata=noted)

    def empty(self) -> None:
        """Throw all vectors away."""
        with self._lock.alone():
            if self._server is None:
                self._close()
                remove(self.folder)
                return
            with self._translating():
                self._opened().client.delete_collection(self.name)
            self._close()

    def count(self) -> int:
        """Count the passages of the collection."""
        return self._ask(lambda collection: collection.count())

    def ids(self) -> Iterator[str]:
        """Yield the ids of all passages."""
        first = 0
        while True:
            some = self._ask(partial(_get_ids, offset=first))
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
        with self._changing() as collection:
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

    def delete(self, passage_ids: Iterable[str]) -> None:
        """Delete passages; those that are not there do not matter."""
        with self._changing() as collection:
            for some in _chunks(list(passage_ids)):
                collection.delete(ids=some)

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
        """Query Chroma's own graph, which may miss a few."""
        found = self._ask(
            lambda collection: collection.query(
                query_embeddings=vector[None, :],
                n_results=min(passages_k, collection.count()),
                include=["distances"],
            )
        )
        distances = (found["distances"] or [[]])[0]
        similarities = [1.0 - float(distance) for distance in distances]
        return list(zip(found["ids"][0], similarities, strict=True))

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
        """Read the same from Chroma itself, whatever is held in memory."""
        vectors: dict[str, Vectors] = {}
        for some in _chunks(passage_ids):
            found = self._ask(partial(_get_vectors, ids=some))
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
        """List the library's collections beside this one, as an interrupted rebuild leaves them."""
        return [each for each in self._collections() if each != self.name]

    def keep_only(self, collection: str) -> None:
        """Remove the library's other collections, as an interrupted rebuild leaves them."""
        for other in self._collections():
            if other != collection:
                with self._translating():
                    self._opened().client.delete_collection(other)

    def _collections(self) -> list[str]:
        """List the collections of the library: on a server other libraries have theirs."""
        with self._translating():
            names = [each.name for each in self._opened().client.list_collections()]
        stem = self.name.rpartition("-")[0]
        return [each for each in names if self._server is None or each.rpartition("-")[0] == stem]

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
                self._open = _open(self.folder, self.name, self._server)
            return self._open

    @contextmanager
    def _changing(self) -> Iterator[Collection]:
        drop_held(self.folder)
        try:
            with self._translating():
                yield self._opened().collection
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._changes += 1
        self._kept = {}
        self._held = None
        self._is_large = False

    @contextmanager
    def _reading(self) -> Iterator[Collection]:
        with self._lock.shared(), self._translating():
            yield self._opened().collection

    def _ask(self, ask: Callable[[Collection], T]) -> T:
        """Ask Chroma, and ask anew where it fails, as it may while another process writes.

        Raises:
            DamagedLibraryError: It fails every time.
        """
        for pause_s in PAUSES_S:
            with suppress(DamagedLibraryError), self._reading() as collection:
                return ask(collection)
            time.sleep(pause_s)
            self.reopen(self.name)
        with self._reading() as collection:
            return ask(collection)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn the errors of Chroma into ours."""
        from chromadb.errors import ChromaError, NotFoundError

        try:
            with _reaching(self._server) if self._server else nullcontext():
                try:
                    yield
                except NotFoundError as exc:
                    if self._server:
                        self._open = None  # the next use makes the collection again
                    raise DamagedLibraryError(self._explain_damage(exc)) from exc
        except ChromaError as exc:
            raise DamagedLibraryError(self._explain_damage(exc)) from exc

    def _explain_damage(self, exc: Exception) -> str:
        return _explain_damage(self.folder, exc, self._server)

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
        found = self._ask(_get_vectors)
        rows = np.asarray(found["embeddings"], np.float32)
        return Held(found["ids"], rows if found["ids"] else np.empty((0, 1), np.float32))


def _get_ids(collection: Collection, offset: int) -> list[str]:
    return collection.get(limit=ROWS_PER_CALL, offset=offset, include=[])["ids"]


def _get_vectors(collection: Collection, ids: list[str] | None = None) -> GetResult:
    return collection.get(ids=ids, include=["embeddings"])


def is_unit(vector: Vectors) -> bool:
    """Return whether a vector has the length 1 that every embedder's has here."""
    return bool(abs(float(np.linalg.norm(vector)) - 1) <= UNIT_TOLERANCE)


@dataclass(frozen=True, slots=True)
class _Open:
    """Chroma at work."""

    client: ClientAPI
    collection: Collection


def _open(folder: Path, collection: str, server: ChromaServer | None) -> _Open:
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.errors import ChromaError

    try:
        with _reaching(server) if server else nullcontext():
            client = _connect(server) if server else _embed(folder)
            opened = client.get_or_create_collection(
                collection,
                configuration=CreateCollectionConfiguration(
                    hnsw={"space": SPACE, "ef_search": SEARCH_BEAM}
                ),
                embedding_function=None,
            )
    except (ChromaError, OSError, ValueError) as exc:
        raise LibraryError(_explain_damage(folder, exc)) from exc
    if server:
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
    return _Open(client, opened)


def _embed(folder: Path) -> ClientAPI:
    import chromadb
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    except Exception:
        _forget_failed(folder)
        raise


def _forget_failed(folder: Path) -> None:
    """Have Chroma begin anew with a folder: it keeps what failed to start, and gives that again."""
    from chromadb.api.shared_system_client import SharedSystemClient as Shared

    if str(folder) not in Shared._identifier_to_refcount:  # nobody else has it open
        Shared._identifier_to_system.pop(str(folder), None)


def _connect(server: ChromaServer) -> ClientAPI:
    import chromadb
    import httpx
    from chromadb.config import Settings

    # The cloud reads the one header, servers and proxies the one or the other.
    named = {"x-chroma-token": server.token, "authorization": f"Bearer {server.token}"}
    client = chromadb.HttpClient(
        server.url,
        headers=named if server.token else None,
        settings=Settings(anonymized_telemetry=False),
        tenant=server.tenant,
        database=server.database,
    )
    session = getattr(getattr(client, "_server", None), "_session", None)
    if isinstance(session, httpx.Client):  # which nothing that is public gives an end of waiting
        session.timeout = httpx.Timeout(REPLY_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return client


def server_version(server: ChromaServer) -> str:
    """Ask a server for its version.

    Raises:
        LibraryUnavailableError: It cannot be reached, or refuses.
    """
    with _reaching(server):
        return _connect(server).get_version()


@contextmanager
def _reaching(server: ChromaServer) -> Iterator[None]:
    """Turn the errors of a server, and of the way to it, into ours."""
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as exc:
        _raise_unavailable(server, exc)
    except Exception as exc:
        # Chroma raises what a proxy says, and what it cannot read, as no kind of its own.
        if isinstance(exc, LibraryError) or not (type(exc) is Exception or _is_of_the_way(exc)):
            raise
        _raise_unavailable(server, exc)


def _is_of_the_way(exc: Exception) -> bool:
    """Whether an error is of the connection to a server, or of a reply that is none of Chroma's."""
    import httpx

    return isinstance(exc, httpx.HTTPError | httpx.InvalidURL | OSError | ValueError)


def _raise_unavailable(server: ChromaServer, exc: Exception) -> NoReturn:
    """Say what a server answered, or that it did not, and what to do.

    Raises:
        LibraryUnavailableError: Always.
    """
    import httpx
    from chromadb.errors import ChromaError

    status = exc.code() if isinstance(exc, ChromaError) else None
    if isinstance(exc.__context__, httpx.HTTPStatusError):
        status = exc.__context__.response.status_code
    if status in REFUSED:
        why = "it refuses the token; set RAG_CHROMA_TOKEN, RAG_CHROMA_TENANT and "
        why += "RAG_CHROMA_DATABASE as they were given to you"
    else:
        said = one_line(str(exc))[:MOST_SAID] or type(exc).__name__
        why = f"{said.rstrip(' .?!')}. See that the server runs and that RAG_CHROMA_URL, "
        why += "RAG_CHROMA_TENANT and RAG_CHROMA_DATABASE are right"
    raise LibraryUnavailableError(
        f"The library's vectors, {server.place}, cannot be used now: {why}; then do the same "
        "again. Nothing is lost."
    ) from exc


def _raw(page: GetResult) -> list[RawRow]:
    texts, known = page["documents"] or [], page["metadatas"] or []
    return [RawRow(text or "", each) for text, each in zip(texts, known, strict=True)]


def _explain_damage(folder: Path, exc: Exception, server: ChromaServer | None = None) -> str:
    place = f"of {server.place}" if server else f"in {str(folder)!r}"
    return (
        f"The vectors {place} cannot be used: {exc}. Run `paperchat papers verify "
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
