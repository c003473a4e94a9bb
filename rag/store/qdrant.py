"""Vectors in Qdrant's embedded mode, by LlamaIndex's interface of vector stores.

Shows how little another engine takes. Qdrant compares a question with every passage here, which
suits up to some 20,000 papers. Not covered: a server of Qdrant's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from rag.errors import ConfigurationError, DamagedLibraryError, LibraryError
from rag.store.engine import VectorEngine, VectorEngines, explain_damage
from rag.store.held import Vectors
from rag.store.servers import Servers
from rag.types import Passage

if TYPE_CHECKING:
    from llama_index.vector_stores.qdrant import QdrantVectorStore

OWN_ID: Final = "passage_id"  # in the payload: Qdrant's own ids are UUIDs
MISSING: Final = "RAG_VECTOR_STORE=qdrant needs more packages: pip install 'paperchat[qdrant]'."


def build(_: Servers) -> QdrantEngines:
    """Return Qdrant in a folder.

    Raises:
        ConfigurationError: A package for it is not installed.
    """
    try:
        import llama_index.vector_stores.qdrant  # noqa: F401  only looked for
    except ModuleNotFoundError as exc:
        raise ConfigurationError(MISSING) from exc
    return QdrantEngines()


class QdrantEngine(VectorEngine):
    """A collection of Qdrant's, which is made with the first passages."""

    def __init__(self, store: QdrantVectorStore) -> None:
        self._store = store
        self._client: Any = store.client  # no types
        self._name = store.collection_name

    def count(self) -> int:
        """Count the passages."""
        return int(self._client.count(self._name).count) if self._is_made() else 0

    def _is_made(self) -> bool:
        return bool(self._client.collection_exists(self._name))

    def ids(self, first: int, most: int) -> list[str]:
        """Return the ids of so many passages, from the one with a number on."""
        return sorted(each.payload[OWN_ID] for each in self._all())[first : first + most]

    def _all(self, *, with_vectors: bool = False) -> list[Any]:
        return self._scroll(with_vectors=with_vectors) if self._is_made() else []

    def _scroll(self, *, with_vectors: bool) -> list[Any]:
        found, _ = self._client.scroll(
            self._name, limit=self.count() or 1, with_payload=[OWN_ID], with_vectors=with_vectors
        )
        return list(found)

    def vectors(self, passage_ids: Sequence[str] | None = None) -> tuple[list[str], Vectors]:
        """Return ids and vectors of those that are there; of all without ids."""
        if passage_ids is None:
            found = self._all(with_vectors=True)
        elif self._is_made():
            found = self._client.retrieve(self._name, _uuids(passage_ids), [OWN_ID], True)
        else:
            found = []
        rows = [each.vector for each in found]
        return [each.payload[OWN_ID] for each in found], np.array(rows, np.float32)

    def upsert(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Write passages, also in the place of those with the same ids."""
        from llama_index.core.schema import TextNode

        ids = [each.passage_id for each in passages]
        self._store.add(
            [
                TextNode(id_=uuid, embedding=vector.tolist(), metadata={OWN_ID: own})
                for own, uuid, vector in zip(ids, _uuids(ids), vectors, strict=True)
            ]
        )

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Delete passages."""
        if passage_ids and self._is_made():
            self._store.delete_nodes(_uuids(passage_ids))

    def nearest(self, vector: Vectors, passages_k: int) -> list[tuple[str, float]]:
        """Return ids and cosines of the nearest passages, the most similar first."""
        from llama_index.core.vector_stores.types import VectorStoreQuery

        if not self._is_made():
            return []
        asked = VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=passages_k)
        found = self._store.query(asked)
        ids = [str(each.metadata[OWN_ID]) for each in found.nodes or ()]
        return list(zip(ids, found.similarities or (), strict=True))

    def collections(self) -> list[str]:
        """List all collections."""
        return [each.name for each in self._client.get_collections().collections]

    def drop(self, collection: str) -> None:
        """Delete a collection."""
        self._client.delete_collection(collection)

    def close(self) -> None:
        """Let go of Qdrant's files."""
        self._client.close()


class QdrantEngines(VectorEngines):
    """Opens Qdrant's collections in a folder, which one process at a time uses."""

    def open(self, folder: Path, collection: str) -> QdrantEngine:
        """Open a collection."""
        from llama_index.vector_stores.qdrant import QdrantVectorStore
        from qdrant_client import QdrantClient

        try:
            client = QdrantClient(path=str(folder))
            return QdrantEngine(QdrantVectorStore(collection, client=client, index_doc_id=False))
        except (RuntimeError, OSError, ValueError) as exc:  # RuntimeError: another process has it
            raise LibraryError(explain_damage(f"in {str(folder)!r}", exc)) from exc

    @contextmanager
    def translating(self, folder: Path) -> Iterator[None]:
        """Turn the errors of Qdrant into ours."""
        try:
            yield
        except (RuntimeError, OSError, ValueError, KeyError) as exc:
            raise DamagedLibraryError(explain_damage(f"in {str(folder)!r}", exc)) from exc


def _uuids(passage_ids: Sequence[str]) -> list[str]:
    return [str(uuid5(NAMESPACE_OID, each)) for each in passage_ids]
