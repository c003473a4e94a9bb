"""Show shared answers to whoever has their link: `/shared/TOKEN`, a page that stands alone.

Beside it, at `/shared/TOKEN/receipt`, lies what the answer was made with, for `paperchat replay`.
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

from rag.errors import RagError
from rag.receipts import shared_receipt
from rag.userdata.shares import SharedTurn
from ui.chat.standalone import conversation_html, notice_page
from ui.server.loading import Loading

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",  # a link that is taken back shows nothing any more
}
NOT_NOW: Final = "The library is not ready yet. Try again in a moment."
NO_RECEIPT: Final = "This answer was given by an earlier version, which kept no receipt."
JSON: Final = "application/json"
AS_FILE: Final = {"content-disposition": 'attachment; filename="receipt.json"'}
NOT_SHARED: Final = "This answer is not shared, or not any more."


def add_shared_answers(app: FastAPI, loading: Loading) -> None:
    """Add the page of shared answers to an app.

    Args:
        app: Serves it.
        loading: Gives the library that keeps the answers.
    """

    def show(token: str) -> Response:
        found = _found(loading, token)
        if isinstance(found, Response):
            return found
        receipt = f"{token}/receipt" if found.answer.made_with else ""
        shown = conversation_html([found.answer], found.answer.question, receipt)
        return HTMLResponse(shown, 200, HEADERS)

    def give_receipt(token: str) -> Response:
        found = _found(loading, token)
        if isinstance(found, Response):
            return found
        receipt = shared_receipt(found.answer, is_follow_up=found.is_follow_up)
        if receipt is None:
            return HTMLResponse(notice_page(NO_RECEIPT), 404, HEADERS)
        return Response(receipt.model_dump_json(indent=1), 200, HEADERS | AS_FILE, JSON)

    app.get("/shared/{token}", include_in_schema=False)(show)
    app.get("/shared/{token}/receipt", include_in_schema=False)(give_receipt)


def _found(loading: Loading, token: str) -> SharedTurn | Response:
    """Return the answer that a token opens, or the page that says why there is none."""
    if loading.library is None:
        return HTMLResponse(notice_page(NOT_NOW), 503, HEADERS)
    try:
        found = loading.library.shares.find_turn(token)
    except RagError as exc:
        return HTMLResponse(notice_page(str(exc)), 503, HEADERS)
    return found or HTMLResponse(notice_page(NOT_SHARED), 404, HEADERS)
