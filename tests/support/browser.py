"""Visitors of the page in one window of Chromium."""

from __future__ import annotations

from contextlib import contextmanager

DESKTOP = (1280, 800)
OWN = ("http://127.0.0.1:", "data:", "blob:")


@contextmanager
def visiting(profile):
    """The window as of someone who was never here; a complaint or a call elsewhere fails."""
    errors, outside = [], []
    watched = {
        "console": lambda message: errors.append(message.text) if message.type == "error" else None,
        "weberror": lambda error: errors.append(str(error.error)),
        "request": lambda sent: outside.append(sent.url),
    }
    for event, watch in watched.items():
        profile.on(event, watch)
    yield profile
    for event, watch in watched.items():
        profile.remove_listener(event, watch)
    forget(profile)
    assert errors == []
    assert [url for url in outside if not url.startswith(OWN)] == []


def open_page(profile, size=DESKTOP, scheme="light"):
    """An empty page of a size and colour scheme."""
    page = profile.new_page()
    look(page, size, scheme)
    return page


def look(page, size=DESKTOP, scheme="light"):
    """Give a page a size and a colour scheme."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)


def forget(profile):
    """Close all pages, with what they keep in the browser."""
    for page in profile.pages:
        origin = "/".join(page.url.split("/")[:3])
        if origin.startswith("http"):
            kept = {"origin": origin, "storageTypes": "local_storage,cookies,indexeddb"}
            profile.new_cdp_session(page).send("Storage.clearDataForOrigin", kept)
        page.close()
    profile.clear_permissions()
