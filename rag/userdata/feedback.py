"""Store what users think of answers: a thumb and a comment, with all that led to the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import ColumnElement, delete, select

from rag.codec import answer_to_json, history_from_json, history_to_json
from rag.errors import LibraryError
from rag.settings import Settings
from rag.store.database import Database, put_row
from rag.store.schema import rating as table
from rag.types import Answer, Message, Thumb
from rag.userdata.clock import now
from rag.userdata.conversations import read_answer

MOST_COMMENT_CHARACTERS: Final = 2000
# Say where this machine keeps things, or may hold a password; keys are left out by their type.
SETTINGS_LEFT_OUT: Final = frozenset(
    {"library", "cache", "openai_base_url", "chroma_url", "chroma_tenant", "chroma_database"}
)


@dataclass(frozen=True, slots=True)
class Rating:
    """A user's judgement of an answer.

    Attributes:
        comment: What they wrote beside it, possibly nothing.
        rated_at: ISO time, UTC.
        answer: The whole of it: question, text, citations, hits and mode.
        history: The messages before the question, oldest first.
        settings: Those that the answer was made with, without keys and folders.
        revision: The library's, which grows with every change of its papers; None if not told.
    """

    owner: str
    turn_id: str
    thumb: Thumb
    comment: str
    rated_at: str
    answer: Answer
    history: tuple[Message, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    revision: int | None = None


def _row(rating: Rating) -> dict[str, object]:
    """Return the columns of a rating."""
    return {
        "owner": rating.owner,
        "turn_id": rating.turn_id,
        "thumb": rating.thumb,
        "comment": rating.comment,
        "rated_at": rating.rated_at,
        "answer": answer_to_json(rating.answer),
        "history": history_to_json(rating.history),
        "settings": json.dumps(dict(rating.settings)),
        "revision": rating.revision,
    }


class Feedback:
    """The ratings in a library's database, one for each owner and turn.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database is damaged or cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def rate(
        self,
        owner: str,
        turn_id: str,
        thumb: Thumb,
        answer: Answer,
        *,
        comment: str = "",
        history: Sequence[Message] = (),
        settings: Settings | None = None,
        revision: int | None = None,
    ) -> Rating:
        """Keep a rating; it takes the place of the owner's earlier one of the turn.

        Args:
            owner: As for `Conversations`.
            turn_id: Of the turn that holds the answer.
            thumb: What the user thinks of the answer.
            answer: What is rated.
            comment: What they write beside it; cut at 2,000 characters.
            history: The messages before the question; citations in them are kept.
            settings: Those of the library that answered.
            revision: The library's.

        Raises:
            ValueError: The thumb is neither `up` nor `down`.
        """
        if thumb not in ("up", "down"):
            raise ValueError(f"A thumb is 'up' or 'down', not {thumb!r}.")
        rating = Rating(
            owner,
            turn_id,
            thumb,
            _stored_text(comment)[:MOST_COMMENT_CHARACTERS],
            now(),
            answer,
            tuple(history),
            shown_settings(settings) if settings else {},
            revision,
        )
        with self._database.writing() as connection:
            put_row(connection, table, _row(rating))
        return rating

    def withdraw(self, owner: str, turn_id: str) -> bool:
        """Take a rating back; False when there is none."""
        own = delete(table).where(table.c.owner == owner, table.c.turn_id == turn_id)
        with self._database.writing() as connection:
            return connection.execute(own).rowcount > 0

    def of(self, owner: str, turn_ids: Sequence[str]) -> dict[str, Rating]:
        """Return the owner's ratings of those of the turns that they have rated, by turn."""
        wanted = list(dict.fromkeys(turn_ids))
        found = self._select(table.c.owner == owner, table.c.turn_id.in_(wanted))
        return {rating.turn_id: rating for rating in found}

    def ratings(self) -> list[Rating]:
        """Return all ratings of all owners, oldest first."""
        return self._select()

    def _select(self, *conditions: ColumnElement[bool]) -> list[Rating]:
        ordered = select(table).order_by(table.c.rated_at, table.c.owner, table.c.turn_id)
        with self._database.reading() as connection:
            rows = connection.execute(ordered.where(*conditions)).mappings().all()
        return [_read(dict(row)) for row in rows]


def shown_settings(settings: Settings) -> dict[str, object]:
    """Return the settings that may be kept beside an answer: no keys, no folders, no addresses."""
    names = {
        name
        for name, value in settings
        if name not in SETTINGS_LEFT_OUT and not isinstance(value, SecretStr)
    }
    return settings.model_dump(mode="json", include=names)


def _stored_text(text: str) -> str:
    """Return text without what no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode().replace("\0", "").strip()


def _read(row: Mapping[str, Any]) -> Rating:
    try:
        history = history_from_json(row["history"])
        settings = json.loads(row["settings"])
    except ValueError as exc:
        raise LibraryError(f"A rating that was kept cannot be read again ({exc}).") from exc
    answer = read_answer(row["answer"])
    return Rating(**{**row, "answer": answer, "history": history, "settings": settings})
