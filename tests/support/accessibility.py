"""What every state of the page must pass: axe-core's rules, and no scrolling sideways."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe


def assert_accessible(page):
    """Nothing that axe-core calls serious or critical."""
    page.wait_for_timeout(250)  # colours change softly
    found = Axe().run(page).response["violations"]
    told = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert told == []


def assert_fits(page):
    """Nothing makes the page wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
