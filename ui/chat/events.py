"""Connect the parts of the chat tab to the handlers; asking has a module of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import gradio as gr

from ui.chat import handlers, storage
from ui.chat.asking import FOLLOWING, WITH_HERE, Asking, connect_asking
from ui.chat.context import PRIVATE, ChatContext
from ui.chat.conversations import Conversations
from ui.chat.handlers import Chat, PageState
from ui.chat.pages import Pages
from ui.chat.screen import Parts, Screen
from ui.chat.tab import ChatTab
from ui.chat.views import Views
from ui.chat.visit import Visit, pressing, visiting
from ui.server.loading import Loading

SEARCHES_AT_ONCE: Final = 4
FILTERED: Final = {"since", "until", "author", "source", "collection", "tag"}


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
    tab.thread.edit(pressing(reading.edit), **editing)
    tab.bar.uneditable(visiting(reading.keep), **editing)
    tab.thread.show(pressing(reading.show), **options)
    tab.thread.rate(pressing(reading.rate), **options)
    tab.thread.comment(pressing(reading.comment), **options)
    tab.bar.filter(pressing(reading.filter), **options)
    tab.bar.unfilter(pressing(reading.unfilter), **options)
    tab.sources.cite(pressing(reading.cite), **options | {"outputs": tab.download})
    sharing = [tab.state, tab.sources, tab.shown, tab.download]
    tab.sources.link(pressing(reading.link), **options | {"outputs": sharing})
    tab.sources.unlink(pressing(reading.unlink), **options | {"outputs": sharing})
    for part in (tab.thread, tab.sources):
        part.export(pressing(reading.export), **options | {"outputs": tab.download})


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
    tab.finder.fresh(pressing(conversations.fresh), **options)
    for part in (tab.side, tab.found):
        part.open(visiting(asking.enter), **options | FOLLOWING)
        part.rename(pressing(conversations.rename), **options)
        part.pin(pressing(conversations.pin), **options)
        part.delete(pressing(conversations.delete), **options)
    tab.side.restore(visiting(conversations.restore), **options)
    finding = {"outputs": tab.found, "concurrency_limit": SEARCHES_AT_ONCE}
    # Each letter searches, the last one counts.
    latest = {"trigger_mode": "always_last"}
    tab.finder.find(pressing(conversations.find), **options | finding | latest)


class Reading:
    """Handle what is pressed while an answer is read."""

    def __init__(self, tab: ChatTab, context: ChatContext) -> None:
        self._tab = tab
        self._context = context
        self._copies = itertools.count()  # consecutive values always differ

    def _now(self, visit: Visit) -> tuple[Screen, Views, Chat]:
        views, chat = self._context.now(visit)
        return Screen(self._tab, views), views, chat

    def edit(self, visit: Visit) -> Parts:
        """Put a question back into the input."""
        screen, _, chat = self._now(visit)
        chat = replace(chat, editing=visit.pressed.turn)
        question = chat.turns[chat.editing - 1].question
        return {self._tab.question: question, **self._page(chat), **screen.bar(chat)}

    def _page(self, chat: Chat) -> Parts:
        return {self._tab.state: PageState.of(chat)}

    def keep(self, visit: Visit) -> Parts:
        """Stop editing."""
        screen, _, chat = self._now(visit)
        chat = replace(chat, editing=0)
        return {self._tab.question: "", **self._page(chat), **screen.bar(chat)}

    def show(self, visit: Visit) -> Parts:
        """Show the sources of another turn."""
        screen, _, chat = self._now(visit)
        chat = replace(chat, shown=visit.pressed.turn)
        return {**self._page(chat), **screen.sources(chat)}

    def rate(self, visit: Visit) -> Parts:
        """Store a thumb; the same thumb again removes it."""
        screen, views, chat = self._now(visit)
        pressed = visit.pressed
        return screen.thread(storage.rate(views.kept, chat, pressed.turn, pressed.way))

    def comment(self, visit: Visit) -> Parts:
        """Store the comment of a thumb."""
        screen, views, chat = self._now(visit)
        pressed = visit.pressed
        return screen.thread(storage.comment(views.kept, chat, pressed.turn, pressed.comment))

    def export(self, visit: Visit) -> Mapping[str, str]:
        """Return a file for the browser to download."""
        *_, chat = self._now(visit)
        return storage.export(chat, visit.pressed.format, visit.pressed.of)

    def cite(self, visit: Visit) -> Mapping[str, object]:
        """Return a reference to a cited paper for the browser to copy."""
        *_, chat = self._now(visit)
        pressed = visit.pressed
        text = storage.reference(chat, pressed.turn, pressed.marker, pressed.style)
        return {"copy": text, "number": next(self._copies)}

    def link(self, visit: Visit) -> Parts:
        """Let others read an answer; the browser copies the link."""
        screen, views, chat = self._now(visit)
        chat, token = storage.share(views.kept, chat, visit.pressed.turn)
        offered = {"share": token, "number": next(self._copies)}
        return {**self._page(chat), **screen.sources(chat), self._tab.download: offered}

    def unlink(self, visit: Visit) -> Parts:
        """Let nobody read an answer by its link any more."""
        screen, views, chat = self._now(visit)
        chat = storage.unshare(views.kept, chat, visit.pressed.turn)
        offered = {"told": "Not shared any more", "number": next(self._copies)}
        return {**self._page(chat), **screen.sources(chat), self._tab.download: offered}

    def filter(self, visit: Visit) -> Parts:
        """Add a filter of the papers that may answer."""
        fields = visit.pressed.model_dump(include=FILTERED)
        screen, _, chat = self._now(visit)
        chat = replace(chat, filters=handlers.with_filter(chat.filters, **fields))
        return {**self._page(chat), **screen.bar(chat)}

    def unfilter(self, visit: Visit) -> Parts:
        """Remove a filter."""
        screen, _, chat = self._now(visit)
        chat = replace(chat, filters=handlers.without(chat.filters, visit.pressed.filter))
        return {**self._page(chat), **screen.bar(chat)}
