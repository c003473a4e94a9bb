"""Show readers a library tab without what only editors can do, and say why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import gradio as gr
from gradio.blocks import Block

from ui.library.context import LibraryContext
from ui.library.html import help_html
from ui.library.table import PRIVATE

# Stands in the frame, which is there from the first moment; library.css hides by it what readers
# cannot do in any tab.
MARK: Final = '<i class="reads-alone" hidden></i>'


def lay_out_role() -> gr.HTML:
    """Lay out where readers are told that they are."""
    return gr.HTML("", elem_id="library-role", apply_default_css=False)


def connect_role(
    app: gr.Blocks, context: LibraryContext, told: gr.HTML, editors_alone: Sequence[Block]
) -> None:
    """Fit the page to who opens it.

    Args:
        app: The page; the mark is laid out where it stands now.
        context: Tells who may change the library.
        told: Where readers are told.
        editors_alone: What only editors see.
    """
    mark = gr.HTML("", elem_id="reads", apply_default_css=False)

    def fit(request: gr.Request) -> tuple[object, ...]:
        why = context.why_not_changed(request)
        hidden = [gr.update(visible=not why) for _ in editors_alone]
        note = help_html(why) if why else ""
        return (MARK if why else "", note, *hidden)

    app.load(fit, outputs=[mark, told, *editors_alone], **PRIVATE)
