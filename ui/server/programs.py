"""Let programs in beside the page: by a token where there are users, at the page's own rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rag.errors import LibraryError
from rag.library import Library
from rag.serve.door import Caller, RefusedError, given_token, is_token, require_token
from rag.userdata.program_tokens import BEGINNING
from ui.server.access import AccessPolicy
from ui.server.loading import Loading
from ui.server.tries import FREE_TRIES

OWNER: Final = "owner"
NOT_READY: Final = "The library is not ready yet."
NOT_READY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class PageDoor:
    """The door of the page for programs: the same library, the same rate of questions.

    Programs come in by a token that a user made in the settings, or that the operator has set;
    those of the page's own user by the one that stands in the library's folder.

    Attributes:
        loading: The page's library and access policy.
    """

    loading: Loading

    @property
    def _access(self) -> AccessPolicy:
        return self.loading.access

    def enter(self, authorization: str | None, address: str) -> Caller:
        """Return who asks, by the header of that name.

        Raises:
            RefusedError: The token is missing or wrong, or too many wrong ones were tried.
            LibraryError: It cannot be looked up now.
        """
        access, own = self._access, self.loading.token
        if own and authorization and is_token(authorization, own):
            return Caller(OWNER, address, is_owner=True)
        if not (access.tokens or access.is_closed):
            return Caller(address, address)
        if wait := access.tries.wait_s(address):
            raise _too_many(wait)
        try:
            return self._made(authorization, address) or self._set(authorization, address)
        except RefusedError as exc:
            is_wrong = exc.status == 401 and authorization
            if is_wrong and (wait := access.tries.begin(address)):
                raise _too_many(wait) from None
            raise

    def _set(self, authorization: str | None, address: str) -> Caller:
        """Return who asks by a token that the operator has set."""
        return Caller(f"token {require_token(authorization, self._access.tokens)}", address)

    def _made(self, authorization: str | None, address: str) -> Caller | None:
        """Return who asks by a token that was made in the page's settings; None for another.

        Of a user the same number of questions is counted as on the page.
        """
        secret = given_token(authorization or "")
        if not secret.startswith(BEGINNING):
            return None
        made = self.library().program_tokens
        token = made.find(secret)
        if token is None or not self._access.admits(token):
            return None
        made.note_use(token)
        return Caller(f"user {token.owner}" if token.owner else f"made {token.token_id}", address)

    def count(self, caller: Caller) -> None:
        """Count a question.

        Raises:
            RefusedError: That is too many in too short a time.
        """
        if caller.is_owner:
            return
        is_known = caller.name != caller.address
        wait = self._access.wait_s(caller.name, None if is_known else caller.address)
        if wait:
            raise RefusedError(self._access.too_often(wait), 429, wait)

    def library(self) -> Library:
        """Return the library.

        Raises:
            RefusedError: It is not ready yet.
            LibraryError: It cannot be opened.
        """
        loading = self.loading
        if loading.library is not None:
            return loading.library
        if loading.failure:
            raise LibraryError(loading.failure)
        raise RefusedError(NOT_READY, 503, NOT_READY_S)


def _too_many(wait_s: float) -> RefusedError:
    why = f"{FREE_TRIES} wrong tokens were given; the next may be tried in {wait_s:.0f} s."
    return RefusedError(why, 429, wait_s)
