"""Serve the library to assistants: `paperchat mcp`."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from typing import TYPE_CHECKING, Final

from rag.cli.opening import open_library
from rag.errors import RagError
from rag.library import Library
from rag.settings import read_settings
from rag.terminal import write_notice

if TYPE_CHECKING:
    from rag.serve.door import LocalDoor

LOOPBACK: Final = "127.0.0.1"
MCP_PORT: Final = 7861


def add_mcp(parser: argparse.ArgumentParser) -> None:
    """Add the options of `paperchat mcp`."""
    parser.add_argument(
        "--http", action="store_true", help="over HTTP on this machine, not standard input"
    )
    parser.add_argument("--port", type=int, default=MCP_PORT, help="port of --http")
    parser.add_argument(
        "--allow-adding", action="store_true", help="let the assistant add papers to the library"
    )
    parser.add_argument("--llm", metavar="MODEL", help="a model's name, or extractive")
    parser.add_argument(
        "--starter",
        action="store_true",
        help="fill a new library of your own with the starter papers, as the default one is",
    )
    parser.set_defaults(run=serve_mcp)


def serve_mcp(options: argparse.Namespace) -> int:
    """Serve an assistant until it hangs up, or over HTTP until the command is stopped."""
    from rag.serve.door import LocalDoor, read_tokens
    from rag.serve.mcp_endpoint import require_package

    require_package()
    tokens = read_tokens(read_settings(library=options.library))
    door = LocalDoor(opened_ahead(lambda: open_library(options, starter=True)), tokens)
    if options.http:
        _serve_http(door, options)
    else:
        from rag.serve.mcp_server import serve_stdio

        serve_stdio(door, may_add=options.allow_adding)
    return 0


def opened_ahead(open_it: Callable[[], Library]) -> Callable[[], Library]:
    """Begin to open a library, and return what waits for it: a client may connect meanwhile."""
    opened: Future[Library] = Future()

    def work() -> None:
        try:
            library = open_it()
            library.prepare()
        except RagError as exc:
            opened.set_exception(exc)
        else:
            opened.set_result(library)

    threading.Thread(target=work, name="library", daemon=True).start()
    return opened.result


def _serve_http(door: LocalDoor, options: argparse.Namespace) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Route

    from rag.serve.mcp_endpoint import PATH, McpEndpoint
    from ui.serve import listen, page_url
    from ui.server.access import AccessPolicy
    from ui.server.middleware import SecurityMiddleware

    with closing(listen(LOOPBACK, options.port)) as listening:
        url = page_url(LOOPBACK, listening.getsockname()[1])
        write_notice(f"paperchat serves assistants at {url.rstrip('/')}{PATH} (Ctrl-C stops it)")
        endpoint = McpEndpoint(door, may_add=options.allow_adding)
        routes = [Route(PATH, endpoint)]
        app = Starlette(routes=routes, lifespan=endpoint.lifespan)
        guarded = SecurityMiddleware(app, AccessPolicy(LOOPBACK))
        config = uvicorn.Config(guarded, log_level="warning", timeout_graceful_shutdown=2)
        uvicorn.Server(config).run(sockets=[listening])
