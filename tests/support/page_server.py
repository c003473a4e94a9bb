"""Serves the page for tests: the real server on loopback, in a thread of the test's process."""

from __future__ import annotations

import json
import uuid
from contextlib import closing, contextmanager

import httpx

from ui.serve import build_server, listen, start_server
from ui.server.loading import Loading


def served(library, access=None, port=7970, metrics=None):
    """The address of the page of a library."""
    return serving(Loading.of(library, access), port, metrics)


@contextmanager
def serving(loading, port, metrics=None):
    """The address of the page of a library that may still be on its way."""
    with closing(listen("127.0.0.1", port)) as listening:
        server = build_server(loading, metrics)
        thread = start_server(server, listening)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(10)


def call(client, address, name, data, session=None):
    """What a function of the page ends with, asked as a browser asks; the whole last event."""
    session = session or uuid.uuid4().hex
    config = client.get(f"{address}config").raise_for_status().json()
    index = next(each["id"] for each in config["dependencies"] if each["api_name"] == name)
    body = {"data": data, "fn_index": index, "session_hash": session}
    client.post(f"{address}gradio_api/queue/join", json=body).raise_for_status()
    query = {"session_hash": session}
    with client.stream("GET", f"{address}gradio_api/queue/data", params=query, timeout=60) as lines:
        for line in lines.iter_lines():
            event = json.loads(line.removeprefix("data: ")) if line else {}
            if event.get("msg") == "process_completed":
                return event
    raise AssertionError("the page hung up before the answer was complete")


def client(**others):
    """A visitor with cookies of their own."""
    return httpx.Client(timeout=30, follow_redirects=False, **others)
