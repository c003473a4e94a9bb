"""Asks a model for JSON of a given form; what comes back in another form is None, not an error."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from typing import TypeVar

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms import LLM
from pydantic import BaseModel, ValidationError

from rag.tokens import count_tokens
from rag.types import Usage

logger = logging.getLogger(__name__)

Form = TypeVar("Form", bound=BaseModel)


def ask_model(
    llm: LLM, messages: Sequence[ChatMessage], most_tokens: int, form: type[BaseModel] | None = None
) -> tuple[str, Usage]:
    """The model's reply and what it used.

    An endpoint of ours is also told the longest reply and, where it understands that, the form.

    Raises:
        ModelError: The model did not answer.
    """
    options: dict[str, object] = {}
    if getattr(llm, "takes_options", False):
        options = {"max_tokens": most_tokens, "form": form}
    response = llm.chat(messages, **options)
    text = response.message.content or ""
    return text, told_usage(response, messages, text)


def parse_object(text: str, form: type[Form]) -> Form | None:
    """The last object in a reply that has the form, or None."""
    for brace in reversed(list(re.finditer(r"\{", text))):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, brace.start())
            return form.model_validate(found)
        except (ValueError, ValidationError):
            continue
    logger.info("a reply had not the form asked for: %d characters", len(text))
    return None


def told_usage(response: ChatResponse | None, messages: Sequence[ChatMessage], text: str) -> Usage:
    """What the endpoint counted, or our own count when it does not say."""
    told = (response.additional_kwargs if response else {}) or {}
    prompt = told.get("prompt_tokens") or sum(count_tokens(m.content or "") for m in messages)
    return Usage(int(prompt), int(told.get("completion_tokens") or count_tokens(text)))
