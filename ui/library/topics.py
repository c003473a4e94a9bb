"""The overview of a library: what titles share, with counts and examples, and what names them."""

from __future__ import annotations

from typing import Final

import gradio as gr
from markupsafe import Markup

from rag.library import Library
from ui.library.context import LibraryContext
from ui.library.html import PAPERS, PARTS
from ui.library.table import DEEDS

EXAMPLES_SHOWN: Final = 3
PASS_ON: Final = f"paperchat.passOn(element, trigger, {list(DEEDS)!r})"
NONE: Final = "The titles share no words yet. Topics appear when there are more papers."


def lay_out_topics() -> gr.HTML:
    """Lay the overview out."""
    return gr.HTML("", elem_id="library-topics", apply_default_css=False, js_on_load=PASS_ON)


def connect_topics(context: LibraryContext, overview: gr.HTML, *, tab: gr.Tab) -> None:
    """Draw the overview whenever its tab is opened."""
    tab.select(
        lambda: topics_html(context.library),
        outputs=overview,
        show_progress="hidden",
        api_visibility="private",
    )


def topics_html(library: Library) -> Markup:
    """Render the topics of a library, the largest first."""
    topics = library.catalog.topics()
    if not topics:
        return PARTS.draw("empty", NONE)
    shown = [each for topic in topics for each in topic.paper_ids[:EXAMPLES_SHOWN]]
    titles = {each.paper_id: each.title for each in library.catalog.headings(shown)}
    examples = [
        (topic, [titles[each] for each in topic.paper_ids[:EXAMPLES_SHOWN] if each in titles])
        for topic in topics
    ]
    return PAPERS.draw("topics", examples)
