"""Define which programs may come in from outside, and which library they ask."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol

from rag.errors import ConfigurationError, RagError
from rag.library import Library
from rag.settings import Settings

LEAST_TOKEN: Final = 16  # characters
SCHEME: Final = "bearer "
WITHOUT_ONE: Final = (
    "This needs a token: send the header `Authorization: Bearer TOKEN` with one made in the page's "
    "Settings, or one of RAG_API_TOKENS."
)


class RefusedError(RagError):
    """Somebody may not ask, or not now.

    Attributes:
        status: Of HTTP: 401 without a right token, 429 too often, 503 not ready yet.
        wait_s: Seconds after which another try makes sense; None where it makes none.
    """

    def __init__(self, message: str, status: int, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.wait_s = wait_s

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell a program over HTTP what to send, and when to come again."""
        challenge = {"www-authenticate": "Bearer"} if self.status == 401 else {}
        if self.wait_s is None:
            return challenge
        return {**challenge, "retry-after": str(max(1, round(self.wait_s)))}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: Tells one from another: a token's, or that of an address.
        address: From which is asked.
        is_owner: Whether it is a program of the page's own user on this machine.
    """

    name: str
    address: str
    is_owner: bool = False


class Door(Protocol):
    """Lets programs in."""

    def enter(self, authorization: str | None, address: str) -> Caller:
        """Return who asks, by the header of that name.

        Raises:
            RefusedError: The token is missing or wrong, or too many wrong ones were tried.
        """

    def count(self, caller: Caller) -> None:
        """Count a question.

        Raises:
            RefusedError: That is too many in too short a time.
        """

    def library(self) -> Library:
        """Return the library.

        Raises:
            RefusedError: It is not ready yet.
            RagError: It cannot be opened.
        """


@dataclass(frozen=True, slots=True)
class LocalDoor:
    """The door of a command that serves this machine alone: tokens where they are set, no limit.

    Attributes:
        find_library: Gives the library; may wait for it.
        tokens: Of which one is wanted; none for anyone on this machine.
    """

    find_library: Callable[[], Library]
    tokens: Collection[str] = ()

    def enter(self, authorization: str | None, address: str) -> Caller:
        """Return who asks."""
        if self.tokens:
            return Caller(require_token(authorization, self.tokens), address)
        return Caller(address, address)

    def count(self, caller: Caller) -> None:
        """Count nothing."""

    def library(self) -> Library:
        """Return the library."""
        return self.find_library()


def is_token(authorization: str, token: str) -> bool:
    """Whether a header has a token, compared in constant time."""
    return hmac.compare_digest(given_token(authorization).encode(), token.encode())


def given_token(authorization: str) -> str:
    """Return the token of a header; "" where it has none."""
    is_bearer = authorization.lower().startswith(SCHEME)
    return authorization[len(SCHEME) :].strip() if is_bearer else ""


def require_token(authorization: str | None, tokens: Collection[str]) -> str:
    """Return the token of a header where it is one of those, compared in constant time.

    Raises:
        RefusedError: It is none of them.
    """
    token = given_token(authorization or "")
    fits = [each for each in tokens if hmac.compare_digest(each.encode(), token.encode())]
    if not fits:
        raise RefusedError("The token is not right." if token else WITHOUT_ONE, 401)
    return fits[0]


def read_tokens(settings: Settings) -> frozenset[str]:
    """Return the tokens that are set.

    Raises:
        ConfigurationError: One is too short.
    """
    given = settings.api_tokens.get_secret_value() if settings.api_tokens else ""
    tokens = frozenset(filter(None, (each.strip() for each in given.split(","))))
    if any(len(each) < LEAST_TOKEN for each in tokens):
        raise ConfigurationError(
            f"A token of RAG_API_TOKENS has fewer than {LEAST_TOKEN} characters, and could be "
            'guessed: `python -c "import secrets; print(secrets.token_urlsafe())"` makes one.'
        )
    return tokens
