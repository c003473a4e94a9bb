"""Connect the parts of the chat tab to the handlers; asking has a module of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import gradio as gr

from rag.types import Thumb
from ui.chat import handlers, storage
from ui.chat.asking import FOLLOWING, WITH_HERE, Asking, connect_asking
from ui.chat.context import PRIVATE, ChatContext, Here
from ui.chat.conversations import Conversations
from ui.chat.handlers import Chat, PageState
from ui.chat.pages import Pages
from ui.chat.screen import Parts, Screen
from ui.chat.tab import ChatTab
from ui.chat.views import Views
from ui.server.loading import Loading
from ui.settings.session import SessionSettings

SEARCHES_AT_ONCE: Final = 4
FILTERED: Final = ("since", "until", "author", "source", "collection", "tag")
FINDING: Final = "(...all) => [paperchat.here(), all.at(-1)]"


def connect_chat(app: gr.Blocks, tab: ChatTab, loading: Loading, settings: gr.State) -> None:
    """Connect the tab's parts to the handlers.

    Args:
        app: The page; its loading begins the tab.
        tab: Laid out by `build_chat_tab`.
        loading: The library, which may still be loading.
        settings: Holds the visitor's `SessionSettings`.
    """
    context = ChatContext(loading)
    settings.change(
        lambda changed: context.views(changed).status(), settings, tab.status, **PRIVATE
    )
    pages = Pages(tab, context)
    asking = connect_asking(app, tab, context, pages, settings)
    _connect_reading(tab, context, settings)
    _connect_conversations(tab, Conversations(tab, context, pages), asking, settings)


def _connect_reading(tab: ChatTab, context: ChatContext, settings: gr.State) -> None:
    reading = Reading(tab, context)
    options: dict[str, Any] = {
        "inputs": [tab.state, tab.here, settings],
        "outputs": tab.conversation,
        "js": WITH_HERE,
        **PRIVATE,
    }
    editing = {**options, "outputs": [*tab.conversation, tab.question]}
    tab.thread.edit(reading.edit, **editing)
    tab.bar.uneditable(reading.keep, **editing)
    tab.thread.show(reading.show, **options)
    tab.thread.rate(reading.rate, **options)
    tab.thread.comment(reading.comment, **options)
    tab.bar.filter(reading.filter, **options)
    tab.bar.unfilter(reading.unfilter, **options)
    tab.sources.cite(reading.cite, **options | {"outputs": tab.download})
    sharing = [tab.state, tab.sources, tab.shown, tab.download]
    tab.sources.link(reading.link, **options | {"outputs": sharing})
    tab.sources.unlink(reading.unlink, **options | {"outputs": sharing})
    for part in (tab.thread, tab.sources):
        part.export(reading.export, **options | {"outputs": tab.download})


def _connect_conversations(
    tab: ChatTab, conversations: Conversations, asking: Asking, settings: gr.State
) -> None:
    options: dict[str, Any] = {
        "inputs": [tab.state, tab.here, settings],
        "outputs": tab.conversation,
        "js": WITH_HERE,
        "trigger_mode": "multiple",  # a press during the last one counts too
        **PRIVATE,
    }
    tab.finder.fresh(conversations.fresh, **options)
    for part in (tab.side, tab.found):
        part.open(asking.enter, **options | FOLLOWING)
        part.rename(conversations.rename, **options)
        part.pin(conversations.pin, **options)
        part.delete(conversations.delete, **options)
    tab.side.restore(conversations.restore, **options)
    tab.finder.find(
        conversations.find,
        [tab.here, settings],
        tab.found,
        js=FINDING,
        trigger_mode="always_last",  # each letter searches, the last one counts
        concurrency_limit=SEARCHES_AT_ONCE,
        **PRIVATE,
    )


class Reading:
    """Handle what is pressed while an answer is read."""

    def __init__(self, tab: ChatTab, context: ChatContext) -> None:
        self._tab = tab
        self._context = context
        self._copies = itertools.count()  # consecutive values always differ

    def _now(
        self, state: PageState, here: Here, settings: SessionSettings, request: gr.Request
    ) -> tuple[Screen, Views, Chat]:
        views, chat = self._context.now(state, here, settings, request)
        return Screen(self._tab, views), views, chat

    def edit(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Put a question back into the input."""
        screen, _, chat = self._now(state, here, settings, request)
        chat = replace(chat, editing=int(event.turn))
        question = chat.turns[chat.editing - 1].question
        return {self._tab.question: question, **self._page(chat), **screen.bar(chat)}

    def _page(self, chat: Chat) -> Parts:
        return {self._tab.state: PageState.of(chat)}

    def keep(
        self, state: PageState, here: Here, settings: SessionSettings, request: gr.Request
    ) -> Parts:
        """Stop editing."""
        screen, _, chat = self._now(state, here, settings, request)
        chat = replace(chat, editing=0)
        return {self._tab.question: "", **self._page(chat), **screen.bar(chat)}

    def show(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Show the sources of another turn."""
        screen, _, chat = self._now(state, here, settings, request)
        chat = replace(chat, shown=int(event.turn))
        return {**self._page(chat), **screen.sources(chat)}

    def rate(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Store a thumb; the same thumb again removes it."""
        screen, views, chat = self._now(state, here, settings, request)
        thumb: Thumb = "up" if event.way == "up" else "down"
        return screen.thread(storage.rate(views.kept, chat, int(event.turn), thumb))

    def comment(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Store the comment of a thumb."""
        screen, views, chat = self._now(state, here, settings, request)
        return screen.thread(storage.comment(views.kept, chat, int(event.turn), event.comment))

    def export(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Mapping[str, str]:
        """Return a file for the browser to download."""
        *_, chat = self._now(state, here, settings, request)
        return storage.export(chat, event.format, event.of)

    def cite(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Mapping[str, object]:
        """Return a reference to a cited paper for the browser to copy."""
        *_, chat = self._now(state, here, settings, request)
        text = storage.reference(chat, int(event.turn), int(event.marker), str(event.style))
        return {"copy": text, "number": next(self._copies)}

    def link(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Let others read an answer; the browser copies the link."""
        screen, views, chat = self._now(state, here, settings, request)
        chat, token = storage.share(views.kept, chat, int(event.turn))
        offered = {"share": token, "number": next(self._copies)}
        return {**self._page(chat), **screen.sources(chat), self._tab.download: offered}

    def unlink(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Let nobody read an answer by its link any more."""
        screen, views, chat = self._now(state, here, settings, request)
        chat = storage.unshare(views.kept, chat, int(event.turn))
        offered = {"told": "Not shared any more", "number": next(self._copies)}
        return {**self._page(chat), **screen.sources(chat), self._tab.download: offered}

    def filter(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Add a filter of the papers that may answer."""
        fields = {name: event._data.get(name, "") for name in FILTERED}
        screen, _, chat = self._now(state, here, settings, request)
        chat = replace(chat, filters=handlers.with_filter(chat.filters, **fields))
        return {**self._page(chat), **screen.bar(chat)}

    def unfilter(
        self,
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Parts:
        """Remove a filter."""
        screen, _, chat = self._now(state, here, settings, request)
        chat = replace(chat, filters=handlers.without(chat.filters, event.filter))
        return {**self._page(chat), **screen.bar(chat)}
