"""Serve the tools over the Model Context Protocol; its package is named here and in `mcp_beside`.

Covered: tools with typed results, papers as resources, prompts, progress of `ask`.
Not covered: subscriptions to changes, sampling, elicitation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from importlib import metadata
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote

import anyio
import anyio.from_thread
import anyio.to_thread
import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel
from starlette.requests import Request

from prompts import render_prompt
from rag.errors import RagError, SourceError
from rag.serve.door import Caller, Door
from rag.serve.tools import ADDING, OFFERED, PROMPTS, READING, Tool, require_paper
from rag.types import Actor, Paper, Stage

NAME: Final = "paperchat"
SCHEME: Final = "paper://"
MARKDOWN: Final = "text/markdown"
PAGE: Final = 100  # resources a page of their list
CALLS_AT_ONCE: Final = 8
COUNTED: Final = ("ask", "search")  # what the limit of questions is for
ASSISTANT: Final = Actor("(assistant)")  # no user is called so
UNFORESEEN: Final = "paperchat could not do that; what went wrong stands in its log."
logger = logging.getLogger(__name__)

Given = TypeVar("Given")
Context = Any  # the request's context, of the protocol's package
Tools = tuple[Tool[Any], ...]


def build_server(served: Served) -> Server[Any]:
    """Build the server of a library."""
    return Server(
        NAME,
        version=metadata.version(NAME),
        title=NAME,
        instructions=render_prompt(f"{PROMPTS}/instructions"),
        on_list_tools=served.list_tools,
        on_call_tool=served.call_tool,
        on_list_resources=served.list_resources,
        on_list_resource_templates=served.list_templates,
        on_read_resource=served.read_resource,
        on_list_prompts=served.list_prompts,
        on_get_prompt=served.get_prompt,
    )


def tools_for(*, may_add: bool) -> Tools:
    """Return the tools that may be called: also those that add papers, or not."""
    return (*READING, *(ADDING if may_add else ()))


def build_manager(door: Door, *, may_add: bool = False) -> StreamableHTTPSessionManager:
    """Build what serves HTTP requests; it keeps nothing from one request to the next."""
    return StreamableHTTPSessionManager(
        build_server(Served(door, tools_for(may_add=may_add))), stateless=True
    )


def serve_stdio(build: Callable[[Tools], Served], *, may_add: bool = False) -> None:
    """Serve standard input and output until the client closes them.

    Args:
        build: Builds what answers, of the tools that may be called.
        may_add: Whether papers may be added.
    """

    async def serve() -> None:
        server = build_server(build(tools_for(may_add=may_add)))
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(serve)


_ADDING: Final[dict[str, Tool[Any]]] = {tool.name: tool for tool in ADDING}


class Served:
    """The answers to a client's requests; who owns the library may add to it.

    Args:
        door: Gives the library.
        tools: Those that may be called.
    """

    def __init__(self, door: Door, tools: Tools) -> None:
        self._door = door
        self._tools: dict[str, Tool[Any]] = {tool.name: tool for tool in tools}
        self._limiter: anyio.CapacityLimiter | None = None

    async def list_tools(self, context: Context, _: object) -> types.ListToolsResult:
        """List the tools."""
        offered = self._offered(await self._caller(context)).values()
        return types.ListToolsResult(tools=[_described(tool) for tool in offered])

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Do what a tool does."""
        try:
            caller = await self._caller(context)
        except RagError as exc:
            return _failed(str(exc))
        tool = self._find_tool(params.name, caller)
        done = 0

        def tell(stage: Stage) -> None:
            nonlocal done
            done += 1
            anyio.from_thread.run(context.session.report_progress, float(done), None, stage)

        try:
            if caller and tool.name in COUNTED:
                self._door.count(caller)
            work = partial(self._called, tool, params.arguments or {}, tell)
            return await self._in_thread(work)
        except RagError as exc:
            return _failed(str(exc))
        except Exception:  # a client gets a sentence, the log gets the trace
            logger.exception("the tool %s failed", tool.name)
            return _failed(UNFORESEEN)

    def _find_tool(self, name: str, caller: Caller | None) -> Tool[Any]:
        """Return the tool of a name.

        Raises:
            MCPError: There is none for the one who calls.
        """
        found = self._offered(caller).get(name)
        if found is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool {name!r}.")
        return found

    def _offered(self, caller: Caller | None) -> Mapping[str, Tool[Any]]:
        return self._tools | _ADDING if caller and caller.is_owner else self._tools

    async def _caller(self, context: Context) -> Caller | None:
        """Return who calls over HTTP; None for the one at the other end of a pipe."""
        request = context.request
        if not isinstance(request, Request):
            return None
        address = request.client.host if request.client else ""
        enter = partial(self._door.enter, request.headers.get("authorization"), address)
        return await anyio.to_thread.run_sync(enter)  # not behind calls that take long

    def _called(
        self, tool: Tool[Any], arguments: Mapping[str, object], tell: Callable[[Stage], None]
    ) -> types.CallToolResult:
        library = self._door.library()
        if not tool.is_read_only:  # it is offered to those alone who may
            library = library.acting_for(ASSISTANT)
        return _succeeded(tool.call(library, arguments, tell))

    async def _in_thread(self, work: Callable[[], Given]) -> Given:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(CALLS_AT_ONCE)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    async def list_resources(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List a page of the papers."""
        first = _place(params.cursor if params else None)

        def listed() -> types.ListResourcesResult:
            listing = self._door.library().catalog.browse("", "added", first, PAGE)
            after = first + len(listing.headings)
            return types.ListResourcesResult(
                resources=[
                    types.Resource(
                        uri=address_of(each.paper_id), name=each.title, mime_type=MARKDOWN
                    )
                    for each in listing.headings
                ],
                next_cursor=str(after) if after < listing.found else None,
            )

        return await self._found(listed)

    async def list_templates(self, _: Context, __: object) -> types.ListResourceTemplatesResult:
        """Tell what the address of a paper looks like."""
        template = types.ResourceTemplate(
            uri_template=f"{SCHEME}{{id}}", name="paper", title="A paper", mime_type=MARKDOWN
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def read_resource(
        self, _: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read a paper."""
        uri = str(params.uri)

        def read() -> types.ReadResourceResult:
            if not uri.startswith(SCHEME):
                raise SourceError(f"The address of a paper is {SCHEME}ID, not {uri!r}.")
            paper = require_paper(self._door.library(), unquote(uri.removeprefix(SCHEME)))
            text = types.TextResourceContents(uri=uri, mime_type=MARKDOWN, text=_page_of(paper))
            return types.ReadResourceResult(contents=[text])

        return await self._found(read)

    async def _found(self, work: Callable[[], Given]) -> Given:
        """Return a result; what is not there is the protocol's own error."""
        try:
            return await self._in_thread(work)
        except SourceError as exc:
            raise MCPError(types.INVALID_PARAMS, str(exc)) from exc
        except RagError as exc:
            raise MCPError(types.INTERNAL_ERROR, str(exc)) from exc

    async def list_prompts(self, _: Context, __: object) -> types.ListPromptsResult:
        """List the prompts that are offered."""
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(
                    name=offer.name,
                    title=offer.title,
                    arguments=[types.PromptArgument(name=offer.argument, required=True)],
                )
                for offer in OFFERED
            ]
        )

    async def get_prompt(
        self, _: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        """Fill a prompt."""
        for offer in OFFERED:
            if offer.name == params.name:
                value = (params.arguments or {}).get(offer.argument, "")
                if not value.strip():
                    wanted = f"The prompt {offer.name} wants its argument {offer.argument!r}."
                    raise MCPError(types.INVALID_PARAMS, wanted)
                text = types.TextContent(type="text", text=offer.text(value))
                return types.GetPromptResult(
                    description=offer.title,
                    messages=[types.PromptMessage(role="user", content=text)],
                )
        raise MCPError(types.INVALID_PARAMS, f"There is no prompt {params.name!r}.")


def address_of(paper_id: str) -> str:
    """Return the address of a paper as a resource."""
    return f"{SCHEME}{quote(paper_id, safe='')}"


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise MCPError(types.INVALID_PARAMS, f"{cursor!r} is no place in the list of papers.")
    return int(cursor)


def _described(tool: Tool[Any]) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.is_read_only,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=tool.looks_up,
        ),
    )


def _succeeded(result: BaseModel) -> types.CallToolResult:
    text = types.TextContent(type="text", text=result.model_dump_json())
    return types.CallToolResult(content=[text], structured_content=result.model_dump(mode="json"))


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=sentence)], is_error=True
    )


def _page_of(paper: Paper) -> str:
    known = (", ".join(paper.authors), paper.place, paper.published, paper.link, paper.retraction)
    told = filter(None, (*known, *paper.notices))
    return "\n\n".join([f"# {paper.title}", *told, paper.abstract]) + "\n"
