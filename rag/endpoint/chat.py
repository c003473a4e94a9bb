"""Wrap a chat model behind an OpenAI-compatible endpoint as a LlamaIndex LLM."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, cast

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

from rag.certificates import read_certificates
from rag.endpoint.dialect import LEARNED, Dialect, other_forms
from rag.endpoint.failures import plain_key, translated
from rag.endpoint.options import Options, read_options
from rag.endpoint.pieces import CUT, FILTERED, Cleaner, Piece, read_counts, read_piece
from rag.endpoint.tries import TimedStream, retrying
from rag.endpoint.windows import WINDOWS
from rag.errors import (
    ConfigurationError,
    ModelConnectionError,
    ModelError,
    ModelResponseError,
    ModelTimeoutError,
)
from rag.llm.history import USUAL_WINDOW
from rag.llm.thoughts import Thoughts
from rag.settings import Settings
from rag.text import one_line

LONGEST_TOKEN: Final = 12  # characters; an endpoint that writes on has lost count
# Tokens are counted here by one model's table; others need more for the same text.
COUNTED_ALIKE: Final = 0.85
MOST_THOUGHTS: Final = 100_000  # characters that are kept


class EndpointLLM(CustomLLM):
    """A chat model behind an OpenAI-compatible endpoint, as a LlamaIndex LLM.

    What it thinks is no part of a reply's text: it stands in `additional_kwargs` as `thinking`,
    beside `finish_reason` and the counts of tokens. All failures are raised as `ModelError`s whose
    message is one sentence for the user.
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
                http_client=openai.DefaultHttpxClient(verify=read_certificates()),
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
            context_window=self.settings.model_window or USUAL_WINDOW,
            num_output=self.settings.answer_tokens,
            is_chat_model=True,
        )

    def find_window(self) -> int | None:
        """Find the model's context window, tokens, in the settings or at its endpoint."""
        if self.settings.model_window or self.settings.openai_base_url is None:
            return self.settings.model_window
        window = WINDOWS.find(str(self._client.base_url), self.model, self._client.api_key)
        return window and int(window * COUNTED_ALIKE)

    def models(self) -> list[str]:
        """List the names of the endpoint's models, in order; none where it lists none.

        Raises:
            ModelError: The endpoint cannot be reached, or refuses the key.
        """
        with translated(self._where, self.model, self._client.api_key):
            try:
                return sorted(one_line(str(model.id)) for model in self._client.models.list())
            except (openai.NotFoundError, AttributeError, TypeError):  # many endpoints have no list
                return []

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponseGen:
        """Stream the reply; the last response has the token counts that the endpoint sent, if any.

        Args:
            messages: The conversation.
            kwargs: `max_tokens`, the longest reply; `form`, a pydantic class that the reply is an
                object of, for endpoints that can be held to one; `seconds`, in place of the
                settings' deadline where that is later. Others are ignored.

        Raises:
            ModelError: The endpoint did not answer, in all tries, before the deadline.
        """
        options = read_options(kwargs, self.settings)
        with self._open(messages, options) as pieces:
            yield from self._read(pieces, options.max_tokens * LONGEST_TOKEN)

    def _read(self, pieces: Iterator[object], longest: int) -> ChatResponseGen:
        """Yield the reply so far after each piece; raise where it cannot be used in the end."""
        reply = _Reply(longest)
        with translated(self._where, self.model, self._client.api_key):
            try:
                for piece in pieces:
                    yield reply.take(piece)
                    if reply.is_full:
                        break
            except (ModelTimeoutError, httpx.TimeoutException):
                if not reply.finish:  # else only the count of tokens is late
                    raise
        yield reply.end()
        if why := self._why_useless(reply):
            raise why

    def _why_useless(self, reply: _Reply) -> ModelError | None:
        """Explain what is wrong with a reply that has ended; None where nothing is."""
        if reply.finish in FILTERED:
            return ModelResponseError(
                f"The content filter of {self._where} stopped the answer. Ask again in other words."
            )
        if reply.refused and not reply.text:
            return ModelResponseError(f"{self.model} declined to answer. Ask again in other words.")
        if reply.calls_tool and not reply.text:
            return ModelResponseError(
                f"{self.model} called a tool, though it was offered none, and wrote no answer. "
                "Ask again, or choose another model."
            )
        if reply.finish:
            return None
        if not (reply.text or reply.thought):
            return ModelResponseError(_no_completion(self._where))
        return ModelConnectionError(
            f"The connection to {self._where} broke off after {len(reply.text)} characters. "
            "Ask again."
        )

    @contextmanager
    def _open(
        self, messages: Sequence[ChatMessage], options: Options
    ) -> Iterator[Iterator[object]]:
        """Open a reply in a form that the endpoint takes, and return its pieces."""
        dialect, tried = LEARNED.find(self._where, self.model), frozenset[str]()
        if not (options.form and dialect.takes_form):
            options = replace(options, form=None)
        tries = retrying(1 + self.settings.retries, options.deadline)
        while True:
            try:
                opened = tries(self._call, messages, options, dialect, tried)
                break
            except ModelError as exc:
                other = _other_form(exc, dialect, options, tried)
                if other is None:
                    raise
                name, dialect = other
                tried |= {name}
                options = replace(options, form=options.form if dialect.takes_form else None)
        if tried:
            LEARNED.keep(self._where, self.model, dialect)
        try:
            yield _pieces(opened)
        finally:
            if isinstance(opened, openai.Stream):
                opened.close()

    def _call(
        self,
        messages: Sequence[ChatMessage],
        options: Options,
        dialect: Dialect,
        tried: frozenset[str],
    ) -> object:
        left = max(options.deadline - time.monotonic(), 0.001)
        asked = self._request(messages, options, dialect)
        try:
            with translated(self._where, self.model, self._client.api_key):
                opened: object = self._client.chat.completions.create(
                    **cast(Any, asked), timeout=min(self.settings.timeout_s, left)
                )
        except ModelError as exc:
            if _other_form(exc, dialect, options, tried):
                exc.retryable = False  # asked in another form it may answer at once
            raise
        reply = opened.response if isinstance(opened, openai.Stream) else None
        if reply and isinstance(reply.stream, httpx.SyncByteStream):
            reply.stream = TimedStream(reply.stream, options.deadline, self._too_late(options))
        return opened

    def _request(
        self, messages: Sequence[ChatMessage], options: Options, dialect: Dialect
    ) -> dict[str, object]:
        """Build the request, with the parameters that the endpoint takes."""
        given: dict[str, object] = {
            "model": self.model,
            "messages": _params(messages, takes_system=dialect.takes_system),
            "stream": dialect.streams,
        }
        if dialect.length:
            given[dialect.length] = options.max_tokens
        if dialect.takes_temperature:
            given["temperature"] = self.settings.temperature
        if options.response_format:
            given["response_format"] = options.response_format
        if dialect.streams and dialect.tells_usage:
            given["stream_options"] = {"include_usage": True}
        if dialect.takes_effort and self.settings.reasoning_effort:
            given["reasoning_effort"] = self.settings.reasoning_effort
        return given

    def _too_late(self, options: Options) -> str:
        return (
            f"The endpoint {self._where} was still writing after {options.seconds:g} s. "
            "Ask again, or raise RAG_DEADLINE_S."
        )

    def chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponse:
        """Return the whole reply; options as for `stream_chat`."""
        last = deque(self.stream_chat(messages, **kwargs), maxlen=1)
        return last.pop()  # one comes at the least, or an error

    def complete(
        self, prompt: str, formatted: bool = False, **kwargs: object
    ) -> CompletionResponse:
        """Return the whole reply to a single message."""
        reply = self.chat([ChatMessage(role="user", content=prompt)])
        return CompletionResponse(text=reply.message.content or "")

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: object
    ) -> CompletionResponseGen:
        """Stream the reply to a single message."""
        for part in self.stream_chat([ChatMessage(role="user", content=prompt)]):
            yield CompletionResponse(text=part.message.content or "", delta=part.delta)

    @property
    def _where(self) -> str:
        return str(self._client.base_url.copy_with(username=None, password=None))


class _Reply:
    """A reply as far as it has come.

    Args:
        longest: Characters of text after which it ends, for want of an end of its own.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self.text = ""
        self.thought = ""
        self.refused = ""
        self.finish = ""
        self.calls_tool = False
        self._counts: dict[str, int] = {}
        self._thoughts = Thoughts()
        self._clean, self._clean_thought = Cleaner(), Cleaner()

    def take(self, piece: object) -> ChatResponse:
        """Add the next piece, of whatever type the client made of it; return the reply so far."""
        read = read_piece(piece)
        self._counts = read_counts(piece) or self._counts
        self._note(read)
        kept = read.thought if len(self.thought) < MOST_THOUGHTS else ""
        self._thoughts.feed(self._clean(read.written), self._clean_thought(kept))
        return self._now()

    def _note(self, read: Piece) -> None:
        self.finish = read.finish or self.finish
        self.refused += read.refused
        self.calls_tool |= read.calls_tool

    @property
    def is_full(self) -> bool:
        """Whether no more text is taken."""
        return len(self.text) >= self._longest

    def end(self) -> ChatResponse:
        """Return the whole reply."""
        self._thoughts.finish()
        if self.is_full:
            self.finish = CUT[0]
        return self._now()

    def _now(self) -> ChatResponse:
        before, self.text = self.text, self._thoughts.said[: self._longest]
        self.thought = self._thoughts.thought[:MOST_THOUGHTS]
        delta = self.text[len(before) :] if self.text.startswith(before) else ""
        extra: dict[str, object] = dict(self._counts)
        if self.thought:
            extra["thinking"] = self.thought
        if self.finish:
            extra["finish_reason"] = CUT[0] if self.finish in CUT else self.finish
        return _response(self.text, delta, extra)


def _pieces(opened: object) -> Iterator[object]:
    """Yield the pieces of a reply; an endpoint that does not stream sends it as one."""
    if not isinstance(opened, openai.Stream):
        yield opened
    elif "json" in opened.response.headers.get("content-type", ""):
        yield json.loads(opened.response.read())
    else:
        yield from opened


def _other_form(
    error: ModelError, dialect: Dialect, options: Options, tried: frozenset[str]
) -> tuple[str, Dialect] | None:
    """Find the other form to ask in after a refusal; one that names nothing may mean the form."""
    other = other_forms(dialect, error.refusal, tried) if error.refusal else None
    if other is None and error.form_refused and options.form:
        return "takes_form", replace(dialect, takes_form=False)
    return other


def _params(messages: Sequence[ChatMessage], *, takes_system: bool) -> list[dict[str, str]]:
    """Build the messages as the endpoint wants them; the first may take in what the system says."""
    sent = [{"role": _role(message), "content": message.content or ""} for message in messages]
    if takes_system:
        return sent
    lead = "\n\n".join(each["content"] for each in sent if each["role"] == "system")
    rest = [each for each in sent if each["role"] != "system"]
    first = rest[0]["content"] if rest else ""
    return [{"role": "user", "content": f"{lead}\n\n{first}".strip()}, *rest[1:]]


def _role(message: ChatMessage) -> str:
    known = (MessageRole.SYSTEM, MessageRole.ASSISTANT)
    return message.role.value if message.role in known else MessageRole.USER.value


def _response(text: str, delta: str, extra: dict[str, object]) -> ChatResponse:
    message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
    return ChatResponse(message=message, delta=delta, additional_kwargs=dict(extra))


def _no_completion(where: str) -> str:
    return f"The endpoint {where} answered with no completion. Check OPENAI_BASE_URL."
