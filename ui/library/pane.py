"""The part of the library tab beside the table: one paper, and what can be done with its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from rag.types import Paper
from ui.library import html
from ui.templates.sentences import said_html

LOOK_UP_HELP: Final = (
    "Looking up asks OpenAlex, Crossref and arXiv for this paper. What would change is shown first."
)


@dataclass(frozen=True, slots=True)
class Pane:
    """The parts that show one paper.

    Attributes:
        paper: It.
        actions: What can be done with it.
        said: What was done.
    """

    paper: gr.HTML
    actions: gr.Column
    ask: gr.Button
    edit: gr.Button
    look_up: gr.Button
    about_look_up: gr.HTML
    undo: gr.Button
    said: gr.HTML
    form: gr.Column
    fields: tuple[Component, ...]
    save: gr.Button
    cancel: gr.Button
    found: gr.Column
    changes: gr.HTML
    take: gr.Button
    leave: gr.Button

    @property
    def outputs(self) -> list[Block]:
        """What opening another paper fills."""
        return [self.paper, self.actions, self.undo, self.said, self.form, self.found]

    def parts(
        self, paper: Paper | None, said: str = "", *, is_undoable: bool = False
    ) -> tuple[object, ...]:
        """The values of `outputs`: a paper as it is, nothing begun, and what was done to it."""
        return (
            html.paper_html(paper),
            gr.update(visible=paper is not None),
            gr.update(visible=is_undoable),
            said_html(said),
            gr.update(visible=False),
            gr.update(visible=False),
        )

    def only_said(self, said: str, *, is_warning: bool = False) -> tuple[object, ...]:
        """The values of `outputs` that leave all as it is, but for a sentence."""
        told = said_html(said, is_warning=is_warning)
        return (gr.skip(), gr.skip(), gr.skip(), told, gr.skip(), gr.skip())


def lay_out_pane() -> Pane:
    """Lay out the paper and what can be done with it."""
    paper = gr.HTML(html.paper_html(None), elem_id="paper")
    with gr.Column(visible=False, elem_id="paper-actions") as actions:
        with gr.Row(elem_classes="tools"):
            ask = gr.Button("Ask about it", size="sm", elem_id="ask-about")
            edit = gr.Button("Edit", size="sm", elem_id="paper-edit")
            look_up = gr.Button("Look up what is missing", size="sm", elem_id="paper-look-up")
        about_look_up = gr.HTML(html.help_html(LOOK_UP_HELP))
    with gr.Row(elem_classes="tools"):
        said = gr.HTML("", elem_id="paper-said")
        undo = gr.Button("Undo", size="sm", visible=False, elem_id="paper-undo")
    with gr.Column(visible=False, elem_id="paper-found") as found:
        changes = gr.HTML("")
        with gr.Row(elem_classes="tools"):
            take = gr.Button("Apply", variant="primary", size="sm", elem_id="paper-take")
            leave = gr.Button("Discard", size="sm", elem_id="paper-leave")
    with gr.Column(visible=False, elem_id="paper-form") as form:
        fields = _lay_out_fields()
        with gr.Row(elem_classes="tools"):
            save = gr.Button("Save", variant="primary", size="sm", elem_id="paper-save")
            cancel = gr.Button("Cancel", size="sm", elem_id="paper-cancel")
    return Pane(
        paper=paper,
        actions=actions,
        ask=ask,
        edit=edit,
        look_up=look_up,
        about_look_up=about_look_up,
        undo=undo,
        said=said,
        form=form,
        fields=fields,
        save=save,
        cancel=cancel,
        found=found,
        changes=changes,
        take=take,
        leave=leave,
    )


def _lay_out_fields() -> tuple[Component, ...]:
    """The fields of `Typed`, in its order."""
    return (
        gr.Textbox(label="Title", lines=1, max_lines=4, elem_id="edit-title"),
        gr.Textbox(
            label="Authors, one a line",
            placeholder="José Márquez, or García Márquez, José",
            lines=2,
            max_lines=8,
            elem_id="edit-authors",
        ),
        gr.Textbox(
            label="Date", placeholder="2020, 2020-07 or 2020-07-16", elem_id="edit-published"
        ),
        gr.Textbox(label="Journal or conference", elem_id="edit-venue"),
        *_lay_out_numbers(),
        gr.Textbox(label="Publisher", elem_id="edit-publisher"),
        gr.Textbox(label="Link", placeholder="https://…", elem_id="edit-link"),
        gr.Textbox(label="DOI", placeholder="10.1000/182", elem_id="edit-doi"),
        gr.Textbox(label="Abstract", lines=6, max_lines=14, elem_id="edit-abstract"),
        _many("Tags", "edit-tags"),
        _many("Collections", "edit-collections"),
    )


def _lay_out_numbers() -> tuple[Component, ...]:
    """Volume, issue and pages, side by side."""
    with gr.Row():
        return (
            gr.Textbox(label="Volume", min_width=80, elem_id="edit-volume"),
            gr.Textbox(label="Issue", min_width=80, elem_id="edit-issue"),
            gr.Textbox(label="Pages", placeholder="45-67", min_width=80, elem_id="edit-pages"),
        )


def _many(label: str, elem_id: str) -> gr.Dropdown:
    return gr.Dropdown(
        [],
        label=f"{label}; type a new one and press Enter",
        multiselect=True,
        allow_custom_value=True,
        elem_id=elem_id,
    )
