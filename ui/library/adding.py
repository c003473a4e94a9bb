"""The part of the library tab that adds papers, after showing what was understood of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import gradio as gr

from rag.embedding import OnProgress
from rag.errors import NotAllowedError, RagError
from rag.library import MOST_PREVIEWED, Library
from rag.readers import FORMATS, SUFFIXES
from rag.types import IngestReport, Preview
from ui.library import html
from ui.library.context import progress_in
from ui.library.papers import (
    MOST_FILES,
    Pending,
    add,
    discard,
    look_abstracts_up,
    preview_files,
    preview_pasted,
)
from ui.library.rows import View
from ui.library.table import Showing
from ui.server.uploads import take
from ui.templates.sentences import counted, for_page, said_html

UPLOAD_SUMMARY: Final = (
    "BibTeX, RIS, CSV, Excel, PDF, exports of PubMed, Scopus, Web of Science, Zotero and many "
    f"others; up to {MOST_FILES} files at once, 50 MB each."
)
UPLOAD_HELP: Final = f"All that is read: {FORMATS}."
PASTE_HELP: Final = (
    "A title on the first line, authors if you have them, and the abstract below, as copied from a "
    "page or a PDF; or arXiv ids and DOIs, which are looked up at arXiv, Crossref, OpenAlex or "
    "Semantic Scholar when you press the button."
)
ABSTRACTS_HELP: Final = (
    "Records without an abstract cannot answer questions. OpenAlex, arXiv and Semantic Scholar can "
    "be asked for theirs; they are then told the ids and titles of these records."
)
DISCARDED: Final = "Nothing was added."
HIDDEN: Final = gr.update(visible=False)


@dataclass(frozen=True, slots=True)
class Adding:
    """The parts that papers are added with.

    Attributes:
        report: What was understood, then what was done.
        decision: The buttons below it.
    """

    files: gr.File
    text: gr.Textbox
    look: gr.Button
    report: gr.HTML
    decision: gr.Row
    keep: gr.Button
    complete: gr.Button
    drop: gr.Button


def lay_out_adding() -> Adding:
    """Lay out where files are dropped and text is pasted."""
    files = gr.File(
        label="Upload files",
        file_count="multiple",
        file_types=list(SUFFIXES),  # to keep photographs out; the content tells the format
        height=150,
        elem_id="library-files",
    )
    gr.HTML(html.folded_help_html(UPLOAD_SUMMARY, UPLOAD_HELP))
    text = gr.Textbox(
        label="Or paste a paper, arXiv ids or DOIs",
        lines=5,
        max_lines=12,
        elem_id="library-paste",
        placeholder="2008.02217, 1803.03635",
    )
    gr.HTML(html.help_html(PASTE_HELP))
    with gr.Row(elem_classes="tools"):
        look = gr.Button("Preview", variant="primary", size="sm", elem_id="library-check")
    report = gr.HTML("", elem_id="library-report", min_height=56)
    with gr.Row(elem_classes="tools", visible=False, elem_id="library-decision") as decision:
        keep = gr.Button("Add", variant="primary", size="sm", elem_id="library-add")
        complete = gr.Button(size="sm", visible=False, elem_id="library-abstracts")
        drop = gr.Button("Discard", size="sm", elem_id="library-discard")
    return Adding(files, text, look, report, decision, keep, complete, drop)


def connect_adding(showing: Showing, adding: Adding) -> None:
    """Tie uploads and pasted text to the library and to the table."""
    pending = gr.State(Pending())
    working: dict[str, Any] = {
        "show_progress_on": adding.report,
        "concurrency_limit": 1,
        "api_visibility": "private",
    }
    # One at a time: embedding takes all cores, and the library takes one change at a time anyway.
    # Nobody waits for that to see what an upload holds, which is not kept for long.
    adds = {**working, "concurrency_id": "adding"}
    previews = {**working, "concurrency_id": "previewing"}
    previewing = [pending, adding.report, adding.decision, adding.keep, adding.complete]

    def upload(
        files: Sequence[str] | None,
        before: Pending,
        request: gr.Request,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> tuple[object, ...]:
        discard(before)
        told = progress_in(bar)
        find = partial(showing.context.changing, request)
        return None, *_understood(lambda: _previewed(find, take(files or ()), told))

    def paste(
        text: str,
        before: Pending,
        request: gr.Request,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> tuple[object, ...]:
        discard(before)
        told = progress_in(bar)
        return _understood(lambda: preview_pasted(showing.context.looking_up(request), text, told))

    def complete(
        given: Pending,
        request: gr.Request,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> tuple[object, ...]:
        told = progress_in(bar)
        find = partial(showing.context.looking_up, request)
        return _understood(lambda: look_abstracts_up(find(), given, told), has_asked=True)

    def keep(
        given: Pending,
        view: View,
        chosen: str,
        opened: str | None,
        request: gr.Request,
        bar: gr.Progress = gr.Progress(),  # noqa: B008  where Gradio looks for it
    ) -> tuple[object, ...]:
        message = _added(partial(showing.context.changing, request), given, bar)
        return (*showing.parts(view, chosen, opened), "", Pending(), message, HIDDEN)

    def drop(given: Pending) -> tuple[object, ...]:
        discard(given)
        return Pending(), said_html(DISCARDED), HIDDEN

    adding.files.upload(
        upload, inputs=[adding.files, pending], outputs=[adding.files, *previewing], **previews
    )
    adding.look.click(paste, inputs=[adding.text, pending], outputs=previewing, **previews)
    adding.keep.click(
        keep,
        inputs=[pending, showing.view, showing.chosen, showing.opened],
        outputs=[*showing.outputs, adding.text, pending, adding.report, adding.decision],
        **adds,
    )
    adding.complete.click(complete, inputs=[pending], outputs=previewing, **previews)
    adding.drop.click(
        drop,
        inputs=[pending],
        outputs=[pending, adding.report, adding.decision],
        show_progress="hidden",
        api_visibility="private",
    )


def _previewed(
    find: Callable[[], Library], files: Sequence[Path], told: OnProgress
) -> tuple[Pending, Preview]:
    """Preview uploaded files, which go where whoever sent them may add nothing."""
    try:
        return preview_files(find(), files, told)
    except NotAllowedError:
        discard(Pending(tuple(files)))
        raise


def _understood(
    look: Callable[[], tuple[Pending, Preview]], *, has_asked: bool = False
) -> tuple[object, ...]:
    """Return what is pending, what was understood of it, and the buttons that fit.

    Args:
        look: Reads what was given.
        has_asked: Whether abstracts that it lacks have been looked for.
    """
    try:
        given, found = look()
    except RagError as exc:
        warning = said_html(for_page(str(exc)), is_warning=True)
        return Pending(), warning, HIDDEN, gr.skip(), gr.skip()
    papers = found.report.added + found.report.updated
    lacking = 0 if has_asked else sum(each.paper is not None for each in found.report.rejected)
    if not papers and not lacking:
        discard(given)
        return Pending(), html.report_html(found.report), HIDDEN, gr.skip(), gr.skip()
    shown = replace(found, papers=found.papers[:MOST_PREVIEWED])
    told = html.preview_html(shown) if papers else html.report_html(found.report, is_done=False)
    asking = html.help_html(ABSTRACTS_HELP) if lacking else ""
    return (
        given,
        told + asking,
        gr.update(visible=True),
        gr.update(value=adding_said(found.report), visible=papers > 0),
        gr.update(value=f"Look for {counted(lacking, 'abstract')}", visible=lacking > 0),
    )


def adding_said(report: IngestReport) -> str:
    """What the button does: add papers, update papers that are here, or both."""
    if not report.updated:
        return f"Add {counted(report.added, 'paper')}"
    if not report.added:
        return f"Update {counted(report.updated, 'paper')}"
    return f"Add {report.added:,} and update {counted(report.updated, 'paper')}"


def _added(find: Callable[[], Library], given: Pending, bar: gr.Progress) -> str:
    try:
        return html.report_html(add(find(), given, progress_in(bar)))
    except RagError as exc:
        return said_html(for_page(str(exc)), is_warning=True)
