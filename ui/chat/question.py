"""One question of a conversation: how it is kept, answered, and its answer kept."""

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
        kept: The library that keeps it.
        limits: Which papers may answer, as the page was set when it was asked.
        filters: What goes before the limits and what the question itself says; None for neither.
        replaces: Whether the answer takes the place of the last one.
    """

    question: str
    library: Library
    kept: Library
    limits: Filters = NO_FILTERS
    filters: Filters | None = None
    replaces: bool = False

    def begin(self, chat: Chat) -> Chat:
        """Keep the question; the conversation with it as its last turn, a draft."""
        if not self.replaces:
            return storage.with_question(self.kept, chat, self.question)
        before = chat.before(len(chat.turns))
        return replace(before, turns=(*before.turns, begun(self.question)), keys=chat.keys)

    def states(self, chat: Chat) -> Generator[Chat]:
        """The conversation while the question is answered."""
        before = replace(chat.before(len(chat.turns)), filters=self.limits)
        for now in respond(self.library, self.question, before, self.filters):
            yield replace(chat, turns=now.turns)

    def keep(self, chat: Chat) -> Chat:
        """Keep the answer; one that was stopped before it began leaves the one before alone."""
        last = chat.turns[-1]
        if self.replaces and last.status == "stopped" and not last.text and chat.is_kept:
            return storage.opened(self.kept, chat.owner, chat.conversation)
        return storage.settled(self.kept, chat)
