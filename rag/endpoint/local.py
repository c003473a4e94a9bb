"""Find language models that are served on this machine, by asking where they usually are.

Nothing but lists of models is asked for, and only servers of this machine, or the one that
`OLLAMA_HOST` names.
"""

from __future__ import annotations

import os
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from rag.certificates import read_certificates
from rag.endpoint.pieces import value_of
from rag.settings import Settings
from rag.text import one_line

LOOKED_FOR_S: Final = 0.3  # for all servers together: someone waits
MOST_MODELS: Final = 20
OLLAMA_PORT: Final = 11434
NO_CHAT: Final = re.compile(r"embed|rerank|\bbge-|minilm|whisper|\btts\b", re.IGNORECASE)

Get = Callable[[str], object]  # the JSON at a path; None where there is none


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server of language models on this machine.

    Attributes:
        name: What serves.
        base_url: The address to be set as the endpoint's.
        models: Names of its models.
    """

    name: str
    base_url: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server usually is, and how it is recognised there.

    Attributes:
        models: Asks it for its models; none where it is another server.
    """

    name: str
    root: str
    models: Callable[[Get], Sequence[str]]


def may_look(settings: Settings) -> bool:
    """Return whether a model may be looked for: nothing is set, and it is not forbidden."""
    return settings.find_local and settings.llm == "auto" and not settings.has_endpoint


def find_local_servers(
    places: Sequence[Place] | None = None, seconds: float = LOOKED_FOR_S
) -> tuple[LocalServer, ...]:
    """Find the servers that name a model in time, all asked at once, in the order of the places."""
    asked = usual_places(os.environ) if places is None else places
    found: queue.SimpleQueue[tuple[int, LocalServer | None]] = queue.SimpleQueue()
    read_certificates()  # before the time runs
    deadline = time.monotonic() + seconds

    def look(number: int, place: Place) -> None:
        server = None
        try:
            server = _ask(place, deadline)
        finally:
            found.put((number, server))

    for number, place in enumerate(asked):  # daemons: one that hangs holds nobody up
        threading.Thread(target=look, args=(number, place), daemon=True).start()
    servers: dict[int, LocalServer] = {}
    for _ in asked:
        try:
            number, server = found.get(timeout=max(deadline - time.monotonic(), 0.001))
        except queue.Empty:
            break
        if server:
            servers[number] = server
    return tuple(servers[number] for number in sorted(servers))


def _ask(place: Place, deadline: float) -> LocalServer | None:
    with httpx.Client(base_url=place.root, trust_env=False, verify=read_certificates()) as client:

        def get(path: str) -> object:
            left = max(deadline - time.monotonic(), 0.001)
            try:
                reply = client.get(path, timeout=left)
                return reply.json() if reply.status_code == httpx.codes.OK else None
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
                return None

        names = [one_line(name) for name in place.models(get) if not NO_CHAT.search(name)]
    kept = tuple(filter(None, dict.fromkeys(names)))[:MOST_MODELS]
    return LocalServer(place.name, f"{place.root}/v1", kept) if kept else None


def usual_places(environ: Mapping[str, str]) -> list[Place]:
    """List where Ollama, LM Studio, llama.cpp, vLLM and Jan serve by default."""
    return [
        Place("Ollama", ollama_root(environ.get("OLLAMA_HOST", "")), _ollama),
        Place("LM Studio", "http://127.0.0.1:1234", _lm_studio),
        Place("llama.cpp", "http://127.0.0.1:8080", _llama_cpp),
        Place("vLLM", "http://127.0.0.1:8000", _listed),
        Place("Jan", "http://127.0.0.1:1337", _listed),
    ]


def ollama_root(host: str) -> str:
    """Return the address that `OLLAMA_HOST` means, which may lack a scheme, a name or a port."""
    scheme, _, rest = host.strip().rpartition("://")
    name, _, port = rest.partition("/")[0].rpartition(":") if ":" in rest else (rest, "", "")
    name = name.strip("[]").partition("/")[0]
    if name in ("", "0.0.0.0", "::"):  # noqa: S104  # what it listens on, not where it is
        name = "127.0.0.1"
    if not port.isdigit():
        port = str({"https": 443, "http": 80}.get(scheme, OLLAMA_PORT))
    shown = f"[{name}]" if ":" in name else name
    return f"{scheme or 'http'}://{shown}:{port}"


def _ollama(get: Get) -> list[str]:
    return list(_names(get("/api/tags"), "models", "name"))


def _lm_studio(get: Get) -> list[str]:
    """List its chat models; only newer versions have a list with the kind of each."""
    own = value_of(get("/api/v0/models"), "data")
    if not isinstance(own, list):
        return _listed(get)
    kept = [each for each in own if value_of(each, "type") in ("llm", "vlm", None)]
    return list(_names({"data": kept}, "data", "id"))


def _llama_cpp(get: Get) -> list[str]:
    """List its model; its health and properties are checked, since many programs use its port."""
    is_healthy = value_of(get("/health"), "status") == "ok"
    if not is_healthy or value_of(get("/props"), "default_generation_settings") is None:
        return []
    return _listed(get)


def _listed(get: Get) -> list[str]:
    reply = get("/v1/models")
    return list(_names(reply, "data", "id")) if value_of(reply, "object") == "list" else []


def _names(reply: object, field: str, name: str) -> Iterator[str]:
    listed = value_of(reply, field)
    for each in listed if isinstance(listed, list) else []:
        value = value_of(each, name)
        if isinstance(value, str):
            yield value


def describe_found(servers: Sequence[LocalServer]) -> str:
    """Describe what was found, and how to have it write the answers."""
    first = servers[0]
    found = "; ".join(f"{each.name} ({', '.join(each.models[:3])})" for each in servers)
    return (
        f"found on this machine, and not used: {found}. To have it write the answers set "
        f"OPENAI_BASE_URL={first.base_url} and OPENAI_MODEL={first.models[0]}"
    )
