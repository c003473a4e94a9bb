"""Lay out the chat tab.

The conversation is HTML of our own, not `gr.Chatbot`: a marker shows its quote under the pointer
and on focus, a card links back to its sentence, a draft replaces only what changed, and nothing a
paper or a model writes is read as Markdown by the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import gradio as gr
from gradio.components import Component

from ui.chat.bars import finder_html, opening_html
from ui.chat.handlers import MOST_QUESTION_CHARACTERS, Chat, PageState
from ui.chat.views import panel

# The actions of buttons in a part of the page; page.js sends them with the button's data.
EVENTS: Final = (
    *("ask", "again", "without", "edit", "uneditable", "show", "rate", "comment", "export", "cite"),
    *("table", "stop", "unqueue", "follow", "filter", "unfilter", "open", "fresh", "rename"),
    *("pin", "delete", "restore", "find", "link", "unlink"),
)
PASS_ON: Final = f"paperchat.passOn(element, trigger, {list(EVENTS)!r})"
DRAWS: Final = f"{PASS_ON}; paperchat.draws(%r, props, watch, trigger)"
FINDER: Final = f"{PASS_ON}; paperchat.searchFrom(element, trigger)"
FOUND: Final = f"{PASS_ON}; watch('value', paperchat.markCurrent)"
LISTED: Final = f"{PASS_ON}; watch('value', paperchat.listChanged)"


@dataclass(frozen=True, slots=True)
class ChatTab:
    """The components of the tab that events read or change."""

    state: gr.State
    shown: gr.State
    here: gr.HTML
    home: gr.HTML
    refused: gr.HTML
    accepted: gr.HTML
    download: gr.HTML
    finder: gr.HTML
    side: gr.HTML
    found: gr.HTML
    thread: gr.HTML
    bar: gr.HTML
    queue: gr.HTML
    question: gr.Textbox
    status: gr.HTML
    sources: gr.HTML

    @property
    def conversation(self) -> list[Component]:
        """The outputs of events on a conversation; each fills those that it changes."""
        parts = (self.side, self.thread, self.bar, self.queue, self.sources, self.status)
        return [self.state, self.shown, self.home, self.refused, *parts, self.accepted]


def build_chat_tab() -> ChatTab:
    """Lay the tab out; `ui.chat.events` connects it.

    It says nothing about the library, which may be ready or not when the page is opened.
    """
    state, shown = gr.State(PageState()), gr.State(None)
    here = _hidden(None)
    home = _hidden("paperchat.setHome(watch, props)")
    refused = _hidden("paperchat.takeBack(watch, props)")
    accepted = _hidden("paperchat.accept(watch)")
    download = _hidden("paperchat.offer(watch, props)")
    with gr.Row(elem_id="desk"):
        with (
            gr.Column(elem_id="side-column", min_width=0),
            gr.Column(elem_id="side", min_width=0),
        ):
            finder = _part(finder_html(), "finder", js=FINDER)
            side = _part("", "listed", js=LISTED)
            found = _part("", "found", js=FOUND)
        with gr.Column(elem_id="talk-column", min_width=0):
            thread = _drawn("chat", {"turns": [opening_html()]})
            with gr.Column(elem_id="composer"):
                queue = _drawn("queue", {"html": ""})
                bar = _drawn("bar", {"html": ""})
                question = _question()
                gr.HTML('<p id="counter"></p>', apply_default_css=False, js_on_load=None)
                status = _part("", "status", js=None)
        with gr.Column(elem_id="panel-column", min_width=0):
            sources = _drawn("sources", {"html": panel(Chat())})
    return ChatTab(
        state=state,
        shown=shown,
        here=here,
        home=home,
        refused=refused,
        accepted=accepted,
        download=download,
        finder=finder,
        side=side,
        found=found,
        thread=thread,
        bar=bar,
        queue=queue,
        question=question,
        status=status,
        sources=sources,
    )


def _hidden(js: str | None) -> gr.HTML:
    """Return an invisible component, for values that page.js uses."""
    return gr.HTML({}, visible="hidden", html_template="", js_on_load=js)


def _drawn(elem_id: str, value: Mapping[str, object]) -> gr.HTML:
    """Return a part of the conversation on the screen; page.js draws only what belongs to it."""
    return gr.HTML(
        value,
        elem_id=elem_id,
        html_template=f"${{paperchat.drawn('{elem_id}', value)}}",
        apply_default_css=False,
        js_on_load=DRAWS % elem_id,
    )


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
