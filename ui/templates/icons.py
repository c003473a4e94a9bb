"""Draw the page's few icons in the colour of the text around them."""

from __future__ import annotations

from typing import Final

_PATHS: Final = {
    "copy": "M9 9h10v12H9zM5 15V3h10",
    "retry": "M20 11a8 8 0 1 0-2 6M20 4v7h-7",
    "edit": "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
    "up": "M7 11l4-8c2 0 3 1 3 3v4h5c2 0 2 1 2 2l-2 8H7zM7 11H3v9h4",
    "down": "M17 13l-4 8c-2 0-3-1-3-3v-4H5c-2 0-2-1-2-2l2-8h12zM17 13h4V4h-4",
    "close": "M6 6l12 12M18 6L6 18",
    "plus": "M12 5v14M5 12h14",
    "more": "M5 12h.01M12 12h.01M19 12h.01",
    "list": "M4 6h16M4 12h16M4 18h10",
    "export": "M12 3v12M7 10l5 5 5-5M4 20h16",
    "open": "M6 9l6 6 6-6",
    "back": "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10",
}


def icon(name: str) -> str:
    """Render an icon as SVG, hidden from screen readers: say its meaning beside it."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f'<path d="{_PATHS[name]}"></path></svg>'
    )
