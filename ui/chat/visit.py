"""Give the chat's handlers one checked object for each event of a page."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace

import gradio as gr

from ui.chat.handlers import MOST_QUESTION_CHARACTERS, PageState
from ui.server.pressed import Pressed, read_pressed
from ui.server.visitors import owner_of
from ui.settings.session import SessionSettings

Here = Mapping[str, str]  # what the browser remembers: owner, and the conversation on the screen


@dataclass(frozen=True, slots=True)
class Visit:
    """An event of a page.

    Attributes:
        state: What the page shows, on the server.
        here: What the browser remembers.
        settings: The visitor's.
        pressed: What was pressed.
    """

    state: PageState
    here: Here
    settings: SessionSettings
    request: gr.Request
    pressed: Pressed

    @property
    def owner(self) -> str:
        """Whose conversations the page shows."""
        return owner_of(self.here, self.request.username)

    @property
    def of_last(self) -> Visit:
        """The same from a page that shows the sources of the last answer."""
        return replace(self, state=replace(self.state, shown=0))

    @property
    def as_new(self) -> Visit:
        """The same from a page that edits no question."""
        return replace(self, state=replace(self.state, editing=0))


def pressing(handle: Callable[[Visit], object]) -> Callable[..., object]:
    """Return a handler as Gradio calls it: for an event that tells what was pressed."""

    def once(
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> object:
        return handle(Visit(state, here, settings, request, read_pressed(event)))

    async def again(
        state: PageState,
        here: Here,
        settings: SessionSettings,
        event: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[object]:
        pressed = read_pressed(event)
        async for parts in _each(handle, Visit(state, here, settings, request, pressed)):
            yield parts

    return _named(again if inspect.isasyncgenfunction(handle) else once, handle)


def visiting(handle: Callable[[Visit], object]) -> Callable[..., object]:
    """Return a handler as Gradio calls it: for an event that tells nothing more."""

    def once(
        state: PageState, here: Here, settings: SessionSettings, request: gr.Request
    ) -> object:
        return handle(Visit(state, here, settings, request, Pressed()))

    async def again(
        state: PageState, here: Here, settings: SessionSettings, request: gr.Request
    ) -> AsyncIterator[object]:
        async for parts in _each(handle, Visit(state, here, settings, request, Pressed())):
            yield parts

    return _named(again if inspect.isasyncgenfunction(handle) else once, handle)


def typing(handle: Callable[[Visit], AsyncIterator[object]]) -> Callable[..., object]:
    """Return a handler as Gradio calls it: for what was typed into the input."""

    async def typed(
        text: str, state: PageState, here: Here, settings: SessionSettings, request: gr.Request
    ) -> AsyncIterator[object]:
        pressed = Pressed(question=text[:MOST_QUESTION_CHARACTERS])
        async for parts in handle(Visit(state, here, settings, request, pressed)):
            yield parts

    return typed


async def _each(handle: Callable[[Visit], object], visit: Visit) -> AsyncIterator[object]:
    parts = handle(visit)
    assert isinstance(parts, AsyncIterator)
    async for each in parts:
        yield each


def _named(
    event: Callable[..., object], handle: Callable[[Visit], object]
) -> Callable[..., object]:
    """Name an event by its handler, as Gradio's log and list of functions do."""
    event.__name__ = handle.__name__
    return event
