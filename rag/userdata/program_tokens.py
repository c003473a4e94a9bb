"""Let programs in by tokens that users make: shown once, kept as hashes, taken back by their owner.

A token is made of 256 random bits, so that a plain hash of it cannot be turned back by guessing, as
that of a password could.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import delete, insert, select, update

from rag.errors import ConfigurationError, LibraryError
from rag.store.database import Database
from rag.store.schema import program_token
from rag.userdata.clock import now

BEGINNING: Final = "paperchat_"  # by which scanners of leaked secrets tell it
TOKEN_BYTES: Final = 32
MOST_NAME: Final = 60  # characters
MOST_TOKENS: Final = 50  # of one owner
DAY: Final = 10  # characters of an ISO time that are its date


@dataclass(frozen=True, slots=True)
class ProgramToken:
    """What is known of a token, which is not the token.

    Attributes:
        token_id: Its number.
        owner: Who made it; "" on a page without users.
        name: What its owner calls it.
        made_at: ISO time, UTC.
        used_on: The last day on which it was used, ISO date, UTC; None for never.
        bound_to: What of its owner's account it holds with; "" for nothing.
    """

    token_id: int
    owner: str
    name: str
    made_at: str
    used_on: str | None = None
    bound_to: str = ""


class Made(NamedTuple):
    """A token that was just made, and the token itself, which nobody can read again."""

    token: ProgramToken
    secret: str


class ProgramTokens:
    """The tokens in a library's database.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database is damaged or cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, owner: str, name: str, bound_to: str = "") -> Made:
        """Make a token; an owner's that hold with an account as it is no more are forgotten.

        Raises:
            ConfigurationError: The name cannot be one, is taken, or the owner has too many.
        """
        secret = BEGINNING + secrets.token_urlsafe(TOKEN_BYTES)
        its = program_token.c.owner == owner
        with self._database.writing() as connection:
            connection.execute(delete(program_token).where(its, _bound != bound_to))
            names = connection.execute(select(program_token.c.name).where(its)).scalars().all()
            row = {
                "hashed": _hashed(secret),
                "owner": owner,
                "name": _require_name(name, names),
                "made_at": now(),
                "bound_to": bound_to,
            }
            made = insert(program_token).values(row).returning(program_token.c.token_id)
            number = connection.execute(made).scalar_one()
        token = ProgramToken(number, owner, row["name"], row["made_at"], bound_to=bound_to)
        return Made(token, secret)

    def of(self, owner: str, bound_to: str = "") -> list[ProgramToken]:
        """Return an owner's tokens that let somebody in, in the order that they were made in."""
        its = (program_token.c.owner == owner) & (_bound == bound_to)
        wanted = select(*_columns).where(its).order_by(program_token.c.token_id)
        with self._database.reading() as connection:
            return [ProgramToken(*row) for row in connection.execute(wanted)]

    def revoke(self, owner: str, token_id: int) -> bool:
        """Let nobody in by a token any more; return whether the owner had it."""
        mine = (program_token.c.owner == owner) & (program_token.c.token_id == token_id)
        with self._database.writing() as connection:
            return connection.execute(delete(program_token).where(mine)).rowcount > 0

    def find(self, secret: str) -> ProgramToken | None:
        """Return what is known of a token; None for one that was not made here, or was revoked."""
        wanted = select(*_columns).where(program_token.c.hashed == _hashed(secret))
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        return ProgramToken(*row) if row else None

    def note_use(self, token: ProgramToken) -> None:
        """Note that a token was used today, once a day; a database that cannot keep it need not."""
        today = now()[:DAY]
        if token.used_on == today:
            return
        its = program_token.c.token_id == token.token_id
        with suppress(LibraryError), self._database.writing() as connection:
            connection.execute(update(program_token).where(its).values(used_on=today))


_bound = program_token.c.bound_to
_columns = tuple(
    program_token.c[name]
    for name in ("token_id", "owner", "name", "made_at", "used_on", "bound_to")
)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _require_name(given: str, taken: Sequence[str]) -> str:
    name = " ".join(given.split())
    if not name:
        raise ConfigurationError("A token has a name: what it is for.")
    if len(name) > MOST_NAME or not name.isprintable():
        raise ConfigurationError(f"The name of a token has at most {MOST_NAME} characters.")
    if name in taken:
        raise ConfigurationError(f"There is a token named {name!r} already.")
    if len(taken) >= MOST_TOKENS:
        raise ConfigurationError(f"There are {MOST_TOKENS} tokens already; revoke one first.")
    return name
