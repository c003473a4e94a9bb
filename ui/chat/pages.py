"""Record which open page follows which answer in progress."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi.concurrency import run_in_threadpool

from ui.chat.context import ChatContext
from ui.chat.handlers import Chat, PageState
from ui.chat.job import Job
from ui.chat.screen import Following, Parts, Screen
from ui.chat.tab import ChatTab
from ui.chat.views import Views
from ui.chat.visit import Visit


class Pages:
    """Show conversations, and their answers in progress, to the pages that follow them.

    Args:
        tab: The components to draw in.
        context: Gives the jobs.
    """

    def __init__(self, tab: ChatTab, context: ChatContext) -> None:
        self._tab = tab
        self._context = context
        # What each page follows; the latest counts, as a page shows one conversation.
        self._followed: dict[str | None, object] = {}

    async def showing(self, views: Views, chat: Chat, visit: Visit) -> AsyncIterator[Parts]:
        """Yield a conversation that comes onto the screen, then its answer in progress."""
        screen = Screen(self._tab, views, visit.here.get("conversation", ""))
        job = self._context.jobs.find(chat.owner, chat.conversation)
        if job is None:
            self.leave(visit)
            whole = await run_in_threadpool(screen.whole, chat)
            yield whole | await run_in_threadpool(screen.home)
            return
        # At once: of two that follow each other closely a slow page draws the later alone.
        home = await run_in_threadpool(screen.home)
        async for parts in self.follow(job, views, PageState.of(chat), visit):
            yield parts | home
            home = {}

    def leave(self, visit: Visit) -> None:
        """Stop following for a page that shows another conversation."""
        self._followed.pop(visit.request.session_hash, None)

    async def follow(
        self, job: Job, views: Views, page: PageState, visit: Visit
    ) -> AsyncIterator[Parts]:
        """Yield the page as a job progresses, until it ends or the page follows another."""
        session, mark = visit.request.session_hash, object()
        self._followed[session] = mark
        following = Following(self._tab, views, page, visit.here.get("conversation", ""))
        try:
            async for state in job.follow():
                parts = await run_in_threadpool(following.parts, state)
                if self._followed.get(session) is not mark:
                    return
                yield parts
        finally:
            if self._followed.get(session) is mark:
                del self._followed[session]
