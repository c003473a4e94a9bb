"""The servers that keep a group's library, where there are any: a database, and vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rag.errors import ConfigurationError
from rag.settings import Settings, VectorStoreName
from rag.store.database import Database
from rag.store.sqlite import FILE, SqliteDatabase


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """A Chroma server, which may be Chroma's cloud.

    Attributes:
        url: Its address; https for TLS.
        token: Sent with each request, where the server or a proxy before it wants one.
        tenant: Whose database it is.
        database: Where the collections are.
    """

    url: str
    token: str = field(default="", repr=False)
    tenant: str = "default_tenant"
    database: str = "default_database"

    @property
    def place(self) -> str:
        """The server and its database, in words for a user."""
        return f"Chroma at {self.url} ({self.tenant}/{self.database})"


@dataclass(frozen=True, slots=True)
class Servers:
    """What keeps a library that is not in its folder alone, and by which engine its vectors.

    Attributes:
        database_url: Of PostgreSQL; "" for a file in the folder.
        chroma: What keeps the vectors; None for files in the folder.
        vectors: The engine of the vectors.
    """

    database_url: str = field(default="", repr=False)
    chroma: ChromaServer | None = None
    vectors: VectorStoreName = "chroma"


NO_SERVERS: Final = Servers()


def find_servers(settings: Settings) -> Servers:
    """Return the servers that the settings name.

    Raises:
        ConfigurationError: They name one that the chosen engine does not use.
    """
    if settings.chroma_url and settings.vector_store != "chroma":
        raise ConfigurationError(
            f"RAG_CHROMA_URL names a Chroma server, and RAG_VECTOR_STORE={settings.vector_store} "
            "another engine. Unset one of them."
        )
    url, token = settings.database_url, settings.chroma_token
    chroma = settings.chroma_url and ChromaServer(
        settings.chroma_url.rstrip("/"),
        token.get_secret_value() if token else "",
        settings.chroma_tenant,
        settings.chroma_database,
    )
    database_url = url.get_secret_value() if url else ""
    return Servers(database_url, chroma or None, settings.vector_store)


def open_database(folder: Path, servers: Servers) -> Database:
    """Return the database of the library in a folder; it is opened when it is first used.

    Raises:
        ConfigurationError: The address of the server is none.
    """
    if not servers.database_url:
        return SqliteDatabase(folder / FILE)
    from rag.store.postgres import PostgresDatabase

    return PostgresDatabase(servers.database_url)


def shared_database(settings: Settings) -> Database | None:
    """Return a group's database; None for a library that one process has in a folder."""
    servers = find_servers(settings)
    return open_database(settings.library, servers) if servers.database_url else None
