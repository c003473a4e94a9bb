"""Make the answers of one conversation, one after the other, for whoever follows them.

A job belongs to the conversation, not to the page that asked, which may leave and come back.
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
SHOWN_EVERY_S: Final = 1 / 15  # looks continuous; more only costs the browser
logger = logging.getLogger(__name__)
versions = itertools.count(1)  # of all conversations


class Task(Protocol):
    """A question to answer within a conversation."""

    @property
    def question(self) -> str:
        """As it was typed."""

    def begin(self, chat: Chat) -> Chat:
        """Store the question; return the conversation with a draft as its last turn."""

    def states(self, chat: Chat) -> Generator[Chat]:
        """Yield the conversation while the question is answered; each replaces the one before."""

    def keep(self, chat: Chat) -> Chat:
        """Store the finished answer; return the conversation as it then is."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of a job.

    Attributes:
        chat: The conversation with the answer so far.
        waiting: The questions to answer next, in their order.
        is_over: Whether the job has ended.
    """

    chat: Chat
    waiting: tuple[str, ...] = ()
    is_over: bool = False


class Job:
    """The answers in progress of one conversation, one after the other.

    Args:
        chat: The conversation before the first question.
    """

    def __init__(self, chat: Chat) -> None:
        self._lock = threading.Lock()
        self._state = State(chat)
        self._waiting: tuple[Task, ...] = ()
        self._task: Task | None = None  # being answered; None between two, and after the last
        self._has_begun = False  # whether that answer occupies one of the server's slots
        self._listeners: dict[object, Callable[[], None]] = {}

    @property
    def state(self) -> State:
        """The latest state."""
        return self._state

    @property
    def task(self) -> Task | None:
        """The question that is being answered."""
        return self._task

    def listen(self, told: Callable[[], None]) -> Callable[[], None]:
        """Call `told` at each change, from any thread; calling the result ends that."""
        mark = object()
        self._listeners[mark] = told

        def leave() -> None:
            self._listeners.pop(mark, None)

        return leave

    def _tell(self) -> None:
        for told in list(self._listeners.values()):
            told()

    def keep_question(self, task: Task) -> None:
        """Store and show a question; its answer may then be made."""
        chat = task.begin(self._state.chat)
        with self._lock:
            self._task, self._has_begun = task, False
            self._set(chat)
        self._tell()

    def begin(self, task: Task) -> bool:
        """Begin an answer; return False when it is no longer wanted."""
        with self._lock:
            self._has_begun = self._has_begun or self._task is task
            return self._task is task

    def show(self, task: Task, chat: Chat) -> bool:
        """Show the progress of an answer; return False when it is no longer wanted."""
        with self._lock:
            is_wanted = self._task is task
            if is_wanted:
                self._set(chat)
        if is_wanted:
            self._tell()
        return is_wanted

    def finish(self, task: Task, why: str | None = None) -> bool | None:
        """Store the answer as it is; return None when somebody else has done so.

        Args:
            task: Whose answer it is.
            why: Why it is not complete, where it is not.

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
        """Queue a question; return False when too many wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                return False
            self._hold((*self._waiting, task))
        self._tell()
        return True

    def take_back(self, question: str) -> bool:
        """Remove a waiting question; return False when it does not wait."""
        with self._lock:
            places = [n for n, task in enumerate(self._waiting) if task.question == question]
            if places:
                self._hold(tuple(t for n, t in enumerate(self._waiting) if n != places[-1]))
        self._tell()
        return bool(places)

    def take_all_back(self) -> None:
        """Remove all waiting questions."""
        with self._lock:
            self._hold(())

    def next(self) -> Task | None:
        """Return the question that has waited longest; without one end the job and return None."""
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
        """Yield the states as they come, at a limited rate, and always the latest.

        Args:
            every_s: Least seconds between two of them.
        """
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop of a follower that left is closed
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
    except Exception:  # the conversation continues with what there is
        logger.exception("an answer was not kept")
        return chat
