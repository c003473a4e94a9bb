"""Ties the parts of the Chat tab to the handlers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import gradio as gr

from rag.errors import RagError
from rag.types import Filters
from ui import handlers, keeping
from ui.bars import waiting_html
from ui.chat_tab import ChatTab
from ui.handlers import Chat
from ui.keeping import Removed
from ui.loading import Loading
from ui.render import is_finished, progress_html, status_html
from ui.session import SessionSettings, library_for
from ui.views import Views, panel

ANSWERS_AT_ONCE: Final = 8
PROGRESS_EVERY_S: Final = 0.3
UNCHANGED: Final = gr.skip()
PRIVATE: Final[dict[str, Any]] = {"show_progress": "hidden", "api_visibility": "private"}

Here = Mapping[str, str]  # what the browser remembers: owner and conversation
Parts = tuple[Any, ...]


def connect_chat(app: gr.Blocks, tab: ChatTab, loading: Loading, settings: gr.State) -> None:
    """Tie the tab's parts to the handlers.

    Args:
        app: The page; its loading begins the tab.
        tab: Laid out by `build_chat_tab`.
        loading: The library, which may still be on its way.
        settings: Holds the visitor's `SessionSettings`.
    """
    events = _Events(loading)
    beginning = {"js": "() => [paperchat.here(), null]", "concurrency_limit": None, **PRIVATE}
    app.load(events.begin, [tab.here, settings], tab.all, **beginning)
    _connect_asking(events, tab, settings)
    _connect_reading(events, tab, settings)
    _connect_conversations(events, tab, settings)


def _connect_asking(events: _Events, tab: ChatTab, settings: gr.State) -> None:
    inputs = [tab.chat, tab.here, settings]
    outputs = [tab.question, *tab.all]
    asking: dict[str, Any] = {
        "outputs": outputs,
        "concurrency_limit": ANSWERS_AT_ONCE,
        "concurrency_id": "asking",
        **PRIVATE,
    }
    running: list[Any] = [tab.question.submit(events.typed, [tab.question, *inputs], **asking)]
    for event, handler in (
        ("ask", events.ask),
        ("again", events.again),
        ("without", events.without),
    ):
        running.append(getattr(tab.thread, event)(handler, inputs, **asking))
    tab.thread.stop(events.stop, inputs, tab.all, cancels=running, **PRIVATE)


def _connect_reading(events: _Events, tab: ChatTab, settings: gr.State) -> None:
    inputs = [tab.chat, tab.here, settings]
    editing = [tab.chat, tab.question, tab.bar]
    tab.thread.edit(events.edit, inputs, editing, **PRIVATE)
    tab.bar.uneditable(events.keep, inputs, editing, **PRIVATE)
    tab.thread.show(events.show, inputs, [tab.chat, tab.sources], **PRIVATE)
    tab.thread.rate(events.rate, inputs, [tab.chat, tab.thread], **PRIVATE)
    tab.thread.comment(events.comment, inputs, [tab.chat, tab.thread], **PRIVATE)
    tab.sources.export(events.export, inputs, tab.download, **PRIVATE)
    filtering = [tab.chat, tab.bar]
    tab.bar.filter(events.filter, inputs, filtering, **PRIVATE)
    tab.bar.unfilter(events.unfilter, inputs, filtering, **PRIVATE)


def _connect_conversations(events: _Events, tab: ChatTab, settings: gr.State) -> None:
    inputs = [tab.chat, tab.here, settings]
    tab.side.open(events.open, inputs, tab.all, **PRIVATE)
    tab.side.fresh(events.fresh, inputs, tab.all, **PRIVATE)
    tab.side.rename(events.rename, inputs, tab.all, **PRIVATE)
    removing = [*tab.all, tab.removed]
    tab.side.delete(events.delete, inputs, removing, **PRIVATE)
    tab.side.restore(events.restore, [*inputs, tab.removed], removing, **PRIVATE)


class _Events:
    """What happens on each event. A handler gets the conversation and gives back what changed."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    def _views(self, settings: SessionSettings) -> Views:
        """The library as this visitor has set it; waits until it is there."""
        self._loading.wait()
        if self._loading.library is None:
            raise gr.Error(self._loading.failure or "", print_exception=False)
        try:
            answering = library_for(self._loading.library, settings)
            return Views(answering, self._loading.library, self._loading.notice)
        except RagError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc

    def _admit(self, request: gr.Request) -> None:
        """Refuse a visitor who has asked too often."""
        if why := self._loading.door.why_not_now(request):
            raise gr.Error(why, print_exception=False)

    def _now(self, chat: Chat, here: Here, settings: SessionSettings) -> tuple[Views, Chat]:
        """The conversation as it is kept: another tab, or a server before this one, wrote it."""
        views = self._views(settings)
        return views, keeping.refreshed(views.kept, chat, here)

    # --- asking

    def begin(self, here: Here, settings: SessionSettings, request: gr.Request) -> Iterator[Parts]:
        """Progress until the library is ready, then the conversation that was open here."""
        while not self._loading.wait(PROGRESS_EVERY_S):
            told = progress_html(self._loading.progress)
            yield (*[UNCHANGED] * 3, [waiting_html(told)], *[UNCHANGED] * 2, told)
        if self._loading.failure:
            told = status_html(self._loading.failure, is_warning=True)
            yield (*[UNCHANGED] * 3, [waiting_html(told)], *[UNCHANGED] * 2, told)
            return
        views = self._views(settings)
        if request.username:
            chat = keeping.opened(views.kept, Chat(request.username), here.get("conversation", ""))
        else:
            chat = keeping.refreshed(views.kept, Chat(), here)
        yield views.all(chat)

    def typed(
        self, text: str, chat: Chat, here: Here, settings: SessionSettings, request: gr.Request
    ) -> Iterator[Parts]:
        """Ask what was typed; after an edit, in place of the edited question."""
        self._admit(request)
        views, chat = self._now(chat, here, settings)
        if chat.editing and text.strip():
            chat = chat.before(chat.editing)
        yield from self._answer(views, text, chat, clears=True)

    def ask(
        self,
        chat: Chat,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Parts]:
        """Ask a question that the page proposed."""
        self._admit(request)
        views, chat = self._now(chat, here, settings)
        yield from self._answer(views, event.question, chat)

    def again(
        self,
        chat: Chat,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Parts]:
        """Ask the last question once more."""
        self._admit(request)
        views, chat = self._now(chat, here, settings)
        asked = chat.turns[int(event.turn) - 1]
        yield from self._answer(views, asked.question, chat.before(int(event.turn)))

    def without(
        self,
        chat: Chat,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Parts]:
        """Ask a question again without one of the limits that it was answered under."""
        self._admit(request)
        views, chat = self._now(chat, here, settings)
        asked = chat.turns[int(event.turn) - 1]
        filters = handlers.without(asked.filters, event.filter)
        chat = replace(chat, filters=handlers.without(chat.filters, event.filter))
        yield from self._answer(views, asked.question, chat.before(int(event.turn)), filters)

    def _answer(
        self,
        views: Views,
        question: str,
        chat: Chat,
        filters: Filters | None = None,
        *,
        clears: bool = False,
    ) -> Iterator[Parts]:
        """The page while an answer comes: only what changed, so that little is drawn anew."""
        stage, thread = "", views.thread(chat)[: len(chat.turns)]
        for now in handlers.respond(views.library, question, chat, filters):
            if not now.turns or is_finished(now.turns[-1]):
                now = keeping.save(views.kept, now)
                yield (UNCHANGED, *views.all(now))
                return
            answer = now.turns[-1]
            parts: list[Any] = [UNCHANGED] * 8
            parts[1] = now
            parts[4] = [*thread, views.turn(now, len(now.turns))]
            if answer.stage != stage:
                parts[6] = panel(now)
            if not stage:
                parts[0] = "" if clears else UNCHANGED
                parts[4] = views.thread(now)
                parts[5] = views.bar(now)
                thread = parts[4][:-1]
            stage = answer.stage or "writing"
            yield tuple(parts)

    def stop(self, chat: Chat, here: Here, settings: SessionSettings) -> Parts:
        """Keep what is there of the answer that was stopped."""
        views = self._views(settings)  # not the kept conversation: it lacks the answer on its way
        return views.all(keeping.save(views.kept, handlers.stopped(chat)))

    # --- reading

    def edit(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Put a question back into the input."""
        views, chat = self._now(chat, here, settings)
        chat = replace(chat, editing=int(event.turn))
        return chat, chat.turns[chat.editing - 1].question, views.bar(chat)

    def keep(self, chat: Chat, here: Here, settings: SessionSettings) -> Parts:
        """Leave off editing."""
        views, chat = self._now(chat, here, settings)
        chat = replace(chat, editing=0)
        return chat, "", views.bar(chat)

    def show(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Show the sources of another turn."""
        _, chat = self._now(chat, here, settings)
        chat = replace(chat, shown=int(event.turn))
        return chat, panel(chat)

    def rate(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Keep a thumb; the same thumb again takes it back."""
        views, chat = self._now(chat, here, settings)
        chat = keeping.rate(views.kept, chat, int(event.turn), event.way)
        return chat, views.thread(chat)

    def comment(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Keep the sentence that goes with a thumb."""
        views, chat = self._now(chat, here, settings)
        chat = keeping.comment(views.kept, chat, int(event.turn), event.comment)
        return chat, views.thread(chat)

    def export(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Mapping[str, str]:
        """A file for the browser to keep."""
        _, chat = self._now(chat, here, settings)
        return keeping.export(chat, event.form, event.of)

    def filter(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Limit the papers that may answer."""
        fields = {
            name: event._data.get(name, "") for name in ("since", "until", "author", "source")
        }
        views, chat = self._now(chat, here, settings)
        chat = replace(chat, filters=handlers.with_filter(chat.filters, **fields))
        return chat, views.bar(chat)

    def unfilter(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Take a limit away."""
        views, chat = self._now(chat, here, settings)
        chat = replace(chat, filters=handlers.without(chat.filters, event.filter))
        return chat, views.bar(chat)

    # --- conversations

    def open(self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData) -> Parts:
        """Show another conversation."""
        views, chat = self._now(chat, here, settings)
        return views.all(keeping.opened(views.kept, chat, event.conversation))

    def fresh(self, chat: Chat, here: Here, settings: SessionSettings) -> Parts:
        """Begin a new conversation; the old one is kept."""
        views, chat = self._now(chat, here, settings)
        return views.all(Chat(chat.owner, filters=chat.filters))

    def rename(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Give a conversation another title."""
        views, chat = self._now(chat, here, settings)
        keeping.rename(views.kept, chat.owner, event.conversation, event.title)
        return views.all(chat)

    def delete(
        self, chat: Chat, here: Here, settings: SessionSettings, event: gr.EventData
    ) -> Parts:
        """Delete a conversation, so that it can be brought back."""
        views, chat = self._now(chat, here, settings)
        removed = keeping.delete(views.kept, chat.owner, event.conversation)
        if event.conversation == chat.conversation:
            chat = Chat(chat.owner, filters=chat.filters)
        return (*views.all(chat, removed), removed)

    def restore(
        self, chat: Chat, here: Here, settings: SessionSettings, removed: Removed | None
    ) -> Parts:
        """Bring the deleted conversation back, and show it."""
        views, chat = self._now(chat, here, settings)
        if removed:
            key = keeping.restore(views.kept, chat.owner, removed)
            chat = keeping.opened(views.kept, chat, key)
        return (*views.all(chat), None)
