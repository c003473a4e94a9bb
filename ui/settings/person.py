"""Say in the settings who has signed in, and let them sign out."""

from __future__ import annotations

from html import escape

import gradio as gr

from ui.server.loading import Loading


def lay_out_person() -> gr.HTML:
    """Lay out where it is said."""
    return gr.HTML("", elem_id="person", apply_default_css=False)


def connect_person(app: gr.Blocks, loading: Loading, person: gr.HTML) -> None:
    """Fill it when the page is opened."""

    def tell(request: gr.Request) -> str:
        return person_html(loading, request.username) if loading.access.is_closed else ""

    app.load(tell, outputs=person, show_progress="hidden", api_visibility="private")


def person_html(loading: Loading, name: str | None) -> str:
    """Render who has signed in, and as what."""
    actor = loading.access.actor(name)
    role = "an editor" if actor.may_change else "a reader"
    leave = "" if loading.access.proxy else ' <a href="logout">Sign out</a>'
    return f'<p class="help">Signed in as <b>{escape(actor.name)}</b>, {role}.{leave}</p>'
