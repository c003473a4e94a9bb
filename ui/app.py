"""Build the frame of the page: title, tabs, theme. Each tab has a module of its own."""

from __future__ import annotations

from typing import Final

import gradio as gr

from ui.chat.events import connect_chat
from ui.chat.tab import build_chat_tab
from ui.library.tab import build_library_tab, connect_library, connect_visitor
from ui.server.api import add_api
from ui.server.given import Page
from ui.server.loading import Loading
from ui.settings.tab import build_settings_tab, connect_settings
from ui.templates.icons import icon

FONTS: Final = ["Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO_FONTS: Final = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
HEAD: Final = (
    '<header id="head"><button type="button" id="side-switch" aria-controls="side" '
    f'aria-expanded="true" aria-label="Conversations">{icon("list")}</button>'
    '<h1 class="brand">paperchat</h1></header>'
    '<button type="button" id="keys-open" aria-label="Keyboard" title="Keyboard (?)">?</button>'
    '<p id="away" role="alert" hidden></p><p id="announced" role="status"></p>'
)


def build_theme() -> gr.themes.Base:
    """Build a theme of quiet colours and our own fonts, so that nothing is fetched elsewhere."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        radius_size="md",
        font=FONTS,
        font_mono=MONO_FONTS,
    )


def build_app(loading: Loading) -> gr.Blocks:
    """Build the page for a library that may still be loading."""
    app = Page(title="paperchat", analytics_enabled=False, fill_width=True)
    with app:
        add_api(loading)
        gr.HTML(HEAD, elem_id="top", apply_default_css=False, js_on_load=None)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Chat", id="chat-tab"):
                chat = build_chat_tab()
            with gr.Tab("Library", id="library-tab") as place:
                library = build_library_tab(loading, chat.shown, place)
            with gr.Tab("Settings", id="settings-tab", elem_id="set") as setting:
                settings = build_settings_tab(loading)
        connect_settings(app, loading, settings, place=setting)
        connect_chat(app, chat, loading, settings.state)
        connect_visitor(app, library, chat.here)
        connect_library(loading, library, place=place, tabs=tabs, question=chat.question)
    return app
