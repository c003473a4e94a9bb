"""Serve the Model Context Protocol over HTTP as a part of another server.

The protocol's package is loaded at the first request, as that takes a second that no start of the
page should.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from rag.errors import ConfigurationError, RagError
from rag.serve.door import Door, RefusedError

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

# ASGI's own types: the content of a message depends on its kind.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH: Final = "/mcp"
MISSING: Final = (
    "This needs the package mcp, which is not installed: pip install 'paperchat[mcp]' brings it."
)
logger = logging.getLogger(__name__)


def require_package() -> None:
    """Make sure that the protocol's package is there.

    Raises:
        ConfigurationError: It is not.
    """
    if importlib.util.find_spec("mcp") is None:
        raise ConfigurationError(MISSING)


class McpEndpoint:
    """Serve the protocol at one path; an ASGI app that lives within `lifespan`.

    Args:
        door: Lets callers in, and gives the library.
        may_add: Whether papers may be added.
    """

    def __init__(self, door: Door, *, may_add: bool = False) -> None:
        self._door = door
        self._may_add = may_add
        self._wanted = asyncio.Event()
        self._ready = asyncio.Event()
        self._over = asyncio.Event()
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """Serve inside; what was begun ends with it."""
        serving = asyncio.create_task(self._serve())
        try:
            yield
        finally:
            self._over.set()
            self._wanted.set()
            await serving

    async def _serve(self) -> None:
        await self._wanted.wait()
        if self._over.is_set():
            return
        try:
            manager = await asyncio.to_thread(self._built)
        except ImportError:
            logger.info("the package mcp is not installed")
            self._ready.set()
            return
        async with manager.run():
            self._manager = manager
            self._ready.set()
            await self._over.wait()

    def _built(self) -> StreamableHTTPSessionManager:
        from rag.serve.mcp_server import build_manager

        return build_manager(self._door, may_add=self._may_add)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"").decode("latin-1") or None
        address = scope["client"][0] if scope.get("client") else ""
        try:
            await asyncio.to_thread(self._door.enter, authorization, address)
        except RefusedError as exc:
            await _refuse(send, exc)
            return
        except RagError as exc:
            await _refuse(send, RefusedError(str(exc), 503))
            return
        self._wanted.set()
        await self._ready.wait()
        if self._manager is None:
            await _refuse(send, RefusedError(MISSING, 501))
        else:
            await self._manager.handle_request(scope, receive, send)


async def _refuse(send: Send, refused: RefusedError) -> None:
    body = json.dumps({"detail": str(refused)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in refused.headers.items()),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
