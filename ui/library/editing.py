"""Editing the record of the opened paper, and looking up what it lacks.

What is typed is written when it is saved, what catalogues know when it is taken; each can be
undone for as long as the page is open.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

import gradio as gr

from rag.errors import NotAllowedError, RagError
from rag.lookup.enriching import Enrichment
from rag.types import Paper
from ui.library import html
from ui.library.pane import Pane
from ui.library.papers import save, typed_from, typed_of, values_of
from ui.library.rows import View
from ui.library.table import Showing
from ui.library.undoing import Step, Steps, with_step
from ui.templates.sentences import said_html

PRIVATE: Final[dict[str, Any]] = {"api_visibility": "private"}
CHOICES_OFFERED: Final = 500  # tags and collections, in a list
NOTHING_KNOWN: Final = "Nothing new was found for this paper."
NOTHING_CHANGED: Final = "Nothing was changed."
SAVED: Final = "Saved. Your changes stay when files are read again."
WRITTEN: Final = "The record was updated."
GONE: Final = "This paper is no longer in the library."


def connect_editing(showing: Showing, pane: Pane, steps: gr.State) -> None:
    """Tie the form and the look-up to the library.

    Args:
        showing: Shows the table anew.
        pane: The parts.
        steps: What can be undone.
    """
    editing = Editing(showing, pane)
    found = gr.State(None)  # what a look-up found and nobody took yet
    state = [showing.view, showing.chosen, showing.opened, steps]
    writes: dict[str, Any] = {
        "outputs": [*showing.outputs, steps, showing.table.undo, *pane.outputs],
        "show_progress_on": pane.said,
        **PRIVATE,
    }
    pane.edit.click(
        editing.begin,
        inputs=[showing.opened],
        outputs=[pane.said, pane.form, pane.found, *pane.fields],
        show_progress="hidden",
        **PRIVATE,
    )
    pane.save.click(editing.keep, inputs=[*state, *pane.fields], **writes)
    for button in (pane.cancel, pane.leave):
        button.click(
            lambda: ("", gr.update(visible=False), gr.update(visible=False)),
            outputs=[pane.said, pane.form, pane.found],
            show_progress="hidden",
            **PRIVATE,
        )
    pane.look_up.click(
        editing.look_up,
        inputs=[showing.opened],
        outputs=[found, pane.found, pane.changes, pane.said, pane.form],
        show_progress_on=pane.said,
        **PRIVATE,
    )
    pane.take.click(editing.take, inputs=[*state, found], **writes)


class Editing:
    """Handles what changes the opened paper.

    Args:
        showing: Shows the table anew, and leads to the library.
        pane: The parts that show the paper.
    """

    def __init__(self, showing: Showing, pane: Pane) -> None:
        self._showing = showing
        self._pane = pane

    def begin(self, opened: str | None, request: gr.Request) -> tuple[object, ...]:
        """Open the form with the record as it is."""
        kept = [gr.skip()] * (len(self._pane.fields) + 2)
        try:
            self._showing.context.changing(request)
        except NotAllowedError as exc:
            return (said_html(str(exc), is_warning=True), *kept)
        paper = self._showing.context.find(opened)
        if paper is None:
            return (said_html(GONE, is_warning=True), *kept)
        facets = self._showing.context.library.catalog.facets()
        values = list(values_of(typed_of(paper)))
        for place, own, counts in (
            (-2, paper.tags, facets.tags),
            (-1, paper.collections, facets.collections),
        ):
            choices = list(dict.fromkeys([*own, *islice(counts, CHOICES_OFFERED)]))
            values[place] = gr.update(value=list(own), choices=choices)
        return ("", gr.update(visible=True), gr.update(visible=False), *values)

    def keep(
        self,
        view: View,
        chosen: str,
        opened: str | None,
        steps: Steps,
        request: gr.Request,
        *typed: object,
    ) -> tuple[object, ...]:
        """Write what was typed."""

        def change(paper_id: str) -> Paper | None:
            library = self._showing.context.changing(request)
            return save(library, paper_id, typed_from(typed))

        return self._write(view, chosen, opened, steps, change, SAVED)

    def look_up(self, opened: str | None, request: gr.Request) -> tuple[object, ...]:
        """What would change, to be taken or left; else why there is nothing."""
        hidden = gr.update(visible=False)
        try:
            library = self._showing.context.looking_up(request)
            known = library.enrich([opened] if opened else [])
        except RagError as exc:
            return None, hidden, "", said_html(str(exc), is_warning=True), hidden
        if not known:
            return None, hidden, "", said_html(NOTHING_KNOWN), hidden
        changes = html.changes_html(known[0].changes)
        return known[0], gr.update(visible=True), changes, "", hidden

    def take(
        self,
        view: View,
        chosen: str,
        opened: str | None,
        steps: Steps,
        known: Enrichment | None,
        request: gr.Request,
    ) -> tuple[object, ...]:
        """Write what a look-up found of the paper."""

        def change(paper_id: str) -> Paper | None:
            library = self._showing.context.changing(request)
            before = library.catalog.require([paper_id])[0]
            is_of_it = known is not None and known.paper.paper_id == paper_id
            return before if known and is_of_it and library.apply([known]) else None

        return self._write(view, chosen, opened, steps, change, WRITTEN)

    def _write(
        self,
        view: View,
        chosen: str,
        opened: str | None,
        steps: Steps,
        change: Callable[[str], Paper | None],
        said: str,
    ) -> tuple[object, ...]:
        """Change the opened paper; what went wrong is said, and what was typed stays."""
        try:
            before = change(opened or "")
        except RagError as exc:
            kept = [gr.skip()] * (len(self._showing.outputs) + 2)
            return (*kept, *self._pane.only_said(str(exc), is_warning=True))
        if before:
            steps = with_step(steps, Step("edit", (before,)))
        paper = self._showing.context.find(opened)
        told = said if before else NOTHING_CHANGED
        parts = self._pane.parts(paper, told, is_undoable=before is not None)
        undo = gr.update(visible=bool(steps))
        return (*self._showing.parts(view, chosen, opened), steps, undo, *parts)
