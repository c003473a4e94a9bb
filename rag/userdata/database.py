"""The SQLite file of conversations and feedback, and the only module that knows it.

Several threads and several processes may use it at once: readers do not wait (write-ahead log),
a writer waits for another up to `BUSY_TIMEOUT_S`, and every transaction is short.
"""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from rag.errors import LibraryError
from rag.text import one_line

BUSY_TIMEOUT_S: Final = 30.0
APPLICATION_ID: Final = 0x70617063  # "papc": tells our file from another program's
# Each script leads from the version before to its own; a new version is a new script at the end.
MIGRATIONS: Final[Sequence[str]] = (
    """
    CREATE TABLE conversation (
        conversation_id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        title_folded TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX conversation_by_owner ON conversation (owner, updated_at);
    CREATE TABLE turn (
        turn_id TEXT PRIMARY KEY,
        conversation_id TEXT NOT NULL
            REFERENCES conversation (conversation_id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        asked_at TEXT NOT NULL,
        answer TEXT NOT NULL,
        text_folded TEXT NOT NULL,
        UNIQUE (conversation_id, number)
    ) STRICT;
    CREATE TABLE rating (
        owner TEXT NOT NULL,
        turn_id TEXT NOT NULL,
        thumb TEXT NOT NULL CHECK (thumb IN ('up', 'down')),
        comment TEXT NOT NULL,
        rated_at TEXT NOT NULL,
        answer TEXT NOT NULL,
        history TEXT NOT NULL,
        settings TEXT NOT NULL,
        revision INTEGER,
        PRIMARY KEY (owner, turn_id)
    ) STRICT;
    """,
)


class Database:
    """The file of a library; made, with its folder, when it is first used.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for statements that change nothing.

        Raises:
            LibraryError: The file cannot be used.
        """
        with self._lock, self._told():
            yield self._opened()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection within a transaction, which an exception undoes.

        Raises:
            LibraryError: The file cannot be used, or others keep it locked.
        """
        with self._lock, self._told():
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def close(self) -> None:
        """Let go of the file; using it again opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns SQLite's errors into ours."""
        try:
            yield
        except sqlite3.OperationalError as exc:
            raise LibraryError(
                f"{str(self._path)!r} cannot be used: {exc}. Check that the folder can be written "
                "and that no other program holds the file."
            ) from exc
        except sqlite3.DatabaseError as exc:
            raise LibraryError(
                f"{str(self._path)!r}, which keeps conversations and feedback, is damaged: {exc}. "
                "Restore it, or move it away; a new one is then made. Papers are not in it."
            ) from exc
        except (OSError, Timeout) as exc:
            raise LibraryError(f"{str(self._path)!r} cannot be used: {exc}.") from exc

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Turning the write-ahead log on and migrating want the file for themselves.
        with FileLock(f"{self._path}.lock", timeout=BUSY_TIMEOUT_S):
            connection = sqlite3.connect(
                self._path,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,  # the lock of this object lets one thread in at a time
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = self._checked_version(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.executescript(
                f"BEGIN IMMEDIATE; {script} PRAGMA application_id = {APPLICATION_ID}; "
                f"PRAGMA user_version = {number}; COMMIT;"
            )

    def _checked_version(self, connection: sqlite3.Connection) -> int:
        """The version of the file's tables, 0 for an empty file.

        Raises:
            LibraryError: The file is another program's, or of a newer paperchat.
        """
        has_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if has_tables and application != APPLICATION_ID:
            raise LibraryError(
                f"{str(self._path)!r} belongs to another program; move it out of the library."
            )
        if version > len(MIGRATIONS):
            raise LibraryError(
                f"{str(self._path)!r} was made by a newer paperchat; update this one."
            )
        return version


def now() -> str:
    """This moment as ISO time in UTC, to the microsecond; such texts sort by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def folded(text: str) -> str:
    """Text as it is searched: one line, without case, of signs that any file can hold."""
    return one_line(unicodedata.normalize("NFKC", one_line(text)).casefold())
