"""Open the library in the background, so that the page is there while it loads."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from rag.embedding import OnProgress
from rag.errors import RagError
from rag.library import Library
from rag.settings import Settings
from rag.types import EXTRACTIVE, Actor, Progress
from ui.server.access import AccessPolicy
from ui.server.filling import fill_apart, is_unwritten

if TYPE_CHECKING:
    from rag.assembly import OnAnswer

WARM_UP: Final = "What do these papers say?"
NOBODY: Final = Actor(may_change=False)
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Loading:
    """A library that is loading; `library`, `progress`, `failure` can be read at any time.

    Attributes:
        access: The access policy.
        settings: The operator's, once known.
        llm: The model that the page was started with, in place of that of the settings.
        library: None until it is ready. Where one has to sign in it cannot be changed:
            `library_for` gives the one that a user may change.
        progress: What is being done until then.
        failure: Why it cannot be opened, in a sentence.
        notice: What limits a library that works, in a sentence.
        on_answer: Told each whole answer and the seconds that it took.
        token: What lets programs of the page's own user in; "" for nothing.
    """

    library: Library | None = None
    access: AccessPolicy = field(default_factory=AccessPolicy)
    settings: Settings | None = None
    llm: str | None = None
    progress: Progress = field(default_factory=lambda: Progress("opening the library", 0, 0))
    failure: str | None = None
    notice: str | None = None
    on_answer: OnAnswer | None = None
    token: str = ""
    _finished: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, library: Library, access: AccessPolicy | None = None) -> Self:
        """Return a library that is ready already."""
        loading = cls(access=access or AccessPolicy(), settings=library.settings)
        loading.ready(library)
        return loading

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the library is ready or has failed; return False after the timeout."""
        return self._finished.wait(timeout_s)

    def ready(self, library: Library, notice: str | None = None) -> None:
        """Set the library, which is ready."""
        is_closed = self.access.is_closed
        self.library = library.acting_for(NOBODY) if is_closed else library
        self.notice = notice
        self._finished.set()

    def library_for(self, user: str | None) -> Library | None:
        """Return the library for a change by who has signed in; it refuses who may only read."""
        if self.library is None or not self.access.is_closed:
            return self.library
        return self.library.acting_for(self.access.actor(user))

    def failed(self, why: str) -> None:
        """Set why the library cannot be opened, in one sentence."""
        self.failure = why
        self._finished.set()

    def start(
        self,
        settings: Settings,
        llm: str | None,
        also_tell: OnProgress,
        *,
        fills_new: bool = True,
    ) -> None:
        """Open the library in a thread; a new one gets the starter papers, if wanted."""

        def tell(progress: Progress) -> None:
            self.progress = progress
            also_tell(progress)

        def load() -> None:
            try:
                library, notice = open_for_chat(
                    settings, llm, tell, fills_new=fills_new, on_answer=self.on_answer
                )
            except RagError as exc:
                self.failed(str(exc))
            else:
                self.ready(library, notice)
                warm_up(library)
            finally:
                self._finished.set()

        threading.Thread(target=load, name="library", daemon=True).start()


def warm_up(library: Library) -> None:
    """Answer once unasked, as the first answer of a process takes several times as long."""
    with suppress(RagError):
        library.with_llm(EXTRACTIVE).ask(WARM_UP)


def open_for_chat(
    settings: Settings,
    llm: str | None,
    on_progress: OnProgress,
    *,
    fills_new: bool = True,
    on_answer: OnAnswer | None = None,
) -> tuple[Library, str | None]:
    """Return the library, ready for questions, and what the user should know about it."""
    if fills_new and is_unwritten(settings):
        fill_apart(settings, on_progress)
    library = Library.open(settings=settings, llm=llm, on_answer=on_answer, on_progress=on_progress)
    notice = library.prepare(on_progress)
    library.fill_new(is_wanted=fills_new, on_progress=on_progress)
    return library, notice
