"""Count actions and wrong passwords for all processes of a group at once, in its database.

Times are the database's, so that clocks of several machines do not matter. What is counted is
forgotten by itself. Only for a database that is shared: one process counts in memory.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    cast,
    delete,
    extract,
    func,
    insert,
    select,
    text,
    update,
)

from rag.store.database import Database, insert_missing
from rag.store.schema import bucket, sign_in

MINUTE_S: Final = 60.0
FORGOTTEN_AT_ONCE: Final = 100  # by each who counts
TRIES_LOCK: Final = 0x70617063_00000003  # beside those of rag.store.postgres


class SharedBucket:
    """Limit the rate of each client's actions, whichever process they ask.

    Args:
        database: The group's.
        kind: Tells the clients of one limit from those of others.
        per_minute: Actions a minute, and the most at once.

    Raises (every method):
        LibraryError: The database cannot be used.
    """

    def __init__(self, database: Database, kind: str, per_minute: int) -> None:
        self._database = database
        self._kind = kind
        self._most = float(per_minute)

    def wait_s(self, client: str) -> float:
        """Return 0 and count the action when the client may act now; else seconds to wait."""
        name = f"{self._kind} {client}"
        own = bucket.c.client == name
        with self._database.writing() as connection:
            start = {"client": name, "level": self._most, "since": _now(connection)}
            insert_missing(connection, bucket, start)
            found = select(bucket.c.level, bucket.c.since).where(own).with_for_update()
            level, since = connection.execute(found).one()
            now = max(_now(connection), since)
            level = min(self._most, level + (now - since) * self._most / MINUTE_S)
            wait = 0.0 if level >= 1 else (1 - level) * MINUTE_S / self._most
            left = level if wait else level - 1
            connection.execute(update(bucket).where(own).values(level=left, since=now))
            _forget_full(connection, now)
        return wait


class SharedTries:
    """Count tries to sign in, whichever process they are made at.

    Args:
        database: The group's.
        free: Tries from an address before the next has to wait.
        free_of_account: Tries for an account, from wherever.
        window_s: How long each counts.

    Raises (every method):
        LibraryError: The database cannot be used.
    """

    def __init__(
        self, database: Database, free: int, free_of_account: int, window_s: float
    ) -> None:
        self._database = database
        self._free = free
        self._free_of_account = free_of_account
        self._window_s = window_s

    def wait_s(self, address: str) -> float:
        """Return the seconds that an address has to wait before its next try; 0 for none."""
        with self._database.reading() as connection:
            return self._wait_s(connection, sign_in.c.address == address, self._free)

    def begin(self, address: str, account: str = "") -> float:
        """Count a try that is about to be checked; or return the seconds that it has to wait."""
        with self._database.writing() as connection:
            _one_by_one(connection)
            wait = self._wait_s(connection, sign_in.c.address == address, self._free)
            if account:
                of_it = sign_in.c.account == account
                wait = max(wait, self._wait_s(connection, of_it, self._free_of_account))
            if not wait:
                now = _now(connection)
                begun = {"address": address, "account": account, "tried_at": now}
                connection.execute(insert(sign_in).values(begun))
                past = sign_in.c.tried_at < now - self._window_s
                connection.execute(delete(sign_in).where(past))
        return wait

    def _wait_s(self, connection: Connection, of_it: ColumnElement[bool], free: int) -> float:
        latest = select(sign_in.c.tried_at).where(of_it).order_by(sign_in.c.tried_at.desc())
        times = connection.execute(latest.limit(free)).scalars().all()
        now = _now(connection)
        recent = [at for at in times if now - at < self._window_s]
        return self._window_s - (now - recent[-1]) if len(recent) >= free else 0.0

    def succeed(self, address: str, account: str = "") -> None:
        """Take back the tries of an account from an address, which were its owner's."""
        own = (sign_in.c.address == address) & (sign_in.c.account == account)
        with self._database.writing() as connection:
            connection.execute(delete(sign_in).where(own))


def _one_by_one(connection: Connection) -> None:
    """Have tries of all processes counted one after another, until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TRIES_LOCK})


def _now(connection: Connection) -> float:
    """Return the database's time, seconds."""
    clock = cast(extract("epoch", func.clock_timestamp()), Float(53))
    return float(connection.execute(select(clock)).scalar_one())


def _forget_full(connection: Connection, now: float) -> None:
    """Drop those who have been away for a minute; who is being counted elsewhere stays."""
    full = select(bucket.c.client).where(bucket.c.since < now - MINUTE_S)
    some = full.limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    connection.execute(delete(bucket).where(bucket.c.client.in_(some)))
