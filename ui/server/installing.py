"""What a browser needs to install the page: a manifest, icons, and the colours around them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

ICONS: Final = Path(__file__).parents[1] / "templates" / "app"
ICON: Final = ICONS / "icon.svg"
GROUND: Final = {"light": "#fbfaf8", "dark": "#181614"}  # as --ground in page.css
PNG: Final = "image/png"
# Addresses are relative: behind a proxy the page may stand below a prefix.
MANIFEST: Final[dict[str, object]] = {
    "id": "./",
    "name": "paperchat",
    "short_name": "paperchat",
    "description": "Ask your papers. Every sentence of an answer links to its source.",
    "start_url": "./",
    "scope": "./",
    "display": "standalone",
    "background_color": GROUND["light"],
    "theme_color": GROUND["light"],
    "categories": ["education", "productivity"],
    "icons": [
        {"src": "app/icon-192.png", "sizes": "192x192", "type": PNG, "purpose": "any"},
        {"src": "app/icon-512.png", "sizes": "512x512", "type": PNG, "purpose": "any"},
        {"src": "app/maskable-512.png", "sizes": "512x512", "type": PNG, "purpose": "maskable"},
        {"src": "app/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
    ],
    "shortcuts": [{"name": "Library", "url": "./?tab=library"}],
}
# theme.js puts the chosen theme in the place of the system's.
INSTALLING: Final = (
    "".join(
        f'<meta name="theme-color" content="{colour}" media="(prefers-color-scheme: {scheme})">'
        for scheme, colour in GROUND.items()
    )
    + '<link rel="apple-touch-icon" href="app/touch-180.png">'
)


def add_installing(app: FastAPI) -> None:
    """Add the manifest, in the place of Gradio's, and the icons."""
    from starlette.responses import JSONResponse
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    def manifest(_: Request) -> Response:
        return JSONResponse(MANIFEST, media_type="application/manifest+json")

    app.router.routes.append(Route("/manifest.json", manifest))
    app.router.routes.append(Mount("/app", StaticFiles(directory=ICONS)))
