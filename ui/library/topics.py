"""The overview of a library: what titles share, with counts and examples, and what names them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import gradio as gr

from rag.library import Library
from rag.types import Topic
from ui.library.context import LibraryContext
from ui.library.table import DEEDS
from ui.templates.sentences import counted

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


def topics_html(library: Library) -> str:
    """Render the topics of a library, the largest first."""
    topics = library.catalog.topics()
    if not topics:
        return f'<p class="sources-empty">{NONE}</p>'
    shown = [each for topic in topics for each in topic.paper_ids[:EXAMPLES_SHOWN]]
    titles = {each.paper_id: each.title for each in library.catalog.headings(shown)}
    items = "".join(_topic(topic, titles) for topic in topics)
    return (
        '<p class="help">What titles share, and in how many papers. Press a topic to list its '
        f'papers.</p><ul class="topics">{items}</ul>'
    )


def _topic(topic: Topic, titles: dict[str, str]) -> str:
    name = escape(topic.name)
    examples = _examples([titles[each] for each in topic.paper_ids[:3] if each in titles])
    return (
        f'<li><button type="button" data-do="limit" data-limit="words={name}" data-tab="Library" '
        f'data-part="Papers"><b>{name[:1].upper()}{name[1:]}</b> '
        f'<span class="meta">{counted(len(topic.paper_ids), "paper")}</span></button>'
        f"{examples}</li>"
    )


def _examples(titles: Sequence[str]) -> str:
    return f'<p class="meta">{escape(" · ".join(titles))}</p>' if titles else ""
