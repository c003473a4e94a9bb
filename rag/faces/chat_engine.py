"""Wrap the engine, with a memory, as a LlamaIndex chat engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.chat_engine.types import (
    AgentChatResponse,
    BaseChatEngine,
    StreamingAgentChatResponse,
)

from rag.engine import AnswerEngine
from rag.faces.query_engine import as_response
from rag.types import Answer, Message


class PaperChatEngine(BaseChatEngine):
    """Answer questions one after the other, each with the conversation before it.

    Args:
        engine: Answers a question with its history.
    """

    def __init__(self, engine: AnswerEngine) -> None:
        self._engine = engine
        self._messages: list[Message] = []

    def chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> AgentChatResponse:
        """Return the answer to the next message; `chat_history` replaces what is remembered."""
        return _chat_response(self._answer(message, chat_history))

    async def achat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> AgentChatResponse:
        """Return the same as `chat`, without blocking the event loop."""
        return await asyncio.to_thread(self.chat, message, chat_history)

    def stream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """Return the checked answer in one piece; only `Library.stream` shows drafts."""
        answer = self._answer(message, chat_history)
        response = StreamingAgentChatResponse(
            response=answer.markdown,
            source_nodes=as_response(answer).source_nodes,
            # All generators end with what was already streamed, and give it when they gave nothing.
            unformatted_response=answer.markdown,
            is_function=False,
        )
        response.is_done = True
        return response

    async def astream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """Return the same as `stream_chat`, without blocking the event loop."""
        return await asyncio.to_thread(self.stream_chat, message, chat_history)

    def reset(self) -> None:
        """Forget the conversation."""
        self._messages = []

    @property
    def chat_history(self) -> list[ChatMessage]:
        """The conversation so far, oldest first."""
        return [ChatMessage(role=m.role, content=m.content) for m in self._messages]

    def _answer(self, message: str, chat_history: Sequence[ChatMessage] | None) -> Answer:
        if chat_history is not None:
            self._messages = [_to_message(m) for m in chat_history]
        answer = self._engine.answer(message, self._messages)
        said = Message("assistant", answer.markdown, answer.citations)
        self._messages += [Message("user", message), said]
        return answer


def _to_message(message: ChatMessage) -> Message:
    content = message.content or ""
    if message.role == MessageRole.ASSISTANT:
        return Message("assistant", content)
    return Message("user", content)


def _chat_response(answer: Answer) -> AgentChatResponse:
    response = as_response(answer)
    return AgentChatResponse(
        response=answer.markdown, source_nodes=response.source_nodes, metadata=response.metadata
    )
