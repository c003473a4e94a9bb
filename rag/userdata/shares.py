"""Share answers: whoever has the link of one may read it, until its owner takes the link back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Select, delete, select

from rag.errors import UnknownConversationError
from rag.store.database import Database, insert_missing
from rag.store.schema import conversation, share, turn
from rag.types import Answer
from rag.userdata.clock import now
from rag.userdata.conversations import GONE, read_answer

TOKEN_BYTES: Final = 16  # that nobody guesses


class SharedTurn(NamedTuple):
    """An answer, and whether it is one to a follow-up."""

    answer: Answer
    is_follow_up: bool


class Shares:
    """The shared answers of a library; each is read as it is stored, and goes with its turn.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database is damaged or cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def share(self, owner: str, turn_id: str) -> str:
        """Return the token of an owner's answer; the same one while it is shared.

        Raises:
            UnknownConversationError: The owner has no such turn.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.writing() as connection:
            if connection.execute(_owned(owner, turn_id)).first() is None:
                raise UnknownConversationError(GONE)
            row = {"token": token, "turn_id": turn_id, "shared_at": now()}
            insert_missing(connection, share, row)
            kept = select(share.c.token).where(share.c.turn_id == turn_id)
            return str(connection.execute(kept).scalar_one())

    def withdraw(self, owner: str, turn_id: str) -> bool:
        """Let nobody read an owner's answer any more; return whether it was shared."""
        mine = share.c.turn_id.in_(_owned(owner, turn_id))
        with self._database.writing() as connection:
            return connection.execute(delete(share).where(mine)).rowcount > 0

    def of(self, turn_ids: Sequence[str]) -> frozenset[str]:
        """Return which of some turns are shared."""
        wanted = select(share.c.turn_id).where(share.c.turn_id.in_(list(turn_ids)))
        with self._database.reading() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def find(self, token: str) -> Answer | None:
        """Return the answer that a token opens; None for one that opens none."""
        found = self.find_turn(token)
        return found.answer if found else None

    def find_turn(self, token: str) -> SharedTurn | None:
        """Return the answer that a token opens, and whether a conversation came before it."""
        wanted = (
            select(turn.c.answer, turn.c.number)
            .join(share, share.c.turn_id == turn.c.turn_id)
            .where(share.c.token == token)
        )
        with self._database.reading() as connection:
            kept = connection.execute(wanted).one_or_none()
        return SharedTurn(read_answer(kept.answer), kept.number > 0) if kept else None


def _owned(owner: str, turn_id: str) -> Select[tuple[str]]:
    """Select an owner's turn."""
    its = conversation.c.conversation_id == turn.c.conversation_id
    wanted = select(turn.c.turn_id).join(conversation, its)
    return wanted.where(conversation.c.owner == owner, turn.c.turn_id == turn_id)
