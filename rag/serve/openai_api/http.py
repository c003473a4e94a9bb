"""Serve OpenAI's requests over HTTP: models, chat completions, responses, embeddings."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from rag.errors import ConfigurationError, RagError, SourceError
from rag.library import Library
from rag.serve.door import Caller, Door, RefusedError
from rag.serve.openai_api import PREFIX, replies
from rag.serve.openai_api.linking import GrowingText, linked_answer, pieces
from rag.serve.openai_api.requests import (
    ChatRequest,
    EmbeddingsRequest,
    InvalidError,
    ResponsesRequest,
    conversation_of,
)
from rag.tokens import count_tokens
from rag.types import EXTRACTIVE, Answer, Depth, Message

SCHEMA: Final = f"{PREFIX}/openapi.json"
MODEL: Final = "paperchat"  # as the library is set up
OWN_SENTENCES: Final = "paperchat-extractive"
DRAFT: Final = "draft"
DONE: Final = "data: [DONE]\n\n"
EVENTS: Final = "text/event-stream"
INVALID: Final = "invalid_request_error"
# What a status is called in OpenAI's errors: type and code.
CALLED: Final = {
    401: (INVALID, "invalid_api_key"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("server_error", "not_ready"),
}
logger = logging.getLogger(__name__)
bearer = HTTPBearer(auto_error=False, description="A token made in Settings, or of RAG_API_TOKENS.")


class UnknownModelError(ValueError):
    """A model was asked for that there is not."""


def add_openai_api(app: FastAPI, door: Door) -> None:
    """Add the requests to an app.

    Args:
        app: Serves them below `/v1`.
        door: Lets callers in, counts their questions, and gives the library.
    """
    app.state.door = door
    app.include_router(router)
    app.openapi = partial(_described, app)  # type: ignore[method-assign]
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(InvalidError, _on_unanswerable)
    app.add_exception_handler(UnknownModelError, _on_unknown_model)
    app.add_exception_handler(RagError, _on_failure)
    app.add_exception_handler(HTTPException, _on_http)


def _described(app: FastAPI) -> replies.Plain:
    """Describe the requests; a wrong one is told with 400 as OpenAI does, never with 422."""
    if app.openapi_schema is None:
        made = FastAPI.openapi(app)
        for methods in made["paths"].values():
            for operation in methods.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            made.get("components", {}).get("schemas", {}).pop(name, None)
    described: replies.Plain = app.openapi_schema or {}
    return described


def _entered(request: Request) -> Caller:
    address = request.client.host if request.client else ""
    door: Door = request.app.state.door
    return door.enter(request.headers.get("authorization"), address)


def _library(request: Request) -> Library:
    door: Door = request.app.state.door
    return door.library()


def _counted(request: Request, caller: Annotated[Caller, Depends(_entered)]) -> None:
    door: Door = request.app.state.door
    door.count(caller)


Opened = Annotated[Library, Depends(_library)]
REFUSALS: Final = {
    400: "The request is wrong; `param` names the field.",
    401: "A token is missing or wrong.",
    404: "There is no such model.",
    429: "Too many questions; `Retry-After` says when to go on.",
    503: "The library is not ready, or cannot be read now.",
}
router = APIRouter(
    prefix=PREFIX,
    tags=["paperchat"],
    dependencies=[Depends(bearer), Depends(_entered)],
    responses={
        status: {"model": replies.Refusal, "description": why} for status, why in REFUSALS.items()
    },
)


def _models(library: Library) -> list[replies.Model]:
    names = (MODEL, OWN_SENTENCES, library.embedder_name)
    return [replies.Model(id=name) for name in names if name]


@router.get("/models")
def list_models(library: Opened) -> replies.ModelList:
    """List what can be asked: the library as it is set up, without a model, and its embedder."""
    return replies.ModelList(data=_models(library))


@router.get("/models/{name}")
def show_model(name: str, library: Opened) -> replies.Model:
    """Show one of the models."""
    for model in _models(library):
        if model.id == name:
            return model
    raise UnknownModelError(name)


def _asked(library: Library, model: str) -> Library:
    """Return the library, answering as a model's name says."""
    if model == MODEL:
        return library
    if model == OWN_SENTENCES:
        return library.with_llm(EXTRACTIVE)
    raise UnknownModelError(model)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of a library, within its conversation."""

    library: Library
    text: str
    history: list[Message]
    depth: Depth | None

    def ask(self) -> Answer:
        return self.library.ask(self.text, self.history, depth=self.depth)

    def stream(self) -> Iterator[Answer]:
        return self.library.stream(self.text, self.history, depth=self.depth)


@router.post(
    "/chat/completions", dependencies=[Depends(_counted)], response_model=replies.ChatCompletion
)
def complete_chat(request: ChatRequest, library: Opened) -> object:
    """Answer the last message from the papers, in the light of those before it."""
    asked = _asked(library, request.model)
    question = _Question(asked, *conversation_of(request.messages, "messages"), request.depth)
    if request.stream:
        with_usage = bool(request.stream_options and request.stream_options.include_usage)
        events = _chat_events(request.model, question, with_usage=with_usage)
        return StreamingResponse(events, media_type=EVENTS)
    answer = question.ask()
    return replies.chat_completion(request.model, answer, linked_answer(answer))


def _chat_events(model: str, question: _Question, *, with_usage: bool) -> Iterator[str]:
    chunks, growing = replies.ChatChunks(model), GrowingText()
    yield _event(chunks.first())
    try:
        for answer, added in _grown(question, growing):
            for piece in pieces(added):
                yield _event(chunks.text(piece))
            if answer.status != DRAFT:
                yield from map(_event, chunks.last(answer, growing.sent.links))
                if with_usage:
                    yield _event(chunks.usage(answer))
        yield DONE
    except RagError as exc:
        yield _event({"error": _error(str(exc), "server_error")})


def _grown(question: _Question, growing: GrowingText) -> Iterator[tuple[Answer, str]]:
    """Yield each draft and the final answer with the text that it adds."""
    for answer in question.stream():
        is_draft = answer.status == DRAFT
        yield answer, growing.grow(answer) if is_draft else growing.finish(answer)


@router.post("/responses", dependencies=[Depends(_counted)])
def respond(request: ResponsesRequest, library: Opened) -> object:
    """Answer the input from the papers; nothing is stored."""
    asked = _asked(library, request.model)
    question = _Question(asked, *conversation_of(request.messages, "input"), request.depth)
    if request.stream:
        events = _response_events(request.model, question)
        return StreamingResponse(events, media_type=EVENTS)
    answer = question.ask()
    whole = replies.ResponseEvents(request.model).whole(answer, linked_answer(answer))
    return JSONResponse(whole)


def _response_events(model: str, question: _Question) -> Iterator[str]:
    events, growing = replies.ResponseEvents(model), GrowingText()
    yield from map(_named_event, events.begin())
    try:
        for answer, added in _grown(question, growing):
            yield from (_named_event(events.delta(piece)) for piece in pieces(added))
            if answer.status != DRAFT:
                yield from map(_named_event, events.end(answer, growing.sent))
    except RagError as exc:
        failed = {"type": "error", "code": "server_error", "message": str(exc), "param": None}
        yield _named_event(failed)


@router.post("/embeddings", dependencies=[Depends(_counted)])
def embed(request: EmbeddingsRequest, library: Opened) -> replies.Embeddings:
    """Embed texts as the library's papers are embedded."""
    if request.model != library.embedder_name:
        raise UnknownModelError(request.model)
    vectors = library.embed(request.texts)
    if request.dimensions not in (None, len(vectors[0])):
        message = f"The vectors of {request.model} have {len(vectors[0])} dimensions."
        raise InvalidError(message, "dimensions")
    tokens = sum(map(count_tokens, request.texts))
    is_packed = request.encoding_format == "base64"
    return replies.embeddings(request.model, vectors, tokens, is_packed=is_packed)


def _event(data: replies.Plain) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _named_event(data: replies.Plain) -> str:
    return f"event: {data['type']}\n{_event(data)}"


# Errors, as OpenAI's client reads them.


def _error(
    message: str, kind: str = INVALID, code: str | None = None, param: str | None = None
) -> replies.Plain:
    return {"message": message, "type": kind, "param": param, "code": code}


def _refusal(
    status: int, error: replies.Plain, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"error": error}, status, headers)


def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problem = min(error.errors(), key=lambda each: -len(each["loc"]))
    param = _field(problem["loc"])
    return _refusal(400, _error(f"{param or 'The request'}: {problem['msg']}.", param=param))


def _field(place: tuple[int | str, ...]) -> str | None:
    """Return the name of a field as OpenAI writes it: `messages[0].content`."""
    parts = [each for each in place[1:] if isinstance(each, int) or each.isidentifier()]
    named = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in parts)
    return named.removeprefix(".") or None


def _on_unanswerable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidError)
    return _refusal(400, _error(str(error), param=error.param))


def _on_unknown_model(_: Request, error: Exception) -> JSONResponse:
    message = f"There is no model {str(error)!r} here; GET {PREFIX}/models lists those there are."
    return _refusal(404, _error(message, code="model_not_found", param="model"))


def _on_failure(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, RefusedError):
        kind, code = CALLED[error.status]
        return _refusal(error.status, _error(str(error), kind, code), error.headers)
    if isinstance(error, SourceError | ConfigurationError):
        return _refusal(400, _error(str(error)))
    logger.warning("a program's request failed: %s", error)
    return _refusal(503, _error(str(error), "server_error"))


def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _refusal(error.status_code, _error(str(error.detail)), dict(error.headers or {}))
