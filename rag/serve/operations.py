"""Tell an operator's tools whether the library is ready, `/health`, and how it fares, `/metrics`.

`/health` names parts, never paths, papers or questions, so that anybody may ask it. `/metrics`
wants what other programs want: a token where the page has users.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from rag.errors import RagError
from rag.library import Library
from rag.serve.door import Door, RefusedError

LIVE: Final = "/health/live"
READY: Final = "/health"
READY_TOO: Final = "/health/ready"  # as orchestrators call it
METRICS: Final = "/metrics"
ROUTES: Final = rf"{READY}(?:/live|/ready)?|{METRICS}"  # for those who let only known ones through

# Renders the numbers of a library in Prometheus' text format, with its content type.
Render = Callable[[Library | None], tuple[bytes, str]]

router = APIRouter()


def add_operations(app: FastAPI, door: Door, render: Render | None) -> None:
    """Add the requests to an app.

    Args:
        app: Serves them.
        door: Lets callers in, and gives the library.
        render: Renders the numbers; None where the package for it is not installed.
    """
    app.state.operations = door, render
    app.include_router(router)


@router.get(LIVE, include_in_schema=False)
def live() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "live"}


@router.get(READY, include_in_schema=False)
@router.get(READY_TOO, include_in_schema=False)
def ready(request: Request) -> JSONResponse:
    """Tell whether questions can be answered, else 503, and which parts of the library are amiss.

    A library without vectors answers, so it is ready.
    """
    door, _ = request.app.state.operations
    try:
        library = door.library()
    except RefusedError:
        return JSONResponse({"status": "starting"}, 503)
    except RagError:
        return JSONResponse({"status": "failed", "unavailable": ["library"]}, 503)
    if missing := library.unavailable_parts():
        return JSONResponse({"status": "unavailable", "unavailable": list(missing)}, 503)
    limits = ["vectors"] if library.is_lexical_only else []
    return JSONResponse({"status": "ready", "without": limits} if limits else {"status": "ready"})


@router.get(METRICS, include_in_schema=False)
def metrics(request: Request) -> Response:
    """Give the numbers of process and library in Prometheus' text format."""
    door, render = request.app.state.operations
    address = request.client.host if request.client else ""
    try:
        door.enter(request.headers.get("authorization"), address)
    except RefusedError as exc:
        return JSONResponse({"detail": str(exc)}, exc.status, exc.headers)
    if render is None:
        return JSONResponse({"detail": 'Numbers need `pip install "paperchat[group]"`.'}, 501)
    try:
        library = door.library()
    except RagError:
        library = None
    content, kind = render(library)
    return Response(content, media_type=kind)
