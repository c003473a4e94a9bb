from __future__ import annotations

import gradio as gr

from ui.loading import Loading


def build_library_tab(loading: Loading) -> None:
    gr.Markdown("Library")
