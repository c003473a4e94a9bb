"""Assign the parts of a conversation to the components of the page.

Each value names its conversation, and page.js draws it only while that one is on the screen. Of an
answer in progress only what changed is sent, so that little is redrawn.
"""

from __future__ import annotations

from typing import Any, Final

from gradio.components import Component

from ui.chat.handlers import Chat, PageState
from ui.chat.job import State
from ui.chat.tab import ChatTab
from ui.chat.views import Views, panel

NEW: Final = Chat()
Parts = dict[Component, Any]


class Screen:
    """Draw conversations into the components of the tab.

    Args:
        tab: The components.
        views: Renders.
        was: The conversation of the event, where another takes its place.
    """

    def __init__(self, tab: ChatTab, views: Views, was: str | None = None) -> None:
        self._tab = tab
        self._views = views
        self._was = was

    def placed(self, chat: Chat, **value: object) -> dict[str, object]:
        """Return a value that is drawn only while this conversation is on the screen."""
        was = {"from": self._was} if self._was not in (None, chat.conversation) else {}
        return {"conversation": chat.conversation, "version": chat.version, **was, **value}

    def whole(self, chat: Chat, waiting: tuple[str, ...] = ()) -> Parts:
        """Return all parts, for a conversation that comes onto the screen."""
        return {
            self._tab.state: PageState.of(chat),
            self._tab.side: self._views.side(chat),
            self._tab.thread: self.placed(chat, turns=self._views.thread(chat)),
            **self.bar(chat),
            **self.queue(chat, waiting),
            **self.sources(chat),
            self._tab.status: self._views.status(),
        }

    def bar(self, chat: Chat) -> Parts:
        """Return the part above the input."""
        return {self._tab.bar: self.placed(chat, html=self._views.bar(chat))}

    def queue(self, chat: Chat, waiting: tuple[str, ...]) -> Parts:
        """Return the waiting questions."""
        return {self._tab.queue: self.placed(chat, html=self._views.queue(waiting))}

    def sources(self, chat: Chat) -> Parts:
        """Return the sources of the shown turn."""
        return {
            self._tab.sources: self.placed(chat, html=panel(chat)),
            self._tab.shown: chat.shown_answer,
        }

    def thread(self, chat: Chat) -> Parts:
        """Return only the turns."""
        return {self._tab.thread: self.placed(chat, turns=self._views.thread(chat))}

    def side(self, chat: Chat) -> Parts:
        """Return only the list of conversations."""
        return {self._tab.side: self._views.side(chat)}

    def home(self) -> Parts:
        """Return what page.js draws by itself for a new conversation."""
        return {self._tab.home: {"turns": self._views.thread(NEW), "sources": panel(NEW)}}


class Following:
    """Draw the states of a job one after the other.

    Args:
        tab: The components.
        views: Renders.
        page: The state of the page.
        was: The conversation of the event, where another takes its place.
    """

    def __init__(self, tab: ChatTab, views: Views, page: PageState, was: str | None) -> None:
        self._tab = tab
        self._views = views
        self._page = page
        self._screen = Screen(tab, views, was)
        self._drawn: State | None = None
        self._turns: list[str] = []

    def parts(self, state: State) -> Parts:
        """Return what changed since the last state."""
        chat = self._page.applied(state.chat)
        before, self._drawn = self._drawn, state
        if before is None:
            parts = self._screen.whole(chat, state.waiting)
            self._screen = Screen(self._tab, self._views)
            self._turns = parts[self._tab.thread]["turns"]
            return parts
        parts = self._changed(before, state)
        if before.waiting != state.waiting:
            parts |= self._screen.queue(chat, state.waiting)
        return parts

    def _changed(self, before: State, state: State) -> Parts:
        chat, old = state.chat, before.chat
        if _is_same_draft(old, chat):
            self._turns = [*self._turns[:-1], self._views.turn(chat, len(chat.turns))]
            parts: Parts = {self._tab.thread: self._screen.placed(chat, turns=self._turns)}
            is_same_stage = chat.turns[-1].stage == old.turns[-1].stage
            return parts if is_same_stage else parts | self._screen.sources(chat)
        self._turns = self._views.thread(chat)
        return {
            self._tab.thread: self._screen.placed(chat, turns=self._turns),
            self._tab.side: self._views.side(chat),
            self._tab.status: self._views.status(),
            **self._screen.sources(chat),
        }


def _is_same_draft(old: Chat, new: Chat) -> bool:
    """Return whether only the answer in progress differs."""
    if not new.turns or len(old.turns) != len(new.turns):
        return False
    return old.turns[-1].status == new.turns[-1].status == "draft"
