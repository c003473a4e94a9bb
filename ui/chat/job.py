"""The answers of one conversation, one after the other, and whoever follows them.

It belongs to the conversation, not to the page that asked: a page follows it, may go and come back.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol

from ui.chat import handlers
from ui.chat.handlers import Chat

MOST_WAITING: Final = 5  # questions of one conversation
SHOWN_EVERY_S: Final = 1 / 15  # what the eye takes for a flow; more only costs the browser
logger = logging.getLogger(__name__)
versions = itertools.count(1)  # of all conversations


class Task(Protocol):
    """A question that is to be answered within a conversation."""

    @property
    def question(self) -> str:
        """As it was typed."""

    def begin(self, chat: Chat) -> Chat:
        """Keep the question; the conversation with it as its last turn, a draft."""

    def states(self, chat: Chat) -> Generator[Chat]:
        """The conversation while the question is answered; each replaces the one before."""

    def keep(self, chat: Chat) -> Chat:
        """Keep the finished answer; the conversation as it then is."""


@dataclass(frozen=True, slots=True)
class State:
    """What there is of a job.

    Attributes:
        chat: The conversation with what is there of the answer.
        waiting: The questions that are answered next, in their order.
        is_over: Whether nothing more comes.
    """

    chat: Chat
    waiting: tuple[str, ...] = ()
    is_over: bool = False


class Job:
    """The answers that are made in one conversation, one after the other.

    Args:
        chat: The conversation before the first question.
    """

    def __init__(self, chat: Chat) -> None:
        self._lock = threading.Lock()
        self._state = State(chat)
        self._waiting: tuple[Task, ...] = ()
        self._task: Task | None = None  # whose answer is being made; None between two, and after
        self._has_begun = False  # whether the work on that answer takes one of the server's slots
        self._listeners: dict[object, Callable[[], None]] = {}

    @property
    def state(self) -> State:
        """What there is now."""
        return self._state

    @property
    def task(self) -> Task | None:
        """The question whose answer is being made."""
        return self._task

    def listen(self, told: Callable[[], None]) -> Callable[[], None]:
        """Call `told` at each change, from whatever thread; the result ends that."""
        mark = object()
        self._listeners[mark] = told

        def leave() -> None:
            self._listeners.pop(mark, None)

        return leave

    def _tell(self) -> None:
        for told in list(self._listeners.values()):
            told()

    def keep_question(self, task: Task) -> None:
        """Keep a question, and show it; its answer may then be made."""
        chat = task.begin(self._state.chat)
        with self._lock:
            self._task, self._has_begun = task, False
            self._set(chat)
        self._tell()

    def begin(self, task: Task) -> bool:
        """Begin to make the answer; False when it is not wanted any more."""
        with self._lock:
            self._has_begun = self._has_begun or self._task is task
            return self._task is task

    def show(self, task: Task, chat: Chat) -> bool:
        """Show how far the answer is; False when it is not wanted any more."""
        with self._lock:
            is_wanted = self._task is task
            if is_wanted:
                self._set(chat)
        if is_wanted:
            self._tell()
        return is_wanted

    def finish(self, task: Task, why: str | None = None) -> bool | None:
        """Keep the answer as it is; None when somebody else has done so.

        Args:
            task: Whose answer it is.
            why: Why no more comes of it, where it is not complete.

        Returns:
            Whether the work on it had begun.
        """
        with self._lock:
            if self._task is not task:
                return None
            self._task, has_begun = None, self._has_begun
        chat = _kept(task, handlers.stopped(self._state.chat, why))
        with self._lock:
            self._set(chat)
        self._tell()
        return has_begun

    def wait(self, task: Task) -> bool:
        """Have a question wait; False when too many do."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                return False
            self._hold((*self._waiting, task))
        self._tell()
        return True

    def take_back(self, question: str) -> bool:
        """Have a question wait no more; False when it does not wait."""
        with self._lock:
            places = [n for n, task in enumerate(self._waiting) if task.question == question]
            if places:
                self._hold(tuple(t for n, t in enumerate(self._waiting) if n != places[-1]))
        self._tell()
        return bool(places)

    def take_all_back(self) -> None:
        """Have no question wait."""
        with self._lock:
            self._hold(())

    def next(self) -> Task | None:
        """The question that has waited longest; None, and the job is over, when none does."""
        with self._lock:
            first = self._waiting[0] if self._waiting else None
            self._hold(self._waiting[1:])
            if first is None:
                self._state = replace(self._state, is_over=True)
        self._tell()
        return first

    def _set(self, chat: Chat) -> None:
        self._state = replace(self._state, chat=replace(chat, version=next(versions)))

    def _hold(self, waiting: tuple[Task, ...]) -> None:
        self._waiting = waiting
        self._state = replace(self._state, waiting=tuple(task.question for task in waiting))

    async def follow(self, every_s: float = SHOWN_EVERY_S) -> AsyncIterator[State]:
        """The states as they come, not faster than the eye; never without the latest.

        Args:
            every_s: Seconds that lie between two of them at least.
        """
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop of a follower that went is closed
                loop.call_soon_threadsafe(changed.set)

        leave = self.listen(wake)
        try:
            while True:
                changed.clear()
                state = self.state
                yield state
                if state.is_over:
                    return
                shown_at = loop.time()
                await changed.wait()
                if not self.state.is_over:
                    await asyncio.sleep(shown_at + every_s - loop.time())
        finally:
            leave()


def _kept(task: Task, chat: Chat) -> Chat:
    try:
        return task.keep(chat)
    except Exception:  # the conversation goes on with what there is
        logger.exception("an answer was not kept")
        return chat
