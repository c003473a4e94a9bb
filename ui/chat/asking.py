"""Asking in the Chat tab: from the loading of the page to the end, or the stop, of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import gradio as gr

from rag.types import Filters
from ui.chat import handlers, storage
from ui.chat.bars import waiting_html
from ui.chat.context import PRIVATE, ChatContext, Here, Parts
from ui.chat.handlers import Chat
from ui.chat.render import is_finished, progress_html, status_html
from ui.chat.tab import ChatTab
from ui.chat.views import Views, panel
from ui.settings.session import SessionSettings

ANSWERS_AT_ONCE: Final = 8
PROGRESS_EVERY_S: Final = 0.3
UNCHANGED: Final = gr.skip()
SAME: Final = (UNCHANGED,) * 3
# The last inputs but one are what the browser remembers, which it alone knows.
WITH_HERE: Final = "(...all) => [...all.slice(0, -2), paperchat.here(), all.at(-1)]"


def connect_asking(app: gr.Blocks, tab: ChatTab, context: ChatContext, settings: gr.State) -> None:
    """Tie what asks, and what stops an answer, to the handlers."""
    asking = Asking(context)
    inputs = [tab.chat, tab.here, settings]
    waiting = app.load(
        asking.begin, None, [tab.thread, tab.status], concurrency_limit=None, **PRIVATE
    )
    # Until this has drawn the conversation, page.js holds back what else could draw it.
    waiting.then(asking.enter, inputs[1:], tab.all, js=WITH_HERE, concurrency_limit=None, **PRIVATE)
    options: dict[str, Any] = {
        "outputs": [tab.question, *tab.all],
        "js": WITH_HERE,
        "concurrency_limit": ANSWERS_AT_ONCE,
        "concurrency_id": "asking",
        **PRIVATE,
    }
    running: list[Any] = [
        tab.question.submit(asking.typed, [tab.question, *inputs], **options),
        tab.thread.ask(asking.ask, inputs, **options),
        tab.thread.again(asking.again, inputs, **options),
        tab.thread.without(asking.without, inputs, **options),
    ]
    stopping = tab.thread.stop(
        asking.stop, inputs, tab.all, js=WITH_HERE, cancels=running, **PRIVATE
    )
    stopping.then(asking.settle, inputs, tab.all, js=WITH_HERE, **PRIVATE)


class Asking:
    """Handles the events of a question being asked.

    Args:
        context: Leads to the library.
    """

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        # Sessions whose answer on its way may show nothing more. Gradio's own cancelling lets what
        # is under way pass, which would take the place of the stopped answer.
        self._stopped: set[str | None] = set()

    def _admit(
        self, chat: Chat, here: Here, settings: SessionSettings, request: gr.Request
    ) -> tuple[Views, Chat]:
        """Open the chat of a visitor who has not asked too often."""
        self._context.admit(request)
        self._stopped.discard(request.session_hash)
        return self._context.now(chat, here, settings)

    def begin(self) -> Iterator[Parts]:
        """Progress until the library is ready, or will not be."""
        loading = self._context.loading
        while not loading.wait(PROGRESS_EVERY_S):
            status = progress_html(loading.progress)
            yield [waiting_html(status)], status
        yield UNCHANGED, UNCHANGED

    def enter(self, here: Here, settings: SessionSettings, request: gr.Request) -> Parts:
        """The conversation that was open here."""
        if why := self._context.loading.failure:
            status = status_html(why, is_warning=True)
            return *SAME, [waiting_html(status)], *SAME[:2], status
        views = self._context.views(settings)
        if request.username:
            key = here.get("conversation", "")
            return views.all(storage.opened(views.kept, Chat(request.username), key))
        return views.all(storage.refreshed(views.kept, Chat(), here))

    def typed(
        self, text: str, chat: Chat, here: Here, settings: SessionSettings, request: gr.Request
    ) -> Iterator[Parts]:
        """Ask what was typed; after an edit, in place of the edited question."""
        views, chat = self._admit(chat, here, settings, request)
        if chat.editing and text.strip():
            chat = chat.before(chat.editing)
        yield from self._answer(views, text, chat, request, clears=True)

    def ask(
        self,
        chat: Chat,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Parts]:
        """Ask a question that the page proposed."""
        views, chat = self._admit(chat, here, settings, request)
        yield from self._answer(views, event.question, chat, request)

    def again(
        self,
        chat: Chat,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Parts]:
        """Ask the last question once more."""
        views, chat = self._admit(chat, here, settings, request)
        turn = int(event.turn)
        yield from self._answer(views, chat.turns[turn - 1].question, chat.before(turn), request)

    def without(
        self,
        chat: Chat,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Parts]:
        """Ask a question again without one of the limits that it was answered under."""
        views, chat = self._admit(chat, here, settings, request)
        asked = chat.turns[int(event.turn) - 1]
        filters = handlers.without(asked.filters, event.filter)
        chat = replace(chat, filters=handlers.without(chat.filters, event.filter))
        chat = chat.before(int(event.turn))
        yield from self._answer(views, asked.question, chat, request, filters)

    def _answer(
        self,
        views: Views,
        question: str,
        chat: Chat,
        request: gr.Request,
        filters: Filters | None = None,
        *,
        clears: bool = False,
    ) -> Iterator[Parts]:
        """The page while an answer comes: only what changed, so that little is drawn anew."""
        if not question.strip():
            yield (UNCHANGED,) * 8
            return
        shown_stage, thread = "", []
        for now in handlers.respond(views.library, question, chat, filters):
            if request.session_hash in self._stopped:
                return
            if not now.turns or is_finished(now.turns[-1]):
                now = storage.save(views.kept, now)
                yield (UNCHANGED, *views.all(now))
                return
            stage = now.turns[-1].stage or "writing"
            if not shown_stage:
                thread = views.thread(now)
                cleared = "" if clears else UNCHANGED
                yield cleared, now, *SAME[:2], thread, views.bar(now), panel(now), UNCHANGED
            else:
                thread = [*thread[:-1], views.turn(now, len(now.turns))]
                sources = UNCHANGED if stage == shown_stage else panel(now)
                yield UNCHANGED, now, *SAME[:2], thread, UNCHANGED, sources, UNCHANGED
            shown_stage = stage

    def stop(self, chat: Chat, here: Here, settings: SessionSettings, request: gr.Request) -> Parts:
        """Keep what is there of the answer that was stopped."""
        self._stopped.add(request.session_hash)
        views = self._context.views(
            settings
        )  # not the kept conversation: it lacks the answer on its way
        return views.all(storage.save(views.kept, handlers.stopped(chat)))

    def settle(self, chat: Chat, here: Here, settings: SessionSettings) -> Parts:
        """Show the stopped answer once more: a draft may have been on its way to the page."""
        views = self._context.views(settings)
        chat = handlers.stopped(chat)
        key = here.get("conversation", "")
        return views.all(storage.opened(views.kept, chat, key) if chat.owner and key else chat)
