"""Compose the messages for the model, within its window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from llama_index.core.base.llms.types import ChatMessage

from prompts import render_prompt
from rag.answering.context import LEAST_SOURCE_TOKENS, Excerpts, PromptSource, build_context
from rag.errors import ModelWindowError
from rag.llm.history import MESSAGE_OVERHEAD, USUAL_WINDOW, trim_history
from rag.settings import Settings
from rag.tokens import count_tokens
from rag.types import Hit, Message
from rag.verification.markers import rewrite_markers

ANSWER_SHARE: Final = 3  # of a small window the answer takes at most a third
HISTORY_SHARE: Final = 3  # the conversation takes at most this part of the room: a third


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages for the model, and the sources in them."""

    messages: tuple[ChatMessage, ...]
    sources: tuple[PromptSource, ...]


def compose_prompt(
    question: str,
    history: Sequence[Message],
    hits: Sequence[Hit],
    settings: Settings,
    today: date,
    excerpts: Excerpts | None = None,
    template: str = "answer_user",
) -> Prompt:
    """Compose the prompt; papers and conversation are cut to fit, the question never is.

    Args:
        question: What is asked.
        history: The conversation before it.
        hits: The papers, best first.
        settings: Limits in tokens.
        today: The date that the model is told.
        excerpts: How much of each paper is shown; None for all that fits.
        template: The prompt that asks for the answer.

    Raises:
        ModelWindowError: The question leaves no room for a paper.
    """
    numbers = {hit.paper.paper_id: n for n, hit in enumerate(hits, start=1)}
    asked = _renumbered_question(question, history, numbers)
    system = render_prompt("answer_system", today=today.isoformat())
    user = partial(render_prompt, template, question=asked)
    frame = count_tokens(system) + count_tokens(user(sources="")) + 2 * MESSAGE_OVERHEAD
    window = settings.model_window or USUAL_WINDOW
    room = window - min(settings.answer_tokens, window // ANSWER_SHARE) - frame
    if room < LEAST_SOURCE_TOKENS:
        raise ModelWindowError(
            f"The question takes {count_tokens(question)} tokens, and the model's window of "
            f"{window} has no room left for a paper. Shorten the question, raise "
            "RAG_MODEL_WINDOW if the model reads more, or lower RAG_ANSWER_TOKENS."
        )
    most = min(settings.history_tokens, room // HISTORY_SHARE)
    earlier = _conversation(history, numbers, most)
    taken = sum(count_tokens(each.content or "") + MESSAGE_OVERHEAD for each in earlier)
    sources = build_context(hits, min(settings.context_tokens, room - taken), excerpts)
    texts = "\n".join(source.text for source in sources)
    messages = (
        ChatMessage(role="system", content=system),
        *earlier,
        ChatMessage(role="user", content=user(sources=texts)),
    )
    return Prompt(messages, tuple(sources))


def _conversation(
    history: Sequence[Message], numbers: Mapping[str, int], budget: int
) -> list[ChatMessage]:
    """Return the last messages that fit the budget, beginning with one of the user.

    Their markers become the numbers that papers have now; those of other papers are removed.
    """
    kept = trim_history(history, budget)
    return [
        ChatMessage(role=message.role, content=_renumbered(message, history, numbers))
        for message in kept
    ]


def _renumbered(message: Message, history: Sequence[Message], numbers: Mapping[str, int]) -> str:
    """Replace the markers of a message by the numbers of the current sources."""
    if message.role == "user":
        return _renumbered_question(message.content, history, numbers)
    found = {c.marker: numbers.get(c.paper.paper_id) for c in message.citations}
    return rewrite_markers(message.content, found.get)


def _renumbered_question(text: str, history: Sequence[Message], numbers: Mapping[str, int]) -> str:
    """Replace the paper numbers in a user's message by those of the current sources.

    The user sees one number for a paper throughout a conversation. Other numbers stay.
    """
    found = {c.marker: numbers.get(c.paper.paper_id) for m in history for c in m.citations}
    return rewrite_markers(text, lambda n: found.get(n) or n) if any(found.values()) else text
