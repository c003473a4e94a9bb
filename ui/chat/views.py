"""Render a conversation for the page, one piece of HTML for each component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rag.library import Library
from ui.chat import handlers, storage
from ui.chat.bars import (
    Choices,
    Listed,
    conversation_list,
    filter_bar,
    found_list,
    queue_html,
    welcome_html,
)
from ui.chat.cards import panel_html, sharing_html, sources_head, sources_html
from ui.chat.handlers import Chat
from ui.chat.render import Place, is_finished, status_html, turn_html
from ui.chat.storage import Removed
from ui.templates.rendering import NOTHING

EXAMPLES_SHOWN: Final = 4
AUTHORS_OFFERED: Final = 200  # as many as an autocomplete list can hold
TAGS_OFFERED: Final = 200


def panel(chat: Chat) -> str:
    """Return the sources of the shown turn."""
    turn = chat.shown_turn
    is_whole = 0 < turn <= len(chat.keys) and is_finished(chat.turns[turn - 1])
    sharing = sharing_html(turn, is_shared=turn in chat.shared) if is_whole else NOTHING
    head = sources_head(chat.turns, turn, sharing)
    return panel_html(head, sources_html(chat.shown_answer, chat.shown_turn))


def choices(library: Library) -> Choices:
    """Return the values that filters can have."""
    facets = library.catalog.facets()
    return Choices(
        tuple(sorted(facets.years)),
        tuple(facets.authors)[:AUTHORS_OFFERED],
        tuple(facets.sources),
        tuple(facets.collections),
        tuple(facets.tags)[:TAGS_OFFERED],
    )


class Views:
    """Render the conversations of a library.

    Args:
        library: As the visitor has set it.
        kept: The library that stores what visitors leave; shared by all.
        notice: What the user should know about it.
        doubt: Why the chosen model does not answer; links to the settings.
        otherwise: How else the last question could be asked again.
        find_removed: Gives the conversation that an owner deleted last and can bring back.
    """

    def __init__(
        self,
        library: Library,
        kept: Library,
        notice: str | None,
        *,
        doubt: str | None = None,
        otherwise: Sequence[tuple[str, str]] = (),
        find_removed: Callable[[str], Removed | None] = lambda _: None,
    ) -> None:
        self.library = library
        self.kept = kept
        self._notice = notice
        self._doubt = doubt
        self._otherwise = otherwise
        self._find_removed = find_removed
        self._papers = len(library)

    def thread(self, chat: Chat) -> list[str]:
        """Return a piece of HTML for each turn."""
        if not chat.turns:
            return [welcome_html(self._papers, self._examples())]
        return [self.turn(chat, at) for at in range(1, len(chat.turns) + 1)]

    def turn(self, chat: Chat, at: int) -> str:
        """Return the HTML of one turn, counted from 1."""
        answer, is_last = chat.turns[at - 1], at == len(chat.turns)
        needs_examples = is_last and is_finished(answer) and not answer.suggestions
        examples = self._examples() if needs_examples else []
        place = Place(at, is_last, self._papers, chat.ratings.get(at), examples, self._otherwise)
        return turn_html(answer, place)

    def _examples(self) -> list[str]:
        return self.library.catalog.examples(EXAMPLES_SHOWN)

    def side(self, chat: Chat) -> str:
        """Return the list of conversations."""
        removed = self._find_removed(chat.owner)
        gone = Listed(removed.conversation, removed.title) if removed else None
        return conversation_list(storage.listed(self.kept, chat.owner), gone)

    def found(self, owner: str, words: str) -> str:
        """Return the results of a search of the conversations; nothing for an empty search."""
        if not words.strip():
            return ""
        return found_list(storage.found(self.kept, owner, words))

    def bar(self, chat: Chat) -> str:
        """Return the filters above the input."""
        return filter_bar(chat.filters, choices(self.library), editing=chat.editing)

    def queue(self, questions: Sequence[str]) -> str:
        """Return the waiting questions, above the input."""
        return queue_html(questions)

    def status(self) -> str:
        """Return the line below the input."""
        line = handlers.library_line(self.library, self._notice)
        return status_html(line, doubt=self._doubt, folder=str(self.library.folder))
