"""Lay out the form of the settings tab: its fields, their labels and order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import gradio as gr

from rag.settings import Settings
from ui.server.loading import Loading
from ui.settings.session import NO_OTHER_ENDPOINT, PAPERS_RANGE, WORDS_RANGE, SessionSettings
from ui.templates.sentences import said_html

NARROWEST: Final = 260  # pixels of a field; two of them share a line where there is room
KEY_HELP: Final = (
    "It stays with this browser session in the server's memory and goes to this endpoint alone. "
    "It is never written to disk and never shown again."
)
KEY_KEPT: Final = "A key is kept for this session"
KEY_NONE: Final = "sk-…"
# theme.js marks the choice and reacts to it.
THEME_HTML: Final = (
    '<fieldset class="themes"><legend>Theme</legend>'
    + "".join(
        f'<label><input type="radio" name="theme" data-theme-choice="{name}">{label}</label>'
        for name, label in (("system", "System"), ("light", "Light"), ("dark", "Dark"))
    )
    + "</fieldset>"
)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of the tab."""

    mode: gr.Radio
    found: gr.Radio
    model: gr.Dropdown
    base_url: gr.Textbox
    key: gr.Textbox
    try_it: gr.Button
    forget: gr.Button
    endpoint: gr.Column
    top_k: gr.Slider
    answer_words: gr.Slider
    unsupported: gr.Radio
    depth: gr.Radio
    said: gr.HTML

    @property
    def fields(self) -> list[gr.components.Component]:
        """The fields that are read together, in order; the key is read by itself."""
        return [
            self.mode,
            self.model,
            self.base_url,
            self.top_k,
            self.answer_words,
            self.unsupported,
            self.depth,
        ]


def lay_out_form(loading: Loading, operator: Settings, start: SessionSettings) -> Form:
    """Lay the fields out, filled with the settings at the start."""
    mode = gr.Radio(
        [("The papers' own sentences", "extractive"), ("A language model", "model")],
        value=start.mode,
        label="Answers come from",
        elem_id="settings-mode",
    )
    found = gr.Radio(
        [],
        visible=False,
        label="Models found on this machine",
        elem_id="settings-found",
    )
    endpoint = _lay_out_endpoint(loading, operator, start)
    said = gr.HTML("", elem_id="settings-said", min_height=24)
    with gr.Row():
        top_k = gr.Slider(
            *PAPERS_RANGE,
            value=start.top_k,
            step=1,
            min_width=NARROWEST,
            label="Papers read for an answer",
            elem_id="settings-papers",
        )
        answer_words = gr.Slider(
            *WORDS_RANGE,
            value=start.answer_words,
            step=10,
            min_width=NARROWEST,
            label="Length of an answer, in words",
            elem_id="settings-words",
        )
    unsupported = gr.Radio(
        [("Remove, and say so", "remove"), ("Keep, and mark", "mark")],
        value=start.unsupported,
        label="Unsupported sentences",
        elem_id="settings-unsupported",
    )
    depth = gr.Radio(
        [("Quickly", "quick"), ("Thoroughly: several searches, step by step", "thorough")],
        value=start.depth,
        label="Questions are answered",
        elem_id="settings-depth",
    )
    return Form(mode, found, *endpoint, top_k, answer_words, unsupported, depth, said)


def _lay_out_endpoint(
    loading: Loading, operator: Settings, start: SessionSettings
) -> tuple[gr.Dropdown, gr.Textbox, gr.Textbox, gr.Button, gr.Button, gr.Column]:
    """Lay out the fields of the endpoint: model, address, key, two buttons."""
    with gr.Column(visible=start.mode == "model", elem_id="settings-endpoint") as endpoint:
        gr.HTML(_describe_endpoint(loading, operator))
        with gr.Row():
            base_url = gr.Textbox(
                label="Endpoint address",
                placeholder=operator.openai_base_url or "https://api.openai.com/v1",
                max_length=500,
                min_width=NARROWEST,
                interactive=loading.access.allows_endpoints,
                elem_id="settings-url",
            )
            model = gr.Dropdown(
                [start.model] if start.model else [],
                value=start.model or None,
                allow_custom_value=True,
                label="Model",
                min_width=NARROWEST,
                elem_id="settings-model",
            )
        key = gr.Textbox(
            label="Key",
            info=KEY_HELP,
            type="password",
            placeholder=KEY_NONE,
            max_length=500,
            elem_id="settings-key",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        with gr.Row(elem_classes="tools"):
            try_it = gr.Button("Test and use", size="sm", elem_id="settings-test")
            forget = gr.Button(
                "Forget the key", size="sm", visible=False, elem_id="settings-forget"
            )
    return model, base_url, key, try_it, forget, endpoint


def _describe_endpoint(loading: Loading, operator: Settings) -> str:
    """Return which endpoint is asked by default, and whether another may be."""
    message = (
        "Any OpenAI-compatible endpoint. Left empty, it is the one that paperchat was started with."
        if operator.has_endpoint
        else "Any OpenAI-compatible endpoint; paperchat was started without one."
    )
    return said_html(message if loading.access.allows_endpoints else NO_OTHER_ENDPOINT)
