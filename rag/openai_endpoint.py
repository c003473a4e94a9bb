"""Speaks to an OpenAI-compatible endpoint: the one module that names OpenAI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

CONTEXT_WINDOW: Final = 8192  # not asked of the endpoint; our prompts stay far below it
PLACEHOLDER_KEY: Final = "none"  # local endpoints want none, the client wants one


class EndpointLLM(CustomLLM):
    """A chat model behind an OpenAI-compatible endpoint, as a LlamaIndex LLM.

    All failures are raised as `ModelError`s whose message is one sentence for the user.
    """

    settings: Settings
    model: str
    _client: openai.OpenAI = PrivateAttr()

    def __init__(self, settings: Settings, model: str) -> None:
        super().__init__(settings=settings, model=model)
        try:
            self._client = openai.OpenAI(
                api_key=plain_key(settings),
                base_url=settings.openai_base_url,
                timeout=settings.timeout_s,
                max_retries=settings.retries,
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
            context_window=CONTEXT_WINDOW,
            num_output=self.settings.answer_tokens,
            is_chat_model=True,
        )

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponseGen:
        """The reply as it is written; token counts stand in the last response, where told."""
        with _translated(self._where, self.model, self._client.api_key):
            text, finished = "", False
            counts: dict[str, int] = {}
            for chunk in self._open_stream(messages):
                if not isinstance(chunk, BaseModel):  # the client parses whatever JSON comes
                    raise ModelResponseError(_no_completion(self._where))
                counts = _counts(chunk) or counts
                delta, last = _delta(chunk)
                finished |= last
                text += delta
                yield _response(text, delta, counts)
            if not text and not finished:
                raise ModelResponseError(_no_completion(self._where))
            if not finished:
                raise ModelConnectionError(
                    f"The connection to {self._where} broke off after {len(text)} characters. "
                    "Ask again."
                )

    def models(self) -> list[str]:
        """The names of the endpoint's models, in order; none where it does not tell.

        Raises:
            ModelError: The endpoint cannot be reached, or refuses the key.
        """
        with _translated(self._where, self.model, self._client.api_key):
            try:
                return sorted(str(model.id) for model in self._client.models.list())
            except (openai.NotFoundError, AttributeError, TypeError):  # many endpoints have no list
                return []

    def _open_stream(self, messages: Sequence[ChatMessage]) -> Iterator[ChatCompletionChunk]:
        return iter(
            self._client.chat.completions.create(
                model=self.model,
                messages=[_param(message) for message in messages],
                temperature=self.settings.temperature,
                max_tokens=self.settings.answer_tokens,
                stream=True,
                stream_options={"include_usage": True},
            )
        )

    def chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponse:
        """The whole reply."""
        return list(self.stream_chat(messages))[-1]

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


@contextmanager
def _translated(where: str, model: str, secret: str = PLACEHOLDER_KEY) -> Iterator[None]:
    """Raise the client's failures as ours, without the key that an endpoint may have repeated."""
    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError, json.JSONDecodeError) as exc:
        error = translate_error(exc, where, model)
        if secret == PLACEHOLDER_KEY or secret not in f"{error}{exc}":
            raise error from exc
        # The cause is left out too: whoever prints a traceback prints what it says.
        clean = type(error)(str(error).replace(secret, "…"))
        clean.retryable = error.retryable
        raise clean from None


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
        wait = exc.response.headers.get("retry-after")
        when = f"in {wait} s" if wait else "later"
        return ModelRateLimitError(
            f"The endpoint {where} takes no more questions now (429). Ask again {when}."
        )
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
    return error


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
