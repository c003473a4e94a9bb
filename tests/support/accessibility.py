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
SERIOUS = ["serious", "critical"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # all other rules hold by day as by night
IS_DARK = "() => document.body.classList.contains('dark')"
# A rule gives what it finds its own impact, so one of another impact need not run. What passes need
# not be described and sent: half of what a look costs this process.
LOOK = """async ([serious, part, rules]) => {
  const { true: asked, false: others } =
    Object.groupBy(axe._audit.rules, each => serious.includes(each.impact));
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  options.rules = Object.fromEntries(others.map(each => [each.id, { enabled: false }]));
  const { violations } = await axe.run(part ?? document, options);
  const told = (found) => [found.id, found.nodes.map(each => each.html.slice(0, 200))];
  return [asked.length, violations.map(told)];
}"""


def assert_accessible(page, part=None, rules=None):
    """Nothing that axe-core calls serious or critical, in all of the page or a part of it."""
    page.evaluate(COLOURED)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    looked, found = page.evaluate(LOOK, [SERIOUS, part, rules])
    assert looked > 50  # axe-core still tells the impact of its rules
    assert found == []


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
