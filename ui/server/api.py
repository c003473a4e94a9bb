"""Define the two endpoints that programs may call over HTTP: `ask` and `search`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import gradio as gr
from gradio.events import api

from rag.errors import RagError
from rag.export.plain import to_plain
from rag.library import Library
from ui.server.loading import Loading

ASKS_AT_ONCE: Final = 8
MOST_QUESTION_CHARACTERS: Final = 4000
MOST_RESULTS: Final = 50
ASK: Final = (
    "One answer from the papers of the library. Returns text, status (answered or abstained), "
    "reason, and citations with marker, paper and quote."
)
SEARCH: Final = "The k papers that fit a query best, best first, with each retriever's own score."

# Gradio tells callers the types of its endpoints by these annotations; the values are JSON.
Reply = dict[str, Any]


def add_api(loading: Loading) -> None:
    """Add the endpoints to the page; every other one is private."""

    def ask(question: str, request: gr.Request) -> Reply:
        library = _admit(loading, request)
        return cast(Reply, _plain(lambda: library.ask(question[:MOST_QUESTION_CHARACTERS])))

    def search(query: str, request: gr.Request, k: int = 10) -> Reply:
        library = _admit(loading, request)
        count = min(max(int(k), 1), MOST_RESULTS)
        hits = _plain(lambda: library.search(query[:MOST_QUESTION_CHARACTERS], count))
        return {"query": query, "hits": hits}

    api(
        ask,
        api_name="ask",
        api_description=ASK,
        concurrency_limit=ASKS_AT_ONCE,
        concurrency_id="api",
    )
    api(
        search,
        api_name="search",
        api_description=SEARCH,
        concurrency_limit=ASKS_AT_ONCE,
        concurrency_id="api",
    )


def _admit(loading: Loading, request: gr.Request) -> Library:
    """Return the library, for a caller who may ask now.

    Raises:
        gr.Error: It is not ready, or the caller has asked too often.
    """
    if why := loading.access.why_not_now(request):
        raise gr.Error(why, print_exception=False)
    if loading.library is None:
        raise gr.Error(loading.failure or "The library is not ready yet.", print_exception=False)
    return loading.library


def _plain(work: Callable[[], object]) -> object:
    """Return a result as JSON values; raise a failure as its sentence."""
    try:
        return to_plain(work())
    except RagError as exc:
        raise gr.Error(str(exc), print_exception=False) from exc
