"""Report what a call of the model used, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llama_index.core.base.llms.types import ChatMessage, ChatResponse

from rag.settings import Settings
from rag.tokens import count_tokens
from rag.types import Usage

PRICED_TOKENS: Final = 1_000_000


def reported_usage(
    response: ChatResponse | None, messages: Sequence[ChatMessage], text: str
) -> Usage:
    """Return the token counts of the endpoint, or our own where it gives none."""
    counts = (response.additional_kwargs if response else {}) or {}
    prompt = counts.get("prompt_tokens") or sum(count_tokens(m.content or "") for m in messages)
    return Usage(int(prompt), int(counts.get("completion_tokens") or count_tokens(text)))


def priced(usage: Usage, settings: Settings) -> Usage:
    """Add the cost to the usage, where a price is set."""
    if settings.price_prompt is None and settings.price_completion is None:
        return usage
    read = usage.prompt_tokens * (settings.price_prompt or 0.0)
    written = usage.completion_tokens * (settings.price_completion or 0.0)
    return replace(usage, cost=(read + written) / PRICED_TOKENS)
