"""The library of the page once it is ready, with what is kept of it for all sessions together."""

from __future__ import annotations

import gradio as gr

from rag.embedding import OnProgress
from rag.library import Library
from rag.pace import Pace
from rag.serve.door import RefusedError
from rag.types import Paper, Progress
from rag.userdata.changes import READS_ALONE
from ui.library.paper_map import PaperMap
from ui.server.loading import Loading

NOT_READY = "The library is not ready yet."


class LibraryContext:
    """Where the parts of the library tab find the library.

    Args:
        loading: The library on its way.
    """

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._map: PaperMap | None = None

    @property
    def library(self) -> Library:
        """The library.

        Raises:
            gr.Error: It is not ready; the page shows the message.
        """
        library = self._loading.library
        if library is None:
            raise gr.Error(self._loading.failure or NOT_READY, print_exception=False)
        return library

    def changing(self, request: gr.Request) -> Library:
        """The library for a change by whoever sends a request.

        Raises:
            NotAllowedError: They may only read.
            gr.Error: It is not ready.
        """
        library = self._loading.library_for(request.username) or self.library
        library.require_change()
        return library

    def looking_up(self, request: gr.Request) -> Library:
        """The library for a change that asks services elsewhere, which counts as a question does.

        Raises:
            NotAllowedError: They may only read.
            RefusedError: They have asked too often.
            gr.Error: It is not ready.
        """
        library = self.changing(request)
        if why := self._loading.access.why_not_now(request):
            raise RefusedError(why, 429)
        return library

    def why_not_changed(self, request: gr.Request) -> str:
        """Say why whoever sends a request may only read; "" for an editor."""
        may_change = self._loading.access.actor(request.username).may_change
        return "" if may_change else READS_ALONE

    @property
    def paper_map(self) -> PaperMap:
        """The map of its papers."""
        if self._map is None or self._map.library is not self.library:
            self._map = PaperMap(self.library)
        return self._map

    def find(self, paper_id: str | None) -> Paper | None:
        """The paper with an id, if it is still there."""
        return self.library.get(paper_id) if paper_id else None


def progress_in(bar: gr.Progress) -> OnProgress:
    """What shows the library's progress in Gradio's bar."""
    pace = Pace()

    def tell(progress: Progress) -> None:
        is_counted = progress.done or progress.total  # else Gradio tells "0 steps" and no stage
        share = (progress.done, progress.total or None) if is_counted else 0.0
        bar(share, desc=", ".join(filter(None, (progress.stage, pace.tell(progress)))))

    return tell
