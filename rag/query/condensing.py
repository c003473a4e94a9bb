"""Rewrite a follow-up as a standalone question, with a language model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM

from prompts import render_prompt
from rag.errors import ModelError
from rag.llm.fencing import unfenced
from rag.llm.history import trim_history
from rag.llm.structured import ask_model
from rag.llm.usage import priced
from rag.query.questions import leans_back
from rag.settings import Settings
from rag.types import NO_USAGE, Message, Usage

logger = logging.getLogger(__name__)

CONVERSATION_TOKENS: Final = 600
QUESTION_TOKENS: Final = 120
PATIENCE_S: Final = 15.0  # the answer waits for it, and retrieval without it is nearly as good
# A rewrite only replaces references; one that is longer than this has begun to answer.
MOST_GROWTH_WORDS: Final = 40


class Condenser:
    """Ask a model for the standalone question that a follow-up means.

    Args:
        llm: Any LlamaIndex chat model.
        settings: Prices of its tokens.
    """

    def __init__(self, llm: LLM, settings: Settings) -> None:
        self._llm = llm
        self._settings = settings

    def rewrite(self, question: str, history: Sequence[Message]) -> tuple[str | None, Usage]:
        """Return the standalone question; None when there is none, or the model is of no help."""
        earlier = trim_history(history, CONVERSATION_TOKENS)
        if not earlier or not leans_back(question):
            return None, NO_USAGE
        try:
            reply, usage = ask_model(
                self._llm, _messages(question, earlier), QUESTION_TOKENS, seconds=PATIENCE_S
            )
        except ModelError as exc:  # retrieval without a model is nearly as good
            logger.info("the follow-up stays as it is: %s", exc)
            return None, NO_USAGE
        return read_rewrite(reply, question), priced(usage, self._settings)


def read_rewrite(reply: str, question: str) -> str | None:
    """Return the rewritten question of a reply; None when it is none, or says nothing new."""
    lines = reply.strip().splitlines()
    text = (
        lines[0].strip(" \t\"'“”*") if len(lines) == 1 else ""
    )  # several lines are more than a question
    too_long = len(text.split()) > len(question.split()) + MOST_GROWTH_WORDS
    same = text.casefold().rstrip("?. ") == question.strip().casefold().rstrip("?. ")
    return None if not text or too_long or same else text


def _messages(question: str, earlier: Sequence[Message]) -> list[ChatMessage]:
    said = "\n".join(f"{message.role}: {unfenced(message.content)}" for message in earlier)
    user = render_prompt("condense_user", conversation=said, question=unfenced(question))
    system = render_prompt("condense_system")
    return [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
