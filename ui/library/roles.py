"""Show readers a library tab without what only editors can do, and say why."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr
from gradio.blocks import Block

from ui.library.context import LibraryContext
from ui.library.table import PRIVATE


def lay_out_role() -> gr.HTML:
    """Lay out where readers are told that they are; library.css hides by it what they cannot do."""
    return gr.HTML("", elem_id="library-role", apply_default_css=False)


def connect_role(
    app: gr.Blocks, context: LibraryContext, told: gr.HTML, editors_alone: Sequence[Block]
) -> None:
    """Fit the tab to who opens the page.

    Args:
        app: The page.
        context: Tells who may change the library.
        told: Where readers are told.
        editors_alone: What only editors see.
    """

    def fit(request: gr.Request) -> tuple[object, ...]:
        why = context.why_not_changed(request)
        hidden = [gr.update(visible=not why) for _ in editors_alone]
        return (f'<p class="help reads-alone">{escape(why)}</p>' if why else "", *hidden)

    app.load(fit, outputs=[told, *editors_alone], **PRIVATE)
