"""End sessions with their accounts and passwords.

Gradio keeps who has signed in as a map of tokens, which browsers send as cookies, to names; it
forgets one when its user signs out. This map, in the place of Gradio's, also forgets those whose
account is gone, or has another password than it was signed in with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Final, NamedTuple

from ui.server.accounts import Users

COOKIE: Final = "access-token-"  # how the names of Gradio's cookies begin
MOST_SESSIONS: Final = 10_000  # the oldest ends first


class _Session(NamedTuple):
    name: str
    hashed: str  # the password, when it was given


class Sessions(MutableMapping[str, str]):
    """Names by the tokens of their sessions.

    Args:
        users: Who may sign in, as they are now.
    """

    def __init__(self, users: Users) -> None:
        self._users = users
        self._begun: dict[str, _Session] = {}

    def __setitem__(self, token: str, name: str) -> None:
        """Begin a session."""
        found = self._users.find(name)
        self._begun[token] = _Session(name, found.hashed if found else "")
        while len(self._begun) > MOST_SESSIONS:
            del self._begun[next(iter(self._begun))]

    def __getitem__(self, token: str) -> str:
        """Return whose session it is, while it is one."""
        begun = self._begun[token]
        found = self._users.find(begun.name)
        if found is None or found.hashed != begun.hashed:
            self._begun.pop(token, None)
            raise KeyError(token)
        return begun.name

    def __delitem__(self, token: str) -> None:
        """End a session."""
        del self._begun[token]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the tokens of all sessions, also of those that are over unnoticed."""
        return iter(list(self._begun))

    def __len__(self) -> int:
        """Return how many sessions there are."""
        return len(self._begun)

    def user_of(self, headers: Mapping[str, str]) -> str | None:
        """Return who sends a request, by its cookies."""
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        tokens = [each.value for name, each in cookies.items() if name.startswith(COOKIE)]
        return next(filter(None, map(self.get, tokens)), None)
