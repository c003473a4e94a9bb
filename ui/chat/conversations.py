"""Handle the events of the list of conversations; page.js has cleared the page already."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from ui.chat import handlers, storage
from ui.chat.context import ChatContext, Here
from ui.chat.handlers import PageState
from ui.chat.pages import Pages
from ui.chat.screen import Parts, Screen
from ui.chat.tab import ChatTab
from ui.server.visitors import owner_of
from ui.settings.session import SessionSettings


class Conversations:
    """Handle the list of conversations."""

    def __init__(self, tab: ChatTab, context: ChatContext, pages: Pages) -> None:
        self._tab = tab
        self._context = context
        self._pages = pages

    def find(
        self, here: Here, settings: SessionSettings, event: gr.EventData, request: gr.Request
    ) -> str:
        """Search what was asked and answered."""
        owner = owner_of(here, request.username)
        return self._context.views(settings).found(owner, str(event.words))

    def fresh(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Begin a new conversation; the old one is kept, and its answer continues.

        Where the page has drawn it by itself, only what is above the input is left to draw. What
        limits the papers stays, unless it is asked of some papers from now on.
        """
        self._pages.leave(request)
        views, chat = self._context.now(state, here, settings, request)
        if scope := handlers.scope_in(event._data):
            chat = replace(chat, filters=scope)
        screen = Screen(self._tab, views, here.get("conversation", ""))
        if event.drawn:
            return {self._tab.state: PageState.of(chat), self._tab.shown: None, **screen.bar(chat)}
        return {**screen.whole(chat), **screen.home()}

    def rename(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Give a conversation another title."""
        views, chat = self._context.now(state, here, settings, request)
        storage.rename(views.kept, chat.owner, event.conversation, event.title)
        return Screen(self._tab, views).side(chat)

    def pin(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Put a conversation first in the list, or back among the others."""
        views, chat = self._context.now(state, here, settings, request)
        kept = views.kept.conversations
        kept.pin(chat.owner, event.conversation, is_pinned=bool(event.on))
        return Screen(self._tab, views).side(chat)

    def delete(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Delete a conversation, so that it can be restored."""
        views, chat = self._context.now(state, here, settings, request)
        self._context.jobs.drop(chat.owner, event.conversation)
        removed = storage.delete(views.kept, chat.owner, event.conversation)
        self._context.removed.keep(chat.owner, removed)
        return Screen(self._tab, views).side(chat)

    def restore(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        request: gr.Request,
    ) -> Parts:
        """Restore the deleted conversation, and show it."""
        views, owner = self._context.views(settings), owner_of(here, request.username)
        if removed := self._context.removed.find(owner):
            storage.restore(views.kept, owner, removed)
            self._context.removed.keep(owner, None)
        views, chat = self._context.now(state, here, settings, request)
        return Screen(self._tab, views).whole(chat)
