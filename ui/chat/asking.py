"""Handle the events of asking, from the loading of the page to the end of an answer.

An event that asks starts a job, and then shows the page how far the job is. The page may leave
meanwhile and come back: whatever opens a conversation follows the job that it finds there.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import gradio as gr
from fastapi.concurrency import run_in_threadpool

from rag.types import Filters
from ui.chat import handlers, storage
from ui.chat.bars import waiting_html
from ui.chat.context import PRIVATE, ChatContext
from ui.chat.handlers import Chat, PageState
from ui.chat.job import Job
from ui.chat.pages import Pages
from ui.chat.question import Tabled
from ui.chat.render import progress_html, status_html
from ui.chat.screen import Parts, Screen
from ui.chat.tab import ChatTab
from ui.chat.views import Views
from ui.chat.visit import Visit, pressing, typing, visiting
from ui.settings.session import answered_otherwise

PROGRESS_EVERY_S: Final = 0.3
TOO_MANY_WAIT: Final = "Too many questions are waiting; this one is back in the input."
# The last input but one is what the browser remembers, which it alone knows.
WITH_HERE: Final = "(...all) => [...all.slice(0, -2), paperchat.here(), all.at(-1)]"
TYPED: Final = "(...all) => [...all.slice(0, -2), paperchat.asked(), all.at(-1)]"
# Events that follow an answer mostly wait; others must not wait for them.
FOLLOWING: Final[dict[str, Any]] = {
    "concurrency_limit": None,
    "trigger_mode": "multiple",
    **PRIVATE,
}


def connect_asking(
    app: gr.Blocks, tab: ChatTab, context: ChatContext, pages: Pages, settings: gr.State
) -> Asking:
    """Connect what asks, and what stops an answer, to the handlers."""
    asking = Asking(tab, context, pages)
    inputs = [tab.state, tab.here, settings]
    waiting = app.load(
        asking.begin, None, [tab.thread, tab.status], concurrency_limit=None, **PRIVATE
    )
    options: dict[str, Any] = {"outputs": tab.conversation, "js": WITH_HERE, **FOLLOWING}
    # Until this has drawn the conversation, page.js holds back what else could draw it.
    waiting.then(visiting(asking.enter), inputs, **options)
    tab.thread.follow(visiting(asking.enter), inputs, **options)
    typed = [tab.question, *inputs]
    tab.question.submit(typing(asking.typed), typed, **options | {"js": TYPED})
    tab.thread.ask(pressing(asking.ask), inputs, **options)
    tab.thread.again(pressing(asking.again), inputs, **options)
    tab.thread.without(pressing(asking.without), inputs, **options)
    for part in (tab.thread, tab.sources):
        part.table(pressing(asking.table), inputs, **options)
    tab.thread.stop(visiting(asking.stop), inputs, **options)
    tab.queue.unqueue(pressing(asking.take_back), inputs, **options)
    return asking


class Asking:
    """Handle the events of asking a question.

    Args:
        tab: The components to draw in.
        context: Gives the library.
        pages: Follow the answers in progress.
    """

    def __init__(self, tab: ChatTab, context: ChatContext, pages: Pages) -> None:
        self._tab = tab
        self._context = context
        self._pages = pages
        self._refusals = itertools.count()  # consecutive values always differ

    def begin(self) -> Iterator[tuple[object, object]]:
        """Yield progress until the library is ready, or has failed."""
        loading = self._context.loading
        while not loading.wait(PROGRESS_EVERY_S):
            status = progress_html(loading.progress)
            yield {"turns": [waiting_html(status)]}, status
        yield gr.skip(), gr.skip()

    async def enter(self, visit: Visit) -> AsyncIterator[Parts]:
        """Yield the conversation that was open here, and its answer in progress."""
        if why := self._context.loading.failure:
            status = status_html(why, is_warning=True)
            yield {self._tab.thread: {"turns": [waiting_html(status)]}, self._tab.status: status}
            return
        views, chat = await run_in_threadpool(self._context.now, visit.of_last)
        async for parts in self._pages.showing(views, chat, visit):
            yield parts

    async def typed(self, visit: Visit) -> AsyncIterator[Parts]:
        """Ask what was typed; after an edit, in a branch that begins at the edited question."""
        text = visit.pressed.question

        def ask() -> tuple[Views, Chat, Job | None]:
            views, chat = self._admit(visit)
            if chat.editing:
                chat = storage.branched(views.kept, chat, chat.editing, text)
            return views, chat, self._context.ask(views, chat, text)

        if not text.strip():
            yield {self._tab.status: gr.skip()}
            return
        try:
            views, chat, job = await run_in_threadpool(ask)
        except gr.Error:
            yield self._refused(text)
            raise
        if job is None:
            yield self._refused(text)
            raise gr.Error(TOO_MANY_WAIT, print_exception=False)
        # It is stored, or waits. A part of its own says so: where one part gets two values at
        # once, the page sees the later only, and a question taken back meanwhile would be lost.
        accepted: Parts = {self._tab.accepted: {"number": next(self._refusals)}}
        async for parts in self._pages.follow(job, views, _page(chat), visit):
            yield parts | accepted
            accepted = {}

    def _refused(self, text: str) -> Parts:
        """Return a question to put back into the input."""
        return {self._tab.refused: {"text": text, "number": next(self._refusals)}}

    def _admit(self, visit: Visit) -> tuple[Views, Chat]:
        """Return the conversation of a visitor who has not asked too often."""
        self._context.admit(visit.request)
        return self._context.now(visit)

    async def ask(self, visit: Visit) -> AsyncIterator[Parts]:
        """Ask a question that the page proposed."""
        async for parts in self.typed(visit.as_new):
            yield parts

    async def again(self, visit: Visit) -> AsyncIterator[Parts]:
        """Ask a question once more, perhaps in another way."""
        turn = visit.pressed.turn
        settings = answered_otherwise(visit.settings, visit.pressed.how)

        def ask() -> tuple[Views, Chat, Job | None]:
            views, chat = self._admit(replace(visit, settings=settings))
            if table := chat.turns[turn - 1].table:
                ids = [row.paper.paper_id for row in table.rows]
                return self._tabulate(views, chat, turn, ids, table.columns)
            return self._in_place_of(views, chat, turn)

        async for parts in self._followed(ask, visit):
            yield parts

    async def table(self, visit: Visit) -> AsyncIterator[Parts]:
        """Make a table of papers; or make one anew, with one more column or one less."""
        turn, dropped = visit.pressed.turn, visit.pressed.drop
        added = visit.pressed.column.strip()

        def make() -> tuple[Views, Chat, Job | None]:
            views, chat = self._admit(visit)
            of = chat.turns[turn - 1] if 0 < turn <= len(chat.turns) else None
            if of and of.table:
                ids = [row.paper.paper_id for row in of.table.rows]
                kept = [each for each in of.table.columns if each != dropped]
                columns = [*kept, *filter(None, [added])]
                return self._tabulate(views, chat, turn, ids, columns)
            ids = [paper.paper_id for paper in of.papers] if of else []
            ids = list(handlers.paper_ids_in(visit.pressed.papers)) or ids
            return self._tabulate(views, chat, 0, ids, ())

        async for parts in self._followed(make, visit):
            yield parts

    async def _followed(
        self, begin: Callable[[], tuple[Views, Chat, Job | None]], visit: Visit
    ) -> AsyncIterator[Parts]:
        """Begin a job, and yield the page as it progresses; nothing where none began."""
        views, chat, job = await run_in_threadpool(begin)
        if job:
            async for parts in self._pages.follow(job, views, _page(chat), visit):
                yield parts

    def _tabulate(
        self, views: Views, chat: Chat, turn: int, ids: Sequence[str], columns: Sequence[str]
    ) -> tuple[Views, Chat, Job | None]:
        """Make a table: in the place of a turn if it is the last, else as the next one."""
        replaces = 0 < turn == len(chat.turns)
        task = Tabled(ids, columns, views.library, views.kept, replaces)
        return views, chat, self._context.do(views, chat, task)

    async def without(self, visit: Visit) -> AsyncIterator[Parts]:
        """Ask a question again without one of the filters that it was answered under."""
        turn, limit = visit.pressed.turn, visit.pressed.filter

        def ask() -> tuple[Views, Chat, Job | None]:
            views, chat = self._admit(visit)
            filters = handlers.without(chat.turns[turn - 1].filters, limit)
            chat = replace(chat, filters=handlers.without(chat.filters, limit))
            return self._in_place_of(views, chat, turn, filters)

        async for parts in self._followed(ask, visit):
            yield parts

    def _in_place_of(
        self, views: Views, chat: Chat, turn: int, filters: Filters | None = None
    ) -> tuple[Views, Chat, Job | None]:
        """Ask the question of a turn again: in its place if it is the last, else in a branch."""
        question = chat.turns[turn - 1].question
        if turn < len(chat.turns):
            chat = storage.branched(views.kept, chat, turn, question)
            return views, chat, self._context.ask(views, chat, question, filters)
        return views, chat, self._context.ask(views, chat, question, filters, replaces=True)

    async def stop(self, visit: Visit) -> AsyncIterator[Parts]:
        """End the answer in progress in the conversation on the screen."""

        def stop() -> tuple[Views, Chat]:
            self._context.jobs.stop(visit.owner, storage.conversation_of(visit.here))
            return self._context.now(visit)

        views, chat = await run_in_threadpool(stop)
        async for parts in self._pages.showing(views, chat, visit):
            yield parts

    async def take_back(self, visit: Visit) -> AsyncIterator[Parts]:
        """Remove a waiting question."""
        job = self._context.jobs.find(visit.owner, storage.conversation_of(visit.here))
        is_back = job is not None and job.take_back(visit.pressed.question)
        returned = self._refused(visit.pressed.question) if is_back else {}
        views, chat = await run_in_threadpool(self._context.now, visit)
        waiting = job.state.waiting if job else ()
        yield returned | Screen(self._tab, views).queue(chat, waiting)


def _page(chat: Chat) -> PageState:
    """Return the state of the page after a question is asked."""
    return PageState(chat.conversation, chat.filters)
