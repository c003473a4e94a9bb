"""Lays the chat page out and ties its parts to the handlers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import gradio as gr

from rag.errors import RagError
from ui import handlers
from ui.api import add_api
from ui.handlers import Turns, View
from ui.library_tab import build_library_tab, connect_library
from ui.loading import Loading
from ui.render import progress_html, status_html
from ui.session import SessionSettings, library_for
from ui.settings_tab import build_settings_tab

CSS_FILE: Final = Path(__file__).with_name("page.css")
SCRIPT_FILE: Final = Path(__file__).with_name("page.js")
LATEX: Final[list[dict[str, str | bool]]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
POLL_S: Final = 0.5
ANSWERS_AT_ONCE: Final = 8
SYSTEM_FONTS: Final = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO_FONTS: Final = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]


def build_theme() -> gr.themes.Base:
    """Quiet colours and the system's own fonts: nothing is fetched from elsewhere."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        radius_size="md",
        font=SYSTEM_FONTS,
        font_mono=MONO_FONTS,
    )


def build_app(loading: Loading) -> gr.Blocks:
    """The page for a library that may still be on its way."""
    app = gr.Blocks(title="paperchat", analytics_enabled=False, fill_width=True)
    with app:
        add_api(loading)
        turns = gr.State(())
        gr.HTML('<h1 class="brand">paperchat</h1>')
        status = gr.HTML(progress_html(loading.progress), elem_id="status")
        with gr.Tabs() as tabs:
            with gr.Tab("Chat", id="chat-tab"), gr.Row(elem_id="main"):
                with gr.Column(scale=3, elem_id="chat-column"):
                    chat = gr.Chatbot(
                        elem_id="chat",
                        height="62vh",
                        label="Conversation",
                        show_label=False,
                        latex_delimiters=LATEX,
                        placeholder="Ask about the papers in this library.",
                        buttons=["copy"],
                        layout="panel",
                        group_consecutive_messages=False,
                    )
                    question = gr.Textbox(
                        elem_id="question",
                        label="Your question",
                        show_label=False,
                        placeholder="Getting ready…",
                        interactive=False,
                        submit_btn=True,
                        stop_btn=True,
                        max_lines=6,
                        max_length=handlers.MOST_QUESTION_CHARACTERS,
                        autofocus=True,
                    )
                    gr.Examples(list(handlers.EXAMPLES), question, label="Try")
                with gr.Column(scale=2, elem_id="sources-column"):
                    gr.HTML("<h2>Sources</h2>")
                    sources = gr.HTML(handlers.show(()).sources, elem_id="sources")
            with gr.Tab("Library", id="library-tab") as library_place:
                library_tab = build_library_tab(loading)
            with gr.Tab("Settings", id="settings-tab"):
                settings_tab = build_settings_tab(loading)
        timer = gr.Timer(POLL_S)
        _connect(loading, timer=timer, status=status, question=question)
        _connect_asking(
            loading, settings_tab.state, question=question, outputs=(turns, chat, sources)
        )
        connect_library(
            loading, library_tab, place=library_place, tabs=tabs, question=question, turns=turns
        )
    return app


def _connect(loading: Loading, *, timer: gr.Timer, status: gr.HTML, question: gr.Textbox) -> None:
    """Keep the status line true until the library is ready."""

    def look() -> tuple[str, dict[str, object], gr.Timer]:
        return _status(loading), _input_state(loading), gr.Timer(active=not loading.wait(0))

    timer.tick(
        look, outputs=[status, question, timer], show_progress="hidden", api_visibility="private"
    )


def _status(loading: Loading) -> str:
    if loading.failure:
        return status_html(loading.failure, is_warning=True)
    if loading.library is None or not loading.wait(0):
        return progress_html(loading.progress)
    return status_html(handlers.library_line(loading.library, loading.notice))


def _input_state(loading: Loading) -> dict[str, object]:
    if loading.library is None or not loading.wait(0):
        return gr.update()
    return gr.update(interactive=True, placeholder="Ask about these papers…")


def _connect_asking(
    loading: Loading,
    session: gr.State,
    *,
    question: gr.Textbox,
    outputs: tuple[gr.State, gr.Chatbot, gr.HTML],
) -> None:
    turns, chat, sources = outputs

    def ask(
        text: str, earlier: Turns, settings: SessionSettings, request: gr.Request
    ) -> Iterator[tuple[str, Turns, object, str]]:
        if loading.library is None:
            raise gr.Error("The library is not ready yet.", print_exception=False)
        if why := loading.door.why_not_now(request):
            raise gr.Error(why, print_exception=False)
        try:
            library = library_for(loading.library, settings)
        except RagError as exc:
            raise gr.Error(str(exc), print_exception=False) from exc
        for view in handlers.respond(library, text, earlier):
            yield "", *_parts(view)

    asking = question.submit(
        ask,
        inputs=[question, turns, session],
        outputs=[question, turns, chat, sources],
        show_progress="hidden",
        concurrency_limit=ANSWERS_AT_ONCE,
        api_visibility="private",
    )
    question.stop(None, cancels=[asking], api_visibility="private")

    def clear() -> tuple[Turns, object, str]:
        return _parts(handlers.show(()))

    chat.clear(clear, outputs=[turns, chat, sources], api_visibility="private")


def _parts(view: View) -> tuple[Turns, object, str]:
    return view.turns, view.messages, view.sources
