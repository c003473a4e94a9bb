"""Log each request as a line: its route without what is in it, its status and how long it took."""

from __future__ import annotations

import re
import time
from typing import Final

from rag.logs import log_request
from ui.server.middleware import ROUTES, App, Message, Receive, Scope, Send

OTHER: Final = "other"
# Behind these stands what a request is about: links, sessions, files.
OPEN_ENDED: Final = re.compile(
    r"(/(?:static|assets|svelte|shared|fonts|app|v1/models)"
    r"|/gradio_api/(?:run|call/v2|call|heartbeat|file))(?:/|=).+"
)


def route_of(path: str) -> str:
    """Return the route of a path, in which nothing stands that anybody typed."""
    if not ROUTES.fullmatch(path):
        return OTHER
    found = OPEN_ENDED.fullmatch(path)
    return f"{found[1]}/*" if found else path


class RequestLog:
    """Logs the requests to an ASGI app once they are served.

    Args:
        app: The app.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            route = route_of(scope["path"])
            log_request(scope["method"], route, status, time.perf_counter() - begun)
