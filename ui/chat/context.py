"""Give events the library as the visitor set it, and their conversation."""

from __future__ import annotations

from typing import Any, Final

import gradio as gr

from rag.errors import RagError
from rag.types import EXTRACTIVE, Filters
from ui.chat import storage
from ui.chat.handlers import Chat
from ui.chat.job import Job, Task
from ui.chat.jobs import Jobs
from ui.chat.question import Asked
from ui.chat.storage import Removed
from ui.chat.views import Views
from ui.chat.visit import Visit
from ui.server.loading import Loading
from ui.server.undos import Undos
from ui.settings.session import SessionSettings, library_for, model_name, ways_to_ask_again
from ui.templates.sentences import for_page

NOT_YET: Final = "{model} has not answered yet, so the papers' own sentences answer."
OWN_SENTENCES: Final = "Until then, the papers' own sentences answer."
PRIVATE: Final[dict[str, Any]] = {"show_progress": "hidden", "api_visibility": "private"}


class ChatContext:
    """Give events the library, and the answers in progress.

    Args:
        loading: The library, which may still be loading.
    """

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self.jobs = Jobs()
        self.removed: Undos[Removed] = Undos()  # the conversation that each visitor deleted last

    def views(self, settings: SessionSettings) -> Views:
        """Return the library as this visitor set it; waits until it is ready."""
        self.loading.wait()
        if self.loading.library is None:
            raise gr.Error(self.loading.failure or "", print_exception=False)
        kept = self.loading.library
        doubt = NOT_YET.format(model=settings.model or "The model") if settings.is_draft else None
        try:
            answering = library_for(kept, settings)
        except RagError as exc:  # a setting that cannot work: chat continues without it
            answering, doubt = kept.with_llm(EXTRACTIVE), f"{for_page(str(exc))} {OWN_SENTENCES}"
        otherwise = ways_to_ask_again(settings, model_name(kept.settings, settings))
        return Views(
            answering,
            kept,
            self.loading.notice,
            doubt=doubt,
            otherwise=otherwise,
            find_removed=self.removed.find,
        )

    def now(self, visit: Visit) -> tuple[Views, Chat]:
        """Return the conversation on the screen in its latest state, whoever changed it."""
        views = self.views(visit.settings)
        chat = self.conversation(views, visit.owner, storage.conversation_of(visit.here))
        return views, visit.state.applied(chat)

    def conversation(self, views: Views, owner: str, key: str) -> Chat:
        """Return a conversation in its latest state."""
        return self.jobs.look(owner, key, lambda: storage.opened(views.kept, owner, key))

    def ask(
        self,
        views: Views,
        chat: Chat,
        question: str,
        filters: Filters | None = None,
        *,
        replaces: bool = False,
    ) -> Job | None:
        """Have a question answered; return None when too many wait already.

        Args:
            views: The library as the visitor has set it.
            chat: The conversation, with the filters of the page.
            question: As it was typed.
            filters: In place of the page's, where the question has its own.
            replaces: Whether the answer takes the place of the last one.
        """
        task = Asked(question.strip(), views.library, views.kept, chat.filters, filters, replaces)
        return self.do(views, chat, task)

    def do(self, views: Views, chat: Chat, task: Task) -> Job | None:
        """Have a task done in a conversation; return None when too many wait already."""
        key = (chat.owner, chat.conversation)
        self.removed.keep(chat.owner, None)

        def load() -> Chat:
            known = self.conversation(views, *key)
            return (
                known if len(known.turns) >= len(chat.turns) else chat
            )  # a branch that is not stored

        return self.jobs.ask(key, task, load)

    def admit(self, request: gr.Request) -> None:
        """Count a question of a visitor who has not asked too often; else refuse it."""
        if why := self.loading.access.why_not_now(request):
            raise gr.Error(why, print_exception=False)
