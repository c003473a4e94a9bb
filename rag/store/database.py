"""The SQL database of a library, whatever keeps it: SQLite in its folder, or a server of a group.

What both understand is SQLAlchemy Core's; what only one does stands in that one's module.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import sqlite

from rag.errors import LibraryError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

NO_ROOM: Final = ("no space left", "disk is full", "os error 28", "disk i/o error", "code: 13")
NO_ROOM_LEFT: Final = (
    "There is no room left on the disk. Nothing is lost: free some space and run the same again; "
    "it goes on where it stopped."
)


class Database(ABC):
    """The SQL database of one library, which is opened, or made, when it is first used.

    Raises (every method):
        LibraryError: It cannot be used, belongs to another program, or is of a newer paperchat.
        DamagedLibraryError: It is damaged.
    """

    is_shared = False  # whether processes on other folders, and other machines, use it too

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._engine: Engine | None = None

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, in words for a user."""

    @abstractmethod
    def version(self) -> str:
        """Ask for the version of what keeps it."""

    @property
    def is_read_only(self) -> bool:
        """Whether it can only be read."""
        return False

    @abstractmethod
    def _open(self) -> Engine:
        """Open the database, and make the tables that are missing."""

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    @abstractmethod
    def _translate_errors(self) -> AbstractContextManager[None]:
        """Turn the database's errors into ours."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and changes nothing."""
        with self._translate_errors(), self._reader(self._opened()) as connection:
            yield connection

    def peek(self, statement: str) -> tuple[Any, ...]:
        """Return the row of a statement that reads one: what every search asks first."""
        with self.reading() as connection:
            return tuple(connection.exec_driver_sql(statement).one())

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is committed at the end, and undone by an exception."""
        self.require_writable()
        engine = self._opened()
        with self._translate_errors(), self._writer(engine) as connection, connection.begin():
            yield connection

    @abstractmethod
    def _reader(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Connect for a transaction that sees one state."""

    @abstractmethod
    def _writer(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Connect for a transaction that writes."""

    @abstractmethod
    def locked(self, timeout_s: float) -> AbstractContextManager[None]:
        """Keep all processes from changing papers that the lock of a folder does not keep.

        Raises:
            TimeoutError: Another one has held it for so long.
        """

    def require_writable(self) -> None:
        """Raise `LibraryError` where the database can only be read."""
        if self.is_read_only:
            raise LibraryError(
                f"The library in {self.place} can be searched and asked, but not changed: its "
                "folder cannot be written."
            )

    @abstractmethod
    def find_damage(self, *, is_quick: bool = False) -> str:
        """Return what is wrong with the database itself, in its own words; "" for a sound one.

        Args:
            is_quick: Whether to leave out that indexes agree with their tables.
        """

    @abstractmethod
    def mend_indexes(self) -> None:
        """Make all indexes anew from their tables.

        Raises:
            DamagedLibraryError: Something else is wrong too.
        """

    @abstractmethod
    def orphaned_rows(self) -> list[tuple[str, int]]:
        """List the rows that belong to something that is not there: table, and number of the row.

        A database that has always held to its references has none.
        """

    @abstractmethod
    def remove_rows(self, rows: list[tuple[str, int]]) -> None:
        """Delete rows that `orphaned_rows` listed."""

    def close(self) -> None:
        """Let go of the database; using it again opens it again."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None


def insert_missing(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert a row, unless there is one of its key; return whether there was none."""
    statement = _insert(connection, table).values(row).on_conflict_do_nothing()
    made = statement.returning(*table.primary_key.columns)
    return connection.execute(made).first() is not None


def put_row(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Insert a row, or put it into the place of the one of its key."""
    statement = _insert(connection, table).values(row)
    key = [column.name for column in table.primary_key.columns]
    values = {name: statement.excluded[name] for name in row if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


@contextmanager
def translate_disk_full() -> Iterator[None]:
    """Turn the errors of a full disk, which each store words differently, into one sentence.

    Raises:
        LibraryError: There is no room left.
    """
    try:
        yield
    except LibraryError:
        raise
    except Exception as exc:
        if not any(sign in str(exc).lower() for sign in NO_ROOM):
            raise
        raise LibraryError(NO_ROOM_LEFT) from exc
