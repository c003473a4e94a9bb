"""A library's database in a file of its folder: SQLite, with a write-ahead log.

Readers never wait for a writer; writers wait for each other up to `BUSY_TIMEOUT_S`. A folder that
cannot be written is read as it is.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from rag.errors import DamagedLibraryError, LibraryError
from rag.store.database import NO_ROOM, NO_ROOM_LEFT, Database
from rag.store.schema import SCHEMA, metadata
from rag.text import folded

FILE: Final = "paperchat.sqlite"
BUSY_TIMEOUT_S: Final = 30.0
KEPT_ACCENTS: Final = 1  # the schema whose folded texts did
# Of schema 3, and later.
LATER_TABLES: Final = {
    "retraction": "paper_number INTEGER, told TEXT",
    "edit": "paper_number INTEGER, field TEXT",
    "pinned": "conversation_id TEXT",
    "mark": "part TEXT, change TEXT",
    "imprint": "paper_number INTEGER, kind TEXT, volume TEXT, issue TEXT, pages TEXT, "
    "publisher TEXT, issn TEXT, isbn TEXT",
    "notice": "paper_number INTEGER, told TEXT",
    "watch": "watch_id INTEGER, source TEXT, added_at TEXT, looked_at TEXT, floor TEXT",
    "offer": "paper_id TEXT, watch_id INTEGER, state TEXT, found_at TEXT, record TEXT",
    "family_name": "paper_number INTEGER, position INTEGER, name TEXT",
    "change": "number INTEGER, changed_at TEXT, who TEXT, did TEXT, papers INTEGER, what TEXT",
    "account": "name TEXT, role TEXT, hashed TEXT, changed_at TEXT",
    "program_token": "token_id INTEGER, hashed TEXT, owner TEXT, name TEXT, made_at TEXT, "
    "used_on TEXT, bound_to TEXT",
    "sign_out": "name TEXT, times INTEGER",
}
APPLICATION_ID: Final = 0x70617063  # "papc": marks a file as ours
CONNECTIONS_KEPT: Final = 4
CONNECTIONS_MOST: Final = 40  # as many as threads of the page


class SqliteDatabase(Database):
    """The file of one library; it is opened, or made, when it is first used.

    Args:
        path: The file; made, with its folder, when absent.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    @property
    def place(self) -> str:
        """The library's folder."""
        return repr(str(self.path.parent))

    def version(self) -> str:
        """Return SQLite's version."""
        return sqlite3.sqlite_version

    @property
    def is_read_only(self) -> bool:
        """Whether the folder cannot be written, so that the file is read as it is."""
        return self.path.parent.exists() and not os.access(self.path.parent, os.W_OK)

    def _open(self) -> Engine:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _check_file(self.path, self._uri(writes=False))
            engine = self._build_engine()
            if not self.is_read_only:
                # Turning the write-ahead log on wants the file for oneself.
                lock = FileLock(f"{self.path}.lock", timeout=BUSY_TIMEOUT_S)
                with lock, self._translate_errors():
                    _create_tables(engine)
        except (OSError, Timeout) as exc:
            raise LibraryError(f"{str(self.path)!r} cannot be used: {exc}.") from exc
        return engine

    def _build_engine(self) -> Engine:
        if self.is_read_only:  # an immutable file that is kept open hides what others write
            engine = create_engine("sqlite://", creator=self._connect, poolclass=NullPool)
        else:
            engine = create_engine(
                "sqlite://",
                creator=self._connect,
                poolclass=QueuePool,
                pool_size=CONNECTIONS_KEPT,
                max_overflow=CONNECTIONS_MOST - CONNECTIONS_KEPT,
            )
        event.listen(engine, "begin", _begin)
        event.listen(engine, "connect", self._prepare)
        return engine

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._uri(writes=not self.is_read_only),
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,  # the pool hands a connection to one thread at a time
            isolation_level=None,
        )

    def _uri(self, *, writes: bool) -> str:
        """Return how SQLite is to open the file."""
        if writes:
            mode = "mode=rwc"
        elif not self.is_read_only or Path(f"{self.path}-wal").exists():  # somebody writes
            mode = "mode=ro"
        else:  # without the shared memory that a log needs beside it
            mode = "mode=ro&immutable=1"
        return f"file:{quote(str(self.path))}?{mode}"

    def _prepare(self, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        if not self.is_read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if self.is_read_only:
            _stand_in_for_later_tables(connection)

    def _reader(self, engine: Engine) -> AbstractContextManager[Connection]:
        return engine.connect()

    def peek(self, statement: str) -> tuple[Any, ...]:
        """Return the row of a statement that reads one, in a tenth of a transaction's time."""
        try:
            with closing(self._opened().raw_connection()) as connection:
                row: tuple[Any, ...] = connection.cursor().execute(statement).fetchone()
                return row
        except sqlite3.Error:
            return super().peek(statement)  # it tells what is wrong

    def _writer(self, engine: Engine) -> AbstractContextManager[Connection]:
        return engine.connect().execution_options(writes=True)

    def locked(self, timeout_s: float) -> AbstractContextManager[None]:  # noqa: ARG002
        """Do nothing: whoever changes the file's papers has the folder's lock."""
        return nullcontext()

    def find_damage(self, *, is_quick: bool = False) -> str:
        """Return what SQLite finds wrong with the file, in its words; "" for a sound one."""
        pragma = "quick_check" if is_quick else "integrity_check"
        with self.reading() as connection:
            findings = connection.exec_driver_sql(f"PRAGMA {pragma}(1)").scalars().all()
        return "" if findings == ["ok"] else str(findings[0])

    def mend_indexes(self) -> None:
        """Make all indexes anew from their tables."""
        with self.writing() as connection:
            connection.exec_driver_sql("REINDEX")
        if damage := self.find_damage():
            raise DamagedLibraryError(explain_damage(self.path, damage))

    def orphaned_rows(self) -> list[tuple[str, int]]:
        """List the rows whose reference leads nowhere: files of before held to none."""
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [(str(row[0]), int(row[1])) for row in found]

    def remove_rows(self, rows: list[tuple[str, int]]) -> None:
        """Delete rows by table and number."""
        with self.writing() as connection:
            for table, number in rows:
                # the name is the database's own
                statement = f'DELETE FROM "{table}" WHERE rowid = :number'  # noqa: S608
                connection.execute(text(statement), {"number": number})

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn the database's errors into ours."""
        try:
            yield
        except OperationalError as exc:
            raise LibraryError(_explain(self.path, exc)) from exc
        except DatabaseError as exc:
            if isinstance(exc.orig, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            raise DamagedLibraryError(explain_damage(self.path, str(exc.orig))) from exc
        except json.JSONDecodeError as exc:  # a column that holds lists
            raise DamagedLibraryError(explain_damage(self.path, str(exc))) from exc


def _stand_in_for_later_tables(connection: sqlite3.Connection) -> None:
    """Give an older file that cannot be written empty tables, in memory, for those it lacks."""
    for name, columns in LATER_TABLES.items():
        there = "SELECT 1 FROM main.sqlite_master WHERE name = ?"
        if connection.execute(there, (name,)).fetchone() is None:
            connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({columns})")


def _create_tables(engine: Engine) -> None:
    """Make the tables that are missing, and bring older ones up to date.

    A file of this schema has them all, since they are made in one transaction: it is only read, so
    that opening it waits for nobody who writes.
    """
    with engine.connect() as connection:
        if _made_for(connection) == (APPLICATION_ID, SCHEMA):
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.exec_driver_sql("PRAGMA user_version").scalar_one() == KEPT_ACCENTS:
            _leave_accents_out(connection)
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")


def _made_for(connection: Connection) -> tuple[int, int]:
    """Return the application and the schema that a file's tables were made for."""
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    return application, connection.exec_driver_sql("PRAGMA user_version").scalar_one()


def _leave_accents_out(connection: Connection) -> None:
    """Have old conversations found without accents, as `folded` now leaves them out."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.create_function("folded", 1, folded, deterministic=True)
    connection.exec_driver_sql("UPDATE conversation SET title_folded = folded(title_folded)")
    connection.exec_driver_sql("UPDATE turn SET text_folded = folded(text_folded)")


def _begin(connection: Connection) -> None:
    """Take the right to write at once where it is wanted: upgrading later may fail."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _explain(path: Path, exc: OperationalError) -> str:
    error = str(exc.orig)
    if any(sign in error.lower() for sign in NO_ROOM):
        return NO_ROOM_LEFT
    return (
        f"{str(path)!r} cannot be used: {error}. Check that the folder can be written and that no "
        "other program holds the file."
    )


def explain_damage(path: Path, damage: str) -> str:
    """Describe a damaged database to the user, and what to do about it."""
    return (
        f"{str(path)!r}, which holds the papers, is damaged: {damage}. Restore it from a backup, "
        "or move it away and read the papers again with `paperchat ingest`."
    )


def _check_file(path: Path, uri: str) -> None:
    """Refuse a file of another program before anything is written to it.

    Raises:
        LibraryError: It is not ours.
        DamagedLibraryError: SQLite cannot read it.
    """
    if not path.exists() or not path.stat().st_size:
        return
    try:
        connection = sqlite3.connect(uri, uri=True)
        try:
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.OperationalError:  # such as a log in a folder that cannot be written
        return
    except sqlite3.DatabaseError as exc:
        raise DamagedLibraryError(explain_damage(path, str(exc))) from exc
    if tables and application != APPLICATION_ID:
        raise LibraryError(f"{str(path)!r} belongs to another program; move it out of the library.")
    if schema > SCHEMA:
        raise LibraryError(_explain_newer(path.parent, _written_by(uri)))


def _explain_newer(folder: Path, made_by: str) -> str:
    """Describe tables of a later version to the user; unreleased versions may share a number."""
    this = version("paperchat")
    if made_by in ("", this):
        return (
            f"The library in {str(folder)!r} was made by a later version of paperchat than this "
            f"one, {this}. Install the latest version."
        )
    return (
        f"The library in {str(folder)!r} was made by paperchat {made_by}, and this is {this}. "
        "Install that version or a later one."
    )


def _written_by(uri: str) -> str:
    """Read the version of paperchat that made the tables, "" where it cannot be read.

    Schemas to come keep it where it is.
    """
    connection = sqlite3.connect(uri, uri=True)
    try:
        return str(connection.execute("SELECT written_by FROM library").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return ""
    finally:
        connection.close()
