"""Handle the events of the list of conversations; page.js has cleared the page already."""

from __future__ import annotations

from dataclasses import replace

from ui.chat import handlers, storage
from ui.chat.context import ChatContext
from ui.chat.handlers import PageState
from ui.chat.pages import Pages
from ui.chat.screen import Parts, Screen
from ui.chat.tab import ChatTab
from ui.chat.visit import Visit


class Conversations:
    """Handle the list of conversations."""

    def __init__(self, tab: ChatTab, context: ChatContext, pages: Pages) -> None:
        self._tab = tab
        self._context = context
        self._pages = pages

    def find(self, visit: Visit) -> str:
        """Search what was asked and answered."""
        return self._context.views(visit.settings).found(visit.owner, visit.pressed.words)

    def fresh(self, visit: Visit) -> Parts:
        """Begin a new conversation; the old one is kept, and its answer continues.

        Where the page has drawn it by itself, only what is above the input is left to draw. What
        limits the papers stays, unless it is asked of some papers from now on.
        """
        self._pages.leave(visit)
        views, chat = self._context.now(visit)
        if scope := handlers.scope_in(visit.pressed.model_dump()):
            chat = replace(chat, filters=scope)
        screen = Screen(self._tab, views, visit.here.get("conversation", ""))
        if visit.pressed.drawn:
            return {self._tab.state: PageState.of(chat), self._tab.shown: None, **screen.bar(chat)}
        return {**screen.whole(chat), **screen.home()}

    def rename(self, visit: Visit) -> Parts:
        """Give a conversation another title."""
        views, chat = self._context.now(visit)
        storage.rename(views.kept, chat.owner, visit.pressed.conversation, visit.pressed.title)
        return Screen(self._tab, views).side(chat)

    def pin(self, visit: Visit) -> Parts:
        """Put a conversation first in the list, or back among the others."""
        views, chat = self._context.now(visit)
        kept = views.kept.conversations
        kept.pin(chat.owner, visit.pressed.conversation, is_pinned=bool(visit.pressed.on))
        return Screen(self._tab, views).side(chat)

    def delete(self, visit: Visit) -> Parts:
        """Delete a conversation, so that it can be restored."""
        views, chat = self._context.now(visit)
        self._context.jobs.drop(chat.owner, visit.pressed.conversation)
        removed = storage.delete(views.kept, chat.owner, visit.pressed.conversation)
        self._context.removed.keep(chat.owner, removed)
        return Screen(self._tab, views).side(chat)

    def restore(self, visit: Visit) -> Parts:
        """Restore the deleted conversation, and show it."""
        views, owner = self._context.views(visit.settings), visit.owner
        if removed := self._context.removed.find(owner):
            storage.restore(views.kept, owner, removed)
            self._context.removed.keep(owner, None)
        views, chat = self._context.now(visit)
        return Screen(self._tab, views).whole(chat)
