"""Speaks to an OpenAI-compatible endpoint: the one module that names OpenAI."""

from __future__ import annotations

import json
import logging
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

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
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from rag.errors import (
    ConfigurationError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelTimeoutError,
)
from rag.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from openai import Stream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
    from openai.types.shared_params import ResponseFormatJSONSchema

logger = logging.getLogger(__name__)

PLACEHOLDER_KEY: Final = "none"  # local endpoints want none, the client wants one
BACKOFF: Final = wait_exponential_jitter(initial=0.5, max=8.0, jitter=0.5)  # seconds
FORM_REFUSED: Final = (400, 422)  # what endpoints say that know no response format


class EndpointLLM(CustomLLM):
    """A chat model behind an OpenAI-compatible endpoint, as a LlamaIndex LLM.

    All failures are raised as `ModelError`s whose message is one sentence for the user.
    """

    settings: Settings
    model: str
    takes_options: bool = True
    _client: openai.OpenAI = PrivateAttr()

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

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponseGen:
        """The reply as it is written; token counts stand in the last response, where told.

        Args:
            messages: The conversation.
            kwargs: `max_tokens`, the longest reply; `form`, a pydantic class that the reply is an
                object of, for endpoints that can be held to one. Others are ignored.

        Raises:
            ModelError: The endpoint did not answer, in all tries, before the deadline.
        """
        deadline = time.monotonic() + self.settings.deadline_s
        options = _options(kwargs, self.settings.answer_tokens)
        with closing(self._open_stream(messages, options, deadline)) as stream:
            yield from self._read(stream, deadline)

    def _read(self, stream: Stream[ChatCompletionChunk], deadline: float) -> ChatResponseGen:
        text, finished = "", False
        counts: dict[str, int] = {}
        with _translated(self._where, self.model):
            for chunk in stream:
                if not isinstance(chunk, BaseModel):  # the client parses whatever JSON comes
                    raise ModelResponseError(_no_completion(self._where))
                counts = _counts(chunk) or counts
                delta, last = _delta(chunk)
                finished |= last
                text += delta
                yield _response(text, delta, counts)
                if time.monotonic() > deadline and not finished:
                    raise ModelTimeoutError(self._too_late())
        if not text and not finished:
            raise ModelResponseError(_no_completion(self._where))
        if not finished:
            raise ModelConnectionError(
                f"The connection to {self._where} broke off after {len(text)} characters. "
                "Ask again."
            )

    def _open_stream(
        self, messages: Sequence[ChatMessage], options: _Options, deadline: float
    ) -> Stream[ChatCompletionChunk]:
        """The open reply, after as many tries as the settings and the deadline allow."""
        left = max(deadline - time.monotonic(), 0.0)
        tries = Retrying(
            retry=retry_if_exception(lambda exc: isinstance(exc, ModelError) and exc.retryable),
            stop=stop_after_attempt(1 + self.settings.retries) | stop_before_delay(left),
            wait=_wait_s,
            reraise=True,
        )
        try:
            return tries(self._call, messages, options, deadline)
        except ModelError as exc:
            if not (options.form and exc.form_refused):
                raise
        return tries(self._call, messages, replace(options, form=None), deadline)

    def _call(
        self, messages: Sequence[ChatMessage], options: _Options, deadline: float
    ) -> Stream[ChatCompletionChunk]:
        left = max(deadline - time.monotonic(), 0.001)
        with _translated(self._where, self.model):
            return self._client.chat.completions.create(
                model=self.model,
                messages=[_param(message) for message in messages],
                temperature=self.settings.temperature,
                max_tokens=options.max_tokens,
                response_format=_response_format(options.form) if options.form else openai.omit,
                stream=True,
                stream_options={"include_usage": True},
                timeout=min(self.settings.timeout_s, left),
            )

    def _too_late(self) -> str:
        return (
            f"The endpoint {self._where} was still writing after {self.settings.deadline_s:g} s. "
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


@dataclass(frozen=True, slots=True)
class _Options:
    """What differs between the calls of one model."""

    max_tokens: int
    form: type[BaseModel] | None = None


def _options(given: Mapping[str, object], answer_tokens: int) -> _Options:
    most, form = given.get("max_tokens"), given.get("form")
    return _Options(
        most if isinstance(most, int) else answer_tokens,
        form if isinstance(form, type) and issubclass(form, BaseModel) else None,
    )


def _response_format(form: type[BaseModel]) -> ResponseFormatJSONSchema:
    schema = {"name": form.__name__.strip("_"), "schema": form.model_json_schema(), "strict": True}
    return {"type": "json_schema", "json_schema": schema}  # type: ignore[typeddict-item]


def _wait_s(tries: RetryCallState) -> float:
    """Seconds before the next try: what the endpoint asks for, else exponential with jitter."""
    error = tries.outcome.exception() if tries.outcome else None
    asked = error.retry_after_s if isinstance(error, ModelError) else None
    return BACKOFF(tries) if asked is None else asked


@contextmanager
def _translated(where: str, model: str) -> Iterator[None]:
    """Raise the client's failures as ours."""
    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError, json.JSONDecodeError) as exc:
        raise translate_error(exc, where, model) from exc


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


def plain_key(settings: Settings) -> str:
    """The key as the endpoint wants it.

    Raises:
        ConfigurationError: It holds characters that no key has.
    """
    if settings.openai_api_key is None:
        return PLACEHOLDER_KEY
    key = settings.openai_api_key.get_secret_value().strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "OPENAI_API_KEY holds characters that no key has, such as a line break or a quotation "
            "mark. Copy the key again."
        )
    return key or PLACEHOLDER_KEY


def translate_error(exc: Exception, where: str, model: str) -> ModelError:
    """The error of our tree for one of the client's, in words for the user."""
    if isinstance(exc, openai.APITimeoutError | httpx.TimeoutException):
        return ModelTimeoutError(
            f"The endpoint {where} did not answer in time. Ask again, or raise RAG_TIMEOUT_S."
        )
    if isinstance(exc, openai.APIStatusError):
        return _status_error(exc, where, model)
    if isinstance(exc, openai.APIResponseValidationError | json.JSONDecodeError):
        return ModelResponseError(
            f"The endpoint {where} sent something that is no completion. Check OPENAI_BASE_URL."
        )
    if isinstance(exc, openai.APIConnectionError | httpx.TransportError):
        return ModelConnectionError(
            f"The connection to {where} failed ({_first_line(exc.__cause__ or exc)}). "
            "Check OPENAI_BASE_URL and the network, then ask again."
        )
    return ModelResponseError(
        f"The endpoint {where} failed ({_first_line(exc)}). Check OPENAI_MODEL and OPENAI_BASE_URL."
    )


def _status_error(exc: openai.APIStatusError, where: str, model: str) -> ModelError:
    code = exc.status_code
    if code in (401, 403):
        return ModelAuthenticationError(
            f"The endpoint {where} refused the key ({code}). Check OPENAI_API_KEY."
        )
    if code == 429:
        wait = _retry_after_s(exc.response.headers)
        when = f"in {wait:g} s" if wait is not None else "later"
        limited = ModelRateLimitError(
            f"The endpoint {where} takes no more questions now (429). Ask again {when}."
        )
        limited.retry_after_s = wait
        return limited
    if code == 404:
        return ModelResponseError(
            f"The endpoint {where} does not know the model {model!r} (404). "
            "Check OPENAI_MODEL and OPENAI_BASE_URL."
        )
    detail = _detail(exc)
    error = ModelResponseError(
        f"The endpoint {where} failed ({code}{': ' + detail if detail else ''}). "
        + ("Ask again later." if code >= 500 else "Check OPENAI_MODEL and the settings.")
    )
    error.retryable = code >= 500
    error.retry_after_s = _retry_after_s(exc.response.headers) if code >= 500 else None
    error.form_refused = code in FORM_REFUSED
    return error


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds that an endpoint asks to wait: a number, or a date of HTTP; None when it does not."""
    told = headers.get("retry-after", "").strip()
    try:
        seconds = float(told)
    except ValueError:
        try:
            when = parsedate_to_datetime(told)
        except ValueError:
            return None
        seconds = (when - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _detail(exc: openai.APIStatusError) -> str:
    """What the endpoint says of its failure, if that is plain words without a key."""
    body = exc.body if isinstance(exc.body, dict) else {}
    said = body.get("message")
    if not isinstance(said, str) or _is_unsafe(said):
        return ""
    return " ".join(said.split())[:200].rstrip(".")


def _first_line(exc: BaseException) -> str:
    """What an error says, on one line, unless it could hold a key or a page."""
    line = (str(exc).strip().splitlines() or [""])[0][:200].rstrip(".")
    return line if line and not _is_unsafe(line) else type(exc).__name__


def _is_unsafe(text: str) -> bool:
    return re.search(r"[{}<>]|key|bearer|sk-", text, re.IGNORECASE) is not None


def build_openai_embedding(settings: Settings, model: str) -> BaseEmbedding:
    """The endpoint's embedding; its failures are raised as `ModelError`s."""
    from llama_index.embeddings.openai import OpenAIEmbedding

    where = settings.openai_base_url or "the OpenAI service"
    secret = plain_key(settings)

    class EndpointEmbedding(OpenAIEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            with _translated(where, model):
                return list(super()._get_query_embedding(query))

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            with _translated(where, model):
                return list(super()._get_text_embeddings(texts))

    return EndpointEmbedding(
        model_name=model,
        api_key=secret,
        api_base=settings.openai_base_url,
        timeout=settings.timeout_s,
        max_retries=settings.retries,
    )
