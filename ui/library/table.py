"""The table of the library tab: searching, ordering, leafing, opening, removing and undoing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import gradio as gr

from rag.errors import RagError
from rag.types import Facets
from ui.library import html
from ui.library.context import LibraryContext
from ui.library.pane import Pane
from ui.library.papers import doubt_of_merging, merge, remove
from ui.library.rows import MOST_QUERY_CHARACTERS, ORDERS, View, look
from ui.library.undoing import Step, Steps, undo, with_step
from ui.templates.sentences import counted, said_html

READING: Final = "Reading the list of papers…"
OFFERED: Final = 500  # collections or tags, in a list


@dataclass(frozen=True, slots=True)
class Table:
    """The parts of the table."""

    search: gr.Textbox
    limits: gr.Row
    collection: gr.Dropdown
    tag: gr.Dropdown
    rows: gr.HTML
    message: gr.HTML
    back: gr.Button
    on: gr.Button
    remove: gr.Button
    merge: gr.Button
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
    with gr.Row(visible=False, elem_id="library-limits") as limits:
        collection, tag = _limit("collection"), _limit("tag")
    rows = gr.HTML(html.help_html(READING), elem_id="library-table")
    with gr.Row(elem_classes="tools"):
        back = gr.Button("Previous", size="sm", elem_id="library-back")
        on = gr.Button("Next", size="sm", elem_id="library-on")
        message = gr.HTML("", elem_id="library-told")
    with gr.Row(elem_classes="tools"):
        remove = gr.Button("Remove selected", size="sm", elem_id="library-remove")
        merge = gr.Button("Merge selected", size="sm", elem_id="library-merge")
        undo = gr.Button("Undo", size="sm", visible=False, elem_id="library-undo")
        said = gr.HTML("", elem_id="library-said")
    return Table(
        search, limits, collection, tag, rows, message, back, on, remove, merge, undo, said
    )


def _limit(name: str) -> gr.Dropdown:
    return gr.Dropdown(
        [(f"Any {name}", "")],
        value="",
        label=name.capitalize(),
        filterable=True,
        elem_id=f"library-{name}",
    )


def _limits(facets: Facets, view: View) -> tuple[object, ...]:
    """The lists of collections and tags as they are now; not shown where there are none."""
    kinds = (
        ("collection", facets.collections, view.collection),
        ("tag", facets.tags, view.tag),
    )
    lists = []
    for name, counts, chosen in kinds:
        own = {chosen: 0} if chosen else {}
        offered = [(f"{each} ({count:,})", each) for each, count in (own | dict(counts)).items()]
        choices = [(f"Any {name}", ""), *offered[:OFFERED]]
        lists.append(gr.update(choices=choices, value=chosen, visible=bool(offered)))
    is_shown = bool(facets.collections or facets.tags or view.collection or view.tag)
    return (gr.update(visible=is_shown), *lists)


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
        self.outputs = [
            *(view, table.rows, table.message, table.back, table.on),
            *(table.limits, table.collection, table.tag),
        ]

    def parts(self, view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
        """The values of `outputs`."""
        page = look(self.context.library, view)
        return (
            page.view,
            html.table_html(page, chosen_ids(chosen), opened),
            said_html(html.describe_pager(page)),
            gr.update(interactive=page.view.page > 0),
            gr.update(interactive=page.view.page < page.pages - 1),
            *_limits(self.context.library.catalog.facets(), page.view),
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


def connect_table(showing: Showing, pane: Pane, *, pressed: gr.Textbox) -> None:
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

    def keep_to(
        collection: str, tag: str, view: View, chosen: str, opened: str | None
    ) -> tuple[object, ...]:
        kept = replace(view, collection=collection or "", tag=tag or "", page=0)
        return showing.parts(kept, chosen, opened)

    for limit in (table.collection, table.tag):
        limit.input(
            keep_to,
            inputs=[
                *(table.collection, table.tag),
                *(showing.view, showing.chosen, showing.opened),
            ],
            outputs=showing.outputs,
            show_progress="hidden",
            api_visibility="private",
        )
    showing.when(table.back.click, lambda view: replace(view, page=view.page - 1))
    showing.when(table.on.click, lambda view: replace(view, page=view.page + 1))

    def press(text: str, view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
        did, what = pressed_button(text)
        if did != "open":
            view = sorted_by(view, what) if did == "sort" else view
            as_it_is = [gr.skip()] * (len(pane.outputs) + 1)
            return (*showing.parts(view, chosen, opened), *as_it_is)
        found = showing.context.find(what)
        now = found.paper_id if found else None
        return (*showing.parts(view, chosen, now), now, *pane.parts(found))

    pressed.change(
        press,
        inputs=[pressed, showing.view, showing.chosen, showing.opened],
        outputs=[*showing.outputs, showing.opened, *pane.outputs],
        show_progress="hidden",
        api_visibility="private",
    )


def connect_removal(showing: Showing, pane: Pane, steps: gr.State) -> None:
    """Tie removing, and undoing whatever was done, to the table.

    Args:
        showing: Shows the table anew.
        pane: Shows the opened paper anew.
        steps: What can be undone.
    """
    table, removal = showing.table, Removal(showing, pane)
    outputs = [*showing.outputs, showing.chosen, steps, table.undo, table.said]
    state = [showing.view, showing.opened, steps]
    doubted = gr.State("")  # what was ticked when merging it was last doubted
    table.remove.click(
        removal.take_away,
        inputs=[*state, showing.chosen],
        outputs=outputs,
        show_progress="hidden",
        api_visibility="private",
    )
    table.merge.click(
        removal.make_one,
        inputs=[*state, showing.chosen, doubted],
        outputs=[*outputs, showing.opened, *pane.outputs, doubted],
        show_progress="hidden",
        api_visibility="private",
    )
    for button in (table.undo, pane.undo):
        button.click(
            removal.take_back,
            inputs=state,
            outputs=[*outputs, *pane.outputs],
            show_progress="hidden",
            api_visibility="private",
        )


class Removal:
    """Handles the removal of papers, and the undoing of what was done to them.

    Args:
        showing: Shows the table anew, and leads to the library.
        pane: Shows the opened paper anew.
    """

    def __init__(self, showing: Showing, pane: Pane) -> None:
        self._showing = showing
        self._pane = pane

    def take_away(
        self, view: View, opened: str | None, steps: Steps, chosen: str
    ) -> tuple[object, ...]:
        """Remove the papers that are ticked."""
        try:
            gone = remove(self._showing.context.library, chosen_ids(chosen))
        except RagError as exc:
            return self._after(view, opened, steps, str(exc), is_warning=True)
        if not gone:
            return self._after(view, opened, steps, "Select papers in the first column.")
        said = f"{counted(len(gone), 'paper')} removed."
        return self._after(view, opened, with_step(steps, Step("removal", gone)), said)

    def make_one(
        self, view: View, opened: str | None, steps: Steps, chosen: str, doubted: str
    ) -> tuple[object, ...]:
        """Merge the papers that are ticked, and open the one that they are now.

        Papers that look like different ones are merged at the second press alone.
        """
        as_it_is = (gr.skip(), *self._pane.only_said(""))
        library = self._showing.context.library
        try:
            if chosen != doubted and (doubt := doubt_of_merging(library, chosen_ids(chosen))):
                told = self._after(view, opened, steps, doubt, is_warning=True, chosen=chosen)
                return (*told, *as_it_is, chosen)
            whole, before = merge(library, chosen_ids(chosen))
        except RagError as exc:
            failed = self._after(view, opened, steps, str(exc), is_warning=True, chosen=chosen)
            return (*failed, *as_it_is, "")
        said = f"{counted(len(before), 'paper')} merged into “{whole.title}”."
        after = self._after(view, whole.paper_id, with_step(steps, Step("merge", before)), said)
        return (*after, whole.paper_id, *self._pane.parts(whole), "")

    def take_back(self, view: View, opened: str | None, steps: Steps) -> tuple[object, ...]:
        """Undo the last step."""
        as_it_is = self._pane.only_said("")
        if not steps:
            return (*self._after(view, opened, steps, "There is nothing to undo."), *as_it_is)
        try:
            said = undo(self._showing.context.library, steps[-1])
        except RagError as exc:
            return (*self._after(view, opened, steps, str(exc), is_warning=True), *as_it_is)
        shown = as_it_is
        if steps[-1].kind != "removal":
            shown = self._pane.parts(self._showing.context.find(opened), said)
        return (*self._after(view, opened, steps[:-1], said), *shown)

    def _after(
        self,
        view: View,
        opened: str | None,
        steps: Steps,
        said: str,
        *,
        is_warning: bool = False,
        chosen: str = "",
    ) -> tuple[object, ...]:
        parts = self._showing.parts(view, chosen, opened)
        button = gr.update(visible=bool(steps))
        return (*parts, chosen, steps, button, said_html(said, is_warning=is_warning))
