"""The certificates by which connections are verified, read once for all of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


@cache
def read_certificates() -> ssl.SSLContext:
    """Read the authorities that are trusted: 50 ms, which each client of `httpx` takes anew."""
    import httpx

    return httpx.create_ssl_context()
