"""What every event of the chat begins with: the library as the visitor set it, and their chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import gradio as gr

from rag.errors import RagError
from ui.chat import storage
from ui.chat.handlers import Chat
from ui.chat.views import Views
from ui.server.loading import Loading
from ui.settings.session import SessionSettings, library_for

PRIVATE: Final[dict[str, Any]] = {"show_progress": "hidden", "api_visibility": "private"}

Here = Mapping[str, str]  # what the browser remembers: owner and conversation
Parts = tuple[Any, ...]  # a value for each output of an event


class ChatContext:
    """Leads events to the library.

    Args:
        loading: The library, which may still be on its way.
    """

    def __init__(self, loading: Loading) -> None:
        self.loading = loading

    def views(self, settings: SessionSettings) -> Views:
        """The library as this visitor has set it; waits until it is there."""
        self.loading.wait()
        if self.loading.library is None:
            raise gr.Error(self.loading.failure or "", print_exception=False)
        try:
            answering = library_for(self.loading.library, settings)
        except RagError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc
        return Views(answering, self.loading.library, self.loading.notice)

    def now(self, chat: Chat, here: Here, settings: SessionSettings) -> tuple[Views, Chat]:
        """The conversation as it is kept: another tab, or a server before this one, wrote it."""
        views = self.views(settings)
        return views, storage.refreshed(views.kept, chat, here)

    def admit(self, request: gr.Request) -> None:
        """Let a visitor ask who has not asked too often."""
        if why := self.loading.access.why_not_now(request):
            raise gr.Error(why, print_exception=False)
