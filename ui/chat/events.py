"""Ties the parts of the Chat tab to the handlers; asking has a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import gradio as gr

from rag.types import Thumb
from ui.chat import handlers, storage
from ui.chat.asking import connect_asking
from ui.chat.context import PRIVATE, ChatContext, Here, Parts
from ui.chat.handlers import Chat
from ui.chat.storage import Removed
from ui.chat.tab import ChatTab
from ui.chat.views import panel
from ui.server.loading import Loading
from ui.settings.session import SessionSettings

SEARCHES_AT_ONCE: Final = 4


def connect_chat(app: gr.Blocks, tab: ChatTab, loading: Loading, settings: gr.State) -> None:
    """Tie the tab's parts to the handlers.

    Args:
        app: The page; its loading begins the tab.
        tab: Laid out by `build_chat_tab`.
        loading: The library, which may still be on its way.
        settings: Holds the visitor's `SessionSettings`.
    """
    context = ChatContext(loading)
    connect_asking(app, tab, context, settings)
    _connect_reading(tab, context, settings)
    _connect_conversations(tab, context, settings)


def _connect_reading(tab: ChatTab, context: ChatContext, settings: gr.State) -> None:
    reading = Reading(context)
    inputs = [tab.chat, tab.here, settings]
    editing = [tab.chat, tab.question, tab.bar]
    tab.thread.edit(reading.edit, inputs, editing, **PRIVATE)
    tab.bar.uneditable(reading.keep, inputs, editing, **PRIVATE)
    tab.thread.show(reading.show, inputs, [tab.chat, tab.sources], **PRIVATE)
    tab.thread.rate(reading.rate, inputs, [tab.chat, tab.thread], **PRIVATE)
    tab.thread.comment(reading.comment, inputs, [tab.chat, tab.thread], **PRIVATE)
    tab.sources.export(reading.export, inputs, tab.download, **PRIVATE)
    filtering = [tab.chat, tab.bar]
    tab.bar.filter(reading.filter, inputs, filtering, **PRIVATE)
    tab.bar.unfilter(reading.unfilter, inputs, filtering, **PRIVATE)


def _connect_conversations(tab: ChatTab, context: ChatContext, settings: gr.State) -> None:
    conversations = Conversations(context)
    inputs = [tab.chat, tab.here, settings]
    removing = [*tab.all, tab.removed]
    tab.finder.fresh(conversations.fresh, inputs, tab.all, **PRIVATE)
    for part in (tab.side, tab.found):
        part.open(conversations.open, inputs, tab.all, **PRIVATE)
        part.rename(conversations.rename, inputs, tab.all, **PRIVATE)
        part.delete(conversations.delete, inputs, removing, **PRIVATE)
    tab.side.restore(conversations.restore, [*inputs, tab.removed], removing, **PRIVATE)
    tab.finder.find(
        conversations.find,
        [tab.chat, settings],
        tab.found,
        trigger_mode="always_last",  # each letter asks, the last one counts
        concurrency_limit=SEARCHES_AT_ONCE,
        **PRIVATE,
    )


class Reading:
    """Handles what is pressed while an answer is read."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context

    def edit(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Put a question back into the input."""
        views, chat = self._context.now(chat, here, settings)
        chat = replace(chat, editing=int(event.turn))
        return chat, chat.turns[chat.editing - 1].question, views.bar(chat)

    def keep(self, chat: Chat, here: Here, settings: SessionSettings) -> Parts:
        """Leave off editing."""
        views, chat = self._context.now(chat, here, settings)
        chat = replace(chat, editing=0)
        return chat, "", views.bar(chat)

    def show(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Show the sources of another turn."""
        _, chat = self._context.now(chat, here, settings)
        chat = replace(chat, shown=int(event.turn))
        return chat, panel(chat)

    def rate(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Keep a thumb; the same thumb again takes it back."""
        views, chat = self._context.now(chat, here, settings)
        thumb: Thumb = "up" if event.way == "up" else "down"
        chat = storage.rate(views.kept, chat, int(event.turn), thumb)
        return chat, views.thread(chat)

    def comment(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Keep the sentence that goes with a thumb."""
        views, chat = self._context.now(chat, here, settings)
        chat = storage.comment(views.kept, chat, int(event.turn), event.comment)
        return chat, views.thread(chat)

    def export(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Mapping[str, str]:
        """A file for the browser to keep."""
        _, chat = self._context.now(chat, here, settings)
        return storage.export(chat, event.format, event.of)

    def filter(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Limit the papers that may answer."""
        fields = {
            name: event._data.get(name, "") for name in ("since", "until", "author", "source")
        }
        views, chat = self._context.now(chat, here, settings)
        chat = replace(chat, filters=handlers.with_filter(chat.filters, **fields))
        return chat, views.bar(chat)

    def unfilter(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Take a limit away."""
        views, chat = self._context.now(chat, here, settings)
        chat = replace(chat, filters=handlers.without(chat.filters, event.filter))
        return chat, views.bar(chat)


class Conversations:
    """Handles the list of conversations."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context

    def open(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Show another conversation."""
        views, chat = self._context.now(chat, here, settings)
        return views.all(storage.opened(views.kept, chat, event.conversation))

    def find(self, chat: Chat, settings: SessionSettings, event: gr.EventData) -> str:
        """Look through what was asked and answered."""
        return self._context.views(settings).found(chat, str(event.words))

    def fresh(self, chat: Chat, here: Here, settings: SessionSettings) -> Parts:
        """Begin a new conversation; the old one is kept."""
        views, chat = self._context.now(chat, here, settings)
        return views.all(Chat(chat.owner, filters=chat.filters))

    def rename(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Give a conversation another title."""
        views, chat = self._context.now(chat, here, settings)
        storage.rename(views.kept, chat.owner, event.conversation, event.title)
        return views.all(chat)

    def delete(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Delete a conversation, so that it can be brought back."""
        views, chat = self._context.now(chat, here, settings)
        removed = storage.delete(views.kept, chat.owner, event.conversation)
        if event.conversation == chat.conversation:
            chat = Chat(chat.owner, filters=chat.filters)
        return (*views.all(chat, removed), removed)

    def restore(
        self, chat: Chat, here: Here, settings: SessionSettings, removed: Removed | None
    ) -> Parts:
        """Bring the deleted conversation back, and show it."""
        views, chat = self._context.now(chat, here, settings)
        if removed:
            key = storage.restore(views.kept, chat.owner, removed)
            chat = storage.opened(views.kept, chat, key)
        return (*views.all(chat), None)
