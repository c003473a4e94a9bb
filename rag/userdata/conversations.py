"""Store conversations: every turn with its whole answer, separate for each owner."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Final

from rag.codec import answer_from_json, answer_to_json
from rag.errors import LibraryError, UnknownConversationError
from rag.store.database import Database
from rag.text import folded, one_line
from rag.types import Answer
from rag.userdata.clock import now
from rag.userdata.excerpts import Excerpt, find_excerpt

MOST_TITLE_CHARACTERS: Final = 60
MOST_LISTED: Final = 500
MOST_WORDS: Final = 16  # of a search
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
    """The conversations in a library's file; whoever asks sees their own alone.

    Every method takes the owner first: a user's name where the page asks for one, else a random
    id that the browser keeps. What is not the owner's is as if it were not there.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The file is damaged or cannot be used.
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
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO conversation VALUES (?, ?, ?, ?, ?, ?)",
                (made.conversation_id, owner, made.title, folded(title), at, at),
            )
        if conversation_id and self.find(owner, conversation_id) is None:
            raise UnknownConversationError(GONE)
        return replace(made, title=made.title or UNTITLED)

    def is_taken(self, conversation_id: str) -> bool:
        """Return whether some owner has a conversation with this id."""
        with self._database.reading() as connection:
            found = connection.exec_driver_sql(
                "SELECT 1 FROM conversation WHERE conversation_id = ?", (conversation_id,)
            ).fetchone()
        return found is not None

    def append(self, owner: str, conversation_id: str, answer: Answer) -> Turn:
        """Keep an answer, with its question, as the conversation's next turn.

        Raises:
            UnknownConversationError: The owner has no such conversation.
            ValueError: The answer is a draft.
        """
        _require_finished(answer)
        turn = Turn(uuid.uuid4().hex, answer, now())
        title = title_of(answer.question)
        with self._database.writing() as connection:
            renamed = connection.exec_driver_sql(
                "UPDATE conversation SET updated_at = :now,"
                " title_folded = iif(title = '', :folded, title_folded),"
                " title = iif(title = '', :title, title)"
                " WHERE conversation_id = :id AND owner = :owner",
                {
                    "now": turn.asked_at,
                    "folded": folded(title),
                    "title": title,
                    "id": conversation_id,
                    "owner": owner,
                },
            )
            if not renamed.rowcount:
                raise UnknownConversationError(GONE)
            connection.exec_driver_sql(
                "INSERT INTO turn SELECT ?, ?, coalesce(max(number) + 1, 0), ?, ?, ?"
                " FROM turn WHERE conversation_id = ?",
                (
                    turn.turn_id,
                    conversation_id,
                    turn.asked_at,
                    answer_to_json(answer),
                    _searched(answer),
                    conversation_id,
                ),
            )
        return turn

    def load(self, owner: str, conversation_id: str) -> tuple[Turn, ...] | None:
        """Return the turns of a conversation, oldest first; None when the owner has no such."""
        if self.find(owner, conversation_id) is None:
            return None
        with self._database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT turn_id, answer, asked_at FROM turn JOIN conversation"
                " USING (conversation_id) WHERE conversation_id = ? AND owner = ? ORDER BY number",
                (conversation_id, owner),
            ).fetchall()
        return tuple(Turn(turn_id, read_answer(text), at) for turn_id, text, at in rows)

    def find(self, owner: str, conversation_id: str) -> Conversation | None:
        """Return one conversation without its turns, or None when the owner has no such."""
        found = self._select(owner, "AND conversation_id = ?", (conversation_id,), 1)
        return found[0] if found else None

    def of(self, owner: str, limit: int = MOST_LISTED) -> list[Conversation]:
        """Return the owner's conversations: pinned ones first, then the last added to first."""
        return self._select(owner, "", (), limit)

    def search(self, owner: str, words: str, limit: int = MOST_LISTED) -> list[Conversation]:
        """Return the owner's conversations that have every word in title, questions or answers.

        Case does not count, and a word may be part of a longer one. Without words, all of them.
        The one that was last added to comes first.
        """
        wanted = folded(words).split()[:MOST_WORDS]
        condition = (
            "AND (instr(title_folded, ?) OR EXISTS (SELECT 1 FROM turn WHERE"
            " turn.conversation_id = conversation.conversation_id AND instr(text_folded, ?)))"
        )
        doubled = tuple(word for word in wanted for _ in range(2))
        found = self._select(owner, condition * len(wanted), doubled, limit)
        return [self._with_excerpt(each, wanted) for each in found]

    def _with_excerpt(self, found: Conversation, words: list[str]) -> Conversation:
        """Return the conversation with a line of the turn that has most of what its title lacks."""
        title = folded(found.title)
        lacking = [word for word in words if word not in title]
        if not lacking:
            return found
        count = " + ".join(["(instr(text_folded, ?) > 0)"] * len(lacking))
        with self._database.reading() as connection:
            row = connection.exec_driver_sql(
                "SELECT answer FROM turn WHERE conversation_id = ?"
                f" ORDER BY {count} DESC, number LIMIT 1",
                (found.conversation_id, *lacking),
            ).fetchone()
        texts = _texts(read_answer(row[0])) if row else ()
        lines = (find_excerpt(text, lacking) for text in texts)
        return replace(found, excerpt=next(filter(None, lines), None))

    def _select(
        self, owner: str, condition: str, values: tuple[str, ...], limit: int
    ) -> list[Conversation]:
        with self._database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT conversation_id, title, created_at, updated_at, (SELECT count(*) FROM turn"
                " WHERE turn.conversation_id = conversation.conversation_id), EXISTS (SELECT 1 FROM"
                " pinned WHERE pinned.conversation_id = conversation.conversation_id) AS is_pinned"
                f" FROM conversation WHERE owner = ? {condition}"
                " ORDER BY is_pinned DESC, updated_at DESC, rowid DESC LIMIT ?",
                (owner, *values, limit),
            ).fetchall()
        return [
            Conversation(key, title or UNTITLED, made_at, updated_at, turns, bool(is_pinned))
            for key, title, made_at, updated_at, turns, is_pinned in rows
        ]

    def pin(self, owner: str, conversation_id: str, *, is_pinned: bool = True) -> bool:
        """Put a conversation first in the list, or back; False when the owner has no such."""
        if self.find(owner, conversation_id) is None:
            return False
        statement = (
            "INSERT OR IGNORE INTO pinned VALUES (?)"
            if is_pinned
            else "DELETE FROM pinned WHERE conversation_id = ?"
        )
        with self._database.writing() as connection:
            connection.exec_driver_sql(statement, (conversation_id,))
        return True

    def rename(self, owner: str, conversation_id: str, title: str) -> bool:
        """Give a conversation another title; False when there is none, or the title is blank."""
        if not one_line(title):
            return False
        return self._change(
            "UPDATE conversation SET title = ?, title_folded = ?",
            (one_line(title), folded(title)),
            owner,
            conversation_id,
        )

    def delete(self, owner: str, conversation_id: str) -> bool:
        """Delete a conversation for good; False when the owner has no such.

        What was rated stays with the feedback, which holds its own copy.
        """
        return self._change("DELETE FROM conversation", (), owner, conversation_id)

    def settle(self, owner: str, turn_id: str, answer: Answer) -> bool:
        """Keep an answer in the place of what a turn had; False when the owner has no such turn.

        Raises:
            ValueError: The answer is a draft.
        """
        _require_finished(answer)
        with self._database.writing() as connection:
            changed = connection.exec_driver_sql(
                "UPDATE turn SET answer = ?, text_folded = ? WHERE turn_id = ?"
                " AND conversation_id IN (SELECT conversation_id FROM conversation"
                " WHERE owner = ?)",
                (answer_to_json(answer), _searched(answer), turn_id, owner),
            )
            connection.exec_driver_sql(
                "UPDATE conversation SET updated_at = ? WHERE owner = ? AND conversation_id ="
                " (SELECT conversation_id FROM turn WHERE turn_id = ?)",
                (now(), owner, turn_id),
            )
        return changed.rowcount > 0

    def _change(
        self, statement: str, values: tuple[str, ...], owner: str, conversation_id: str
    ) -> bool:
        with self._database.writing() as connection:
            changed = connection.exec_driver_sql(
                f"{statement} WHERE conversation_id = ? AND owner = ?",
                (*values, conversation_id, owner),
            )
        return changed.rowcount > 0


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
