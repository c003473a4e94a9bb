"""Serve an assistant beside a page on the same library: its calls go to the page.

So the library is opened once. Where there is no page, or it ends, the server opens the library
itself and goes on.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread
import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from rag.serve.beside import Page, find_page
from rag.serve.door import Door
from rag.serve.mcp_endpoint import PATH
from rag.serve.mcp_server import Served, serve_stdio
from rag.serve.tools import Tool

CONNECT_TIMEOUT_S: Final = 10.0
READ_TIMEOUT_S: Final = 900.0  # a model may think for long before its first word
HANDSHAKE_S: Final = 10.0
# What the page says of the request itself, which is right wherever it is asked.
OF_REQUEST: Final = (types.INVALID_PARAMS, types.METHOD_NOT_FOUND)
Given = TypeVar("Given")
Context = Any  # the request's context, of the protocol's package
logger = logging.getLogger(__name__)


def serve_beside(folder: Path, door: Door, *, may_add: bool = False) -> None:
    """Serve standard input and output until the client closes them.

    Args:
        folder: The library's, where a page leaves its note.
        door: Gives the library where there is no page.
        may_add: Whether papers may be added.
    """
    serve_stdio(lambda tools: ServedBeside(folder, door, tools), may_add=may_add)


class _NoPageError(Exception):
    """Raised where a page does not answer as one, so that the library is asked here."""


class ServedBeside(Served):
    """The answers to a client's requests, by the page of a library while there is one.

    Args:
        folder: The library's.
        door: Gives the library where there is no page.
        tools: Those that may be called.
    """

    def __init__(self, folder: Path, door: Door, tools: tuple[Tool[Any], ...]) -> None:
        super().__init__(door, tools)
        self._folder = folder

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Have the page do what a tool does."""
        if params.name not in self._tools:
            return await super().call_tool(context, params)

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            await context.session.report_progress(progress, total, message)

        try:
            return await self._at_page(
                lambda page: page.call_tool(
                    params.name, params.arguments or {}, progress_callback=tell
                )
            )
        except _NoPageError:
            return await super().call_tool(context, params)

    async def list_resources(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List a page of the papers, as the page does."""
        cursor = params.cursor if params else None
        try:
            return await self._at_page(lambda page: page.list_resources(cursor=cursor))
        except _NoPageError:
            return await super().list_resources(context, params)

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read a paper, as the page does."""
        try:
            return await self._at_page(lambda page: page.read_resource(params.uri))
        except _NoPageError:
            return await super().read_resource(context, params)

    async def _at_page(self, ask: Callable[[Client], Awaitable[Given]]) -> Given:
        """Ask the page.

        Raises:
            _NoPageError: There is none, or it ends meanwhile.
            MCPError: The request is wrong.
        """
        page = await anyio.to_thread.run_sync(find_page, self._folder)
        if page is None:
            raise _NoPageError
        try:
            return await _ask(page, ask)
        except MCPError as exc:
            if exc.error.code in OF_REQUEST:
                raise
            why: Exception = exc
        except Exception as exc:  # noqa: BLE001  # of any kind, also a group: we can answer too
            why = exc
        logger.info("the page at %s does not answer: %r", page.url, why)
        raise _NoPageError from why


async def _ask(page: Page, ask: Callable[[Client], Awaitable[Given]]) -> Given:
    """Return what a page answers.

    Raises:
        TimeoutError: It does not even greet.
        MCPError: It refuses.
    """
    failed: MCPError | None = None
    with anyio.fail_after(HANDSHAKE_S) as limit:
        async with _connected(page) as client:
            limit.deadline = math.inf
            try:
                return await ask(client)
            except MCPError as exc:  # which would come out of the block in a group
                failed = exc
    raise failed or TimeoutError


@asynccontextmanager
async def _connected(page: Page) -> AsyncIterator[Client]:
    """Connect to a page's endpoint, anew for each call: a page may end and another begin."""
    timeout = httpx2.Timeout(CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {page.token}"}
    async with httpx2.AsyncClient(timeout=timeout, headers=headers, trust_env=False) as http:
        transport = streamable_http_client(f"{page.url}{PATH.removeprefix('/')}", http_client=http)
        async with Client(transport) as client:
            yield client
