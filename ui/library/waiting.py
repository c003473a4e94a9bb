"""The line above the table that tells which new papers watches found, and takes the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Final

import gradio as gr
from markupsafe import Markup

from rag.errors import NotAllowedError, RagError
from rag.library import Library
from rag.userdata.watching import Offer
from ui.library.html import BEGINNING, PAPERS
from ui.library.rows import AUTHORS_SHOWN, View
from ui.library.table import PRIVATE, Showing
from ui.server.loading import Loading
from ui.server.pressed import read_pressed
from ui.templates.sentences import counted, for_page, said_html

DEEDS: Final = ("take", "dismiss")
PASS_ON: Final = f"paperchat.passOn(element, trigger, {list(DEEDS)!r})"
MOST_SHOWN: Final = 50
ALL: Final = ""  # in the place of a paper's id


@dataclass(frozen=True, slots=True)
class Done:
    """What was just done, in words; and whether it went wrong."""

    said: str = ""
    is_warning: bool = False


NOTHING_DONE: Final = Done()


def lay_out_waiting() -> gr.HTML:
    """Lay the line out, empty."""
    return gr.HTML("", elem_id="library-waiting", apply_default_css=False, js_on_load=PASS_ON)


def connect_waiting(loading: Loading, showing: Showing, line: gr.HTML, *, place: gr.Tab) -> None:
    """Tell what waits whenever the tab is opened, and do what is pressed."""

    def tell() -> str:
        return waiting_html(loading.library) if loading.library else ""

    def answered(did: str, event: gr.EventData, request: gr.Request) -> str:
        context = showing.context
        try:
            done = answer(context.changing(request), did, read_pressed(event).paper)
        except NotAllowedError as exc:
            done = Done(str(exc), is_warning=True)
        return waiting_html(context.library, done)

    def take(
        view: View, chosen: str, opened: str | None, event: gr.EventData, request: gr.Request
    ) -> tuple[object, ...]:
        told = answered("take", event, request)
        return (*showing.parts(view, chosen, opened), told)

    def dismiss(event: gr.EventData, request: gr.Request) -> str:
        return answered("dismiss", event, request)

    place.select(tell, outputs=line, **PRIVATE)
    line.take(
        take,
        inputs=[showing.view, showing.chosen, showing.opened],
        outputs=[*showing.outputs, line],
        concurrency_limit=1,
        concurrency_id="adding",
        **PRIVATE,
    )
    line.dismiss(dismiss, outputs=line, **PRIVATE)


def answer(library: Library, did: str, paper_id: str) -> Done:
    """Add a paper that waits, or all that do, or have them not offered again."""
    waiting = [each.paper.paper_id for each in library.watches.offers()]
    wanted = waiting if paper_id == ALL else [each for each in waiting if each == paper_id]
    if not wanted:
        return Done("This paper waits no more.")
    try:
        if did == "take":
            library.watches.accept(wanted)
            return Done(f"{counted(len(wanted), 'paper')} added.")
        return Done(f"{counted(library.watches.dismiss(wanted), 'paper')} dismissed.")
    except RagError as exc:
        return Done(for_page(str(exc)), is_warning=True)


def waiting_html(library: Library, done: Done = NOTHING_DONE) -> Markup:
    """Render what was done and how many papers wait, which unfolds into their list."""
    said = Markup(said_html(done.said, is_warning=done.is_warning))
    offers = library.watches.offers()
    if not offers:
        return said
    sources = {each.watch_id: each.source for each in library.watches.all()}
    queries = dict.fromkeys(sources[each.watch_id] for each in offers if each.watch_id in sources)
    named = [source.partition(":")[2] for source in queries]
    shown = [_told(each) for each in offers[:MOST_SHOWN]]
    older = len(offers) - MOST_SHOWN
    name = named[0] if len(named) == 1 else ""
    return said + PAPERS.draw("waiting", bool(done.said), len(offers), name, shown, older)


def _told(offer: Offer) -> Mapping[str, object]:
    """Return an offered paper with what is known of it in a line, and how its abstract begins."""
    paper = offer.paper
    people = ", ".join(paper.authors[:AUTHORS_SHOWN])
    people += " and others" if len(paper.authors) > AUTHORS_SHOWN else ""
    known = " · ".join(filter(None, (people, paper.published, paper.source)))
    begins = shorten(paper.abstract, BEGINNING, placeholder="…")
    return {"paper": paper, "known": known, "begins": begins}
