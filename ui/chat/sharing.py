"""Show shared answers to whoever has their link: `/shared/TOKEN`, a page that stands alone."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rag.errors import RagError
from ui.chat.standalone import conversation_html, notice_page
from ui.server.loading import Loading

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",  # a link that is taken back shows nothing any more
}
NOT_NOW: Final = "The library is not ready yet. Try again in a moment."
NOT_SHARED: Final = "This answer is not shared, or not any more."


def add_shared_answers(app: FastAPI, loading: Loading) -> None:
    """Add the page of shared answers to an app.

    Args:
        app: Serves it.
        loading: Gives the library that keeps the answers.
    """

    def show(token: str) -> HTMLResponse:
        if loading.library is None:
            return HTMLResponse(notice_page(NOT_NOW), 503, HEADERS)
        try:
            answer = loading.library.shares.find(token)
        except RagError as exc:
            return HTMLResponse(notice_page(str(exc)), 503, HEADERS)
        if answer is None:
            return HTMLResponse(notice_page(NOT_SHARED), 404, HEADERS)
        return HTMLResponse(conversation_html([answer], answer.question), 200, HEADERS)

    app.get("/shared/{token}", include_in_schema=False)(show)
