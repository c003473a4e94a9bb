"""Decide who may enter, how often they may ask, and which endpoint they may name; no HTTP."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rag.errors import ConfigurationError, LibraryError
from rag.types import OWNER, Actor
from rag.userdata.accounts import Account, AccountTable
from rag.userdata.limits import SharedBucket
from rag.userdata.sign_outs import SignOutTable
from ui.server.accounts import AccountFile, Users
from ui.server.passwords import hash_password
from ui.server.proxy import TrustedProxy, build_trusted_proxy
from ui.server.tries import GroupTries, LoginThrottle, Tries

if TYPE_CHECKING:
    import gradio as gr

    from rag.store.database import Database
    from rag.userdata.program_tokens import ProgramToken

MOST_CLIENTS: Final = 10_000  # remembered at once; the least recently seen is forgotten first
# Visitors behind one address, such as a laboratory's, that may all ask at the full rate.
VISITORS_OF_AN_ADDRESS: Final = 20
# What the page calls by itself while one asks a question, reads and looks through the library.
CALLS_OF_A_QUESTION: Final = 20
MINUTE_S: Final = 60.0


class Limiter(Protocol):
    """Limits the rate of each client's actions."""

    def wait_s(self, client: str) -> float:
        """Return 0 and count the action when the client may act now; else seconds to wait."""


class TokenBucket:
    """Limit the rate of each client's actions.

    Args:
        per_minute: Actions a minute, and the most at once.
        clock: A monotonic clock, seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, client: str) -> float:
        """Return 0 and count the action when the client may act now; else seconds to wait."""
        with self._lock:
            now = self._clock()
            level, since = self._levels.pop(client, (self._most, now))
            level = min(self._most, level + (now - since) * self._most / MINUTE_S)
            wait = 0.0 if level >= 1 else (1 - level) * MINUTE_S / self._most
            self._levels[client] = (level if wait else level - 1, now)
            if len(self._levels) > MOST_CLIENTS:
                self._levels.popitem(last=False)
            return wait


class GroupBucket:
    """Limit the rate of each client's actions in a group; in this process while that fails.

    Args:
        database: The group's.
        kind: Tells the clients of one limit from those of others.
        per_minute: Actions a minute, and the most at once.
    """

    def __init__(self, database: Database, kind: str, per_minute: int) -> None:
        self._here = TokenBucket(per_minute)
        self._group = SharedBucket(database, kind, per_minute)

    def wait_s(self, client: str) -> float:
        """Return 0 and count the action when the client may act now; else seconds to wait."""
        try:
            return self._group.wait_s(client)
        except LibraryError:
            return self._here.wait_s(client)


class Holder(NamedTuple):
    """As whom somebody has tokens, and what of their account these hold with."""

    owner: str = ""
    bound_to: str = ""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The rules of access to the page.

    Attributes:
        host: The address that is listened on.
        users: Who may sign in; None for everyone.
        rate_limit: Questions a minute of one visitor; 0 for any number.
        allows_endpoints: Whether a visitor may name an endpoint of their own.
        tries: Counts wrong passwords and tokens.
        tokens: Of programs, as set; where there are none, and no users, any program may ask.
        database: A group's, where its processes count together; None to count here.
        proxy: What signs people in before the page; None where the page does so itself.
    """

    host: str = "127.0.0.1"
    users: Users | None = None
    rate_limit: int = 0
    allows_endpoints: bool = True
    tokens: frozenset[str] = frozenset()
    database: Database | None = None
    proxy: TrustedProxy | None = None
    tries: Tries = field(init=False)
    _visitors: Limiter = field(init=False)
    _addresses: Limiter = field(init=False)
    _calls: Limiter = field(init=False)
    _calls_of_addresses: Limiter = field(init=False)

    def __post_init__(self) -> None:
        tries = GroupTries(self.database) if self.database else LoginThrottle()
        object.__setattr__(self, "tries", tries)
        object.__setattr__(self, "_visitors", self._limiter("visitor", self.rate_limit))
        everyone = self.rate_limit * VISITORS_OF_AN_ADDRESS
        object.__setattr__(self, "_addresses", self._limiter("address", everyone))
        # In this process alone: they are many, and each would wait for the database.
        calls, all_calls = self.rate_limit * CALLS_OF_A_QUESTION, everyone * CALLS_OF_A_QUESTION
        object.__setattr__(self, "_calls", TokenBucket(calls))
        object.__setattr__(self, "_calls_of_addresses", TokenBucket(all_calls))

    def _limiter(self, kind: str, per_minute: int) -> Limiter:
        if self.database and per_minute:
            return GroupBucket(self.database, kind, per_minute)
        return TokenBucket(per_minute)

    @property
    def is_closed(self) -> bool:
        """Whether one has to sign in, also while nobody has an account."""
        return self.users is not None

    def actor(self, name: str | None) -> Actor:
        """Return what somebody, as they are signed in, may do with the library now.

        Who has no account, but was signed in by a proxy, reads.
        """
        if self.users is None:
            return OWNER
        self.users.refresh()
        found = self.users.find(name) if name else None
        return Actor(name or "", may_change=found is not None and found.role == "editor")

    def holder(self, name: str | None) -> Holder | None:
        """Return as whom somebody who has signed in has tokens of programs; None for nobody.

        Who has no account has none: nobody could tell when their right to them ends. Nor have
        strangers, who a page without users lets in from other machines.
        """
        if self.users is None:
            return Holder() if self.is_local else None
        self.users.refresh()
        found = self.users.find(name) if name else None
        return Holder(found.name, found.fingerprint) if found else None

    def admits(self, token: ProgramToken) -> bool:
        """Return whether a token that was made still lets somebody in."""
        return self.holder(token.owner) == Holder(token.owner, token.bound_to)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the page."""
        return is_loopback(self.host)

    def why_not_now(self, request: gr.Request | None) -> str | None:
        """Count a question; return a sentence when the visitor has asked too often, else None."""
        if not self.rate_limit or request is None:
            return None
        address = request.client.host if request.client else ""
        if request.username:
            wait = self.wait_s(f"user {request.username}")
        else:
            wait = self.wait_s(f"{address} {request.session_hash}", address)
        return self.too_often(wait) if wait else None

    def wait_s(self, name: str, address: str | None = None) -> float:
        """Return 0 and count a question where it may be asked now; else seconds to wait.

        Args:
            name: Tells who asks from others.
            address: Where many may ask from; None for somebody who is known.
        """
        if not self.rate_limit:
            return 0.0
        wait = self._visitors.wait_s(name)
        return wait or (self._addresses.wait_s(address) if address is not None else 0.0)

    def call_wait_s(self, user: str | None, address: str) -> float:
        """Return 0 and count a call of the page where it may be made now; else seconds to wait."""
        if not self.rate_limit:
            return 0.0
        if user:
            return self._calls.wait_s(user)
        return self._calls_of_addresses.wait_s(address)

    def upload_wait_s(self, user: str | None, address: str) -> float:
        """Return 0 and count an upload, as a question, where it may come now; else seconds."""
        if user:
            return self.wait_s(f"user {user}")
        return self._addresses.wait_s(address) if self.rate_limit else 0.0

    def too_often(self, wait_s: float) -> str:
        """Say that somebody asked too often."""
        return (
            f"That is more than {self.rate_limit} questions a minute. "
            f"Ask again in {max(1, round(wait_s))} s."
        )


def is_loopback(host: str) -> bool:
    """Return whether a listening address can be reached from this machine only."""
    bare = host.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:  # a name, which may resolve to any address
        return False


def build_access_policy(
    *,
    host: str,
    auth: tuple[str, str] | None = None,
    auth_file: Path | None = None,
    no_auth: bool = False,
    allow_endpoints: bool = False,
    rate_limit: int = 0,
    tokens: frozenset[str] = frozenset(),
    database: Database | None = None,
    auth_header: str | None = None,
    trusted_proxies: Sequence[str] = (),
) -> AccessPolicy:
    """Build the access policy for some options.

    Raises:
        ConfigurationError: The page would be open to other machines without a password, and
            `no_auth` does not ask for it; or the options contradict each other.
        LibraryError: The group's database, which may hold users, cannot be asked.
    """
    if no_auth and (auth or auth_file):
        raise ConfigurationError("--no-auth does not go with --auth or --auth-file.")
    proxy = build_trusted_proxy(auth_header, trusted_proxies)
    if proxy and (auth or no_auth):
        raise ConfigurationError(
            "--auth-header does not go with --auth or --no-auth: the proxy signs people in."
        )
    users = _users(auth, auth_file, None if no_auth else database)
    if proxy and users is None:
        kept = AccountTable(database) if database else None
        users = Users(kept=kept)  # nobody has an account yet: all are readers
    if users is None and not no_auth and not is_loopback(host):
        raise ConfigurationError(
            f"On {host!r} other machines reach the page, so it wants a password: "
            "--auth USER:PASSWORD or --auth-file FILE. To leave it open to all of them, "
            "say --no-auth."
        )
    return AccessPolicy(
        host=host,
        users=users,
        rate_limit=rate_limit,
        allows_endpoints=allow_endpoints or is_loopback(host),
        tokens=tokens,
        database=database,
        proxy=proxy,
    )


def _users(
    auth: tuple[str, str] | None, auth_file: Path | None, database: Database | None
) -> Users | None:
    """Return who may sign in; None where nobody is named, neither by options nor a database.

    Raises:
        ConfigurationError: The file names nobody, or cannot be read.
        LibraryError: The database cannot be asked, so that nobody knows whether the page is open.
    """
    sign_outs = SignOutTable(database) if database else None
    # Tokens of programs hold with a password's hash, also when the page is started again.
    fixed = [Account(auth[0], hash_password(auth[1], always_for=auth[0]))] if auth else []
    if auth_file:
        users = Users(fixed, AccountFile(auth_file), sign_outs=sign_outs)
        if not users:
            raise ConfigurationError(
                f"The file of users {str(auth_file)!r} names nobody. Add one by "
                "`paperchat users add`."
            )
        return users
    if fixed or database is None:
        return Users(fixed, sign_outs=sign_outs) if fixed else None
    users = Users(kept=AccountTable(database), sign_outs=sign_outs)
    return users if len(users) else None
