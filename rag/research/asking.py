"""Ask a model for objects within a budget."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Final, TypeVar

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from pydantic import BaseModel

from rag.errors import ModelError
from rag.llm.history import MESSAGE_OVERHEAD
from rag.llm.replies import Reply, stream_reply
from rag.llm.structured import parse_object
from rag.llm.usage import priced, reported_usage
from rag.research.budget import LEAST_S, Budget
from rag.settings import Settings
from rag.tokens import count_tokens

logger = logging.getLogger(__name__)

Form = TypeVar("Form", bound=BaseModel)
RESERVED: Final = 2  # of a budget at most a half is kept for the answer


class BudgetedModel:
    """Ask a model for JSON, as long as a budget allows it.

    Args:
        llm: Any LlamaIndex chat model.
        budget: What may be spent; a part is kept for the answer.
        settings: How long an answer is, and what tokens cost.
    """

    def __init__(self, llm: LLM, budget: Budget, settings: Settings) -> None:
        self._llm = llm
        self._budget = budget
        self._settings = settings
        answer = settings.context_tokens + settings.history_tokens + settings.answer_tokens
        self._reserve_tokens = min(answer, settings.thorough_tokens // RESERVED)
        self._reserve_s = settings.thorough_s / RESERVED
        self.failure: str | None = None

    def ask(
        self, system: str, user: str, most_tokens: int, form: type[Form]
    ) -> Generator[None, None, Form | None]:
        """Ask, yielding after each piece of the reply so that the caller can stop it.

        Returns:
            The object; None where the budget is used up, the model fails, or it writes none.
        """
        messages = [
            ChatMessage(role="system", content=system),
            ChatMessage(role="user", content=user),
        ]
        read = sum(count_tokens(each.content or "") + MESSAGE_OVERHEAD for each in messages)
        budget = self._budget
        wanted = read + most_tokens + self._reserve_tokens
        if not budget.allows(wanted, LEAST_S + self._reserve_s):
            return None
        seconds = budget.seconds_left - self._reserve_s
        reply: Reply | None = None
        try:
            options = {"max_tokens": most_tokens, "form": form, "seconds": seconds}
            with closing(stream_reply(self._llm, messages, options)) as pieces:
                for piece in pieces:
                    reply = piece
                    yield
        except ModelError as exc:
            self._fail(exc, messages, reply)
            return None
        text = reply.text if reply else ""
        usage = reported_usage(reply.response if reply else None, messages, text)
        budget.spend(priced(usage, self._settings))
        return parse_object(text, form)

    def _fail(
        self, error: ModelError, messages: Sequence[ChatMessage], reply: Reply | None
    ) -> None:
        """Note a call that failed: late where time was short, else why."""
        logger.info("a step of the research failed: %s", error)
        usage = reported_usage(None, messages, reply.text if reply else "")
        self._budget.spend(priced(usage, self._settings))
        if self._budget.seconds_left - self._reserve_s < LEAST_S:
            self._budget.limit = "seconds"
        else:
            self.failure = str(error)
