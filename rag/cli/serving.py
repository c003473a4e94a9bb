"""Serve the library to assistants: `paperchat mcp`."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Final

from rag.cli.opening import open_library
from rag.errors import RagError
from rag.library import Library
from rag.settings import Settings, read_settings
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
    settings = read_settings(library=options.library)
    tokens = read_tokens(settings)
    opened = OpenedOnce(partial(open_library, options, starter=True))
    if options.http:
        opened.begin()
        _serve_http(LocalDoor(opened, tokens), options)
    else:
        _serve_stdio(opened, settings, options)
    return 0


def _serve_stdio(opened: OpenedOnce, settings: Settings, options: argparse.Namespace) -> None:
    """Serve standard input and output; by a page, where one serves the library as it is set up."""
    from rag.serve.beside import find_page
    from rag.serve.door import LocalDoor
    from rag.serve.mcp_beside import serve_beside
    from rag.serve.mcp_server import Served, serve_stdio

    folder = settings.library.expanduser()
    if options.llm:  # which the page need not answer with
        opened.begin()
        serve_stdio(partial(Served, LocalDoor(opened)), may_add=options.allow_adding)
        return
    if find_page(folder) is None:
        opened.begin()
    serve_beside(folder, LocalDoor(opened), may_add=options.allow_adding)


class OpenedOnce:
    """Opens a library once, in a thread, and has those who ask for it wait.

    Args:
        open_it: Opens it.
    """

    def __init__(self, open_it: Callable[[], Library]) -> None:
        self._open_it = open_it
        self._opened: Future[Library] = Future()
        self._beginning = threading.Lock()
        self._is_begun = False

    def begin(self) -> None:
        """Begin to open it, where nobody has begun: a client may connect meanwhile."""
        with self._beginning:
            if self._is_begun:
                return
            self._is_begun = True
        threading.Thread(target=self._work, name="library", daemon=True).start()

    def __call__(self) -> Library:
        """Return the library.

        Raises:
            RagError: It cannot be opened.
        """
        self.begin()
        return self._opened.result()

    def _work(self) -> None:
        try:
            library = self._open_it()
            library.prepare()
        except RagError as exc:
            self._opened.set_exception(exc)
        else:
            self._opened.set_result(library)


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
