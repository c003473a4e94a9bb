"""Protect Gradio: refuse what the page does not need, and add security headers.

An ASGI middleware. Beyond Gradio's own checks it lets only the page's own routes through, refuses
cross-site requests, and puts the page's scripts into its HTML under a nonce, so that no other
inline script or event handler runs. Files that never change are kept by the browser, so that a page
that is opened again requests none of them.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from rag.serve.openai_api import ROUTES as OPENAI_ROUTES
from rag.serve.operations import ROUTES as OPERATION_ROUTES
from rag.userdata.changes import READS_ALONE
from ui.server.access import AccessPolicy, is_loopback
from ui.server.tries import ADDRESS

# ASGI's own types: the content of a message depends on its kind.
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
FindUser = Callable[[Scope, Mapping[str, str]], str | None]

API: Final = "/gradio_api"
# The routes of the page, of its two endpoints, and of what other programs ask. Gradio has more,
# which would write session state to disk, report statistics, fetch other addresses, and store runs
# in the browser.
ROUTES: Final = re.compile(
    rf"""/(?:config|login|logout|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?/?
      |/(?:static|assets|svelte)/.+
      |/shared/[\w-]{{16,64}}(?:/receipt)?
      |/fonts/[\w-]+\.(?:css|woff2)
      |/app/[\w-]+\.(?:svg|png)
      |{API}/(?:info|user|app_id|login_check|startup-events|cancel|reset|theme\.css)/?
      |{API}/(?:upload|upload_progress|queue/join|queue/data)
      |{API}/(?:run|call|call/v2|heartbeat)/[\w/-]+
      |{API}/(?:file=|file/).+
      |/mcp|{OPENAI_ROUTES}|{OPERATION_ROUTES}""",
    re.VERBOSE,
)
# What does something; whoever signs in is counted elsewhere, as other programs are.
CALLS: Final = re.compile(rf"{API}/(?:upload|cancel|reset|queue/join|(?:run|call|call/v2)/.+)/?")
# What Gradio lets anybody do, signed in or not.
SIGNED_IN_ALONE: Final = re.compile(rf"{API}/(?:cancel|reset|app_id|startup-events|heartbeat/.+)/?")
BY_PROXY: Final = "Open this page at the address where you sign in: nobody told who you are."
MOST_BODY_BYTES: Final = 20_000_000  # of all but uploads, which have a limit of their own
SCRIPT_TAG: Final = re.compile(r"<script\b")
HEADERS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# Files whose name changes with what is in them, and fonts, which stay as they are.
HASHED: Final = re.compile(r"/assets/.+-[\w-]{8,}\.(?:js|css)|/fonts/[\w-]+\.woff2")
FOUND: Final = (200, 304)
# What people type by hand, and where it is: the address names a tab.
TABS: Final[Mapping[str, str]] = {
    "/chat": "",
    "/library": "?tab=library",
    "/settings": "?tab=settings",
}
NOT_FOUND_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Not found · paperchat</title>
<style>body {{ font: 1.05rem/1.6 system-ui, sans-serif; max-width: 34rem; }}
body {{ margin: 18vh auto 0; padding: 0 1.5rem }} h1 {{ font-size: 1.4rem }}</style>
<h1>There is nothing here.</h1>
<p>No page of paperchat has this address. <a href="{home}">Ask your papers</a>, or look through the
<a href="{home}?tab=library">library</a>.</p>
"""
KEPT: Final[Mapping[str, str]] = {"cache-control": "public, max-age=31536000, immutable"}
# Gradio's HTML component fills its own templates by `new Function`, hence 'unsafe-eval'; handlers
# in attributes and scripts without the nonce do not run.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval' 'nonce-{nonce}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


class SecurityMiddleware:
    """Protect an ASGI app.

    Args:
        app: The app behind it.
        access: The access policy.
        scripts: JavaScript that runs in the page before anything else of it.
        head: HTML that stands first in the head of the page.
        find_user: Tells by a request's scope and headers who has signed in; None where nobody has
            to.
    """

    def __init__(
        self,
        app: App,
        access: AccessPolicy,
        scripts: Sequence[str] = (),
        head: str = "",
        find_user: FindUser | None = None,
    ) -> None:
        self._app = app
        self._access = access
        self._scripts = tuple(scripts)
        self._head = head
        self._find_user = find_user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        ADDRESS.set(scope["client"][0] if scope.get("client") else "")
        if (users := self._access.users) is not None and users.is_stale:
            await asyncio.to_thread(users.refresh)
        refusal = self._refusal(scope, headers)
        if refusal and refusal[0] == 404 and _is_read_by_person(scope, headers):
            await _lead_back(send, scope)
        elif refusal:
            await _answer(send, *refusal)
        elif wait := await self._wait_s(scope, headers):
            told = {"retry-after": f"{max(1, round(wait))}"}
            await _answer(send, 429, self._access.too_often(wait), told)
        elif scope["path"].rstrip("/") == "/logout":  # of all browsers, whatever is asked for
            await self._sign_out(scope, headers)
            await self._app({**scope, "query_string": b""}, receive, _hardened(send))
        elif scope["path"] == "/" and scope["method"] == "GET":
            await self._serve_page(scope, receive, send)
        else:
            kept = KEPT if HASHED.fullmatch(scope["path"]) else {}
            await self._app(scope, receive, _hardened(send, kept))

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        if self._is_elsewhere(headers):
            return 421, "This page is served to this machine only, as 127.0.0.1 or localhost."
        if not ROUTES.fullmatch(scope["path"]):
            return 404, "There is nothing here."
        if self._wants_user(scope["path"]) and not self._is_signed_in(scope, headers):
            return 401, BY_PROXY if self._access.proxy else "Sign in first."
        if scope["path"] == f"{API}/upload" and not self._may_change(scope, headers):
            return 403, READS_ALONE
        if scope["method"] in ("GET", "HEAD") and scope["path"].rstrip("/") != "/logout":
            return None
        if is_foreign(headers):
            return 403, "Another site may not send this."
        if scope["path"] != f"{API}/upload" and not _has_small_body(headers):
            return 413, f"A request holds at most {MOST_BODY_BYTES // 10**6} MB."
        return None

    async def _sign_out(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Tell the other processes of a group that somebody signs out; Gradio ends it here."""
        user = self._find_user(scope, headers) if self._find_user else None
        if user and self._access.users is not None:
            await asyncio.to_thread(self._access.users.sign_out, user)

    async def _wait_s(self, scope: Scope, headers: Mapping[str, str]) -> float:
        """Count a call; return how long it has to wait, seconds, as others are counted apart."""
        path, address = scope["path"], ADDRESS.get()
        if scope["method"] != "POST" or not CALLS.fullmatch(path):
            return 0.0
        user = self._find_user(scope, headers) if self._find_user else None
        if path == f"{API}/upload":
            return await asyncio.to_thread(self._access.upload_wait_s, user, address)
        return self._access.call_wait_s(user, address)

    def _wants_user(self, path: str) -> bool:
        """Whether a route is for people who have signed in, which Gradio itself does not ask."""
        is_page = self._access.proxy is not None and path == "/"
        return is_page or SIGNED_IN_ALONE.fullmatch(path) is not None

    def _is_signed_in(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        return self._find_user is None or self._find_user(scope, headers) is not None

    def _may_change(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether who sends a request may change the library; Gradio refuses who is nobody."""
        user = self._find_user(scope, headers) if self._find_user else None
        return user is None or self._access.actor(user).may_change

    def _is_elsewhere(self, headers: Mapping[str, str]) -> bool:
        """Return whether a page for this machine only is requested under another host name.

        A site can let its own name resolve to 127.0.0.1, and would then read what is here.
        """
        name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        return self._access.is_local and not is_loopback(name)

    async def _serve_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page's HTML with its scripts and the policy that allows no others."""
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._app({**scope, "headers": plain}, receive, collect)
        nonce = secrets.token_urlsafe(16)
        policy = POLICY.format(nonce=nonce)
        content = self._with_scripts(body.decode("utf-8"), nonce).encode("utf-8")
        own = {"content-security-policy": policy, "content-length": str(len(content))}
        kept = [(n, v) for n, v in start["headers"] if n.decode("latin-1").lower() not in own]
        await _hardened(send)({**start, "headers": [*kept, *_raw(own)]})
        await send({"type": "http.response.body", "body": content})

    def _with_scripts(self, page: str, nonce: str) -> str:
        scripts = "".join(f"<script>{script}</script>" for script in self._scripts)
        whole = page.replace("<head>", f"<head>{self._head}{scripts}", 1)
        return SCRIPT_TAG.sub(f'<script nonce="{nonce}"', whole)


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Return whether another site made the browser send a request, by its headers."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:  # no browser
        return False
    return urlsplit(origin).netloc not in (headers.get("host"), headers.get("x-forwarded-host"))


def _is_read_by_person(scope: Scope, headers: Mapping[str, str]) -> bool:
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")


def _has_small_body(headers: Mapping[str, str]) -> bool:
    length = headers.get("content-length", "0" if "transfer-encoding" not in headers else "")
    return length.isdecimal() and int(length) <= MOST_BODY_BYTES


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _hardened(send: Send, found: Mapping[str, str] = MappingProxyType({})) -> Send:
    """Return `send` with the headers of every response, and those of one that was found."""

    async def harden(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {**HEADERS, **(found if message["status"] in FOUND else {})}
            message = {**message, "headers": [*message.get("headers", ()), *_raw(own)]}
        await send(message)

    return harden


async def _answer(
    send: Send, status: int, message: str, headers: Mapping[str, str] | None = None
) -> None:
    body = json.dumps({"detail": message}).encode()
    await _respond(send, status, body, {"content-type": "application/json", **(headers or {})})


async def _lead_back(send: Send, scope: Scope) -> None:
    """Lead a person from an address that is none to a tab by that name, or to the page."""
    home = f"{scope.get('root_path', '')}/"
    tab = TABS.get(scope["path"].rstrip("/"))
    if tab is not None:
        await _respond(send, 303, b"", {"location": home + tab})
        return
    body = NOT_FOUND_PAGE.format(home=home).encode()
    await _respond(send, 404, body, {"content-type": "text/html; charset=utf-8"})


async def _respond(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    own = {"content-length": str(len(body)), **headers}
    start = {"type": "http.response.start", "status": status, "headers": _raw(own)}
    await _hardened(send)(start)
    await send({"type": "http.response.body", "body": body})
