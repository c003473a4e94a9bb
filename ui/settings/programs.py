"""Let users make tokens by which programs ask in their place, and take them back."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

import gradio as gr

from rag.errors import LibraryError, NotAllowedError, RagError
from rag.userdata.program_tokens import DAY, MOST_NAME, Made, ProgramToken, ProgramTokens
from ui.server.access import Holder
from ui.server.loading import Loading
from ui.server.pressed import read_pressed
from ui.server.programs import NOT_READY
from ui.templates.sentences import for_page, said_html

DEEDS: Final = ("make", "revoke")
PASS_ON: Final = f"paperchat.passOn(element, trigger, {list(DEEDS)!r})"
FOR: Final = (
    "Programs ask this library at <code>/v1</code>, as they would ask OpenAI, and assistants at "
    "<code>/mcp</code>."
)
OPEN: Final = "On this machine they need no token, unless the page is started with RAG_API_TOKENS."
NOBODY: Final = (
    "Only who has an account can have tokens: the operator adds you by <code>paperchat users add"
    "</code>."
)
NO_ACCOUNT: Final = "Only who has an account can have tokens."
ONCE: Final = "Copy the token now: it is not shown again."


@dataclass(frozen=True, slots=True)
class _Done:
    """What was just done."""

    said: str = ""
    is_warning: bool = False
    made: Made | None = None


NOTHING_DONE: Final = _Done()


class Programs:
    """The part of the settings on programs, for whoever looks at it.

    Args:
        loading: Gives the library, and who may have tokens.
    """

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    def show(self, name: str | None, done: _Done = NOTHING_DONE) -> str:
        """Render somebody's tokens."""
        access = self._loading.access
        holder = access.holder(name)
        if holder is None:
            return _section(f'<p class="help">{NOBODY}</p>') if access.is_closed else ""
        try:
            tokens = self._tokens().of(*holder)
        except RagError as exc:
            return _section(said_html(for_page(str(exc)), is_warning=True))
        note = "" if access.is_closed else f" {OPEN}"
        return _section(
            f'<p class="help">{FOR}{note}</p>{_list(tokens)}{_shown_once(done)}{_form()}'
            + said_html(done.said, is_warning=done.is_warning)
        )

    def make(self, name: str | None, called: str) -> str:
        """Make a token, and show it this once."""
        try:
            owner, bound_to = self._holder(name)
            made = self._tokens().make(owner, called, bound_to)
        except RagError as exc:
            return self.show(name, _Done(for_page(str(exc)), is_warning=True))
        return self.show(name, _Done(made=made))

    def revoke(self, name: str | None, token_id: str) -> str:
        """Take a token back."""
        try:
            owner = self._holder(name).owner
            is_gone = token_id.isdecimal() and self._tokens().revoke(owner, int(token_id))
        except RagError as exc:
            return self.show(name, _Done(for_page(str(exc)), is_warning=True))
        return self.show(name, _Done("Revoked." if is_gone else "It was revoked already."))

    def _holder(self, name: str | None) -> Holder:
        holder = self._loading.access.holder(name)
        if holder is None:
            raise NotAllowedError(NO_ACCOUNT)
        return holder

    def _tokens(self) -> ProgramTokens:
        if self._loading.library is None:
            raise LibraryError(self._loading.failure or NOT_READY)
        return self._loading.library.program_tokens


def lay_out_programs() -> gr.HTML:
    """Lay the part out, empty."""
    return gr.HTML("", elem_id="programs", apply_default_css=False, js_on_load=PASS_ON)


def connect_programs(loading: Loading, part: gr.HTML, *, place: gr.Tab) -> None:
    """Show somebody's tokens whenever the tab is opened, and do what is pressed."""
    programs = Programs(loading)

    def show(request: gr.Request) -> str:
        return programs.show(request.username)

    def make(event: gr.EventData, request: gr.Request) -> str:
        return programs.make(request.username, read_pressed(event).name)

    def revoke(event: gr.EventData, request: gr.Request) -> str:
        return programs.revoke(request.username, read_pressed(event).token)

    place.select(show, outputs=part, show_progress="hidden", api_visibility="private")
    part.make(make, outputs=part, show_progress="hidden", api_visibility="private")
    part.revoke(revoke, outputs=part, show_progress="hidden", api_visibility="private")


def _section(inside: str) -> str:
    return f'<section class="programs"><h3>Tokens for programs</h3>{inside}</section>'


def _list(tokens: list[ProgramToken]) -> str:
    return f"<ul>{''.join(map(_item, tokens))}</ul>" if tokens else ""


def _item(token: ProgramToken) -> str:
    used = f"last used {token.used_on}" if token.used_on else "not used yet"
    named = escape(token.name)
    return (
        f'<li><b>{named}</b> <span class="meta">made {escape(token.made_at[:DAY])}, {used}</span> '
        f'<button type="button" data-do="revoke" data-token="{token.token_id}" '
        f'aria-label="Revoke “{named}”">Revoke</button></li>'
    )


def _shown_once(done: _Done) -> str:
    if done.made is None:
        return ""
    secret = escape(done.made.secret)
    return (
        f'<p class="said" role="status">{ONCE}</p><p class="secret"><code>{secret}</code> '
        f'<button type="button" data-do="copy" data-text="{secret}">Copy</button></p>'
    )


def _form() -> str:
    return (
        '<form data-do="make"><input name="name" required autocomplete="off" '
        f'maxlength="{MOST_NAME}" placeholder="What it is for" aria-label="What the token is for">'
        '<button type="submit">Make a token</button></form>'
    )
