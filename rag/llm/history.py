"""Cut a conversation to fit a model's window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rag.tokens import count_tokens, cut_tokens
from rag.types import Message

MESSAGE_OVERHEAD: Final = 8  # tokens that a chat template puts around a message, rounded up
USUAL_WINDOW: Final = 8192  # tokens of a model that nothing is known of
LEAST_MESSAGE_TOKENS: Final = 20  # less than that of a cut message says nothing


def trim_history(history: Sequence[Message], budget_tokens: int) -> list[Message]:
    """Return the last messages within a budget, oldest first; the first may lose its beginning.

    It begins with a message of the user's, as some chat templates ask.
    """
    kept: list[Message] = []
    left = budget_tokens
    for message in reversed(history):
        needed = count_tokens(message.content)
        left -= MESSAGE_OVERHEAD
        if left < min(needed, LEAST_MESSAGE_TOKENS):
            break
        text = cut_tokens(message.content, left, keep_end=True)
        kept.append(Message(message.role, text, message.citations))
        left -= needed
    while kept and kept[-1].role == "assistant":
        kept.pop()
    return kept[::-1]
