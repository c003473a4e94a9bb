"""Count actions and wrong passwords for all processes of a group at once, in its database.

Times are the database's, so that clocks of several machines do not matter. What is counted is
forgotten by itself. Only for a database that is shared: one process counts in memory.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Float, cast, delete, extract, func, insert, select, update

from rag.store.database import Database, insert_missing
from rag.store.schema import bucket, wrong_try

MINUTE_S: Final = 60.0
FORGOTTEN_AT_ONCE: Final = 100  # by each who counts


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
    """Count wrong passwords by address, whichever process they were given to.

    Args:
        database: The group's.
        free: Wrong ones before an address has to wait.
        window_s: How long each counts.

    Raises (every method):
        LibraryError: The database cannot be used.
    """

    def __init__(self, database: Database, free: int, window_s: float) -> None:
        self._database = database
        self._free = free
        self._window_s = window_s

    def wait_s(self, address: str) -> float:
        """Return the seconds that an address has to wait before its next try; 0 for none."""
        tried = select(wrong_try.c.tried_at).where(wrong_try.c.address == address)
        latest = tried.order_by(wrong_try.c.tried_at.desc()).limit(self._free)
        with self._database.reading() as connection:
            now = _now(connection)
            times = connection.execute(latest).scalars().all()
        recent = [at for at in times if now - at < self._window_s]
        return self._window_s - (now - recent[-1]) if len(recent) >= self._free else 0.0

    def count_wrong(self, address: str) -> None:
        """Count a wrong password."""
        with self._database.writing() as connection:
            now = _now(connection)
            connection.execute(insert(wrong_try).values(address=address, tried_at=now))
            past = wrong_try.c.tried_at < now - self._window_s
            connection.execute(delete(wrong_try).where(past))

    def forget(self, address: str) -> None:
        """Forget the wrong passwords of an address that has signed in."""
        with self._database.writing() as connection:
            connection.execute(delete(wrong_try).where(wrong_try.c.address == address))


def _now(connection: Connection) -> float:
    """Return the database's time, seconds."""
    clock = cast(extract("epoch", func.clock_timestamp()), Float(53))
    return float(connection.execute(select(clock)).scalar_one())


def _forget_full(connection: Connection, now: float) -> None:
    """Drop those who have been away for a minute; who is being counted elsewhere stays."""
    full = select(bucket.c.client).where(bucket.c.since < now - MINUTE_S)
    some = full.limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    connection.execute(delete(bucket).where(bucket.c.client.in_(some)))
