"""Read a model's context window from its server, where it says.

Hosted endpoints give it in their list of models, if at all. What is served nearby is also asked in
the ways of Ollama, llama.cpp and LM Studio, whose windows are often far smaller than the model's.
"""

from __future__ import annotations

import ipaddress
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Final

import httpx

from rag.certificates import read_certificates
from rag.endpoint.pieces import value_of

PATIENCE_S: Final = 2.0
LEAST_WINDOW: Final = 256  # less is no window
OLLAMA_DEFAULT: Final = 4096  # what it gives a model without settings of its own
LISTED_AS: Final = (
    "loaded_context_length",
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
)

Fetch = Callable[[str, dict[str, str] | None], object]


class Windows:
    """Context windows of models, kept as long as the process lives; safe for several threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int | None] = {}
        self._lock = threading.Lock()

    def find(self, base_url: str, model: str, key: str) -> int | None:
        """Find a model's window, tokens; None where its endpoint does not say.

        What a server says of a model that it has not loaded yet is asked again the next time.
        """
        place = base_url.rstrip("/"), model
        if place in self._known:
            return self._known[place]
        window, is_final = read_window(base_url, model, key)
        if is_final:
            with self._lock:
                self._known[place] = window
        return window

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._known.clear()


WINDOWS: Final = Windows()


def read_window(base_url: str, model: str, key: str) -> tuple[int | None, bool]:
    """Read a model's window from its endpoint, and whether it stays the same."""
    near = is_near(base_url)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(
        timeout=PATIENCE_S, trust_env=not near, headers=headers, verify=read_certificates()
    ) as client:

        def fetch(address: str, body: dict[str, str] | None = None) -> object:
            try:
                reply = client.post(address, json=body) if body else client.get(address)
                return reply.json() if reply.status_code == httpx.codes.OK else None
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
                return None

        base = base_url.rstrip("/")
        root = base.removesuffix("/v1")
        listed = _listed(fetch(f"{base}/models"), model)
        if not near:
            return listed, True
        served = _llama_cpp(fetch(f"{root}/props")) or _lm_studio(
            fetch(f"{root}/api/v0/models"), model
        )
        if served or listed:
            return served or listed, True
        return _ollama(fetch, root, model, os.environ)


def is_near(base_url: str) -> bool:
    """Return whether an address is of this machine or of its own network."""
    try:
        host = httpx.URL(base_url).host
    except httpx.InvalidURL:
        return False
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host  # a name of a network of containers


def _listed(reply: object, model: str) -> int | None:
    """Return the window in a list of models."""
    data = value_of(reply, "data")
    entries = [e for e in data if value_of(e, "id") == model] if isinstance(data, list) else []
    windows = (_tokens(value_of(entry, name)) for entry in entries for name in LISTED_AS)
    return next(filter(None, windows), None)


def _llama_cpp(reply: object) -> int | None:
    return _tokens(value_of(value_of(reply, "default_generation_settings"), "n_ctx"))


def _lm_studio(reply: object, model: str) -> int | None:
    data = value_of(reply, "data")
    entries = [e for e in data if value_of(e, "id") == model] if isinstance(data, list) else []
    return next(filter(None, (_tokens(value_of(e, LISTED_AS[0])) for e in entries)), None)


def _ollama(
    fetch: Fetch, root: str, model: str, environ: Mapping[str, str]
) -> tuple[int | None, bool]:
    """Read the window of the loaded model; before loading, the one it will have at least.

    Ollama drops the beginning of what is longer, the instructions first.
    """
    loaded = value_of(fetch(f"{root}/api/ps", None), "models")
    for each in loaded if isinstance(loaded, list) else []:
        if model in (value_of(each, "name"), value_of(each, "model")):
            window = _tokens(value_of(each, "context_length"))
            return window, window is not None
    shown = fetch(f"{root}/api/show", {"model": model})
    if shown is None:
        return None, not isinstance(loaded, list)
    most = _largest(value_of(shown, "model_info"))
    asked = re.search(r"\bnum_ctx\s+(\d+)", str(value_of(shown, "parameters") or ""))
    given = _tokens(asked and int(asked[1])) or _tokens(_number(environ, "OLLAMA_CONTEXT_LENGTH"))
    return min(given or OLLAMA_DEFAULT, most or given or OLLAMA_DEFAULT), False


def _largest(info: object) -> int | None:
    """Return the window that a model was made for."""
    fields = info.items() if isinstance(info, dict) else ()
    return next((_tokens(v) for k, v in fields if str(k).endswith(".context_length")), None)


def _number(environ: Mapping[str, str], name: str) -> int | None:
    value = environ.get(name, "")
    return int(value) if value.isdigit() else None


def _tokens(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= LEAST_WINDOW
    return value if is_count and isinstance(value, int) else None
