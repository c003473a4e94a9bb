"""Calls of a model: deadlines, tries, waits, hanging up, and models that are not ours."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import httpx
import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
)

from rag.endpoint.failures import retry_after_s
from rag.endpoint.tries import wait_s
from rag.errors import ModelError, ModelRateLimitError, ModelResponseError, ModelTimeoutError
from rag.types import EXTRACTIVE, Message
from tests.support.endpoint_papers import (
    CLAIM,
    KEY,
    MODEL,
    QUESTION,
    REPLY,
    assert_clear,
    endpoint_model,
)

HI = [ChatMessage(role="user", content="Hi")]
HISTORY = [Message("user", QUESTION), Message("assistant", "By the sound of water.")]


# --- the deadline --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(lambda e: e.drip(["Beavers "] * 200, 0.02), id="a piece at a time"),
        pytest.param(lambda e: e.keep_alive(0.02), id="comments alone"),
    ],
)
def test_a_reply_that_does_not_end_is_stopped_at_the_deadline(endpoint, slow):
    slow(endpoint)
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError, match="RAG_DEADLINE_S") as raised:
        endpoint_model(endpoint.url, deadline_s=0.3).chat(HI)
    assert time.monotonic() - began < 2
    assert_clear(raised.value, endpoint.url)
    assert endpoint.hung_up.wait(1)


def test_a_stopped_reply_gives_way_to_the_papers_own_sentences(ask, endpoint):
    endpoint.drip([f"{CLAIM} {n}. " for n in range(200)], 0.02)
    answer = ask(deadline_s=0.3)
    assert (answer.status, answer.mode) == ("answered", EXTRACTIVE)
    assert "RAG_DEADLINE_S" in answer.failure


def test_a_reply_that_is_complete_is_kept_though_its_count_comes_late(endpoint):
    endpoint.drip(["Beavers."], 0.01)
    assert endpoint_model(endpoint.url, deadline_s=5).chat(HI).message.content == "Beavers."


def test_all_tries_together_stay_within_the_deadline(endpoint):
    endpoint.fail(503, {"retry-after-ms": "150"})
    began = time.monotonic()
    with pytest.raises(ModelResponseError):
        endpoint_model(endpoint.url, retries=50, deadline_s=0.5).chat(HI)
    assert time.monotonic() - began < 1.5
    assert 2 <= len(endpoint.requests) <= 4


def test_no_wait_begins_that_would_outlast_the_deadline(endpoint):
    endpoint.fail(429, {"retry-after": "30"})
    began = time.monotonic()
    with pytest.raises(ModelRateLimitError, match="30 s"):
        endpoint_model(endpoint.url, retries=3, deadline_s=5).chat(HI)
    assert time.monotonic() - began < 3
    assert len(endpoint.requests) == 1


def test_a_try_gets_no_more_time_than_is_left(endpoint):
    endpoint.hang(3)
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError):
        endpoint_model(endpoint.url, timeout_s=60, deadline_s=0.2).chat(HI)
    assert time.monotonic() - began < 2


# --- waits ---------------------------------------------------------------------------------------


def test_the_next_try_waits_as_long_as_the_endpoint_asks(endpoint):
    endpoint.fail(429, {"retry-after": "0.2"}).reply("Hello.")
    assert endpoint_model(endpoint.url, retries=1).chat(HI).message.content == "Hello."
    first, second = endpoint.times
    assert second - first >= 0.2


def test_a_date_to_wait_for_is_understood(endpoint):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    endpoint.fail(503, {"retry-after": soon}).reply("Hello.")
    assert endpoint_model(endpoint.url, retries=1).chat(HI).message.content == "Hello."


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "1"}, 1.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00"}, 0.0),
        ({"retry-after": "Wed, 99 Oct 99999 07:28:00 GMT"}, None),
    ],
)
def test_what_an_endpoint_asks_to_wait(headers, seconds):
    assert retry_after_s(httpx.Headers(headers)) == seconds


def test_a_date_in_the_future_is_as_many_seconds_away():
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    for zone in ("GMT", "-0000"):
        told = format_datetime(in_an_hour, usegmt=True).replace("GMT", zone)
        assert 3590 < retry_after_s(httpx.Headers({"retry-after": told})) <= 3600


def failed(attempt, error):
    outcome = SimpleNamespace(exception=lambda: error)
    return SimpleNamespace(attempt_number=attempt, outcome=outcome)


def test_waits_grow_within_bounds_and_are_not_all_the_same():
    for attempt, least in ((1, 0.5), (2, 1.0), (3, 2.0), (9, 8.0), (60, 8.0)):
        waits = {wait_s(failed(attempt, ModelResponseError("failed"))) for _ in range(20)}
        assert all(least <= wait <= least + 0.5 for wait in waits)
        assert len(waits) > 1


def test_what_the_endpoint_asks_for_goes_before_our_own_wait():
    error = ModelRateLimitError("later")
    error.retry_after_s = 0.0
    assert wait_s(failed(5, error)) == 0.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_asking_again_cannot_change_is_asked_once(endpoint, status):
    endpoint.fail(status, {"retry-after": "0"})
    with pytest.raises(ModelError):
        endpoint_model(endpoint.url, retries=3).chat(HI)
    assert len(endpoint.requests) == 1


# --- hanging up ----------------------------------------------------------------------------------


def test_closing_a_stream_closes_the_connection_to_the_model(asked, endpoint):
    endpoint.drip(["Beavers build dams "] * 400, 0.01)
    stream = asked().stream(QUESTION)
    for draft in stream:
        if draft.stage == "writing" and draft.text:
            break
    assert not endpoint.hung_up.is_set()
    stream.close()
    assert endpoint.hung_up.wait(1)


def test_a_stream_that_is_let_go_closes_the_connection_too(asked, endpoint):
    endpoint.drip(["Beavers build dams "] * 400, 0.01)
    for draft in asked().stream(QUESTION):
        if draft.stage == "writing" and draft.text:
            break
    assert endpoint.hung_up.wait(1)


# --- where requests go ---------------------------------------------------------------------------


def test_all_that_is_asked_goes_to_the_one_endpoint_with_the_one_key(ask, endpoint):
    endpoint.reply(REPLY)
    endpoint.when("You rewrite the last message", "Do beavers fell willows?")
    endpoint.when("You check whether", '{"verdict": "supported", "quote": ""}')
    ask("And what do they eat?", HISTORY, verify="llm")
    kinds = [request["messages"][0]["content"].split(".")[0] for request in endpoint.requests]
    assert len(set(kinds)) == 3
    assert set(endpoint.paths) == {"/v1/chat/completions"}
    assert {headers["Authorization"] for headers in endpoint.headers} == {f"Bearer {KEY}"}
    assert {request["model"] for request in endpoint.requests} == {MODEL}


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_key_that_the_endpoint_repeats_stands_in_no_error_nor_in_what_caused_it(endpoint, status):
    odd = "tok3n-0123456789"  # not of the form that keys of the big services have
    endpoint.fail(status, body=f'{{"error": {{"message": "no such user: {odd}"}}}}')
    with pytest.raises(ModelError) as raised:
        endpoint_model(endpoint.url, OPENAI_API_KEY=odd).chat(HI)
    error = raised.value
    while error:
        assert odd not in f"{error}{error!r}"
        error = error.__cause__
    assert raised.value.retryable is (status in (429, 500))


@pytest.mark.parametrize(("told", "names"), [(None, []), ([], []), (["b", "a"], ["a", "b"])])
def test_an_endpoint_may_tell_its_models(endpoint, told, names):
    endpoint.models = told
    assert endpoint_model(endpoint.url).models() == names
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"
