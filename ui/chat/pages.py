"""Which open page follows which answer on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr
from fastapi.concurrency import run_in_threadpool

from ui.chat.context import ChatContext, Here
from ui.chat.handlers import Chat, PageState
from ui.chat.job import Job
from ui.chat.screen import Following, Parts, Screen
from ui.chat.tab import ChatTab
from ui.chat.views import Views


class Pages:
    """Shows conversations, and the answers on their way in them, to whoever looks.

    Args:
        tab: What is drawn in.
        context: Leads to the jobs.
    """

    def __init__(self, tab: ChatTab, context: ChatContext) -> None:
        self._tab = tab
        self._context = context
        # What each page follows. Of two the later counts: a page shows one conversation.
        self._followed: dict[str | None, object] = {}

    async def showing(
        self, views: Views, chat: Chat, here: Here, request: gr.Request
    ) -> AsyncIterator[Parts]:
        """A conversation that comes onto the screen, then the answer on its way in it."""
        screen = Screen(self._tab, views, here.get("conversation", ""))
        job = self._context.jobs.find(chat.owner, chat.conversation)
        if job is None:
            self.leave(request)
            yield await run_in_threadpool(screen.whole, chat)
            yield await run_in_threadpool(screen.home)
            return
        is_first = True
        async for parts in self.follow(job, views, PageState.of(chat), here, request):
            yield parts
            if is_first:
                yield await run_in_threadpool(screen.home)
            is_first = False

    def leave(self, request: gr.Request) -> None:
        """Follow nothing more for a page: it has another conversation on the screen."""
        self._followed.pop(request.session_hash, None)

    async def follow(
        self, job: Job, views: Views, page: PageState, here: Here, request: gr.Request
    ) -> AsyncIterator[Parts]:
        """The page as the job goes on, until it is over or the page follows something else."""
        session, mark = request.session_hash, object()
        self._followed[session] = mark
        following = Following(self._tab, views, page, here.get("conversation", ""))
        try:
            async for state in job.follow():
                parts = await run_in_threadpool(following.parts, state)
                if self._followed.get(session) is not mark:
                    return
                yield parts
        finally:
            if self._followed.get(session) is mark:
                del self._followed[session]
