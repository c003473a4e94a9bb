"""The page as an app: installed, by keys alone, on a narrow or enlarged window, without motion."""

from __future__ import annotations

import shutil
from contextlib import closing
from urllib.request import urlopen

import pytest

from rag.library import Library
from rag.settings import Settings
from rag.types import EXTRACTIVE
from tests.support.accessibility import assert_fits
from tests.support.browser import look, open_page, visiting
from tests.support.page_server import serving
from ui.server.loading import Loading

BOX = "#question textarea"
MOST_TABS = 120
NARROW = {"a small phone": (320, 640), "1280 x 800 at 200 %": (640, 400)}
FOCUSED = "document.activeElement"
# Nothing is wider than its window, or than what scrolls around it; and each tab can be pressed.
TABS = "#tabs > .tab-wrapper [role=tab]:visible"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(starter, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("comfort") / "library"
    shutil.copytree(starter.folder, folder)
    settings = Settings(library=folder, cache=cache, llm=EXTRACTIVE)
    with Library.open(settings=settings) as library:
        library.prepare()
        with serving(Loading.of(library), 7990) as address:
            yield address


@pytest.fixture
def page(profile, address):
    with visiting(profile), closing(open_page(profile)) as page:
        page.goto(address)
        page.wait_for_selector(".examples")
        page.wait_for_function(f"{FOCUSED}.matches({BOX!r})")
        yield page


def focused(page, selector):
    return page.evaluate(f"selector => {FOCUSED}.matches(selector)", selector)


def reach(page, selector, key="Tab"):
    """Go on to an element by keys alone."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if focused(page, selector):
            return
    pytest.fail(f"{key} leads to no {selector}")


def press(page, selector, key="Enter", way="Tab"):
    reach(page, selector, way)
    page.keyboard.press(key)


def settles(page, selector):
    """The focus is, or comes to be, on an element."""
    page.wait_for_function(f"selector => {FOCUSED}.matches(selector)", arg=selector)


def ask(page, question):
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1 .acts")


def test_the_page_can_be_installed(page, address):
    cdp = page.context.new_cdp_session(page)
    manifest = cdp.send("Page.getAppManifest")
    assert manifest["url"] == f"{address}manifest.json"
    assert manifest["errors"] == []
    told = page.evaluate("fetch('manifest.json').then(each => each.json())")
    assert (told["name"], told["start_url"], told["display"]) == ("paperchat", "./", "standalone")
    sizes = {(each["sizes"], each["purpose"]) for each in told["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes
    for each in told["icons"]:
        with urlopen(address + each["src"]) as icon:
            assert icon.headers["content-type"] == each["type"]
    errors = cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []
    icon = page.get_attribute("link[rel=apple-touch-icon]", "href")
    assert icon == "app/touch-180.png"


def test_the_bars_around_the_page_have_its_colour(page):
    ground = "getComputedStyle(document.body).getPropertyValue('--ground').trim()"
    bars = """[...document.querySelectorAll('meta[name=theme-color]')]
      .find(each => matchMedia(each.media).matches).content"""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"{bars} === {ground}")
    page.keyboard.press("Tab")
    page.keyboard.press("s")
    page.check("[data-theme-choice=light]")
    page.wait_for_function(f"{ground} === '#fbfaf8' && {bars} === {ground}")


def test_a_conversation_is_led_by_keys_alone(page):
    ask(page, "What is a modern Hopfield network?")
    settles(page, BOX)
    press(page, "#turn-1 .marker", way="Shift+Tab")
    settles(page, ".card.is-shown")
    press(page, ".card .cite > summary")
    press(page, ".card .cite [data-do=cite]")
    settles(page, ".card .cite > summary")  # its menu has closed
    page.keyboard.press("Escape")
    press(page, "#turn-1 [data-way=up]", way="Shift+Tab")
    page.wait_for_selector("#turn-1 [data-way=up][aria-pressed=true]")
    press(page, "#turn-1 .comment input")
    page.wait_for_selector("#turn-1 .thanks")
    settles(page, "#turn-1 :is(button, summary, a)")
    press(page, ".adder > summary")
    reach(page, ".adder [name=since]")
    page.keyboard.type("2019")
    page.keyboard.press("Enter")
    page.wait_for_selector("#composer .chip")
    settles(page, ".adder > summary")
    press(page, "#composer .chip", way="Shift+Tab")
    page.wait_for_selector("#composer .chip", state="detached")
    settles(page, "#composer :is(summary, textarea)")


def test_a_conversation_is_renamed_deleted_and_brought_back_by_keys_alone(page):
    ask(page, "What is a modern Hopfield network?")
    press(page, "#side .menu > summary", way="Shift+Tab")
    reach(page, "#side .menu [name=title]")
    page.keyboard.press("Control+A")
    page.keyboard.type("Hopfield")
    page.keyboard.press("Enter")
    page.wait_for_selector("#side .open:has-text('Hopfield')")
    settles(page, "#side .menu > summary")
    page.keyboard.press("Enter")
    press(page, "#side .menu .danger")
    settles(page, ".undo button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#side .open:has-text('Hopfield')")
    settles(page, "#side :is(button, input, summary)")


def test_a_table_is_made_sorted_and_changed_by_keys_alone(page):
    ask(page, "What is a modern Hopfield network?")
    press(page, "#sources [data-do=table]")
    page.wait_for_selector("#turn-2 .below-table")
    press(page, "#turn-2 [data-sort-rows='1']", way="Shift+Tab")
    page.wait_for_selector("#turn-2 th[aria-sort]")
    press(page, "#turn-2 [data-drop=Data]")
    page.wait_for_selector("#turn-2 [data-drop=Data]", state="detached")
    page.wait_for_selector("#turn-2 .below-table")
    settles(page, "#turn-2 :is(button, input, a)")
    reach(page, "#column-2")
    page.keyboard.type("Limits")
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-2 [data-drop=Limits]")
    settles(page, "#column-2")
    reach(page, "#turn-2 .wide", "Shift+Tab")  # scrolls by the arrows
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#turn-2 .wide').scrollLeft > 0")


def test_the_library_is_kept_by_keys_alone(page):
    page.keyboard.press("Tab")
    page.keyboard.press("l")
    page.wait_for_selector("table.papers")
    reach(page, "table.papers tbody [type=checkbox]")
    page.keyboard.press("Space")
    page.wait_for_selector(".ticked")
    settles(page, "table.papers tbody [type=checkbox]")
    press(page, "table.papers [data-open]")
    page.wait_for_selector("#paper .opened")
    opened = page.get_attribute("#paper [data-paper]", "data-paper")
    press(page, "#paper .close")
    settles(page, f"[data-open='{opened}']")
    press(page, ".facet > summary", way="Shift+Tab")
    press(page, ".facet[open] button")
    page.wait_for_selector("#library-facets .chip")
    settles(page, "#library-facets :is(summary, button)")
    press(page, "#library-facets .chip", way="Shift+Tab")
    page.wait_for_selector("#library-facets .chip", state="detached")
    press(page, "#library-remove")
    settles(page, "#library-undo")
    page.keyboard.press("Enter")
    page.wait_for_selector("#library-undo", state="detached")
    settles(page, "#library *")


@pytest.mark.parametrize("size", NARROW.values(), ids=NARROW.keys())
def test_no_tab_scrolls_sideways_on_a_narrow_window(page, size):
    look(page, size)
    ask(page, "What is a modern Hopfield network?")
    page.click("#sources [data-do=table]")
    page.wait_for_selector("#turn-2 .below-table")
    assert_fits(page)
    assert page.locator(TABS).all_inner_texts() == ["Chat", "Library", "Settings"]
    page.get_by_role("tab", name="Library", exact=True).click()
    page.locator("table.papers tbody [type=checkbox]").first.check()
    page.wait_for_selector(".ticked")
    page.locator("table.papers [data-open]").first.click()
    page.wait_for_selector("#paper .opened")
    assert_fits(page)
    for name in ("Topics", "Map", "Add papers"):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_timeout(200)
        assert_fits(page)
    page.get_by_role("tab", name="Settings", exact=True).click()
    page.wait_for_selector("#settings .themes")
    assert_fits(page)


def test_nothing_moves_for_who_wants_no_motion(page):
    look(page, NARROW["a small phone"])
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("""() => {
      const scroll = Element.prototype.scrollIntoView;
      window.scrolled = [];
      Element.prototype.scrollIntoView = function (how) {
        scrolled.push(how?.behavior || "auto");
        return scroll.call(this, how);
      };
    }""")
    ask(page, "What is a modern Hopfield network?")
    page.keyboard.press("Escape")
    moving = """() => [...document.querySelectorAll('*')].flatMap(each =>
      ['', '::before', '::after'].flatMap(part => {
        const style = getComputedStyle(each, part || null);
        const longest = (text) => Math.max(...text.split(',').map(parseFloat));
        const is = longest(style.animationDuration) > 0.001 && style.animationName !== 'none'
          || longest(style.transitionDuration) > 0.001 || style.scrollBehavior === 'smooth';
        return is ? [`${each.tagName}.${each.className}${part}`] : [];
      }))"""
    for tab in ("Chat", "Library", "Settings"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(300)
        assert page.evaluate(moving) == []
    page.get_by_role("tab", name="Library", exact=True).click()
    page.locator("table.papers [data-open]").first.click()
    page.wait_for_selector("#paper .opened")
    page.wait_for_function("scrolled.length > 0")
    assert "smooth" not in page.evaluate("scrolled")
