"""Take the word of a proxy for who has signed in, and of nobody else.

An ASGI middleware that stands before all others: it sees who really is at the other end of the
connection, before headers that tell of others are believed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from rag.errors import ConfigurationError

# ASGI's own types: the content of a message depends on its kind.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Network = IPv4Network | IPv6Network

USER: Final = "paperchat.user"  # in a request's scope: who has signed in
MOST_NAME: Final = 200  # characters
HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
FORWARDED: Final = "FORWARDED_ALLOW_IPS"  # of uvicorn: who may tell from where a request comes


@dataclass(frozen=True, slots=True)
class TrustedProxy:
    """What signs people in before the page.

    Attributes:
        header: Names who has signed in.
        networks: The addresses from which the header counts.
    """

    header: str
    networks: tuple[Network, ...]

    def has(self, address: str) -> bool:
        """Whether an address is the proxy's."""
        try:
            known = ip_address(address)
        except ValueError:
            return False
        if isinstance(known, IPv6Address) and known.ipv4_mapped:
            known = known.ipv4_mapped
        return any(known in network for network in self.networks)


def build_trusted_proxy(header: str | None, addresses: Sequence[str]) -> TrustedProxy | None:
    """Return what the options say of a proxy that signs people in; None where they say nothing.

    Raises:
        ConfigurationError: They say only half of it, or an address is none.
    """
    if header is None and not addresses:
        return None
    if header is None:
        raise ConfigurationError("--trusted-proxy goes with --auth-header, the header it sets.")
    if not addresses:
        raise ConfigurationError(
            "--auth-header goes with --trusted-proxy ADDRESS: the header counts from there alone, "
            "or anybody could name a user."
        )
    if not HEADER.fullmatch(header):
        raise ConfigurationError(f"--auth-header {header!r} is no name of a header.")
    return TrustedProxy(header, tuple(map(_network, addresses)))


def _network(address: str) -> Network:
    try:
        network = ip_network(address.strip(), strict=False)
    except ValueError as exc:
        raise ConfigurationError(
            f"--trusted-proxy {address!r} is no address or network; one looks like 10.0.0.5 or "
            "10.0.0.0/24."
        ) from exc
    if not network.prefixlen:
        raise ConfigurationError(
            f"--trusted-proxy {address!r} is every address there is, from which anybody could "
            "name a user."
        )
    return network


class ProxySignIn:
    """Put who has signed in at a proxy into the scope, and take the header away from all others.

    Args:
        app: The app behind it.
        proxy: What signs people in.
    """

    def __init__(self, app: App, proxy: TrustedProxy) -> None:
        self._app = app
        self._proxy = proxy
        self._header = proxy.header.lower().encode("latin-1")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name.lower() == self._header]
        others = [each for each in scope["headers"] if each[0].lower() != self._header]
        address = scope["client"][0] if scope.get("client") else ""
        user = _named(given) if self._proxy.has(address) else None
        await self._app({**scope, "headers": others, USER: user}, receive, send)


def _named(given: Sequence[bytes]) -> str | None:
    """Return the user of a header; None where it is not there once, or holds no name."""
    if len(given) != 1:  # a second one may be the visitor's own, which the proxy let through
        return None
    try:
        name = given[0].decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    return name if name and name.isprintable() and len(name) <= MOST_NAME else None


def believed(proxy: TrustedProxy) -> list[str] | str:
    """Return who may tell from where a request comes: the proxy, and whom the environment names."""
    named = os.environ.get(FORWARDED, "127.0.0.1")
    if "*" in named:
        return "*"
    return [*filter(None, map(str.strip, named.split(","))), *map(str, proxy.networks)]
