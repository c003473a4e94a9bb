"""The library tab: a table of all papers, one of them open, additions, and the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from rag.types import Paper
from ui.library.adding import connect_adding, lay_out_adding
from ui.library.context import LibraryContext
from ui.library.drawing import connect_charts, lay_out_charts
from ui.library.editing import connect_editing
from ui.library.pane import lay_out_pane
from ui.library.roles import connect_role, lay_out_role
from ui.library.rows import View
from ui.library.table import Showing, connect_removal, connect_table, lay_out_table
from ui.library.topics import connect_topics, lay_out_topics
from ui.library.undoing import Steps
from ui.library.waiting import connect_waiting, lay_out_waiting
from ui.server.loading import Loading
from ui.server.undos import Undos
from ui.server.visitors import owner_of


@dataclass(frozen=True, slots=True)
class LibraryTab:
    """What the frame of the page ties to its other tabs.

    Attributes:
        ask: Pressed to ask about the opened paper.
        opened: Id of the opened paper, or None.
        showing: Shows what the library holds now.
        steps: What the visitor can undo.
        role: Where readers are told that they cannot change the library.
        editors_alone: What they do not see.
    """

    ask: gr.Button
    opened: gr.State
    showing: Showing
    steps: gr.State
    role: gr.HTML
    editors_alone: tuple[Block, ...]


def build_library_tab(loading: Loading, shown: gr.State, place: gr.Tab) -> LibraryTab:
    """Lay the tab out inside the frame's `gr.Tab` and tie its parts together.

    Args:
        loading: The library on its way.
        shown: The answer whose sources the chat shows, or None; the map marks what it cites.
        place: The frame's tab.
    """
    context = LibraryContext(loading)
    view, opened, steps = gr.State(View()), gr.State(None), gr.State(())
    # library.js writes here what is pressed in the table and on the map, and which rows are chosen.
    pressed = gr.Textbox(elem_id="library-pressed", visible="hidden", label="Pressed")
    chosen = gr.Textbox(elem_id="library-chosen", visible="hidden", label="Chosen")
    with gr.Row(elem_id="library", equal_height=False):
        with gr.Column(scale=3, min_width=320):
            role, waiting = lay_out_role(), lay_out_waiting()
            with gr.Tabs():
                with gr.Tab("Papers"):
                    table = lay_out_table()
                with gr.Tab("Topics") as topics_tab:
                    topics = lay_out_topics()
                with gr.Tab("Map", elem_id="map-tab") as map_tab:
                    charts = lay_out_charts()
                with gr.Tab("Add papers", id="add-papers", elem_id="add-papers") as adding_tab:
                    adding = lay_out_adding()
        with gr.Column(scale=2, min_width=320, elem_id="paper-column"):
            pane = lay_out_pane()
    showing = Showing(context, table, view, chosen, opened)
    connect_table(showing, pane, pressed=pressed)
    connect_removal(showing, pane, steps)
    connect_editing(showing, pane, steps)
    connect_adding(showing, adding)
    connect_waiting(loading, showing, waiting, place=place)
    connect_topics(context, topics, tab=topics_tab)
    showing.limits(topics)
    connect_charts(context, charts, shown=shown, tab=map_tab, place=place)

    editors_alone = (adding_tab, pane.edit, pane.look_up, pane.about_look_up)
    return LibraryTab(pane.ask, opened, showing, steps, role, editors_alone)


def connect_library(
    loading: Loading,
    library_tab: LibraryTab,
    *,
    place: gr.Tab,
    tabs: gr.Tabs,
    question: gr.Textbox,
    chat_id: str = "chat-tab",
) -> None:
    """Tie the library tab to the frame of the page and to the chat.

    Args:
        loading: The library on its way.
        library_tab: The tab's parts.
        place: The `gr.Tab` that holds them; opening it shows what the library holds now.
        tabs: The frame's tabs.
        question: Where "Ask about it" puts its question.
        chat_id: The id of the chat's tab.
    """

    def ask(paper_id: str | None) -> tuple[object, str]:
        paper = LibraryContext(loading).find(paper_id)
        return gr.Tabs(selected=chat_id), question_about(paper) if paper else ""

    library_tab.showing.when(place.select, lambda now: now)
    library_tab.ask.click(
        ask, inputs=[library_tab.opened], outputs=[tabs, question], api_visibility="private"
    )


def connect_visitor(app: gr.Blocks, library_tab: LibraryTab, here: gr.HTML) -> None:
    """Fit the tab to who opens it, and let what they can undo outlive a reload of the page.

    Args:
        app: The page.
        library_tab: The tab's parts.
        here: The input of events that tells who the visitor is.
    """
    connect_role(app, library_tab.showing.context, library_tab.role, library_tab.editors_alone)
    undos: Undos[Steps] = Undos()

    def keep(steps: Steps, here: Mapping[str, str], request: gr.Request) -> None:
        undos.keep(owner_of(here, request.username), steps)

    def find(here: Mapping[str, str], request: gr.Request) -> tuple[Steps, object]:
        steps = undos.find(owner_of(here, request.username)) or ()
        return steps, gr.update(visible=bool(steps))

    options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    steps, undo = library_tab.steps, library_tab.showing.table.undo
    keeping = "(steps) => [steps, paperchat.here()]"
    steps.change(keep, [steps, here], None, js=keeping, **options)
    app.load(find, [here], [steps, undo], js="() => [paperchat.here()]", **options)


def question_about(paper: Paper) -> str:
    """The question that "Ask about it" puts."""
    return f"What does “{paper.title}” show?"
