"""The table of the library tab: searching, ordering, leafing, opening, removing and undoing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import gradio as gr

from rag.errors import RagError
from rag.types import Paper
from ui.library import html
from ui.library.context import LibraryContext
from ui.library.papers import bring_back, remove
from ui.library.rows import MOST_QUERY_CHARACTERS, ORDERS, View, look
from ui.templates.sentences import counted, said_html

MOST_UNDOS: Final = 20
READING: Final = "Reading the list of papers…"

Removed = tuple[tuple[Paper, ...], ...]  # what each removal took away, the last one last


@dataclass(frozen=True, slots=True)
class Table:
    """The parts of the table."""

    search: gr.Textbox
    rows: gr.HTML
    message: gr.HTML
    back: gr.Button
    on: gr.Button
    remove: gr.Button
    undo: gr.Button
    said: gr.HTML


def lay_out_table() -> Table:
    """Lay the table out."""
    search = gr.Textbox(
        label="Search the papers",
        show_label=False,
        container=False,
        placeholder="Search titles, authors, years, sources",
        max_length=MOST_QUERY_CHARACTERS,
        elem_id="library-search",
    )
    rows = gr.HTML(html.help_html(READING), elem_id="library-table")
    with gr.Row(elem_classes="tools"):
        back = gr.Button("Previous", size="sm", elem_id="library-back")
        on = gr.Button("Next", size="sm", elem_id="library-on")
        message = gr.HTML("", elem_id="library-told")
    with gr.Row(elem_classes="tools"):
        remove = gr.Button("Remove selected", size="sm", elem_id="library-remove")
        undo = gr.Button("Undo", size="sm", visible=False, elem_id="library-undo")
        said = gr.HTML("", elem_id="library-said")
    return Table(search, rows, message, back, on, remove, undo, said)


class Showing:
    """Shows the table after whatever was done, for the view of one session.

    Args:
        context: Where the library is found.
        table: The parts of the table.
        view: What the session looks at.
        chosen: The ids that are ticked, as JSON.
        opened: Id of the opened paper, or None.
    """

    def __init__(
        self,
        context: LibraryContext,
        table: Table,
        view: gr.State,
        chosen: gr.Textbox,
        opened: gr.State,
    ) -> None:
        self.context = context
        self.table = table
        self.view = view
        self.chosen = chosen
        self.opened = opened
        self.outputs = [view, table.rows, table.message, table.back, table.on]

    def parts(self, view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
        """The values of `outputs`."""
        page = look(self.context.library, view)
        return (
            page.view,
            html.table_html(page, chosen_ids(chosen), opened),
            said_html(html.describe_pager(page)),
            gr.update(interactive=page.view.page > 0),
            gr.update(interactive=page.view.page < page.pages - 1),
        )

    def when(self, event: Callable[..., object], step: Callable[[View], View]) -> None:
        """Show the table after an event, with the view that follows from the one before."""

        def show(view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
            return self.parts(step(view), chosen, opened)

        event(
            show,
            inputs=[self.view, self.chosen, self.opened],
            outputs=self.outputs,
            show_progress="hidden",
            api_visibility="private",
        )


def chosen_ids(text: str) -> tuple[str, ...]:
    """The ids that the page sends; whatever is none is left out."""
    values = _parsed(text)
    return tuple(each for each in values if isinstance(each, str)) if type(values) is list else ()


def pressed_button(text: str) -> tuple[str, str]:
    """What was pressed in the page, and for which paper or column."""
    value = _parsed(text)
    if not isinstance(value, dict):
        return "", ""
    return str(value.get("do", "")), str(value.get("with", ""))


def _parsed(text: str) -> object:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def sorted_by(view: View, column: str) -> View:
    """The view ordered by a column; by the same one again, backwards, then as added."""
    if column not in ORDERS:
        return view
    if view.order != column:
        return replace(view, order=column, is_reversed=False, page=0)
    if not view.is_reversed:
        return replace(view, is_reversed=True, page=0)
    return replace(view, order="added", is_reversed=False, page=0)


def connect_table(showing: Showing, *, pressed: gr.Textbox, paper: gr.HTML, ask: gr.Button) -> None:
    """Tie searching, leafing, ordering and opening to the table."""
    table = showing.table

    def find(query: str, view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
        return showing.parts(replace(view, query=query, page=0), chosen, opened)

    # Not `input`, which Gradio fires for typed letters alone, not for pasted or deleted ones.
    table.search.change(
        find,
        inputs=[table.search, showing.view, showing.chosen, showing.opened],
        outputs=showing.outputs,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )
    showing.when(table.back.click, lambda view: replace(view, page=view.page - 1))
    showing.when(table.on.click, lambda view: replace(view, page=view.page + 1))

    def press(text: str, view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
        did, what = pressed_button(text)
        if did == "sort":
            view = sorted_by(view, what)
        found = showing.context.find(what if did == "open" else opened)
        now = found.paper_id if found else None
        button = gr.update(visible=found is not None)
        return (*showing.parts(view, chosen, now), now, html.paper_html(found), button)

    pressed.change(
        press,
        inputs=[pressed, showing.view, showing.chosen, showing.opened],
        outputs=[*showing.outputs, showing.opened, paper, ask],
        show_progress="hidden",
        api_visibility="private",
    )


def connect_removal(showing: Showing) -> None:
    """Tie removing and undoing to the table; what was removed is kept for the session alone."""
    table = showing.table
    removed = gr.State(())

    def after(
        view: View, opened: str | None, stack: Removed, said: str, *, is_warning: bool = False
    ) -> tuple[object, ...]:
        parts = showing.parts(view, "", opened)
        undo = gr.update(visible=bool(stack))
        return (*parts, "", stack, undo, said_html(said, is_warning=is_warning))

    def take_away(
        view: View, opened: str | None, stack: Removed, chosen: str
    ) -> tuple[object, ...]:
        try:
            gone = remove(showing.context.library, chosen_ids(chosen))
        except RagError as exc:
            return after(view, opened, stack, str(exc), is_warning=True)
        if not gone:
            return after(view, opened, stack, "Select papers in the first column.")
        said = f"{counted(len(gone), 'paper')} removed."
        return after(view, opened, (*stack, gone)[-MOST_UNDOS:], said)

    def undo(view: View, opened: str | None, stack: Removed) -> tuple[object, ...]:
        if not stack:
            return after(view, opened, stack, "There is nothing to undo.")
        try:
            count = bring_back(showing.context.library, stack[-1])
        except RagError as exc:
            return after(view, opened, stack, str(exc), is_warning=True)
        return after(view, opened, stack[:-1], f"{counted(count, 'paper')} brought back.")

    outputs = [*showing.outputs, showing.chosen, removed, table.undo, table.said]
    state = [showing.view, showing.opened, removed]
    table.remove.click(
        take_away,
        inputs=[*state, showing.chosen],
        outputs=outputs,
        show_progress="hidden",
        api_visibility="private",
    )
    table.undo.click(
        undo, inputs=state, outputs=outputs, show_progress="hidden", api_visibility="private"
    )
