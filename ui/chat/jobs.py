"""Run all answers in progress: a thread makes each, whether or not a page follows it.

Meanwhile further questions of the conversation wait, and are answered in their order.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Final

from rag.errors import RagError
from ui.chat import handlers
from ui.chat.handlers import Chat
from ui.chat.job import Job, Task, versions

ANSWERS_AT_ONCE: Final = 8
MOST_UNKEPT: Final = 100  # conversations that could not be stored, kept until the server ends
BROKEN_OFF: Final = "This answer broke off by a fault of paperchat; its log tells more."
logger = logging.getLogger(__name__)

Key = tuple[str, str]  # owner and conversation


class Jobs:
    """The jobs of all conversations of a server.

    Args:
        at_once: How many answers are made at the same time; further ones begin later.
    """

    def __init__(self, at_once: int = ANSWERS_AT_ONCE) -> None:
        self._lock = threading.RLock()
        self._running: dict[Key, Job] = {}
        self._unkept: OrderedDict[Key, Chat] = OrderedDict()
        self._slots = threading.Semaphore(at_once)

    def find(self, owner: str, conversation: str) -> Job | None:
        """Return the job of a conversation, while it runs."""
        with self._lock:
            return self._running.get((owner, conversation))

    def look(self, owner: str, conversation: str, load: Callable[[], Chat]) -> Chat:
        """Return a conversation in its latest state.

        Args:
            owner: Whose it is.
            conversation: Its id.
            load: Gives the stored state, where no job has a later one.
        """
        key = (owner, conversation)
        with self._lock:  # older than the states of a job that begins now
            job, version = self._running.get(key), next(versions)
            unkept = self._unkept.get(key)
        return job.state.chat if job else replace(unkept or load(), version=version)

    def ask(self, key: Key, task: Task, load: Callable[[], Chat]) -> Job | None:
        """Have a question answered, after earlier ones of its conversation.

        It is stored when this returns, unless it has to wait. Returns None when too many wait.

        Args:
            key: The conversation.
            task: The question.
            load: Gives the conversation so far, where no job has it.
        """
        with self._lock:
            if running := self._running.get(key):
                return running if running.wait(task) else None
            job = self._running[key] = Job(load())
        self._begin(key, job, task)
        return job

    def _begin(self, key: Key, job: Job, task: Task) -> None:
        try:
            job.keep_question(task)
        except BaseException:
            self._go_on(key, job)
            raise
        name = f"answer-{key[1][:8]}"
        threading.Thread(target=self._make, args=(key, job, task), name=name, daemon=True).start()

    def _make(self, key: Key, job: Job, task: Task) -> None:
        """Make an answer, and start what waits for its end."""
        self._slots.acquire()
        if job.begin(task):
            self._finish(key, job, task, _answered(job, task))
        else:
            self._slots.release()

    def _finish(self, key: Key, job: Job, task: Task, why: str | None) -> None:
        """Store an answer, unless that is done; work that has not noticed takes no slot."""
        has_begun = job.finish(task, why)
        if has_begun:
            self._slots.release()
        if has_begun is not None:
            self._go_on(key, job)

    def _go_on(self, key: Key, job: Job) -> None:
        with self._lock:
            waited = job.next()
            if waited is None:
                del self._running[key]
                self._hold_unkept(key, job.state.chat)
        if waited:
            self._begin(key, job, waited)

    def _hold_unkept(self, key: Key, chat: Chat) -> None:
        self._unkept.pop(key, None)
        if chat.turns and not chat.is_kept:
            self._unkept[key] = chat
        while len(self._unkept) > MOST_UNKEPT:
            self._unkept.popitem(last=False)

    def stop(self, owner: str, conversation: str) -> None:
        """End the answer in progress of a conversation; the next waiting one begins."""
        job = self.find(owner, conversation)
        task = job.task if job else None
        if job and task:
            self._finish((owner, conversation), job, task, handlers.STOPPED)

    def drop(self, owner: str, conversation: str) -> None:
        """End everything in a conversation, and forget it."""
        if job := self.find(owner, conversation):
            job.take_all_back()
            self.stop(owner, conversation)
        with self._lock:
            self._unkept.pop((owner, conversation), None)


def _answered(job: Job, task: Task) -> str | None:
    """Make an answer as long as it is wanted; return why it is not complete, or None."""
    try:
        with closing(task.states(job.state.chat)) as states:
            for chat in states:
                if not job.show(task, chat):
                    break
    except RagError as exc:
        return str(exc)
    except Exception:
        logger.exception("an answer broke off")
        return BROKEN_OFF
    return None
