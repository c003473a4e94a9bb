"""How much a model takes in is read where its server tells, and the prompt fits it."""

from __future__ import annotations

import pytest

from rag.answering.prompting import ANSWER_SHARE
from rag.endpoint.chat import COUNTED_ALIKE
from rag.endpoint.windows import WINDOWS, is_near, read_window
from rag.tokens import count_tokens
from tests.support.endpoint_papers import CLAIM, MODEL, QUESTION, REPLY, WILLOWS, shape

LISTED = {"object": "list", "data": [{"id": "other", "max_model_len": 999}, {"id": MODEL}]}


def listed(**told):
    return {"object": "list", "data": [{"id": "other"}, {"id": MODEL, **told}]}


SERVERS = {
    "vLLM": ({"/v1/models": listed(max_model_len=2048)}, 2048),
    "a list that tells a context length": ({"/v1/models": listed(context_length=4096)}, 4096),
    "llama.cpp": ({"/props": {"default_generation_settings": {"n_ctx": 3072}}}, 3072),
    "LM Studio": ({"/api/v0/models": listed(loaded_context_length=5000)}, 5000),
    "LM Studio beside a list of the largest": (
        {
            "/v1/models": listed(max_context_length=131072),
            "/api/v0/models": listed(loaded_context_length=5000),
        },
        5000,
    ),
    "Ollama, loaded": (
        {"/api/ps": {"models": [{"name": MODEL, "context_length": 6144}]}, "/api/show": {"a": 1}},
        6144,
    ),
    "Ollama, not loaded": (
        {
            "/api/ps": {"models": []},
            "/api/show": {"model_info": {"qwen3.context_length": 40960}},
        },
        4096,
    ),
    "Ollama, a small model": (
        {"/api/ps": {"models": []}, "/api/show": {"model_info": {"a.context_length": 2048}}},
        2048,
    ),
    "Ollama, told in the model's file": (
        {
            "/api/ps": {"models": []},
            "/api/show": {"parameters": "stop x\nnum_ctx    16384", "model_info": {}},
        },
        16384,
    ),
    "nothing": ({}, None),
    "another model's": ({"/v1/models": LISTED}, None),
    "wrong types": (
        {
            "/v1/models": {"data": ["x", {"id": MODEL, "max_model_len": "many"}]},
            "/props": [1],
            "/api/ps": {"models": "x"},
            "/api/show": {"model_info": [], "parameters": 5},
        },
        4096,
    ),
    "no JSON": ({"/v1/models": "<html>", "/props": "{"}, None),
}


@pytest.mark.parametrize(("told", "window"), SERVERS.values(), ids=SERVERS.keys())
def test_the_window_is_what_the_server_tells(endpoint, told, window, monkeypatch):
    monkeypatch.delenv("OLLAMA_CONTEXT_LENGTH", raising=False)
    endpoint.tells = told
    assert read_window(endpoint.url, MODEL, "none")[0] == window


def test_nobody_there_tells_nothing():
    assert read_window("http://127.0.0.1:9/v1", MODEL, "none")[0] is None


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://192.168.1.5:1234/v1", True),
        ("http://ollama:11434/v1", True),
        ("https://api.example.org/v1", False),
        ("https://8.8.8.8/v1", False),
        ("http://[::1/v1", False),
    ],
)
def test_which_addresses_are_near(address, near):
    assert is_near(address) is near


def sent_tokens(request):
    return sum(count_tokens(message["content"]) for message in request["messages"])


def test_the_prompt_fits_the_window_that_was_read_and_the_instructions_stay(asked, endpoint):
    endpoint.reply(REPLY)
    asked().ask(QUESTION)
    (large,) = endpoint.requests
    room = sent_tokens(large) - 40
    window = int(room / COUNTED_ALIKE * ANSWER_SHARE / (ANSWER_SHARE - 1))
    endpoint.tells = {"/props": {"default_generation_settings": {"n_ctx": window}}}
    WINDOWS.forget()
    assert shape(asked().ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    fitted = endpoint.requests[-1]
    assert sent_tokens(fitted) <= room
    assert fitted["messages"][0] == large["messages"][0]
    assert fitted["messages"][-1]["content"].endswith(f"Question: {QUESTION}")
    assert (
        large["messages"][-1]["content"].splitlines()[:4]
        == (
            fitted["messages"][-1]["content"].splitlines()[:4]  # the most useful paper stays
        )
    )


def test_a_window_that_is_set_is_not_asked_for(asked, endpoint):
    endpoint.reply(REPLY)
    endpoint.tells = {"/props": {"default_generation_settings": {"n_ctx": 300}}}
    assert shape(asked(model_window=8192).ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    assert WILLOWS.title in endpoint.requests[0]["messages"][-1]["content"]


def test_a_window_is_asked_for_once(asked, endpoint):
    endpoint.reply(REPLY)
    endpoint.tells = {"/props": {"default_generation_settings": {"n_ctx": 4096}}}
    library = asked()
    library.ask(QUESTION)
    endpoint.tells = {}
    assert library._llm.find_window() == int(4096 * 0.85)
