"""Wrap a library's answers, with a memory, as LlamaIndex's chat engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from functools import partial

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.chat_engine.types import (
    AgentChatResponse,
    BaseChatEngine,
    StreamingAgentChatResponse,
)

from rag.faces.asked import Asked
from rag.faces.query_engine import Begun, as_response
from rag.faces.streaming import GrowingAnswer
from rag.types import Answer, Message


class PaperChatEngine(BaseChatEngine):
    """Answer questions one after the other, each with the conversation before it.

    A streamed answer joins the conversation when it is complete; what nobody has read of it is
    written when the next question is asked, or the conversation is looked at.

    Args:
        asked: The library.
    """

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._messages: list[Message] = []
        self._growing: GrowingAnswer | None = None

    def chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> AgentChatResponse:
        """Return the answer to the next message.

        Args:
            message: What is asked.
            chat_history: In the place of what is remembered; of it, what user and assistant said.
        """
        answer = self._asked.answer(message, self._before(chat_history))
        self._remember(message, answer)
        response = as_response(answer)
        return AgentChatResponse(
            response=answer.markdown,
            source_nodes=response.source_nodes,
            metadata=response.metadata,
        )

    async def achat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> AgentChatResponse:
        """Return the same as `chat`, without blocking the event loop; a thread does the work."""
        return await asyncio.to_thread(self.chat, message, chat_history)

    def stream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """Return the answer as it is written: `response_gen` yields what was checked.

        Takes the same as `chat`. The papers found are there at once, as `source_nodes`.
        """
        begun = self._begin(message, chat_history)
        return StreamingAgentChatResponse(
            chat_stream=_spoken(begun.growing),
            source_nodes=begun.nodes,
            is_function=False,
            is_writing_to_memory=False,
        )

    async def astream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """Return the same as `stream_chat`, to be read by `async_response_gen`.

        The event loop is never blocked: each piece is made in a thread. A reader that goes early
        stops the answer, which then is no part of the conversation.
        """
        begun = await asyncio.to_thread(self._begin, message, chat_history)
        return StreamingAgentChatResponse(
            achat_stream=_spoken_later(begun.growing),
            source_nodes=begun.nodes,
            is_function=False,
            is_writing_to_memory=False,
        )

    def reset(self) -> None:
        """Forget the conversation."""
        self._growing = None
        self._messages = []

    @property
    def chat_history(self) -> list[ChatMessage]:
        """The conversation so far, oldest first, with all of a streamed answer."""
        self._finish()
        return [ChatMessage(role=m.role, content=m.content) for m in self._messages]

    def _begin(self, message: str, chat_history: Sequence[ChatMessage] | None) -> Begun:
        drafts = self._asked.drafts(message, self._before(chat_history))
        begun = Begun(drafts, partial(self._remember, message))
        self._growing = begun.growing
        return begun

    def _before(self, chat_history: Sequence[ChatMessage] | None) -> list[Message]:
        """Return the conversation before a question, with all of the answer before it."""
        self._finish()
        if chat_history is not None:
            self._messages = [said for each in chat_history for said in _said(each)]
        return list(self._messages)

    def _finish(self) -> None:
        if self._growing:
            self._growing.finish()
            self._growing = None

    def _remember(self, message: str, answer: Answer) -> None:
        said = Message("assistant", answer.markdown, answer.citations, answer.listed)
        self._messages += [Message("user", message), said]

    def __repr__(self) -> str:
        return f"<PaperChatEngine of {self._asked}, {len(self._messages)} messages>"


def _said(message: ChatMessage) -> Iterator[Message]:
    """Yield what user or assistant said; not what a system or a tool says, nor an empty call."""
    if not message.content:
        return
    if message.role == MessageRole.USER:
        yield Message("user", message.content)
    elif message.role == MessageRole.ASSISTANT:
        yield Message("assistant", message.content)


def _spoken(growing: GrowingAnswer) -> Generator[ChatResponse, None, None]:
    yield from map(_chat_response, growing)


async def _spoken_later(growing: GrowingAnswer) -> AsyncGenerator[ChatResponse, None]:
    async for piece in growing.pieces():
        yield _chat_response(piece)


def _chat_response(piece: str) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT), delta=piece)
