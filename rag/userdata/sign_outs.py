"""How often each user of a group's page has signed out: sessions of before are over everywhere.

Each process keeps its own sessions, and looks here whether one is still to count.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from rag.store.database import Database, insert_missing
from rag.store.schema import sign_out

NEVER: Final = 0


class SignOutTable:
    """Counts sign-outs in a group's database.

    Args:
        database: The group's.

    Raises (every method):
        LibraryError: The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, int]:
        """Return how often each has signed out, of those who ever have."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sign_out.c.name, sign_out.c.times)).all()
        return {name: times for name, times in rows}

    def add(self, name: str) -> None:
        """Count that somebody signs out."""
        with self._database.writing() as connection:
            insert_missing(connection, sign_out, {"name": name, "times": NEVER})
            own = update(sign_out).where(sign_out.c.name == name)
            connection.execute(own.values(times=sign_out.c.times + 1))
