"""Read a model's reply as it is written, whichever model it is: text, thoughts, how it ends."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms import LLM

from rag.llm.thoughts import Thoughts
from rag.types import Thinking

CUT: Final = "length"  # how a reply ends that had no room for more


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as far as it has come.

    Attributes:
        text: What is said, without thoughts; shorter than before where text was one after all.
        thinking: What was thought, and for how long; None where nothing was.
        is_cut: Whether it ended for want of room.
        response: What the model handed over last.
    """

    text: str
    thinking: Thinking | None
    is_cut: bool
    response: ChatResponse


def is_ours(llm: LLM) -> bool:
    """Return whether the model takes options, and calls from several threads."""
    return bool(getattr(llm, "takes_options", False))


def find_window(llm: LLM) -> int | None:
    """Find a model's context window, tokens; None where its endpoint does not say."""
    find = getattr(llm, "find_window", None)
    window = find() if callable(find) else None
    return window if isinstance(window, int) else None


def stream_reply(
    llm: LLM, messages: Sequence[ChatMessage], options: Mapping[str, object] | None = None
) -> Generator[Reply]:
    """Yield the reply after each piece.

    Args:
        llm: Any LlamaIndex chat model.
        messages: The conversation.
        options: As `rag.endpoint.options` reads them; models that are not ours get none.

    Raises:
        ModelError: The model did not answer, or broke off.
    """
    read = _Reading(tells_apart=is_ours(llm))
    response = None
    given = dict(options or {}) if is_ours(llm) else {}
    with closing(llm.stream_chat(list(messages), **given)) as stream:
        for response in stream:
            yield read.take(response)
    if response is not None:
        yield read.end(response)


def read_reply(llm: LLM, response: ChatResponse) -> str:
    """Return the text of a whole reply, without thoughts."""
    read = _Reading(tells_apart=is_ours(llm))
    text = response.message.content or ""
    read.take(response.model_copy(update={"delta": text}))
    return read.end(response).text


class _Reading:
    """Take a reply apart.

    Args:
        tells_apart: Whether the model's text holds no thoughts, since they come beside it.
    """

    def __init__(self, *, tells_apart: bool) -> None:
        self._tells_apart = tells_apart
        self._thoughts = Thoughts()
        self._begun = time.monotonic()
        self._thought_s = 0.0

    def take(self, response: ChatResponse) -> Reply:
        """Add the next piece, and return the reply so far."""
        extra = response.additional_kwargs or {}
        if not self._tells_apart:
            self._thoughts.feed(response.delta or "", _text(extra.get("thinking_delta")))
        return self._reply(response)

    def end(self, response: ChatResponse) -> Reply:
        """Return the whole reply."""
        self._thoughts.finish()
        return self._reply(response)

    def _reply(self, response: ChatResponse) -> Reply:
        extra = response.additional_kwargs or {}
        text, thought = self._thoughts.said, self._thoughts.thought
        if self._tells_apart:
            text, thought = response.message.content or "", _text(extra.get("thinking"))
        if thought and not text:
            self._thought_s = time.monotonic() - self._begun
        thinking = Thinking(thought, round(self._thought_s, 1)) if thought else None
        return Reply(text, thinking, extra.get("finish_reason") == CUT, response)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
