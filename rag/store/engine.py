"""What keeps vectors: the few things that a library asks of an engine such as Chroma.

Another engine is a module like `rag.store.qdrant` beside this one and a line in `ENGINES`; papers,
what is held in memory, what is made again after a kill and what is cached are not its business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Final

from rag.settings import VectorStoreName
from rag.store.held import Vectors
from rag.store.servers import NO_SERVERS, Servers
from rag.types import Passage

# Where each engine stands: a module with `build(servers)`, imported when it is used.
ENGINES: Final[Mapping[VectorStoreName, str]] = {
    "chroma": "rag.store.chroma",
    "qdrant": "rag.store.qdrant",
}


class VectorEngine(ABC):
    """A collection of passages with their vectors, open.

    Its errors are raised as they come; `VectorEngines.translating` makes ours of them.
    """

    @abstractmethod
    def count(self) -> int:
        """Count the passages."""

    @abstractmethod
    def ids(self, first: int, most: int) -> list[str]:
        """Return the ids of so many passages, from the one with a number on, in a fixed order."""

    @abstractmethod
    def vectors(self, passage_ids: Sequence[str] | None = None) -> tuple[list[str], Vectors]:
        """Return ids and vectors, of unit norm, of those that are there; of all without ids."""

    @abstractmethod
    def upsert(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Write passages, also in the place of those with the same ids; of any number of papers."""

    @abstractmethod
    def delete(self, passage_ids: Sequence[str]) -> None:
        """Delete passages; those that are not there do not matter."""

    @abstractmethod
    def nearest(self, vector: Vectors, passages_k: int) -> list[tuple[str, float]]:
        """Return ids and cosines of the nearest passages, the most similar first."""

    @abstractmethod
    def collections(self) -> list[str]:
        """List all collections, also those of other libraries."""

    @abstractmethod
    def drop(self, collection: str) -> None:
        """Delete a collection."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is open."""

    def noted(self) -> Mapping[str, object]:
        """Return what was noted with the collection; only an engine that is shared is asked."""
        raise NotImplementedError

    def note(self, noted: Mapping[str, object]) -> None:
        """Note something with the collection, for all who share it."""
        raise NotImplementedError


class VectorEngines(ABC):
    """Opens the collections of an engine."""

    is_shared = False  # whether several processes use one collection, as on a server

    @abstractmethod
    def open(self, folder: Path, collection: str) -> VectorEngine:
        """Open a collection, and make it where there is none.

        Args:
            folder: For its files, where it is not on a server.
            collection: Its name.

        Raises:
            LibraryError: It cannot be opened.
            LibraryUnavailableError: The server cannot be reached, or refuses.
        """

    @abstractmethod
    def translating(self, folder: Path) -> AbstractContextManager[None]:
        """Turn the errors of an engine into ours.

        Raises:
            DamagedLibraryError: What is read cannot be; it may help to open it anew.
            LibraryUnavailableError: The server cannot be reached, or refuses.
        """


def build_engines(servers: Servers = NO_SERVERS) -> VectorEngines:
    """Return what opens the vectors of a library, as its settings choose.

    Raises:
        ConfigurationError: A package for it is not installed.
    """
    built: VectorEngines = import_module(ENGINES[servers.vectors]).build(servers)
    return built


def explain_damage(place: str, exc: Exception) -> str:
    """Say that vectors cannot be used, and what to do."""
    return (
        f"The vectors {place} cannot be used: {exc}. Run `paperchat papers verify "
        "--repair`, which makes them again from the papers."
    )
