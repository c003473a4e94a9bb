"""The library tab: a table of all papers, one of them open, additions, and the map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from ui import library_html as html
from ui.catalogue import View
from ui.library_adding import connect_adding, lay_out_adding
from ui.library_charts import connect_charts, lay_out_charts
from ui.library_table import Showing, connect_removal, connect_table, lay_out_table
from ui.loading import Loading
from ui.shelf import Shelf


@dataclass(frozen=True, slots=True)
class LibraryTab:
    """What the frame of the page ties to its other tabs.

    Attributes:
        ask: Pressed to ask about the opened paper.
        opened: Id of the opened paper, or None.
        cited: Ids of the papers that the last answer cites; the map marks them.
        refresh: Given the `gr.Tab` that holds all this: shows what the library holds now whenever
            the tab is opened.
    """

    ask: gr.Button
    opened: gr.State
    cited: gr.State
    refresh: Callable[[gr.Tab], None]


def question_about(loading: Loading, paper_id: str | None) -> str:
    """The question that "Ask about it" puts for a paper; "" when it is gone."""
    paper = Shelf(loading).find(paper_id)
    return f"What does “{paper.title}” show?" if paper else ""


def build_library_tab(loading: Loading) -> LibraryTab:
    """Lay the tab out inside the frame's `gr.Tab` and tie its parts together."""
    shelf = Shelf(loading)
    view, opened, cited = gr.State(View()), gr.State(None), gr.State(())
    # library.js writes here what is pressed in the table and on the map, and which rows are chosen.
    pressed = gr.Textbox(elem_id="library-pressed", visible="hidden", label="Pressed")
    chosen = gr.Textbox(elem_id="library-chosen", visible="hidden", label="Chosen")
    with gr.Row(elem_id="library", equal_height=False):
        with gr.Column(scale=3, min_width=320), gr.Tabs():
            with gr.Tab("Papers"):
                table = lay_out_table()
            with gr.Tab("Map") as map_tab:
                charts = lay_out_charts()
            with gr.Tab("Add papers"):
                adding = lay_out_adding()
        with gr.Column(scale=2, min_width=320, elem_id="paper-column"):
            paper = gr.HTML(html.paper_html(None), elem_id="paper")
            ask = gr.Button("Ask about it", size="sm", visible=False, elem_id="ask-about")
    showing = Showing(shelf, table, view, chosen, opened)
    connect_table(showing, pressed=pressed, paper=paper, ask=ask)
    connect_removal(showing)
    connect_adding(showing, adding)
    connect_charts(shelf, charts, cited=cited, tab=map_tab)

    def refresh(tab: gr.Tab) -> None:
        showing.when(tab.select, lambda now: now)

    return LibraryTab(ask, opened, cited, refresh)
