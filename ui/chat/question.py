"""Store a question of a conversation, answer it, and store its answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from rag.answering.columns import STANDARD
from rag.answering.tabulating import describe_table
from rag.library import Library
from rag.types import NO_FILTERS, Filters
from ui.chat import storage
from ui.chat.handlers import Chat, begun, history, respond


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a job answers.

    Attributes:
        question: As it was typed.
        library: Answers it, as the visitor has set it.
        kept: The library that stores it.
        limits: The filters of the page when it was asked.
        filters: In place of these and of those in the question; None for neither.
        replaces: Whether the answer takes the place of the last one.
    """

    question: str
    library: Library
    kept: Library
    limits: Filters = NO_FILTERS
    filters: Filters | None = None
    replaces: bool = False

    def begin(self, chat: Chat) -> Chat:
        """Store the question; return the conversation with a draft as its last turn."""
        return _with_question(self.kept, chat, self.question, replaces=self.replaces)

    def states(self, chat: Chat) -> Generator[Chat]:
        """Yield the conversation while the question is answered."""
        before = replace(chat.before(len(chat.turns)), filters=self.limits)
        for now in respond(self.library, self.question, before, self.filters):
            yield replace(chat, turns=now.turns)

    def keep(self, chat: Chat) -> Chat:
        """Store the answer; one that was stopped before it began does not replace another."""
        return _with_answer(self.kept, chat, replaces=self.replaces)


@dataclass(frozen=True, slots=True)
class Tabled:
    """A table of papers that a job makes; it stands in the conversation as an answer does.

    Attributes:
        paper_ids: Its rows.
        columns: Its headings; without any the usual ones.
        library: Makes it.
        kept: The library that stores it.
        replaces: Whether it takes the place of the last answer.
    """

    paper_ids: Sequence[str]
    columns: Sequence[str]
    library: Library
    kept: Library
    replaces: bool = False

    @property
    def question(self) -> str:
        """What the table shows."""
        return describe_table(len(self.paper_ids), self.columns or STANDARD)

    def begin(self, chat: Chat) -> Chat:
        """Store what is asked for; return the conversation with a draft as its last turn."""
        return _with_question(self.kept, chat, self.question, replaces=self.replaces)

    def states(self, chat: Chat) -> Generator[Chat]:
        """Yield the conversation while the table grows."""
        before = chat.turns[:-1]
        grown = self.library.stream_table(self.paper_ids, self.columns, history(before))
        for answer in grown:
            yield replace(chat, turns=(*before, answer))

    def keep(self, chat: Chat) -> Chat:
        """Store the table."""
        return _with_answer(self.kept, chat, replaces=self.replaces)


def _with_question(kept: Library, chat: Chat, question: str, *, replaces: bool) -> Chat:
    if not replaces:
        return storage.with_question(kept, chat, question)
    before = chat.before(len(chat.turns))
    return replace(before, turns=(*before.turns, begun(question)), keys=chat.keys)


def _with_answer(kept: Library, chat: Chat, *, replaces: bool) -> Chat:
    last = chat.turns[-1]
    if replaces and last.status == "stopped" and not last.text and chat.is_kept:
        return storage.opened(kept, chat.owner, chat.conversation)
    return storage.settled(kept, chat)
