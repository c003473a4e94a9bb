"""Check what the page tells of an event, before any handler sees it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import gradio as gr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

NOT_OURS: Final = "The page sent what it cannot send. Reload it, and try again."
MOST_CHARACTERS: Final = 1000
MOST_QUESTION: Final = 4000
MOST_LISTED: Final = 1_000_000  # characters of papers' ids, as JSON
Word = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class Pressed(BaseModel):
    """What page.js tells of what was pressed: the data of a button, or the fields of a form.

    Attributes:
        turn: The answer that it belongs to, from 1; 0 for none.
        paper: The id of one; "" for all that are meant.
        papers: Ids, as JSON.
        limit: Of a list of papers, as its name, a sign of equality and its value.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    turn: int = Field(0, ge=0)
    marker: int = Field(0, ge=0)
    question: str = Field("", max_length=MOST_QUESTION)
    conversation: Word = ""
    title: Word = ""
    words: Word = ""
    comment: Word = ""
    way: Literal["up", "down"] = "up"
    how: Word = ""
    on: Literal["", "yes"] = ""
    drawn: Literal["", "yes"] = ""
    format: Word = ""
    of: Word = ""
    style: Word = ""
    column: Word = ""
    drop: Word = ""
    filter: Word = ""
    since: Word = ""
    until: Word = ""
    author: Word = ""
    source: Word = ""
    collection: Word = ""
    tag: Word = ""
    do: Word = ""
    name: Word = ""
    out: Word = ""
    limit: Word = ""
    paper: Word = ""
    token: Word = ""
    papers: str = Field("", max_length=MOST_LISTED)


def read_pressed(event: gr.EventData) -> Pressed:
    """Return what was pressed.

    Raises:
        gr.Error: The page sends no such thing.
    """
    try:
        return Pressed.model_validate(event)
    except ValidationError as exc:
        raise gr.Error(NOT_OURS, print_exception=False) from exc
