"""A library's database on a server that a group shares: PostgreSQL, by psycopg.

The tables stand in a schema of their own, so that they go beside what else is in the database.
Readers see one state each; who changes papers holds a lock of the server, on the connection that
writes them, so that who loses the one has lost the other. After a restart of the server the next
use connects again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    QueuePool,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionError

from rag.errors import ConfigurationError, LibraryError, LibraryUnavailableError
from rag.store.database import Database
from rag.store.schema import SCHEMA, library, metadata
from rag.text import one_line

NAMESPACE: Final = "paperchat"
CONNECTIONS_KEPT: Final = 4
CONNECTIONS_MOST: Final = 20  # of one process; a server allows 100 unless told otherwise
CONNECT_TIMEOUT_S: Final = 10
LONGEST_WAIT_S: Final = 30  # for a row or table that another transaction changes
# Keys of advisory locks, which are the whole server's: who makes tables, who changes papers.
TABLES_LOCK: Final = 0x70617063_00000001
PAPERS_LOCK: Final = 0x70617063_00000002
# A machine that goes without a word loses its locks within a minute, not after two hours.
ALIVE: Final = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
# Of each connection; the names are PostgreSQL's.
SESSION: Final = {
    "search_path": NAMESPACE,
    "lock_timeout": f"{LONGEST_WAIT_S}s",
    "idle_in_transaction_session_timeout": "5min",
    "client_min_messages": "warning",
    **{f"tcp_{name}": str(value) for name, value in ALIVE.items()},
}
# States of SQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
DISK_FULL: Final = "53100"
LOCK_NOT_AVAILABLE: Final = "55P03"
# What the server or its operator stands in the way of: connections, resources, operators, systems;
# rights; a standby that cannot be written.
NOT_OURS: Final = ("08", "28", "3D", "53", "57", "58", "42501", "25006", "55P03")


class PostgresDatabase(Database):
    """A database of a PostgreSQL server, which any number of processes use.

    Args:
        url: As `postgresql://user:password@host:5432/database`.

    Raises (also every method):
        ConfigurationError: The address is none, or the driver is not installed.
        LibraryUnavailableError: The server cannot be reached, or refuses.
    """

    is_shared = True

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            self._url = make_url(url).set(drivername="postgresql+psycopg")
        except (ArgumentError, ValueError) as exc:
            raise ConfigurationError(
                "RAG_DATABASE_URL is no address of a database; one looks like "
                "postgresql://user:password@host:5432/database."
            ) from exc
        self._held = threading.local()  # the connection of the thread that changes papers

    @property
    def place(self) -> str:
        """The server and its database, without the user and the password."""
        port = f":{self._url.port}" if self._url.port else ""
        return f"PostgreSQL at {self._url.host or 'this machine'}{port}/{self._url.database or ''}"

    def version(self) -> str:
        """Ask the server for its version."""
        with self.reading() as connection:
            return str(connection.exec_driver_sql("SHOW server_version").scalar_one())

    def _open(self) -> Engine:
        try:
            engine = create_engine(
                self._url,
                poolclass=QueuePool,
                pool_size=CONNECTIONS_KEPT,
                max_overflow=CONNECTIONS_MOST - CONNECTIONS_KEPT,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"connect_timeout": CONNECT_TIMEOUT_S, **ALIVE},
            )
        except ModuleNotFoundError as exc:
            raise ConfigurationError(
                "A library in PostgreSQL needs one more package: pip install 'paperchat[group]'."
            ) from exc
        event.listen(engine, "connect", _prepare)
        with self._translate_errors(), engine.begin() as connection:
            _create_tables(connection)
        return engine

    def _reader(self, engine: Engine) -> AbstractContextManager[Connection]:
        return engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @contextmanager
    def _writer(self, engine: Engine) -> Iterator[Connection]:
        held: Connection | None = getattr(self._held, "connection", None)
        if held is None:
            with engine.connect() as connection:
                yield connection
        elif held.invalidated:
            raise LibraryUnavailableError(self._explain("the connection was lost meanwhile"))
        else:
            yield held

    @contextmanager
    def locked(self, timeout_s: float) -> Iterator[None]:
        """Keep all processes from changing papers; a thread may ask again for what it has.

        Raises:
            TimeoutError: Another one has held the lock for so long.
        """
        if getattr(self._held, "connection", None) is not None:
            yield
            return
        engine = self._opened()
        with self._translate_errors():
            connection = engine.connect()
        try:
            with self._translate_errors():
                _lock(connection, timeout_s)
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None
                _unlock(connection)
        finally:
            with suppress(SQLAlchemyError):
                connection.close()

    def find_damage(self, *, is_quick: bool = False) -> str:  # noqa: ARG002
        """Return nothing: a server looks after its files itself."""
        return ""

    def mend_indexes(self) -> None:
        """Do nothing: a server looks after its files itself."""

    def orphaned_rows(self) -> list[tuple[str, int]]:
        """Return nothing: a server holds to its references."""
        return []

    def remove_rows(self, rows: list[tuple[str, int]]) -> None:
        """Delete nothing, as nothing is listed."""

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except NoConnectionError as exc:
            raise LibraryUnavailableError(
                self._explain(f"{CONNECTIONS_MOST} connections are in use")
            ) from exc
        except DBAPIError as exc:
            state = _state(exc)
            if state == DISK_FULL:
                raise LibraryUnavailableError(
                    f"There is no room left on the disk of {self.place}. Nothing is lost: free "
                    "some space there and run the same again; it goes on where it stopped."
                ) from exc
            if state.startswith(NOT_OURS) or not state:  # none: there was no connection
                raise LibraryUnavailableError(self._explain(one_line(str(exc.orig)))) from exc
            raise

    def _explain(self, why: str) -> str:
        return (
            f"The library's database, {self.place}, cannot be used now: {why.rstrip(' .?!')}. "
            "Nothing is lost: see that the server runs and that RAG_DATABASE_URL is right, then do "
            "the same again."
        )


def _state(exc: DBAPIError) -> str:
    """Return the error's state of SQL; "" where there was no server to tell one."""
    told = getattr(exc.orig, "sqlstate", None)
    return told or ("" if isinstance(exc, OperationalError | InterfaceError) else "XX000")


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401  # a connection of the driver
    connection.autocommit = True
    for name, value in SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.autocommit = False


def _lock(connection: Connection, timeout_s: float) -> None:
    """Take the lock of those who change papers for a connection.

    Raises:
        TimeoutError: Another one has held it for so long.
    """
    if not timeout_s:
        tried = text("SELECT pg_try_advisory_lock(:key)")
        is_locked = connection.execute(tried, {"key": PAPERS_LOCK}).scalar_one()
        connection.commit()
        if not is_locked:
            raise TimeoutError
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(timeout_s * 1000)}")
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": PAPERS_LOCK})
    except DBAPIError as exc:
        if _state(exc) != LOCK_NOT_AVAILABLE:
            raise
        connection.rollback()
        raise TimeoutError from exc
    connection.commit()


def _unlock(connection: Connection) -> None:
    """Give the lock up; where that fails the server drops it with the connection."""
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": PAPERS_LOCK})
        connection.commit()
    except SQLAlchemyError:
        connection.invalidate()


def _create_tables(connection: Connection) -> None:
    """Make the tables that are missing; of several processes the first one does.

    Raises:
        LibraryError: They are a later version's.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TABLES_LOCK})
    there = inspect(connection)
    if there.has_table(library.name, schema=NAMESPACE):
        made = connection.execute(select(library.c.schema_version, library.c.written_by)).first()
        if made and made.schema_version > SCHEMA:
            raise LibraryError(
                f"The library was made by paperchat {made.written_by}, and this is "
                f"{version('paperchat')}. Install that version or a later one."
            )
        if made and made.schema_version == SCHEMA:
            return
    elif not there.has_schema(NAMESPACE):
        connection.exec_driver_sql(f"CREATE SCHEMA {NAMESPACE}")
    metadata.create_all(connection)
    connection.execute(
        update(library).values(schema_version=SCHEMA, written_by=version("paperchat"))
    )
