"""Ask a model for JSON of a given class; a reply in another format is None, not an error."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from typing import TypeVar

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from pydantic import BaseModel, ValidationError

from rag.llm.replies import is_ours, read_reply
from rag.llm.usage import reported_usage
from rag.types import Usage

logger = logging.getLogger(__name__)

Form = TypeVar("Form", bound=BaseModel)


def ask_model(
    llm: LLM,
    messages: Sequence[ChatMessage],
    most_tokens: int,
    *,
    seconds: float,
    form: type[BaseModel] | None = None,
) -> tuple[str, Usage]:
    """Ask the model; return its reply without thoughts, and its usage.

    Args:
        llm: Any LlamaIndex chat model; one of ours is also held to what follows.
        messages: The conversation.
        most_tokens: The longest reply.
        seconds: The longest wait, with all tries.
        form: What the reply is an object of, where the endpoint understands that.

    Raises:
        ModelError: The model did not answer.
    """
    options: dict[str, object] = {}
    if is_ours(llm):
        options = {"max_tokens": most_tokens, "form": form, "seconds": seconds}
    response = llm.chat(messages, **options)
    text = read_reply(llm, response)
    return text, reported_usage(response, messages, text)


def parse_object(text: str, form: type[Form]) -> Form | None:
    """Find the last object in a reply that has the form, or None."""
    for brace in reversed(list(re.finditer(r"\{", text))):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, brace.start())
            return form.model_validate(found)
        except (ValueError, ValidationError):
            continue
    logger.info("a reply did not have the form asked for: %d characters", len(text))
    return None
