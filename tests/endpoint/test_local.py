"""Models on this machine are found by asking, quickly, and only where nothing is set."""

from __future__ import annotations

import socket
import time

import pytest

from rag.cli import checkup
from rag.cli.checkup import examine
from rag.endpoint import local
from rag.endpoint.local import (
    LOOKED_FOR_S,
    LocalServer,
    Place,
    find_local_servers,
    may_look,
    ollama_root,
    usual_places,
)
from rag.settings import Settings
from tests.support.endpoint_papers import MODEL
from ui.settings.local import local_offers, read_offer

LISTED = {"object": "list", "data": [{"id": MODEL}, {"id": "nomic-embed-text"}]}
PROPS = {"default_generation_settings": {"n_ctx": 4096}}

ASKS = {place.name: place.models for place in usual_places({})}
SERVERS = {
    "Ollama": ({"/api/tags": {"models": [{"name": MODEL}, {"name": "bge-m3"}]}}, True),
    "LM Studio": (
        {"/api/v0/models": {"data": [{"id": MODEL, "type": "llm"}, {"id": "x", "type": "tts"}]}},
        True,
    ),
    "llama.cpp": ({"/health": {"status": "ok"}, "/props": PROPS, "/v1/models": LISTED}, True),
    "vLLM": ({"/v1/models": LISTED}, True),
    "Jan": ({"/v1/models": LISTED}, True),
}


def at(name, endpoint):
    """The place of a server of this name, on the scripted endpoint."""
    return Place(name, endpoint.url.removesuffix("/v1"), ASKS[name])


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_is_told_by_its_own_ways(endpoint, name):
    endpoint.tells, _ = SERVERS[name]
    assert find_local_servers([at(name, endpoint)], 20) == (
        LocalServer(name, endpoint.url, (MODEL,)),
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("llama.cpp", {"/health": {"status": "UP"}, "/v1/models": LISTED}),  # another program
        ("llama.cpp", {"/health": {"status": "ok"}, "/v1/models": LISTED}),
        ("vLLM", {"/v1/models": "<html>"}),
        ("vLLM", {"/v1/models": {"object": "list", "data": [5, {"id": 7}]}}),
        ("Ollama", {"/api/tags": {"models": "x"}}),
        ("Ollama", {"/api/tags": [1]}),
        ("Jan", {}),
    ],
)
def test_what_is_no_server_of_models_is_left_alone(endpoint, name, told):
    endpoint.tells = told
    assert find_local_servers([at(name, endpoint)], 20) == ()


def test_one_that_hangs_holds_up_nobody(endpoint):
    endpoint.tells = {"/v1/models": LISTED}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        root = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hanging = [Place(name, root, ask) for name, ask in ASKS.items()]
        begun = time.monotonic()
        found = find_local_servers([*hanging, at("vLLM", endpoint)], 5)
        assert time.monotonic() - begun < 20
    assert [server.name for server in found] == ["vLLM"]


def test_nobody_is_there():
    places = [Place(name, "http://127.0.0.1:9", ask) for name, ask in ASKS.items()]
    assert find_local_servers(places, 5) == ()
    assert LOOKED_FOR_S == 0.3


@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8123", "http://127.0.0.1:8123"),
        ("10.0.0.7:8123", "http://10.0.0.7:8123"),
        ("http://box:8123/", "http://box:8123"),
        ("https://box", "https://box:443"),
        ("box", "http://box:11434"),
        ("[::1]:8123", "http://[::1]:8123"),
        (":8123", "http://127.0.0.1:8123"),
    ],
)
def test_where_ollama_is(host, root):
    assert ollama_root(host) == root


@pytest.mark.parametrize(
    ("given", "may"),
    [
        ({}, True),
        ({"find_local": False}, False),
        ({"llm": "extractive"}, False),
        ({"OPENAI_API_KEY": "k"}, False),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, False),
    ],
)
def test_nothing_is_looked_for_where_something_is_set_or_it_is_forbidden(given, may):
    assert may_look(Settings(**{"find_local": True, **given})) is may


def test_doctor_offers_what_was_found_and_asks_it_nothing(tmp_path, endpoint, monkeypatch):
    endpoint.tells = {"/v1/models": LISTED}
    found = find_local_servers([at("vLLM", endpoint)], 20)  # however busy the machine is
    monkeypatch.setattr(checkup, "find_local_servers", lambda: found)
    settings = Settings(library=tmp_path / "library", embedder="none", find_local=True)
    (told,) = (each.told for each in examine(settings) if each.subject == "language model")
    assert f"OPENAI_BASE_URL={endpoint.url} and OPENAI_MODEL={MODEL}" in told
    assert told.startswith("none is set")
    assert endpoint.requests == []


def test_doctor_looks_for_nothing_where_it_is_forbidden(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "usual_places", lambda _environ: pytest.fail("it looked"))
    settings = Settings(library=tmp_path / "library", embedder="none", find_local=False)
    assert examine(settings)


def test_an_offer_in_the_page_leads_back_to_its_address_and_model():
    servers = [LocalServer("Ollama", "http://127.0.0.1:11434/v1", ("qwen3:4b", "a model"))]
    offers = local_offers(servers)
    assert [label for label, _ in offers] == ["qwen3:4b · Ollama", "a model · Ollama"]
    assert [read_offer(value) for _, value in offers] == [
        ("http://127.0.0.1:11434/v1", "qwen3:4b"),
        ("http://127.0.0.1:11434/v1", "a model"),
    ]
