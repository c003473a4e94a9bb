"""Puts the messages for the model together, within what it can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from llama_index.core.base.llms.types import ChatMessage

from prompts import render_prompt
from rag.answering.context import LEAST_SOURCE_TOKENS, PromptSource, build_context
from rag.answering.keys import source_keys
from rag.errors import ModelWindowError
from rag.llm.history import MESSAGE_OVERHEAD, USUAL_WINDOW, trim_history
from rag.settings import Settings
from rag.tokens import count_tokens
from rag.types import Hit, Message
from rag.verification.markers import rewrite_markers

# What the model is told to say; prompt, code and tests share it.
ABSTENTION: Final = "The papers do not answer this question."
DISAGREEMENT: Final = "The papers disagree."
ANSWER_SHARE: Final = 3  # of a small window the answer takes no more than a third
HISTORY_SHARE: Final = 3  # the conversation takes at most this part of the room: a third


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages for the model and the sources that they hold."""

    messages: tuple[ChatMessage, ...]
    sources: tuple[PromptSource, ...]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each source by its key, from 1."""
        return {source.key: n for n, source in enumerate(self.sources, start=1)}


def compose_prompt(
    question: str,
    history: Sequence[Message],
    hits: Sequence[Hit],
    settings: Settings,
    today: date,
) -> Prompt:
    """The prompt for a question; the papers and the conversation are cut to fit, it never is.

    Raises:
        ModelWindowError: The question leaves no room for a paper.
    """
    keys = _keys(hits)
    asked = _pointing(question, history, keys)
    system = render_prompt(
        "answer_system",
        abstention=ABSTENTION,
        disagreement=DISAGREEMENT,
        today=today.isoformat(),
    )
    frame = count_tokens(system) + count_tokens(_user("", asked)) + 2 * MESSAGE_OVERHEAD
    window = settings.model_window or USUAL_WINDOW
    room = window - min(settings.answer_tokens, window // ANSWER_SHARE) - frame
    if room < LEAST_SOURCE_TOKENS:
        raise ModelWindowError(
            f"The question takes {count_tokens(question)} tokens, and the model's window of "
            f"{window} has no room left for a paper. Shorten the question, raise "
            "RAG_MODEL_WINDOW if the model reads more, or lower RAG_ANSWER_TOKENS."
        )
    most = min(settings.history_tokens, room // HISTORY_SHARE)
    earlier = _conversation(history, keys, most)
    taken = sum(count_tokens(each.content or "") + MESSAGE_OVERHEAD for each in earlier)
    sources = build_context(hits, min(settings.context_tokens, room - taken))
    texts = "\n".join(source.text for source in sources)
    messages = (
        ChatMessage(role="system", content=system),
        *earlier,
        ChatMessage(role="user", content=_user(texts, asked)),
    )
    return Prompt(messages, tuple(sources))


def _user(sources: str, question: str) -> str:
    return render_prompt("answer_user", sources=sources, question=question)


def _keys(hits: Sequence[Hit]) -> dict[str, str]:
    """The key of each paper by its id."""
    papers = [hit.paper for hit in hits]
    return dict(zip((paper.paper_id for paper in papers), source_keys(papers), strict=True))


def _conversation(
    history: Sequence[Message], keys: Mapping[str, str], budget: int
) -> list[ChatMessage]:
    """The last messages that go into the budget, beginning with one of the user's.

    Their markers become the keys that the papers have now; those of other papers go.
    """
    kept = trim_history(history, budget)
    return [
        ChatMessage(role=message.role, content=_keyed(message, history, keys)) for message in kept
    ]


def _keyed(message: Message, history: Sequence[Message], keys: Mapping[str, str]) -> str:
    """The message with the keys of today's sources in the place of its markers."""
    if message.role == "user":
        return _pointing(message.content, history, keys)
    found = {c.marker: keys.get(c.paper.paper_id) for c in message.citations}
    return rewrite_markers(message.content, found.get)


def _pointing(text: str, history: Sequence[Message], keys: Mapping[str, str]) -> str:
    """What the user says, with keys for the numbers that earlier answers gave to papers.

    A paper has the same number in all answers of a conversation. Other numbers stay.
    """
    found = {c.marker: keys.get(c.paper.paper_id) for m in history for c in m.citations}
    return rewrite_markers(text, lambda n: found.get(n) or n) if any(found.values()) else text
