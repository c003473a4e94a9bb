"""A server on loopback that lives as long as its block."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LoopbackServer:
    """Answers on a free port of 127.0.0.1 by a handler, to which it is known as `server_side`."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]):
        bound = type("Handler", (handler,), {"server_side": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self):
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return int(listening.getsockname()[1])
