"""Vectors in Chroma: embedded, with its files in a folder, or a server that several use.

The one module that names Chroma. Not covered: Chroma's own embedding functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn

import numpy as np

from rag.errors import (
    DamagedLibraryError,
    LibraryError,
    LibraryUnavailableError,
    MissingVectorsError,
)
from rag.store.engine import VectorEngine, VectorEngines, explain_damage
from rag.store.held import Vectors
from rag.store.servers import ChromaServer, Servers
from rag.text import one_line
from rag.types import Passage

if TYPE_CHECKING:  # a second of imports, which a small library's questions do without
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult, Where

SPACE: Final = "cosine"
# A wider beam than Chroma's 100: at 100,000 papers it costs 1 ms and finds what exact search does.
SEARCH_BEAM: Final = 200
# Of a server; the client by itself would wait for ever.
CONNECT_TIMEOUT_S: Final = 10.0
REPLY_TIMEOUT_S: Final = 60.0
REFUSED: Final = (401, 403)
MOST_SAID: Final = 200  # characters of what a server or a proxy says
RAW: Final[tuple[Literal["documents", "metadatas"], ...]] = ("documents", "metadatas")


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row of the collection with all that stands in it."""

    document: str
    metadata: Mapping[str, object]


def build(servers: Servers) -> ChromaEngines:
    """Return Chroma in a folder, or on the server that is named."""
    return ChromaEngines(servers.chroma)


class ChromaEngine(VectorEngine):
    """A collection of Chroma's.

    Args:
        client: Chroma.
        collection: The collection.
    """

    def __init__(self, client: ClientAPI, collection: Collection) -> None:
        self._client = client
        self.collection = collection

    def count(self) -> int:
        """Count the passages."""
        return self.collection.count()

    def ids(self, first: int, most: int) -> list[str]:
        """Return the ids of so many passages, from the one with a number on."""
        return self.collection.get(limit=most, offset=first, include=[])["ids"]

    def vectors(self, passage_ids: Sequence[str] | None = None) -> tuple[list[str], Vectors]:
        """Return ids and vectors of those that are there; of all without ids."""
        ids = None if passage_ids is None else list(passage_ids)
        found = self.collection.get(ids=ids, include=["embeddings"])
        return found["ids"], np.asarray(found["embeddings"], np.float32)

    def upsert(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Write passages, also in the place of those with the same ids."""
        self.collection.upsert(
            ids=[each.passage_id for each in passages],
            embeddings=vectors,
            metadatas=[
                {"paper_id": r.paper_id, "number": r.number, "start": r.start, "end": r.end}
                for r in passages
            ],
        )

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Delete passages."""
        self.collection.delete(ids=list(passage_ids))

    def nearest(self, vector: Vectors, passages_k: int) -> list[tuple[str, float]]:
        """Query Chroma's graph, which may miss a few."""
        found = self.collection.query(
            query_embeddings=vector[None, :],
            n_results=min(passages_k, self.collection.count()),
            include=["distances"],
        )
        distances = (found["distances"] or [[]])[0]
        similarities = [1.0 - float(distance) for distance in distances]
        return list(zip(found["ids"][0], similarities, strict=True))

    def collections(self) -> list[str]:
        """List all collections."""
        return [each.name for each in self._client.list_collections()]

    def drop(self, collection: str) -> None:
        """Delete a collection."""
        self._client.delete_collection(collection)

    def close(self) -> None:
        """Let go of Chroma's files."""
        self._client.close()  # type: ignore[attr-defined]  # missing from ClientAPI

    def noted(self) -> Mapping[str, object]:
        """Return what was noted with the collection, by whichever process."""
        return self._client.get_collection(self.collection.name).metadata or {}

    def note(self, noted: Mapping[str, object]) -> None:
        """Note something with the collection."""
        self.collection.modify(metadata=dict(noted))

    def raw_page(self, where: Where, first: int, most: int) -> list[RawRow]:
        """Return so many rows whose metadata match, from the one with a number on."""
        return _raw(self.collection.get(where=where, limit=most, offset=first, include=list(RAW)))

    def raw_rows(self, passage_ids: Sequence[str]) -> list[RawRow]:
        """Return the rows of these ids that exist."""
        return _raw(self.collection.get(ids=list(passage_ids), include=list(RAW)))


class ChromaEngines(VectorEngines):
    """Opens Chroma's collections.

    Args:
        server: What keeps them; None for a folder.
    """

    def __init__(self, server: ChromaServer | None) -> None:
        self._server = server
        self.is_shared = server is not None

    def open(self, folder: Path, collection: str) -> ChromaEngine:
        """Open a collection, and make it where there is none."""
        from chromadb.api.collection_configuration import CreateCollectionConfiguration
        from chromadb.errors import ChromaError

        server = self._server
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
            raise LibraryError(explain_damage(f"in {str(folder)!r}", exc)) from exc
        if server:
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
        return ChromaEngine(client, opened)

    @contextmanager
    def translating(self, folder: Path) -> Iterator[None]:
        """Turn the errors of Chroma into ours."""
        from chromadb.errors import ChromaError, NotFoundError

        place = f"of {self._server.place}" if self._server else f"in {str(folder)!r}"
        try:
            with _reaching(self._server) if self._server else nullcontext():
                try:
                    yield
                except NotFoundError as exc:
                    raise MissingVectorsError(explain_damage(place, exc)) from exc
        except ChromaError as exc:
            raise DamagedLibraryError(explain_damage(place, exc)) from exc


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
