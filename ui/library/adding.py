"""The part of the library tab that adds papers: uploads and pasted text, with a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import gradio as gr

from rag.errors import RagError
from rag.library import Library
from rag.readers import FORMATS, SUFFIXES
from rag.types import IngestReport
from ui.library import html
from ui.library.context import progress_in
from ui.library.papers import MOST_FILES, add_files, add_pasted
from ui.library.rows import View
from ui.library.table import Showing
from ui.templates.sentences import said_html

UPLOAD_HELP: Final = f"{FORMATS}; up to {MOST_FILES} files at once, 50 MB each."
PASTE_HELP: Final = (
    "A title on the first line, authors if you have them, and the abstract below, as copied from a "
    "page or a PDF; or arXiv ids and DOIs. Ids are looked up at arXiv, Crossref, OpenAlex or "
    "Semantic Scholar when you press the button; nothing else leaves this machine."
)


@dataclass(frozen=True, slots=True)
class Adding:
    """The parts that papers are added with."""

    files: gr.File
    text: gr.Textbox
    add: gr.Button
    report: gr.HTML


def lay_out_adding() -> Adding:
    """Lay out where files are dropped and text is pasted."""
    files = gr.File(
        label="Upload files",
        file_count="multiple",
        file_types=list(SUFFIXES),  # to keep photographs out; the content tells the format
        height=150,
        elem_id="library-files",
    )
    gr.HTML(html.help_html(UPLOAD_HELP))
    text = gr.Textbox(
        label="Or paste a paper, arXiv ids or DOIs",
        lines=5,
        max_lines=12,
        elem_id="library-paste",
        placeholder="2008.02217, 1803.03635",
    )
    gr.HTML(html.help_html(PASTE_HELP))
    with gr.Row(elem_classes="tools"):
        add = gr.Button("Add", variant="primary", size="sm", elem_id="library-add")
    return Adding(files, text, add, gr.HTML("", elem_id="library-report", min_height=56))


def connect_adding(showing: Showing, adding: Adding) -> None:
    """Tie uploads and pasted text to the library and to the table."""

    def upload(
        files: Sequence[str] | None,
        view: View,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> tuple[object, ...]:
        return (
            None,
            *added(view, lambda library: add_files(library, files or (), progress_in(bar))),
        )

    def paste(
        text: str,
        view: View,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> tuple[object, ...]:
        return added(view, lambda library: add_pasted(library, text, progress_in(bar)))

    def added(view: View, add: Callable[[Library], IngestReport]) -> tuple[object, ...]:
        try:
            message = html.report_html(add(showing.context.library))
        except RagError as exc:
            message = said_html(str(exc), is_warning=True)
        return (*showing.parts(view, "", None), message)

    # One at a time: embedding takes all cores, and the library takes one change at a time anyway.
    adding.files.upload(
        upload,
        inputs=[adding.files, showing.view],
        outputs=[adding.files, *showing.outputs, adding.report],
        show_progress_on=adding.report,
        concurrency_limit=1,
        concurrency_id="adding",
        api_visibility="private",
    )
    adding.add.click(
        paste,
        inputs=[adding.text, showing.view],
        outputs=[*showing.outputs, adding.report],
        show_progress_on=adding.report,
        concurrency_limit=1,
        concurrency_id="adding",
        api_visibility="private",
    )
