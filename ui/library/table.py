"""The table of the library tab: searching, ordering, leafing, opening, removing and undoing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import gradio as gr

from rag.errors import RagError
from ui.library import html
from ui.library.context import LibraryContext
from ui.library.facets import bar_html, facets_html, known_html
from ui.library.pane import Pane
from ui.library.papers import (
    Group,
    complete,
    doubt_of_merging,
    merge,
    papers_file,
    regroup,
    remove,
)
from ui.library.rows import (
    MOST_QUERY_CHARACTERS,
    ORDERS,
    View,
    found_ids,
    limited,
    look,
    view_at,
)
from ui.library.undoing import Step, Steps, undo, with_step
from ui.server.pressed import read_pressed
from ui.templates.sentences import counted, for_page, said_html

PRIVATE: Final[dict[str, Any]] = {"show_progress": "hidden", "api_visibility": "private"}
READING: Final = "Reading the list of papers…"
# What is pressed above the table; page.js sends it with the data of the button or form.
DEEDS: Final = (
    *("limit", "everything", "untick", "collect", "entag", "save", "complete", "merge", "remove"),
)
PASS_ON: Final = f"paperchat.passOn(element, trigger, {list(DEEDS)!r})"


@dataclass(frozen=True, slots=True)
class Table:
    """The parts of the table.

    Attributes:
        facets: What the list can be limited to.
        bar: What can be done with the papers that are ticked.
        known: The names of collections and tags that the bar proposes.
        message: Which part of the list is shown.
    """

    search: gr.Textbox
    facets: gr.HTML
    bar: gr.HTML
    known: gr.HTML
    rows: gr.HTML
    pager: gr.Row
    message: gr.HTML
    back: gr.Button
    on: gr.Button
    undo: gr.Button
    said: gr.HTML
    download: gr.HTML


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
    facets = _html("", "library-facets", js=PASS_ON)
    with gr.Row(elem_classes="tools", elem_id="library-done"):
        said = _html("", "library-said")
        undo = gr.Button("Undo", size="sm", visible=False, elem_id="library-undo")
    bar = _html("", "library-bar", js=PASS_ON)
    known = _html("", "library-known")
    rows = _html(html.help_html(READING), "library-table")
    with gr.Row(elem_classes="tools", elem_id="library-pager") as pager:
        back = gr.Button("Previous", size="sm", elem_id="library-back")
        on = gr.Button("Next", size="sm", elem_id="library-on")
        message = _html("", "library-told")
    offer = "paperchat.offer(watch, props)"
    download = gr.HTML({}, visible="hidden", html_template="", js_on_load=offer)
    return Table(
        search=search,
        facets=facets,
        bar=bar,
        known=known,
        rows=rows,
        pager=pager,
        message=message,
        back=back,
        on=on,
        undo=undo,
        said=said,
        download=download,
    )


def _html(markup: str, elem_id: str, js: str | None = None) -> gr.HTML:
    return gr.HTML(markup, elem_id=elem_id, apply_default_css=False, js_on_load=js)


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
            *(table.facets, table.bar, table.known),
        ]

    def parts(self, view: View, chosen: str, opened: str | None) -> tuple[object, ...]:
        """The values of `outputs`."""
        page = look(self.context.library, view)
        facets = self.context.library.catalog.facets()
        if len(facets.sources) < 2:  # a column of one value tells nothing
            page = replace(page, columns=page.columns - {"source"})
        ids = chosen_ids(chosen)
        has_pages = page.pages > 1
        return (
            page.view,
            html.table_html(page, ids, opened),
            said_html(html.describe_pager(page)),
            gr.update(interactive=page.view.page > 0, visible=has_pages),
            gr.update(interactive=page.view.page < page.pages - 1, visible=has_pages),
            facets_html(facets, page, sum(map(len, self.context.library.catalog.duplicates()))),
            bar_html(ids, page.view, page.found),
            known_html(facets),
        )

    def limits(self, part: gr.HTML) -> None:
        """Limit the list by what is pressed in a part of the page."""

        def limit(
            view: View, chosen: str, opened: str | None, event: gr.EventData
        ) -> tuple[object, ...]:
            now = limited(view, read_pressed(event).limit)
            return (*self.parts(now, chosen, opened), now.query)

        part.limit(
            limit,
            inputs=[self.view, self.chosen, self.opened],
            outputs=[*self.outputs, self.table.search],
            **PRIVATE,
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


def address_told(text: str) -> Mapping[str, object]:
    """Return what an address says, as page.js sends it."""
    value = _parsed(text)
    return value if isinstance(value, dict) else {}


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
        page = view.page if query == view.query else 0  # an address has set both
        return showing.parts(replace(view, query=query, page=page), chosen, opened)

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
        now, words = opened, gr.skip()
        shown: tuple[object, ...] = (gr.skip(),) * len(pane.outputs)
        if did == "sort":
            view = sorted_by(view, what)
        if did == "go":
            view = view_at(told := address_told(what))
            words = view.query
            what, did = str(told.get("paper", "")), "open"
        if did == "open" and what != (opened or ""):
            found = showing.context.find(what)
            now = found.paper_id if found else None
            shown = pane.parts(found)
        return (*showing.parts(view, chosen, now), words, now, *shown)

    pressed.change(
        press,
        inputs=[pressed, showing.view, showing.chosen, showing.opened],
        outputs=[*showing.outputs, table.search, showing.opened, *pane.outputs],
        show_progress="hidden",
        api_visibility="private",
    )

    showing.limits(table.facets)
    _connect_ticks(showing)


def _connect_ticks(showing: Showing) -> None:
    """Tie the ticks to the bar above the table."""
    table = showing.table
    state = [showing.view, showing.chosen]

    def tick(view: View, chosen: str) -> str:
        found = look(showing.context.library, view).found if chosen_ids(chosen) else 0
        return bar_html(chosen_ids(chosen), view, found)

    showing.chosen.change(tick, inputs=state, outputs=table.bar, **PRIVATE)

    def everything(view: View, opened: str | None) -> tuple[object, ...]:
        every = json.dumps(found_ids(showing.context.library, view))
        return (*showing.parts(view, every, opened), every)

    def nothing(view: View, opened: str | None) -> tuple[object, ...]:
        return (*showing.parts(view, "", opened), "")

    options: dict[str, Any] = {
        "inputs": [showing.view, showing.opened],
        "outputs": [*showing.outputs, showing.chosen],
        **PRIVATE,
    }
    table.bar.everything(everything, **options)
    table.bar.untick(nothing, **options)

    def save(chosen: str, event: gr.EventData) -> dict[str, str]:
        return papers_file(showing.context.library, chosen_ids(chosen), read_pressed(event).format)

    table.bar.save(save, inputs=[showing.chosen], outputs=table.download, **PRIVATE)


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
    taking = {"inputs": [*state, showing.chosen], "outputs": outputs, **PRIVATE}
    table.bar.remove(removal.take_away, **taking)
    table.bar.collect(removal.group, **taking)
    table.bar.entag(removal.group, **taking)
    table.bar.complete(
        removal.complete, **taking | {"show_progress": "minimal", "show_progress_on": table.said}
    )
    table.bar.merge(
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
        self, view: View, opened: str | None, steps: Steps, chosen: str, request: gr.Request
    ) -> tuple[object, ...]:
        """Remove the papers that are ticked."""
        try:
            gone = remove(self._showing.context.changing(request), chosen_ids(chosen))
        except RagError as exc:
            return self._after(view, opened, steps, str(exc), is_warning=True)
        if not gone:
            return self._after(view, opened, steps, "These papers are no longer in the library.")
        said = f"{counted(len(gone), 'paper')} removed."
        return self._after(view, opened, with_step(steps, Step("removal", gone)), said)

    def group(
        self,
        view: View,
        opened: str | None,
        steps: Steps,
        chosen: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> tuple[object, ...]:
        """Put the papers that are ticked into a collection or under a tag, or take them out."""
        pressed = read_pressed(event)
        name, out_of = pressed.name.strip(), pressed.out
        kind: Group = "tag" if pressed.do == "entag" else "collection"
        try:
            library = self._showing.context.changing(request)
            before = regroup(library, chosen_ids(chosen), kind, into=name, out_of=out_of)
        except RagError as exc:
            return self._after(view, opened, steps, str(exc), is_warning=True, chosen=chosen)
        if not before:
            return self._after(view, opened, steps, "Nothing was changed.", chosen=chosen)
        where = f"added to “{name}”" if name else f"taken out of “{out_of}”"
        if kind == "tag":
            where = f"tagged “{name}”" if name else f"without the tag “{out_of}” now"
        said = f"{counted(len(before), 'paper')} {where}."
        return self._after(view, opened, with_step(steps, Step("group", before)), said)

    def complete(
        self, view: View, opened: str | None, steps: Steps, chosen: str, request: gr.Request
    ) -> tuple[object, ...]:
        """Look up what the papers that are ticked lack, and write what is found."""
        try:
            library = self._showing.context.looking_up(request)
            before, count = complete(library, chosen_ids(chosen))
        except RagError as exc:
            told = for_page(str(exc))
            return self._after(view, opened, steps, told, is_warning=True, chosen=chosen)
        if not before:
            said = "Nothing new was found for these papers."
            return self._after(view, opened, steps, said, chosen=chosen)
        said = f"{len(before):,} of {counted(count, 'paper')} completed."
        after = with_step(steps, Step("group", before))
        return self._after(view, opened, after, said, chosen=chosen)

    def make_one(
        self,
        view: View,
        opened: str | None,
        steps: Steps,
        chosen: str,
        doubted: str,
        request: gr.Request,
    ) -> tuple[object, ...]:
        """Merge the papers that are ticked, and open the one that they are now.

        Papers that look like different ones are merged at the second press alone.
        """
        as_it_is = (gr.skip(), *self._pane.only_said(""))
        try:
            library = self._showing.context.changing(request)
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

    def take_back(
        self, view: View, opened: str | None, steps: Steps, request: gr.Request
    ) -> tuple[object, ...]:
        """Undo the last step."""
        as_it_is = self._pane.only_said("")
        if not steps:
            return (*self._after(view, opened, steps, "There is nothing to undo."), *as_it_is)
        try:
            said = undo(self._showing.context.changing(request), steps[-1])
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
