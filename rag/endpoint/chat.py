"""A chat model behind an OpenAI-compatible endpoint, as a LlamaIndex LLM."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import openai
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CustomLLM
from pydantic import BaseModel

from rag.endpoint.failures import plain_key, translated
from rag.endpoint.options import Options, read_options
from rag.endpoint.tries import TimedStream, retrying
from rag.errors import (
    ConfigurationError,
    ModelConnectionError,
    ModelError,
    ModelResponseError,
    ModelTimeoutError,
)
from rag.settings import Settings

if TYPE_CHECKING:
    from openai import Stream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam


class EndpointLLM(CustomLLM):
    """A chat model behind an OpenAI-compatible endpoint, as a LlamaIndex LLM.

    All failures are raised as `ModelError`s whose message is one sentence for the user.
    """

    settings: Settings
    model: str
    takes_options: bool = True
    _client: openai.OpenAI = PrivateAttr()
    _knows_forms: bool = PrivateAttr(default=True)

    def __init__(self, settings: Settings, model: str) -> None:
        super().__init__(settings=settings, model=model)
        try:
            self._client = openai.OpenAI(
                api_key=plain_key(settings),
                base_url=settings.openai_base_url,
                timeout=settings.timeout_s,
                max_retries=0,  # the tries here are held to the deadline
            )
        except httpx.InvalidURL as exc:
            raise ConfigurationError(
                f"OPENAI_BASE_URL cannot be {settings.openai_base_url!r}: {exc}. "
                "Set an address such as https://host:8000/v1."
            ) from exc

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of a model."""
        return LLMMetadata(
            model_name=self.model,
            context_window=self.settings.model_window,
            num_output=self.settings.answer_tokens,
            is_chat_model=True,
        )

    def models(self) -> list[str]:
        """The names of the endpoint's models, in order; none where it does not tell.

        Raises:
            ModelError: The endpoint cannot be reached, or refuses the key.
        """
        with translated(self._where, self.model, self._client.api_key):
            try:
                return sorted(str(model.id) for model in self._client.models.list())
            except (openai.NotFoundError, AttributeError, TypeError):  # many endpoints have no list
                return []

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponseGen:
        """The reply as it is written; token counts stand in the last response, where told.

        Args:
            messages: The conversation.
            kwargs: `max_tokens`, the longest reply; `form`, a pydantic class that the reply is an
                object of, for endpoints that can be held to one; `seconds`, in place of the
                settings' deadline where that is later. Others are ignored.

        Raises:
            ModelError: The endpoint did not answer, in all tries, before the deadline.
        """
        options = read_options(kwargs, self.settings)
        with closing(self._open_stream(messages, options)) as stream:
            yield from self._read(stream)

    def _read(self, stream: Stream[ChatCompletionChunk]) -> ChatResponseGen:
        text, finished = "", False
        counts: dict[str, int] = {}
        with translated(self._where, self.model, self._client.api_key):
            try:
                for chunk in stream:
                    if not isinstance(chunk, BaseModel):  # the client parses whatever JSON comes
                        raise ModelResponseError(_no_completion(self._where))
                    counts = _counts(chunk) or counts
                    delta, last = _delta(chunk)
                    finished |= last
                    text += delta
                    yield _response(text, delta, counts)
            except (ModelTimeoutError, httpx.TimeoutException):
                if not finished:  # else only the count of tokens is late
                    raise
        if not text and not finished:
            raise ModelResponseError(_no_completion(self._where))
        if not finished:
            raise ModelConnectionError(
                f"The connection to {self._where} broke off after {len(text)} characters. "
                "Ask again."
            )

    def _open_stream(
        self, messages: Sequence[ChatMessage], options: Options
    ) -> Stream[ChatCompletionChunk]:
        """The open reply, after as many tries as the settings and the deadline allow."""
        tries = retrying(1 + self.settings.retries, options.deadline)
        if options.form and self._knows_forms:
            try:
                return tries(self._call, messages, options)
            except ModelError as exc:
                if not exc.form_refused:
                    raise
        stream = tries(self._call, messages, replace(options, form=None))
        if options.form:  # it was the form that was refused: no need to try that again
            self._knows_forms = False
        return stream

    def _call(
        self, messages: Sequence[ChatMessage], options: Options
    ) -> Stream[ChatCompletionChunk]:
        left = max(options.deadline - time.monotonic(), 0.001)
        with translated(self._where, self.model, self._client.api_key):
            stream = self._client.chat.completions.create(
                model=self.model,
                messages=[_param(message) for message in messages],
                temperature=self.settings.temperature,
                max_tokens=options.max_tokens,
                response_format=options.response_format or openai.omit,
                stream=True,
                stream_options={"include_usage": True},
                timeout=min(self.settings.timeout_s, left),
            )
        reply = stream.response
        if isinstance(reply.stream, httpx.SyncByteStream):
            reply.stream = TimedStream(reply.stream, options.deadline, self._too_late(options))
        return stream

    def _too_late(self, options: Options) -> str:
        return (
            f"The endpoint {self._where} was still writing after {options.seconds:g} s. "
            "Ask again, or raise RAG_DEADLINE_S."
        )

    def chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponse:
        """The whole reply; options as for `stream_chat`."""
        return list(self.stream_chat(messages, **kwargs))[-1]

    def complete(
        self, prompt: str, formatted: bool = False, **kwargs: object
    ) -> CompletionResponse:
        """The whole reply to a single message."""
        reply = self.chat([ChatMessage(role="user", content=prompt)])
        return CompletionResponse(text=reply.message.content or "")

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: object
    ) -> CompletionResponseGen:
        """The reply to a single message as it is written."""
        for part in self.stream_chat([ChatMessage(role="user", content=prompt)]):
            yield CompletionResponse(text=part.message.content or "", delta=part.delta)

    @property
    def _where(self) -> str:
        return str(self._client.base_url.copy_with(username=None, password=None))


def _param(message: ChatMessage) -> ChatCompletionMessageParam:
    content = message.content or ""
    if message.role == MessageRole.SYSTEM:
        return {"role": "system", "content": content}
    if message.role == MessageRole.ASSISTANT:
        return {"role": "assistant", "content": content}
    return {"role": "user", "content": content}


def _delta(chunk: ChatCompletionChunk) -> tuple[str, bool]:
    """The text of a chunk, and whether it is the last with text."""
    if not chunk.choices:
        return "", False
    choice = chunk.choices[0]
    written = getattr(choice.delta, "content", None)  # some endpoints send no delta at the end
    return written or "", choice.finish_reason is not None


def _counts(chunk: ChatCompletionChunk) -> dict[str, int]:
    if chunk.usage is None:
        return {}
    return {
        "prompt_tokens": chunk.usage.prompt_tokens,
        "completion_tokens": chunk.usage.completion_tokens,
    }


def _response(text: str, delta: str, counts: dict[str, int]) -> ChatResponse:
    message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
    return ChatResponse(message=message, delta=delta, additional_kwargs=counts)


def _no_completion(where: str) -> str:
    return f"The endpoint {where} answered with no completion. Check OPENAI_BASE_URL."
