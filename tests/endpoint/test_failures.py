"""Every way in which a model's endpoint can fail, over real HTTP: told in one clear sentence."""

from __future__ import annotations

import inspect
import json
import socket
import threading
import time
from contextlib import closing, contextmanager

import httpx
import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage
from openai.types.chat import ChatCompletion

from rag.endpoint.chat import EndpointLLM
from rag.endpoint.failures import translate_error
from rag.errors import (
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelTimeoutError,
    RagError,
)
from rag.types import EXTRACTIVE
from tests.support.endpoint_papers import (
    CLAIM,
    KEY,
    MODEL,
    REPLY,
    TELLS_WHAT_TO_DO,
    assert_clear,
    chunk_of,
    endpoint_model,
    endpoint_settings,
    events,
    shape,
)


@pytest.fixture
def call(endpoint):
    """Calls the scripted model itself; keywords are settings."""

    def called(url=endpoint.url, **others):
        return endpoint_model(url, **others).chat([ChatMessage(role="user", content="Hi")])

    return called


def assert_gave_way(answer):
    """The papers' own sentences stand in the model's place, and the reason beside them."""
    assert (answer.status, answer.mode, answer.removed) == ("answered", EXTRACTIVE, ())
    assert answer.citations
    assert all(citation.quote in answer.text for citation in answer.citations)
    assert answer.failure
    assert answer.notice.startswith(answer.failure)
    assert KEY not in f"{answer!r}{answer}"


# --- what can go wrong -----------------------------------------------------------------------

PAGE = "<!doctype html>\n<html><body><h1>It works!</h1></body></html>"
ECHO = json.dumps({"error": {"message": f"Received API Key = {KEY}, which is unknown"}})


@pytest.mark.parametrize(
    ("play", "error"),
    [
        pytest.param(lambda e: e.fail(401), ModelAuthenticationError, id="401"),
        pytest.param(lambda e: e.fail(403), ModelAuthenticationError, id="403"),
        pytest.param(lambda e: e.fail(404), ModelResponseError, id="404"),
        pytest.param(lambda e: e.fail(429), ModelRateLimitError, id="429"),
        pytest.param(lambda e: e.fail(400), ModelResponseError, id="400"),
        pytest.param(lambda e: e.fail(422), ModelResponseError, id="422"),
        pytest.param(lambda e: e.fail(500), ModelResponseError, id="500"),
        pytest.param(lambda e: e.fail(500, body=""), ModelResponseError, id="500 without a body"),
        pytest.param(lambda e: e.fail(502, body=PAGE), ModelResponseError, id="502 as a page"),
        pytest.param(lambda e: e.fail(401, body=ECHO), ModelAuthenticationError, id="401 echo"),
        # Some proxies tell the key that they were given in the error.
        pytest.param(lambda e: e.fail(400, body=ECHO), ModelResponseError, id="400 echoes the key"),
        pytest.param(lambda e: e.fail(500, body=ECHO), ModelResponseError, id="500 echoes the key"),
        pytest.param(lambda e: e.break_off("Beavers bu"), ModelConnectionError, id="broken stream"),
        pytest.param(lambda e: e.answer_raw(PAGE), ModelResponseError, id="HTML with 200"),
        pytest.param(lambda e: e.answer_raw(""), ModelResponseError, id="nothing with 200"),
        pytest.param(
            lambda e: e.answer_raw('{"answer": 42}', "application/json"),
            ModelResponseError,
            id="other JSON with 200",
        ),
    ],
)
def test_an_endpoint_that_fails_is_told_in_one_clear_sentence(ask, call, endpoint, play, error):
    play(endpoint)
    with pytest.raises(ModelError) as raised:
        call()
    assert_clear(raised.value, endpoint.url)
    assert type(raised.value) is error
    answer = ask()
    assert_gave_way(answer)
    assert answer.failure == str(raised.value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(events("this is no JSON"), id="no JSON"),
        pytest.param(events('{"id": "c", "choi', done=False), id="half a JSON"),
        pytest.param(events({"object": "thing"}), id="an object that is no chunk"),
        pytest.param(events([1, 2]), id="a list"),
        pytest.param(events(None), id="null"),
        pytest.param(events({"choices": None}), id="no list of choices"),
        pytest.param(events({"choices": [{"index": 0}]}), id="a choice without delta"),
        pytest.param(events({"error": {"message": "overloaded"}}), id="an error as an event"),
        pytest.param(events({"error": {"message": f"bad key {KEY}"}}), id="an error with the key"),
        pytest.param(events(), id="the end alone"),
    ],
)
def test_a_stream_that_is_no_completion_is_a_response_error(call, endpoint, body):
    endpoint.answer_raw(body, content_type="text/event-stream")
    with pytest.raises(ModelError) as raised:
        call()
    assert_clear(raised.value, endpoint.url)
    assert type(raised.value) is ModelResponseError


def test_an_empty_delta_is_no_failure(ask, endpoint):
    """Azure and vLLM send chunks whose delta has no content, or no choice at all."""
    silent = chunk_of(None) | {"choices": []}
    body = events(silent, chunk_of(None), chunk_of(REPLY), chunk_of(None, "stop"))
    endpoint.answer_raw(body, content_type="text/event-stream")
    assert shape(ask()) == [(f"{CLAIM}.", [1])]


def test_a_429_tells_when_to_ask_again(call, endpoint):
    endpoint.fail(429, {"retry-after": "17"})
    with pytest.raises(ModelRateLimitError, match="17 s"):
        call()


@pytest.mark.parametrize(
    ("status", "retryable"), [(400, False), (401, False), (404, False), (429, True), (500, True)]
)
def test_an_error_knows_whether_asking_again_can_help(call, endpoint, status, retryable):
    endpoint.fail(status)
    with pytest.raises(ModelError) as raised:
        call()
    assert raised.value.retryable is retryable


def test_a_404_names_the_model(call, endpoint):
    endpoint.fail(404)
    with pytest.raises(ModelResponseError, match=MODEL):
        call()


def test_an_endpoint_that_hangs_times_out(call, endpoint):
    endpoint.hang(1)
    with pytest.raises(ModelTimeoutError) as raised:
        call(timeout_s=0.1)
    assert_clear(raised.value, endpoint.url)
    assert raised.value.retryable


@contextmanager
def raw_server(body, hold_s=0.0):
    """Answers one request with these bytes, waits, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with closing(listener), closing(listener.accept()[0]) as connection:
            connection.recv(1 << 20)
            connection.sendall(body)
            time.sleep(hold_s)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    thread.join(5)


def chunked(body):
    """The start of a reply whose end is still owed."""
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return f"{head}{len(body):x}\r\n{body}\r\n".encode()


@pytest.mark.parametrize(
    ("body", "hold_s", "error"),
    [
        pytest.param(
            chunked(events(chunk_of("Bea"), done=False)), 0, ModelConnectionError, id="cut"
        ),
        pytest.param(
            chunked(events(chunk_of("Bea"), done=False)), 0.6, ModelTimeoutError, id="silent"
        ),
        pytest.param(b"", 0, ModelConnectionError, id="hangs up at once"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", 0, ModelConnectionError, id="no HTTP at all"),
    ],
)
def test_a_connection_that_dies_is_told_in_one_clear_sentence(call, body, hold_s, error):
    with raw_server(body, hold_s) as url:
        with pytest.raises(ModelError) as raised:
            call(url=url, timeout_s=0.2)
        assert_clear(raised.value, url)
        assert type(raised.value) is error


def test_a_refused_connection_is_told_in_one_clear_sentence(call):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    with pytest.raises(ModelConnectionError) as raised:
        call(url=url)
    assert_clear(raised.value, url)
    assert raised.value.retryable


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/v1",  # the scheme was forgotten
        "//127.0.0.1/v1",
        "http://localhost:port/v1",
        "http://[::1/v1",
        "ftp://127.0.0.1/v1",
    ],
)
def test_an_address_that_is_none_is_told_in_one_clear_sentence(call, url):
    with pytest.raises(RagError) as raised:
        call(url=url)
    assert_clear(raised.value, url)
    assert "OPENAI_BASE_URL" in str(raised.value)


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\r\n", f" {KEY} "], ids=repr)
def test_white_space_around_the_key_does_no_harm(ask, endpoint, key):
    """Keys are read from files, whose last line ends."""
    endpoint.reply(REPLY)
    assert ask(OPENAI_API_KEY=key).status == "answered"
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "key",
    [
        f"{KEY}é",
        f"“{KEY}”",  # pasted from a text processor
        f"{KEY}\n{KEY}",
    ],
)
def test_a_key_that_no_header_can_hold_is_refused_without_being_told(call, endpoint, key):
    endpoint.reply(REPLY)
    with pytest.raises(RagError, match="OPENAI_API_KEY") as raised:
        call(OPENAI_API_KEY=key)
    assert KEY not in str(raised.value)


def test_a_password_in_the_address_is_not_told(call, endpoint):
    endpoint.fail(500)
    with pytest.raises(ModelError) as raised:
        call(url=endpoint.url.replace("//", f"//ada:{KEY}@"))
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (1, 2), (3, 4)])
def test_a_failed_call_is_tried_again_as_often_as_the_settings_say(call, endpoint, retries, calls):
    endpoint.fail(503, {"retry-after-ms": "1"})
    with pytest.raises(ModelResponseError):
        call(retries=retries)
    assert len(endpoint.requests) == calls


def test_a_second_try_that_works_is_an_answer(ask, endpoint):
    endpoint.fail(500, {"retry-after-ms": "1"}).reply(REPLY)
    assert shape(ask(retries=1)) == [(f"{CLAIM}.", [1])]


def test_a_refused_key_is_not_tried_again(call, endpoint):
    endpoint.fail(401)
    with pytest.raises(ModelAuthenticationError):
        call(retries=3)
    assert len(endpoint.requests) == 1


# --- every error of the client ---------------------------------------------------------------


def subclasses_of(kind):
    return [kind, *(found for child in kind.__subclasses__() for found in subclasses_of(child))]


def made(kind):
    """An error of the client, its arguments filled by name; an unknown name fails the test."""
    request = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")
    values = {
        "message": "something went wrong",
        "request": request,
        "response": httpx.Response(getattr(kind, "status_code", 500), request=request),
        "body": None,
        "completion": ChatCompletion.model_construct(usage=None),
        "unsent_messages": [],
        "symbol": "Completion",
    }
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    by_place = [values[p.name] for p in named if p.kind is p.POSITIONAL_OR_KEYWORD]
    by_name = {p.name: values[p.name] for p in named if p.kind is p.KEYWORD_ONLY}
    return kind(*by_place, **by_name)


CLIENT_ERRORS = list(dict.fromkeys(subclasses_of(openai.OpenAIError)))


@pytest.mark.parametrize("kind", CLIENT_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_client_is_mapped(kind):
    where = "http://127.0.0.1/v1/"
    error = translate_error(made(kind), where, MODEL)
    assert isinstance(error, ModelError)
    assert type(error) is not ModelError
    assert where in str(error)
    assert TELLS_WHAT_TO_DO.search(str(error)), error


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (openai.APITimeoutError, ModelTimeoutError),  # is an APIConnectionError too
        (openai.APIConnectionError, ModelConnectionError),
        (openai.AuthenticationError, ModelAuthenticationError),
        (openai.PermissionDeniedError, ModelAuthenticationError),
        (openai.RateLimitError, ModelRateLimitError),
        (openai.NotFoundError, ModelResponseError),
        (openai.InternalServerError, ModelResponseError),
        (openai.APIResponseValidationError, ModelResponseError),
    ],
)
def test_errors_of_the_client_keep_their_meaning(kind, error):
    assert type(translate_error(made(kind), "http://127.0.0.1/v1/", MODEL)) is error


# --- as a LlamaIndex model -------------------------------------------------------------------


def test_it_serves_llama_index_in_all_four_ways(endpoint):
    endpoint.reply("Hello there.")
    llm = EndpointLLM(endpoint_settings(endpoint.url), MODEL)
    messages = [ChatMessage(role="user", content="Hi")]
    assert llm.chat(messages).message.content == "Hello there."
    assert llm.complete("Hi").text == "Hello there."
    assert "".join(part.delta for part in llm.stream_chat(messages)) == "Hello there."
    assert "".join(part.delta for part in llm.stream_complete("Hi")) == "Hello there."
    assert llm.metadata.model_name == MODEL


def test_the_key_shows_nowhere_in_the_model(endpoint):
    llm = EndpointLLM(endpoint_settings(endpoint.url), MODEL)
    assert KEY not in f"{llm!r}{llm}{llm.to_dict()}"
