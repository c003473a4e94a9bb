"""Starts the page's server on this machine and keeps it until it is stopped."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import closing

from rag.cli.output import shown_progress
from rag.errors import ConfigurationError
from rag.settings import Settings
from ui.loading import Loading

PORTS_TRIED = 20
MOST_PORT = 65535
MOST_UPLOAD = "50mb"


def find_free_port(host: str, port: int) -> int:
    """The port, or the next free one.

    Raises:
        ConfigurationError: The address cannot be listened on, or no port near is free.
    """
    last = min(port + PORTS_TRIED - 1, MOST_PORT)
    for candidate in range(port, last + 1):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except (OSError, UnicodeError):  # UnicodeError: a host that no name can be
                continue
            return candidate
    raise ConfigurationError(
        f"No port from {port} to {last} is free on {host!r}. Name another --port or --host."
    )


def serve(
    settings: Settings,
    *,
    llm: str | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: tuple[str, str] | None = None,
    open_browser: bool = True,
) -> None:
    """Serve the chat page until interrupted; the library gets ready while the page is open.

    Raises:
        ConfigurationError: The address or the port cannot be used.
    """
    free = find_free_port(host, port)
    loading = Loading()
    with shown_progress() as on_progress:
        loading.start(settings, llm, on_progress)
        url = _launch(loading, host, free, auth, open_browser=open_browser)
        if free != port:
            _say(f"Port {port} is taken.")
        loading.wait()
    if loading.failure:
        _say(loading.failure)
    _say(f"paperchat is at {url} (stop it with Ctrl-C)")
    threading.Event().wait()


def _launch(
    loading: Loading, host: str, port: int, auth: tuple[str, str] | None, *, open_browser: bool
) -> str:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from ui.app import CSS_FILE, SCRIPT_FILE, build_app, build_theme

    app = build_app(loading)
    _, url, _ = app.launch(
        server_name=host,
        server_port=port,
        auth=auth,
        inbrowser=open_browser,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        show_error=True,
        ssr_mode=False,
        footer_links=[],
        max_file_size=MOST_UPLOAD,
        theme=build_theme(),
        css_paths=[CSS_FILE],
        head=f"<script>{SCRIPT_FILE.read_text(encoding='utf-8')}</script>",
    )
    return url


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
