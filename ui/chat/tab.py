"""The Chat tab: lays it out and ties its parts to the handlers.

The conversation is HTML of our own, not `gr.Chatbot`: a marker shows its quote under the pointer
and on focus, a card leads back to its sentence, a draft replaces only what changed, and nothing a
paper or a model writes is read as Markdown by the browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import gradio as gr

from ui.chat.bars import conversation_list, finder_html, waiting_html
from ui.chat.handlers import MOST_QUESTION_CHARACTERS, Chat
from ui.chat.render import progress_html
from ui.chat.views import panel
from ui.server.loading import Loading

# What a click in a part of the page can ask for; page.js passes it on with the button's data.
EVENTS: Final = (
    *("ask", "again", "without", "edit", "uneditable", "show", "rate", "comment", "export"),
    *("stop", "filter", "unfilter", "open", "fresh", "rename", "delete", "restore", "find"),
)
PASS_ON: Final = f"paperchat.passOn(element, trigger, {list(EVENTS)!r})"
PANEL: Final = f"{PASS_ON}; watch('value', paperchat.sourcesChanged)"
FINDER: Final = f"{PASS_ON}; paperchat.searchFrom(element, trigger)"
LISTED: Final = f"{PASS_ON}; watch('value', paperchat.listChanged)"
THREAD: Final = f"{PASS_ON}; watch('value', paperchat.threadChanged)"


@dataclass(frozen=True, slots=True)
class ChatTab:
    """The parts of the tab that events read or change."""

    chat: gr.State
    removed: gr.State
    here: gr.HTML
    download: gr.HTML
    finder: gr.HTML
    side: gr.HTML
    found: gr.HTML
    thread: gr.HTML
    bar: gr.HTML
    question: gr.Textbox
    status: gr.HTML
    sources: gr.HTML

    @property
    def all(self) -> list[gr.components.Component]:
        """What `Views.all` fills, in its order."""
        parts = (self.chat, self.here, self.side, self.thread, self.bar, self.sources, self.status)
        return list(parts)


def build_chat_tab(loading: Loading) -> ChatTab:
    """Lay the tab out; `ui.chat.events` makes it work."""
    chat, removed = gr.State(Chat()), gr.State(None)
    here = gr.HTML(
        {}, visible="hidden", html_template="", js_on_load="paperchat.remember(watch, props)"
    )
    download = gr.HTML(
        {}, visible="hidden", html_template="", js_on_load="paperchat.offer(watch, props)"
    )
    with gr.Row(elem_id="desk"):
        with (
            gr.Column(elem_id="side-column", min_width=0),
            gr.Column(elem_id="side", min_width=0),
        ):
            finder = _part(finder_html(), "finder", js=FINDER)
            side = _part(conversation_list((), ""), "listed", js=LISTED)
            found = _part("", "found")
        with gr.Column(elem_id="talk-column", min_width=0):
            thread = gr.HTML(
                [waiting_html(progress_html(loading.progress))],
                elem_id="chat",
                html_template="${value.join('')}",
                apply_default_css=False,
                js_on_load=THREAD,
            )
            with gr.Column(elem_id="composer"):
                bar = _part("", "bar")
                question = _question()
                gr.HTML('<p id="counter"></p>', apply_default_css=False, js_on_load=None)
                status = _part(progress_html(loading.progress), "status", js=None)
        with gr.Column(elem_id="panel-column", min_width=0):
            sources = _part(panel(Chat()), "sources", js=PANEL)
    talk = (thread, bar, question, status, sources)
    return ChatTab(chat, removed, here, download, finder, side, found, *talk)


def _part(markup: str, elem_id: str, js: str | None = PASS_ON) -> gr.HTML:
    return gr.HTML(markup, elem_id=elem_id, apply_default_css=False, js_on_load=js)


def _question() -> gr.Textbox:
    return gr.Textbox(
        elem_id="question",
        label="Your question",
        show_label=False,
        placeholder="Ask about these papers…",
        submit_btn="Ask",
        stop_btn=False,
        max_lines=8,
        max_length=MOST_QUESTION_CHARACTERS,
        html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
    )
