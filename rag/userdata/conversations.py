"""Store conversations: every turn with its whole answer, separate for each owner."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Update,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from rag.codec import answer_from_json, answer_to_json
from rag.errors import LibraryError, UnknownConversationError
from rag.store.database import Database, insert_missing
from rag.store.schema import conversation, pinned, turn
from rag.text import folded, one_line
from rag.types import Answer
from rag.userdata.clock import now
from rag.userdata.excerpts import Excerpt, find_excerpt

MOST_TITLE_CHARACTERS: Final = 60
MOST_LISTED: Final = 500
MOST_WORDS: Final = 16  # of a search
MOST_WORD_CHARACTERS: Final = 1000  # that are compared; a database takes no pattern of any length
UNTITLED: Final = "New conversation"
GONE: Final = "This conversation is not there any more; begin a new one."


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as a list of them shows it; times are ISO, UTC.

    Attributes:
        turns: How many questions it holds.
        is_pinned: Whether it stands first in the list.
        updated_at: When its last question was answered, or when it was made.
        excerpt: Of a search: what was asked or answered around a word that the title lacks.
    """

    conversation_id: str
    title: str
    created_at: str
    updated_at: str
    turns: int = 0
    is_pinned: bool = False
    excerpt: Excerpt | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, and when that was stored."""

    turn_id: str
    answer: Answer
    asked_at: str

    @property
    def question(self) -> str:
        """What was asked."""
        return self.answer.question


class Conversations:
    """The conversations in a library's database; whoever asks sees their own alone.

    Every method takes the owner first: a user's name where the page asks for one, else a random
    id that the browser keeps. What is not the owner's is as if it were not there.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database is damaged or cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, owner: str, title: str = "", conversation_id: str = "") -> Conversation:
        """Return a new conversation; without a title it is called after its first question.

        Args:
            owner: Whose it is.
            title: What it is called.
            conversation_id: What it is known by; "" for a new random id.

        Raises:
            UnknownConversationError: The id is another owner's already.
        """
        at = now()
        made = Conversation(conversation_id or uuid.uuid4().hex, one_line(title), at, at)
        with self._database.writing() as connection:
            insert_missing(
                connection,
                conversation,
                {
                    "conversation_id": made.conversation_id,
                    "owner": owner,
                    "title": made.title,
                    "title_folded": folded(title),
                    "created_at": at,
                    "updated_at": at,
                },
            )
        if conversation_id and self.find(owner, conversation_id) is None:
            raise UnknownConversationError(GONE)
        return replace(made, title=made.title or UNTITLED)

    def is_taken(self, conversation_id: str) -> bool:
        """Return whether some owner has a conversation with this id."""
        taken = select(_key).where(_key == conversation_id)
        with self._database.reading() as connection:
            return connection.execute(taken).first() is not None

    def append(self, owner: str, conversation_id: str, answer: Answer) -> Turn:
        """Keep an answer, with its question, as the conversation's next turn.

        Raises:
            UnknownConversationError: The owner has no such conversation.
            ValueError: The answer is a draft.
        """
        _require_finished(answer)
        made = Turn(uuid.uuid4().hex, answer, now())
        title = title_of(answer.question)
        untitled = conversation.c.title == ""
        named = _own(update(conversation), owner, conversation_id).values(
            updated_at=made.asked_at,
            title_folded=case((untitled, folded(title)), else_=conversation.c.title_folded),
            title=case((untitled, title), else_=conversation.c.title),
        )
        number = select(func.coalesce(func.max(turn.c.number) + 1, 0)).where(
            turn.c.conversation_id == conversation_id
        )
        with self._database.writing() as connection:
            # It comes first: until the end nobody else can add to the conversation.
            if not connection.execute(named).rowcount:
                raise UnknownConversationError(GONE)
            connection.execute(
                insert(turn).values(
                    turn_id=made.turn_id,
                    conversation_id=conversation_id,
                    number=number.scalar_subquery(),
                    asked_at=made.asked_at,
                    answer=answer_to_json(answer),
                    text_folded=_searched(answer),
                )
            )
        return made

    def load(self, owner: str, conversation_id: str) -> tuple[Turn, ...] | None:
        """Return the turns of a conversation, oldest first; None when the owner has no such."""
        if self.find(owner, conversation_id) is None:
            return None
        turns = select(turn.c.turn_id, turn.c.answer, turn.c.asked_at).join(conversation)
        own = turns.where(_key == conversation_id, conversation.c.owner == owner)
        with self._database.reading() as connection:
            rows = connection.execute(own.order_by(turn.c.number)).all()
        return tuple(Turn(turn_id, read_answer(text), at) for turn_id, text, at in rows)

    def find(self, owner: str, conversation_id: str) -> Conversation | None:
        """Return one conversation without its turns, or None when the owner has no such."""
        found = self._select(owner, 1, _key == conversation_id)
        return found[0] if found else None

    def of(self, owner: str, limit: int = MOST_LISTED) -> list[Conversation]:
        """Return the owner's conversations: pinned ones first, then the last added to first."""
        return self._select(owner, limit)

    def search(self, owner: str, words: str, limit: int = MOST_LISTED) -> list[Conversation]:
        """Return the owner's conversations that have every word in title, questions or answers.

        Case does not count, and a word may be part of a longer one. Without words, all of them.
        The one that was last added to comes first.
        """
        wanted = [word[:MOST_WORD_CHARACTERS] for word in folded(words).split()[:MOST_WORDS]]
        found = self._select(owner, limit, *map(_mentions, wanted))
        return [self._with_excerpt(each, wanted) for each in found]

    def _with_excerpt(self, found: Conversation, words: list[str]) -> Conversation:
        """Return the conversation with a line of the turn that has most of what its title lacks."""
        title = folded(found.title)
        lacking = [word for word in words if word not in title]
        if not lacking:
            return found
        has = (case((_holds(turn.c.text_folded, word), 1), else_=0) for word in lacking)
        turns = select(turn.c.answer).where(turn.c.conversation_id == found.conversation_id)
        best = turns.order_by(reduce(add, has).desc(), turn.c.number).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(best).first()
        texts = _texts(read_answer(row[0])) if row else ()
        lines = (find_excerpt(text, lacking) for text in texts)
        return replace(found, excerpt=next(filter(None, lines), None))

    def _select(
        self, owner: str, limit: int, *conditions: ColumnElement[bool]
    ) -> list[Conversation]:
        own = _LISTED.where(conversation.c.owner == owner, *conditions)
        latest = own.order_by(
            _IS_PINNED.desc(),
            conversation.c.updated_at.desc(),
            conversation.c.created_at.desc(),
            _key,
        )
        with self._database.reading() as connection:
            rows = connection.execute(latest.limit(limit)).all()
        return [
            Conversation(key, title or UNTITLED, made_at, updated_at, turns, bool(is_pinned))
            for key, title, made_at, updated_at, turns, is_pinned in rows
        ]

    def pin(self, owner: str, conversation_id: str, *, is_pinned: bool = True) -> bool:
        """Put a conversation first in the list, or back; False when the owner has no such."""
        if self.find(owner, conversation_id) is None:
            return False
        with self._database.writing() as connection:
            if is_pinned:
                insert_missing(connection, pinned, {"conversation_id": conversation_id})
            else:
                connection.execute(
                    delete(pinned).where(pinned.c.conversation_id == conversation_id)
                )
        return True

    def rename(self, owner: str, conversation_id: str, title: str) -> bool:
        """Give a conversation another title; False when there is none, or the title is blank."""
        if not one_line(title):
            return False
        named = update(conversation).values(title=one_line(title), title_folded=folded(title))
        with self._database.writing() as connection:
            return connection.execute(_own(named, owner, conversation_id)).rowcount > 0

    def delete(self, owner: str, conversation_id: str) -> bool:
        """Delete a conversation for good; False when the owner has no such.

        What was rated stays with the feedback, which holds its own copy.
        """
        with self._database.writing() as connection:
            gone = connection.execute(_own(delete(conversation), owner, conversation_id))
            return gone.rowcount > 0

    def settle(self, owner: str, turn_id: str, answer: Answer) -> bool:
        """Keep an answer in the place of what a turn had; False when the owner has no such turn.

        Raises:
            ValueError: The answer is a draft.
        """
        _require_finished(answer)
        owned = select(_key).where(conversation.c.owner == owner)
        settled = update(turn).where(turn.c.turn_id == turn_id, turn.c.conversation_id.in_(owned))
        its = select(turn.c.conversation_id).where(turn.c.turn_id == turn_id)
        told = update(conversation).where(
            conversation.c.owner == owner, _key == its.scalar_subquery()
        )
        with self._database.writing() as connection:
            changed = connection.execute(
                settled.values(answer=answer_to_json(answer), text_folded=_searched(answer))
            )
            connection.execute(told.values(updated_at=now()))
        return changed.rowcount > 0


_key: Final[ColumnElement[str]] = conversation.c.conversation_id
_IS_PINNED: Final = select(pinned).where(pinned.c.conversation_id == _key).exists()
_TURNS: Final = (
    select(func.count()).where(turn.c.conversation_id == _key).correlate(conversation)
).scalar_subquery()
_LISTED: Final[Select[Any]] = select(
    _key,
    conversation.c.title,
    conversation.c.created_at,
    conversation.c.updated_at,
    _TURNS,
    _IS_PINNED,
)
_Change = TypeVar("_Change", Update, Delete)


def _own(change: _Change, owner: str, conversation_id: str) -> _Change:
    """Limit a change to a conversation, and to its owner."""
    return change.where(_key == conversation_id, conversation.c.owner == owner)


def _holds(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return text.contains(word, autoescape=True)


def _mentions(word: str) -> ColumnElement[bool]:
    """Whether a conversation has a word in its title or one of its turns."""
    said = select(turn.c.turn_id).where(
        turn.c.conversation_id == _key, _holds(turn.c.text_folded, word)
    )
    return or_(_holds(conversation.c.title_folded, word), said.correlate(conversation).exists())


def title_of(question: str) -> str:
    """Return a question as a title: one line, cut at a word where it is long."""
    line = one_line(question)
    if len(line) <= MOST_TITLE_CHARACTERS:
        return line
    start = line[: MOST_TITLE_CHARACTERS - 1]
    at_word = start.rpartition(" ")[0] if line[len(start)] != " " else start
    return f"{(at_word or start).rstrip(' ,;:.')}…"


def read_answer(text: str) -> Answer:
    """Read the answer that a row holds.

    Raises:
        LibraryError: It is damaged.
    """
    try:
        return answer_from_json(text)
    except ValueError as exc:
        raise LibraryError(f"An answer that was kept cannot be read again ({exc}).") from exc


def _require_finished(answer: Answer) -> None:
    if answer.status == "draft":
        raise ValueError("a draft is not kept; append the final answer")


def _searched(answer: Answer) -> str:
    return folded("\n".join(_texts(answer)))


def _texts(answer: Answer) -> list[str]:
    """Return what a search of conversations looks through."""
    return [answer.question, answer.text, *(paper.title for paper in answer.papers)]
