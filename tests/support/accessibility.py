"""What every state of the page must pass: axe-core's rules, and no scrolling sideways."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

# Colours change softly: until they have, a text may be too pale.
COLOURED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const changing = () => document.getAnimations().filter(each => each instanceof CSSTransition);
  do {
    await Promise.allSettled(changing().map(each => each.finished));
    await frame();
    await frame();
  } while (changing().length);
}"""
IS_DARK = "() => document.body.classList.contains('dark')"


def assert_accessible(page, part=None):
    """Nothing that axe-core calls serious or critical, in all of the page or a part of it."""
    page.evaluate(COLOURED)
    found = Axe().run(page, context=part).response["violations"]
    told = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert told == []


def assert_accessible_by_day_and_night(page, part=None):
    """The same in light and dark colours; the page is left in those in which it was."""
    is_dark = page.evaluate(IS_DARK)
    for dark in (not is_dark, is_dark):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.wait_for_function(f"dark => ({IS_DARK})() === dark", arg=dark)
        assert_accessible(page, part)


def assert_fits(page):
    """Nothing makes the page wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
