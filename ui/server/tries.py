"""Slow down who guesses passwords and tokens: by address, and by account.

A try counts before it is checked, so that many at once are no more than one after another. Who
signs in takes back the tries of that account from that address, and nobody else's.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rag.errors import LibraryError
from rag.userdata.limits import SharedTries

if TYPE_CHECKING:
    from rag.store.database import Database

MOST_REMEMBERED: Final = 10_000  # addresses, and accounts; the least recently seen go first
MOST_NAME: Final = 200  # characters of an account's name that are told apart
# Tries from one address, and for one account, before the next has to wait; and how long each
# counts. An account is shut by several addresses together alone.
FREE_TRIES: Final = 5
FREE_TRIES_OF_ACCOUNT: Final = 10
TRIES_WINDOW_S: Final = 300.0
# From where the request comes that is being served: Gradio's check of a password is not told.
ADDRESS: ContextVar[str] = ContextVar("address", default="")


class Tries(Protocol):
    """Counts tries to sign in."""

    def wait_s(self, address: str) -> float:
        """Return the seconds that an address has to wait before its next try; 0 for none."""

    def begin(self, address: str, account: str = "") -> float:
        """Count a try that is about to be checked; or return the seconds that it has to wait."""

    def succeed(self, address: str, account: str = "") -> None:
        """Take back the tries of an account from an address, which were its owner's."""


class _Try(NamedTuple):
    at: float
    address: str
    account: str


class LoginThrottle:
    """Count tries to sign in, in this process.

    Args:
        clock: A monotonic clock, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._addresses: OrderedDict[str, list[_Try]] = OrderedDict()
        self._accounts: OrderedDict[str, list[_Try]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str) -> float:
        """Return the seconds that an address has to wait before its next try; 0 for none."""
        with self._lock:
            return self._wait_s(self._addresses.get(address, ()), FREE_TRIES)

    def begin(self, address: str, account: str = "") -> float:
        """Count a try that is about to be checked; or return the seconds that it has to wait."""
        account = account[:MOST_NAME]
        with self._lock:
            wait = self._wait_s(self._addresses.get(address, ()), FREE_TRIES)
            if account:
                tried = self._accounts.get(account, ())
                wait = max(wait, self._wait_s(tried, FREE_TRIES_OF_ACCOUNT))
            if not wait:
                begun = _Try(self._clock(), address, account)
                _keep(self._addresses, address, begun, FREE_TRIES)
                if account:
                    _keep(self._accounts, account, begun, FREE_TRIES_OF_ACCOUNT)
            return wait

    def _wait_s(self, tried: list[_Try] | tuple[()], free: int) -> float:
        now = self._clock()
        recent = [each.at for each in tried if now - each.at < TRIES_WINDOW_S]
        return TRIES_WINDOW_S - (now - recent[-free]) if len(recent) >= free else 0.0

    def succeed(self, address: str, account: str = "") -> None:
        """Take back the tries of an account from an address, which were its owner's."""
        account = account[:MOST_NAME]
        with self._lock:
            for kept, name in ((self._addresses, address), (self._accounts, account)):
                for each in list(kept.get(name, ())):
                    if (each.address, each.account) == (address, account):
                        kept[name].remove(each)


def _keep(kept: OrderedDict[str, list[_Try]], name: str, begun: _Try, most: int) -> None:
    kept[name] = [*kept.pop(name, ()), begun][-most:]
    if len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)


class GroupTries:
    """Count tries for all processes of a group; in this one alone while that fails.

    Args:
        database: The group's.
    """

    def __init__(self, database: Database) -> None:
        self._here = LoginThrottle()
        self._group = SharedTries(database, FREE_TRIES, FREE_TRIES_OF_ACCOUNT, TRIES_WINDOW_S)

    def wait_s(self, address: str) -> float:
        """Return the seconds that an address has to wait before its next try; 0 for none."""
        try:
            return self._group.wait_s(address)
        except LibraryError:
            return self._here.wait_s(address)

    def begin(self, address: str, account: str = "") -> float:
        """Count a try that is about to be checked; or return the seconds that it has to wait."""
        if wait := self._here.begin(address, account):
            return wait
        with suppress(LibraryError):
            return self._group.begin(address, account[:MOST_NAME])
        return 0.0

    def succeed(self, address: str, account: str = "") -> None:
        """Take back the tries of an account from an address, which were its owner's."""
        self._here.succeed(address, account)
        with suppress(LibraryError):
            self._group.succeed(address, account[:MOST_NAME])
