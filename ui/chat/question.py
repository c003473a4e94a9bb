"""Store a question of a conversation, answer it, and store its answer."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from rag.library import Library
from rag.types import NO_FILTERS, Filters
from ui.chat import storage
from ui.chat.handlers import Chat, begun, respond


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
        if not self.replaces:
            return storage.with_question(self.kept, chat, self.question)
        before = chat.before(len(chat.turns))
        return replace(before, turns=(*before.turns, begun(self.question)), keys=chat.keys)

    def states(self, chat: Chat) -> Generator[Chat]:
        """Yield the conversation while the question is answered."""
        before = replace(chat.before(len(chat.turns)), filters=self.limits)
        for now in respond(self.library, self.question, before, self.filters):
            yield replace(chat, turns=now.turns)

    def keep(self, chat: Chat) -> Chat:
        """Store the answer; one that was stopped before it began does not replace another."""
        last = chat.turns[-1]
        if self.replaces and last.status == "stopped" and not last.text and chat.is_kept:
            return storage.opened(self.kept, chat.owner, chat.conversation)
        return storage.settled(self.kept, chat)
