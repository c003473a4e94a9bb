"""Start the page's server and keep it running until it is stopped."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import threading
import webbrowser
from contextlib import closing, nullcontext
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rag.errors import ConfigurationError
from rag.logs import is_json, log_answer, server
from rag.serve.beside import noted
from rag.settings import Settings
from rag.terminal import shown_progress
from ui.server.access import AccessPolicy
from ui.server.installing import ICON, INSTALLING, add_installing
from ui.server.loading import Loading
from ui.server.memory import share_arenas
from ui.server.proxy import USER, ProxySignIn, TrustedProxy, believed
from ui.server.tries import ADDRESS
from ui.server.uploads import start_sweeping, uploads_folder

if TYPE_CHECKING:
    import gradio
    import uvicorn
    from fastapi import FastAPI

    from rag.serve.metrics import Metrics
    from ui.server.middleware import FindUser, SecurityMiddleware
    from ui.server.programs import PageDoor

PORTS_TRIED: Final = 20
MOST_PORT: Final = 65535
MOST_UPLOAD: Final = "50mb"
# Gradio keeps about 170 kB for each session, and by default 10,000 of them.
MOST_SESSIONS: Final = 500
# No statistics leave the machine, nor does Gradio summarise its last 10,000 events after each.
NO_ANALYTICS: Final = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
}
WAITING: Final = 128  # connections that may wait to be accepted
LONGEST_START_S: Final = 30.0
SIGN_IN: Final = "After five wrong passwords the next may be tried in five minutes."
# The page shows what comes with a 400.
WAIT: Final = "Several wrong passwords were given; the next may be tried in {:.0f} s."
TEMPLATES: Final = Path(__file__).parent / "templates"
STYLES: Final = (TEMPLATES / "page.css", TEMPLATES / "library.css")
FONTS: Final = TEMPLATES / "fonts"
# Both are used at once on every page: the letters do not change while one reads.
HEAD: Final = (
    "".join(
        f'<link rel="preload" as="font" type="font/woff2" href="fonts/{name}.woff2" crossorigin>'
        for name in ("inter-latin", "source-serif-latin")
    )
    + '<link rel="stylesheet" href="fonts/faces.css">'
    + INSTALLING
)
SCRIPTS: Final = tuple(
    TEMPLATES / name for name in ("theme.js", "page.js", "library.js", "address.js", "focus.js")
)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the port, or on the next free one.

    It listens from the first moment, so that of two starts at once only one gets a port.

    Raises:
        ConfigurationError: The address cannot be listened on, or no port near is free.
    """
    last = min(port + PORTS_TRIED - 1, MOST_PORT)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, last + 1):
        try:
            return socket.create_server(
                (host.strip("[]"), candidate), family=family, backlog=WAITING
            )
        except (OSError, UnicodeError):  # UnicodeError: an impossible host name
            continue
    raise ConfigurationError(
        f"No port from {port} to {last} is free on {host!r}. Name another --port or --host."
    )


def serve(
    settings: Settings,
    *,
    llm: str | None = None,
    access: AccessPolicy | None = None,
    port: int = 7860,
    open_browser: bool = True,
    fills_new: bool = True,
) -> None:
    """Serve the chat page until interrupted; the library loads while the page is open.

    A new library gets the starter papers where `fills_new` is set.

    Raises:
        ConfigurationError: The address or the port cannot be used.
    """
    from rag.assembly import both

    share_arenas()
    access = access or AccessPolicy(rate_limit=settings.rate_limit)
    with closing(listen(access.host, port)) as listening:
        free = int(listening.getsockname()[1])
        url = page_url(access.host, free)
        metrics = _metrics()
        count = metrics.count if metrics else None
        token = secrets.token_urlsafe()
        told = both(count, log_answer if is_json() else None)
        loading = Loading(access=access, settings=settings, llm=llm, on_answer=told, token=token)
        with shown_progress() as on_progress:
            loading.start(settings, llm, on_progress, fills_new=fills_new)
            start_server(build_server(loading, metrics), listening)
            start_sweeping(uploads_folder())
            if free != port:
                _say(f"Port {port} is taken.")
            if not (access.is_closed or access.is_local):
                _say(f"Anyone who reaches {access.host} can ask, add and remove: --no-auth.")
            if open_browser:
                webbrowser.open(url)
            loading.wait()
        if loading.failure:
            _say(loading.failure)
        with noted(loading.library.folder, url, token) if loading.library else nullcontext():
            _say(f"paperchat is at {url} (stop it with Ctrl-C)")
            threading.Event().wait()


def page_url(host: str, port: int) -> str:
    """Return the page's address for a browser on this machine."""
    bare = host.strip("[]")
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # nothing is bound to it
    name = here.get(bare, f"[{bare}]" if ":" in bare else bare)
    return f"http://{name}:{port}/"


def _metrics() -> Metrics | None:
    """Return what counts answers; None where the package for it is not installed."""
    try:
        from rag.serve.metrics import Metrics
    except ImportError:
        return None
    return Metrics()


def build_server(loading: Loading, metrics: Metrics | None = None) -> uvicorn.Server:
    """Build the server of the page, with Gradio behind `SecurityMiddleware`."""
    import uvicorn
    from uvicorn.config import LOGGING_CONFIG

    from ui.server.request_log import RequestLog

    proxy = loading.access.proxy
    guarded = _guarded(loading, metrics)
    app = guarded if proxy is None else _behind(proxy, guarded)
    config = uvicorn.Config(
        RequestLog(app) if is_json() else app,
        log_level="warning",
        log_config=None if is_json() else LOGGING_CONFIG,
        timeout_graceful_shutdown=2,
        proxy_headers=proxy is None,
    )
    return uvicorn.Server(config)


def _behind(proxy: TrustedProxy, app: SecurityMiddleware) -> ProxySignIn:
    """Put an app behind a proxy that signs people in, before others' addresses are believed."""
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    # uvicorn's types of ASGI are its own
    told = ProxyHeadersMiddleware(app, believed(proxy))  # type: ignore[arg-type]
    return ProxySignIn(told, proxy)  # type: ignore[arg-type]


def _guarded(loading: Loading, metrics: Metrics | None) -> SecurityMiddleware:
    os.environ.update(NO_ANALYTICS)
    uploads_folder()
    import gradio as gr

    from ui.app import build_app, build_theme
    from ui.chat.sharing import add_shared_answers
    from ui.server.middleware import SecurityMiddleware
    from ui.server.programs import PageDoor

    access = loading.access
    page = build_app(loading)
    page.state_session_capacity = MOST_SESSIONS
    programs = _for_programs(PageDoor(loading), metrics)
    add_shared_answers(programs, loading)
    add_installing(programs)
    app = gr.mount_gradio_app(
        programs,
        page,
        path="/",
        server_name=access.host,
        **_sign_in(access),
        favicon_path=str(ICON),
        allowed_paths=[],
        blocked_paths=[str(path) for path in _private(loading)],
        show_error=True,
        max_file_size=MOST_UPLOAD,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        run_history=False,  # it would store what is typed, keys included, in the browser
        footer_links=[],
        theme=build_theme(),
        css_paths=list(STYLES),
    )
    scripts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    return SecurityMiddleware(app, access, scripts, HEAD, _find_user(app, access))


def _sign_in(access: AccessPolicy) -> dict[str, Any]:
    """Return how Gradio learns who has signed in, as options of its mounting."""
    if access.proxy is not None:
        return {"auth_dependency": lambda request: request.scope.get(USER)}
    if access.is_closed:
        return {"auth": _checks(access), "auth_message": SIGN_IN}
    return {}


def _find_user(app: FastAPI, access: AccessPolicy) -> FindUser | None:
    """Return what tells who sends a request, and put our sessions into the place of Gradio's."""
    from ui.server.sessions import Sessions

    if access.proxy is not None:
        return lambda scope, _: scope.get(USER)
    if access.users is None:
        return None
    sessions = Sessions(access.users)
    _gradio_in(app).tokens = sessions  # type: ignore[assignment]  # any map will do
    return lambda _, headers: sessions.user_of(headers)


def _gradio_in(app: FastAPI) -> gradio.routes.App:
    """Return Gradio's app within ours, which `mount_gradio_app` does not tell."""
    from gradio.routes import App

    mounted = (getattr(each, "app", None) for each in app.routes)
    return next(each for each in mounted if isinstance(each, App))


def _for_programs(door: PageDoor, metrics: Metrics | None) -> FastAPI:
    """Build what is asked beside the page: fonts, and by programs `/mcp`, `/v1`, `/health`."""
    from fastapi import FastAPI
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    from rag.serve.mcp_endpoint import PATH, McpEndpoint
    from rag.serve.openai_api.http import SCHEMA, add_openai_api
    from rag.serve.operations import add_operations

    endpoint = McpEndpoint(door)
    app = FastAPI(
        title="paperchat",
        version=metadata.version("paperchat"),
        docs_url=None,
        redoc_url=None,
        openapi_url=SCHEMA,
        lifespan=endpoint.lifespan,
    )
    app.router.routes.append(Route(PATH, endpoint))
    app.router.routes.append(Mount("/fonts", StaticFiles(directory=FONTS)))
    add_openai_api(app, door)
    add_operations(app, door, metrics.render if metrics else None)
    return app


def _private(loading: Loading) -> list[Path]:
    """Return the paths that are never served, whatever Gradio would allow."""
    settings = loading.settings
    library = [settings.library.expanduser().resolve()] if settings else []
    return [*library, Path.cwd() / ".env"]


def _checks(access: AccessPolicy) -> object:
    """Build Gradio's check of name and password; hashing does not block other requests."""
    from fastapi import HTTPException

    one_at_a_time, tries, users = asyncio.Semaphore(1), access.tries, access.users

    async def admits(user: str, password: str) -> bool:
        address = ADDRESS.get()
        if wait := await asyncio.to_thread(tries.begin, address, user):
            raise HTTPException(400, WAIT.format(wait), {"retry-after": f"{wait:.0f}"})
        async with one_at_a_time:
            is_right = users is not None and await asyncio.to_thread(users.admits, user, password)
        if is_right:
            await asyncio.to_thread(tries.succeed, address, user)
        return is_right

    return admits


def start_server(server: uvicorn.Server, listening: socket.socket) -> threading.Thread:
    """Serve from a thread of its own; return when the server answers.

    Raises:
        ConfigurationError: It did not start.
    """
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="server", daemon=True
    )
    thread.start()
    waited = threading.Event()
    for _ in range(int(LONGEST_START_S * 100)):
        if server.started or not thread.is_alive():
            break
        waited.wait(0.01)
    if not server.started:
        raise ConfigurationError("The page's server did not start. --verbose tells more.")
    return thread


def _say(text: str) -> None:
    if is_json():
        server.info(text)
        return
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
