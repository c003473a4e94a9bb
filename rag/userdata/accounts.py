"""Who may sign in at a page, and what they may do there; passwords are hashed elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from sqlalchemy import delete, select

from rag.store.database import Database, put_row
from rag.store.schema import account
from rag.userdata.clock import now

Role = Literal["reader", "editor"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        hashed: The hash of the password.
        role: A reader asks, exports and rates; an editor changes the library, too.
    """

    name: str
    hashed: str = field(repr=False)
    role: Role = "editor"

    @property
    def fingerprint(self) -> str:
        """Tells the account with this password from any other; nothing can be read from it."""
        return hashlib.sha256(self.hashed.encode()).hexdigest()


class AccountTable:
    """The accounts in a group's database, the same for all of its processes.

    Args:
        database: The group's.

    Raises (every method):
        LibraryError: The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def place(self) -> str:
        """Where they are, in words for a user."""
        return self._database.place

    def all(self) -> list[Account]:
        """Return all accounts, by name."""
        columns = (account.c.name, account.c.hashed, account.c.role)
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(account.c.name)).all()
        return [Account(*row) for row in rows]

    def put(self, changed: Account) -> None:
        """Add an account, or put it into the place of the one of its name."""
        row = {"name": changed.name, "hashed": changed.hashed, "role": changed.role}
        with self._database.writing() as connection:
            put_row(connection, account, {**row, "changed_at": now()})

    def remove(self, name: str) -> bool:
        """Remove an account; return whether there was one."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(account).where(account.c.name == name))
            return gone.rowcount > 0
