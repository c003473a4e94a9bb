"""End sessions with their accounts and passwords.

Gradio keeps who has signed in as a map of tokens, which browsers send as cookies, to names; it
forgets one when its user signs out. This map, in the place of Gradio's, also forgets those whose
account is gone, has another password than it was signed in with, or signed out at another process.
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
    sign_outs: int  # before it


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
        hashed = found.hashed if found else ""
        self._begun[token] = _Session(name, hashed, self._users.sign_outs_of(name))
        while len(self._begun) > MOST_SESSIONS:
            del self._begun[next(iter(self._begun))]

    def __getitem__(self, token: str) -> str:
        """Return whose session it is, while it is one."""
        begun = self._begun[token]
        if self._is_over(begun):
            self._begun.pop(token, None)
            raise KeyError(token)
        return begun.name

    def _is_over(self, begun: _Session) -> bool:
        found = self._users.find(begun.name)
        is_changed = found is None or found.hashed != begun.hashed
        return is_changed or self._users.sign_outs_of(begun.name) != begun.sign_outs

    def __delitem__(self, token: str) -> None:
        """End a session."""
        del self._begun[token]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the tokens of all sessions that are not over."""
        return iter([token for token, each in list(self._begun.items()) if not self._is_over(each)])

    def __len__(self) -> int:
        """Return how many sessions there are, also of those that are over unnoticed."""
        return len(self._begun)

    def user_of(self, headers: Mapping[str, str]) -> str | None:
        """Return who sends a request, by its cookies."""
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        tokens = [each.value for name, each in cookies.items() if name.startswith(COOKIE)]
        return next(filter(None, map(self.get, tokens)), None)
