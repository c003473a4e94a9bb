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
SERIOUS = ("serious", "critical")
# What passes need not be described and sent: half of what a look costs this process.
TOLD = {"resultTypes": ["violations"]}
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # all other rules hold by day as by night
IS_DARK = "() => document.body.classList.contains('dark')"


def assert_accessible(page, part=None, rules=None):
    """Nothing that axe-core calls serious or critical, in all of the page or a part of it."""
    page.evaluate(COLOURED)
    options = TOLD | ({"runOnly": {"type": "rule", "values": rules}} if rules else {})
    found = Axe().run(page, context=part, options=options).response["violations"]
    told = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in SERIOUS
    ]
    assert told == []


def assert_accessible_by_day_and_night(page, part=None):
    """The same in light and dark colours; the page is left in those in which it was."""
    is_dark = page.evaluate(IS_DARK)
    for dark, rules in ((not is_dark, OF_COLOURS), (is_dark, None)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.wait_for_function(f"dark => ({IS_DARK})() === dark", arg=dark)
        assert_accessible(page, part, rules)


def assert_fits(page):
    """Nothing makes the page wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
