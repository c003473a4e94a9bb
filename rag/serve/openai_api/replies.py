"""Define what is sent back: OpenAI's replies and events, as far as programs read them."""

from __future__ import annotations

import base64
import struct
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from rag.serve.openai_api.linking import Link, LinkedText
from rag.serve.shapes import searches_of
from rag.types import Answer, Usage

OWNER = "paperchat"
Plain = dict[str, Any]  # a value as JSON holds it; each kind of event has its own keys


class Model(BaseModel):
    """A model that can be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = OWNER


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[Model]


class Error(BaseModel):
    """What went wrong, as OpenAI's clients read it; `param` names the field of the request."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class Refusal(BaseModel):
    """A request that is not answered."""

    error: Error


class UrlCitation(BaseModel):
    """Where a link stands in the text, and where it leads; `quote` is verbatim in the abstract."""

    start_index: int
    end_index: int
    title: str
    url: str
    paper_id: str
    quote: str

    @classmethod
    def of(cls, link: Link) -> UrlCitation:
        """Return a link in this shape."""
        paper = link.citation.paper
        return cls(
            start_index=link.start,
            end_index=link.end,
            title=paper.title,
            url=paper.link,
            paper_id=paper.paper_id,
            quote=link.citation.quote,
        )


class ChatAnnotation(BaseModel):
    """An annotation of a chat's message."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class ResponseAnnotation(UrlCitation):
    """An annotation of a response's text."""

    type: Literal["url_citation"] = "url_citation"


class Told(BaseModel):
    """What paperchat knows of an answer beyond OpenAI's fields; `searches` of a thorough one."""

    status: str
    reason: str | None
    caveat: str | None
    notice: str | None
    confidence: float
    mode: str
    searches: list[str]

    @classmethod
    def of(cls, answer: Answer) -> Told:
        """Return what is told of an answer."""
        return cls(
            status=answer.status,
            reason=answer.reason,
            caveat=answer.caveat,
            notice=answer.notice,
            confidence=round(answer.confidence, 3),
            mode=answer.mode,
            searches=searches_of(answer),
        )


class ChatUsage(BaseModel):
    """Tokens that a language model read and wrote; 0 where none did."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, usage: Usage) -> ChatUsage:
        """Return a usage in this shape."""
        return cls(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.prompt_tokens + usage.completion_tokens,
        )


class ChatReplyMessage(BaseModel):
    """The message of a completion."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[ChatAnnotation]


class ChatChoice(BaseModel):
    """The one choice of a completion."""

    index: int = 0
    message: ChatReplyMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class ChatCompletion(BaseModel):
    """What `/v1/chat/completions` gives."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    paperchat: Told


class Embedding(BaseModel):
    """A vector: numbers, or the same as 32-bit floats in base64."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens that were embedded."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    """What `/v1/embeddings` gives."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


def _new_id(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex}"


def _finish_reason(answer: Answer) -> Literal["stop", "length"]:
    return "length" if answer.is_cut else "stop"


def _chat_annotations(links: Sequence[Link]) -> list[ChatAnnotation]:
    return [ChatAnnotation(url_citation=UrlCitation.of(each)) for each in links]


def chat_completion(model: str, answer: Answer, linked: LinkedText) -> ChatCompletion:
    """Return an answer as a completion."""
    message = ChatReplyMessage(content=linked.text, annotations=_chat_annotations(linked.links))
    return ChatCompletion(
        id=_new_id("chatcmpl-"),
        created=int(time.time()),
        model=model,
        choices=[ChatChoice(message=message, finish_reason=_finish_reason(answer))],
        usage=ChatUsage.of(answer.usage),
        paperchat=Told.of(answer),
    )


class ChatChunks:
    """The chunks of one streamed completion; each has `choices`.

    Args:
        model: As it was asked for.
    """

    def __init__(self, model: str) -> None:
        self._head: Plain = {
            "id": _new_id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }

    def first(self) -> Plain:
        """Return the chunk that says who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def text(self, piece: str) -> Plain:
        """Return a piece of the text."""
        return self._chunk({"content": piece})

    def last(self, answer: Answer, links: Sequence[Link]) -> Iterator[Plain]:
        """Yield the annotations, and why the text ends."""
        if links:
            plain = [each.model_dump(mode="json") for each in _chat_annotations(links)]
            yield self._chunk({"annotations": plain})
        told = Told.of(answer).model_dump(mode="json")
        yield self._chunk({}, _finish_reason(answer)) | {"paperchat": told}

    def usage(self, answer: Answer) -> Plain:
        """Return the chunk with the usage, which has no choice."""
        usage = ChatUsage.of(answer.usage).model_dump(mode="json")
        return {**self._head, "choices": [], "usage": usage}

    def _chunk(self, delta: Plain, finish_reason: str | None = None) -> Plain:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head, "choices": [choice]}


class ResponseEvents:
    """One response, whole or as the events of its stream, numbered from 0.

    Args:
        model: As it was asked for.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = _new_id("resp_")
        self._item_id = _new_id("msg_")
        self._created = int(time.time())
        self._number = 0

    def begin(self) -> Iterator[Plain]:
        """Yield the events before the text."""
        yield self._event("response.created", response=self._response("in_progress", []))
        yield self._event("response.in_progress", response=self._response("in_progress", []))
        yield self._event(
            "response.output_item.added", output_index=0, item=self._item("in_progress", [])
        )
        yield self._event("response.content_part.added", **self._place, part=_text_part("", []))

    def delta(self, piece: str) -> Plain:
        """Return a piece of the text."""
        return self._event("response.output_text.delta", **self._place, delta=piece, logprobs=[])

    def end(self, answer: Answer, linked: LinkedText) -> Iterator[Plain]:
        """Yield the annotations and the events behind the text."""
        annotations = _annotations(linked.links)
        for index, each in enumerate(annotations):
            yield self._event(
                "response.output_text.annotation.added",
                **self._place,
                annotation_index=index,
                annotation=each,
            )
        part = _text_part(linked.text, annotations)
        yield self._event("response.output_text.done", **self._place, text=linked.text, logprobs=[])
        yield self._event("response.content_part.done", **self._place, part=part)
        yield self._event(
            "response.output_item.done", output_index=0, item=self._item("completed", [part])
        )
        whole = self.whole(answer, linked)
        yield self._event(f"response.{whole['status']}", response=whole)

    def whole(self, answer: Answer, linked: LinkedText) -> Plain:
        """Return the finished response."""
        item = self._item("completed", [_text_part(linked.text, _annotations(linked.links))])
        usage = answer.usage
        ended: Plain = {
            "usage": {
                "input_tokens": usage.prompt_tokens,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": usage.completion_tokens,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            },
            "paperchat": Told.of(answer).model_dump(mode="json"),
        }
        if answer.is_cut:
            ended["incomplete_details"] = {"reason": "max_output_tokens"}
        status = "incomplete" if answer.is_cut else "completed"
        return self._response(status, [item]) | ended

    @property
    def _place(self) -> Plain:
        return {"item_id": self._item_id, "output_index": 0, "content_index": 0}

    def _item(self, status: str, content: list[Plain]) -> Plain:
        head = {"id": self._item_id, "type": "message", "role": "assistant"}
        return {**head, "status": status, "content": content}

    def _response(self, status: str, output: list[Plain]) -> Plain:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "model": self._model,
            "output": output,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": False,
            "tool_choice": "none",
            "tools": [],
            "previous_response_id": None,
            "store": False,
            "usage": None,
        }

    def _event(self, kind: str, **values: object) -> Plain:
        event = {"type": kind, "sequence_number": self._number, **values}
        self._number += 1
        return event


def _annotations(links: Sequence[Link]) -> list[Plain]:
    return [
        ResponseAnnotation(**UrlCitation.of(each).model_dump()).model_dump(mode="json")
        for each in links
    ]


def _text_part(text: str, annotations: list[Plain]) -> Plain:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def embeddings(
    model: str, vectors: Sequence[Sequence[float]], tokens: int, *, is_packed: bool
) -> Embeddings:
    """Return vectors, in order; packed they are 32-bit floats in base64, as OpenAI's client asks.

    Args:
        model: As it was asked for.
        vectors: Those of the texts.
        tokens: Of all texts together.
        is_packed: Whether they are packed.
    """
    return Embeddings(
        data=[
            Embedding(index=index, embedding=_packed(each) if is_packed else list(each))
            for index, each in enumerate(vectors)
        ],
        model=model,
        usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    )


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
