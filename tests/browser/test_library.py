"""The library and settings tabs in a real browser, against the real server."""

from __future__ import annotations

import json
import logging
import shutil
from contextlib import closing

import pytest

from rag.library import Library
from rag.settings import Settings
from tests.support.accessibility import assert_accessible, assert_accessible_by_day_and_night
from tests.support.browser import look
from tests.support.page_server import served
from tests.support.scripted_endpoint import ScriptedEndpoint
from tests.support.scripted_service import ScriptedService, arxiv_feed

READY = "#question textarea:not([disabled])"
WIDE, NARROW = (1280, 800), (390, 844)
KEY = "a-visitors-own-0123456789"  # nothing in it that would be left out as likely a key

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def feed():
    """The address of a server that answers as arXiv's export API does, with one paper."""
    entry = (
        "<entry><id>http://arxiv.org/abs/2101.00001v2</id><title>Cats in\n the Air</title>"
        "<summary>A falling cat bends at the waist. It lands on its feet.</summary>"
        "<published>2021-01-03T10:00:00Z</published><author><name>Ann A</name></author></entry>"
    )
    with ScriptedService() as service:
        service.answer("/query", f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>')
        yield f"{service.url}/query"


@pytest.fixture(scope="module")
def library(browser, starter, feed, tmp_path_factory):
    """A copy of the starter library, which these tests change."""
    folder = tmp_path_factory.mktemp("browsed") / "library"
    shutil.copytree(starter.folder, folder)
    cache = starter.settings.cache
    settings = Settings(library=folder, cache=cache, llm="extractive", arxiv_url=feed)
    with Library.open(settings=settings) as library:
        yield library


@pytest.fixture(scope="module")
def address(library):
    with served(library) as address:
        yield address


def open_page(browser, address, size=WIDE, **others):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **others)
    page.requested, page.errors = [], []
    page.on("request", lambda sent: page.requested.append(sent.url))
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector(READY, timeout=60_000)
    return page


@pytest.fixture(scope="module")
def page(browser, address):
    """The page that most tests share; each goes to the tab that it needs."""
    with closing(open_page(browser, address)) as page:
        yield page
        own = (address, "data:", "blob:")
        assert [url for url in page.requested if not url.startswith(own)] == []
        assert page.errors == []


def go(page, *tabs):
    for tab in tabs:
        page.get_by_role("tab", name=tab, exact=True).click()


def search(page, text):
    page.fill("#library-search textarea", text)


def shown(page, told):
    """Wait until the line below the table says this."""
    page.wait_for_function(
        "told => document.querySelector('#library-told').innerText.includes(told)", arg=told
    )


def limit(page, name, label):
    """Keep the list to one value of a menu."""
    page.click(f"#facet-{name} summary")
    page.click(f"#facet-{name} button:has-text('{label}')")
    page.wait_for_selector("#library-facets .chip")


def titles(page):
    return page.locator("table.papers [data-open]").all_inner_texts()


@pytest.fixture
def papers(page):
    """The table of all papers."""
    go(page, "Library", "Papers")
    search(page, "")
    shown(page, "of 43")
    return page


def test_the_table_shows_a_page_of_the_papers_and_leafs(papers):
    first = titles(papers)
    assert len(first) == 25
    papers.click("#library-on")
    shown(papers, "26 to 50 of")
    assert not set(first) & set(titles(papers))
    papers.click("#library-back")
    shown(papers, "1 to 25 of")


def test_a_search_finds_papers_by_all_of_its_words(papers):
    search(papers, "hopfield tabular")
    shown(papers, "found among")
    assert titles(papers) == [title for title in titles(papers) if "Hop" in title]
    assert len(titles(papers)) == 1


def test_a_search_for_nothing_that_is_there_says_so(papers):
    search(papers, "zzzz <img src=x>")
    papers.wait_for_selector("text=No paper contains all of these words: zzzz <img src=x>")


def test_a_column_orders_the_table_forwards_and_backwards(papers):
    papers.click("[data-sort=title]")
    papers.wait_for_selector("th.title[aria-sort=ascending]")
    assert titles(papers) == sorted(titles(papers), key=str.casefold)
    papers.click("[data-sort=title]")
    papers.wait_for_selector("th.title[aria-sort=descending]")
    papers.click("[data-sort=title]")
    papers.wait_for_selector("th.title[aria-sort=none]")


def test_a_paper_opens_by_the_keyboard_and_can_be_asked_about(papers):
    search(papers, "hopfield tabular")
    shown(papers, "found among")
    papers.focus("table.papers [data-open]")
    papers.keyboard.press("Enter")
    papers.wait_for_selector("#paper .opened")
    assert "Hopular" in papers.inner_text("#paper h3")
    assert papers.locator("#paper a[rel~=noopener]").get_attribute("href").startswith("https://")
    papers.click("#ask-about")
    papers.wait_for_function(
        "document.querySelector('#question textarea').value.includes('Hopular')"
    )
    assert papers.get_by_role("tab", name="Chat").get_attribute("aria-selected") == "true"


def test_removed_papers_come_back_the_same(papers, library):
    search(papers, "lottery")
    shown(papers, "found among")
    before = {each.paper_id: each for each in library.papers()}
    papers.locator("[data-choose]").nth(0).check()
    papers.locator("[data-choose]").nth(1).check()
    papers.wait_for_selector("#library-bar >> text=2 selected")
    papers.click("#library-remove")
    papers.wait_for_selector("text=2 papers removed.")
    papers.wait_for_selector("#library-bar .ticked", state="detached")
    assert len(library) == len(before) - 2
    papers.reload()  # what can be undone outlives it, and so does the search
    papers.wait_for_selector("#library-undo")
    shown(papers, "found among")
    papers.click("#library-undo")
    papers.wait_for_selector("text=2 papers brought back.")
    assert {each.paper_id: each for each in library.papers()} == before


def test_a_record_is_edited_and_the_edit_undone(papers, library):
    search(papers, "hopular")
    shown(papers, "found among")
    papers.locator("table.papers [data-open]").first.click()
    papers.click("#paper-edit")
    papers.fill("#edit-published textarea", "soon")
    papers.click("#paper-save")
    papers.wait_for_selector("#paper-said >> text='soon' cannot be a date")
    papers.fill("#edit-published textarea", "2021-05")
    papers.locator("#edit-tags input").fill("tables")
    papers.locator("#edit-tags input").press("Enter")
    papers.click("#paper-save")
    papers.wait_for_selector("#paper-said >> text=Saved.")
    assert "2021-05" in papers.inner_text("#paper")
    limit(papers, "tag", "tables (1)")
    assert "tag=tables" in papers.url
    papers.click("#paper-undo")
    papers.wait_for_selector("#paper-said >> text=The record is as it was.")
    papers.wait_for_selector("text=No paper tagged “tables” contains")
    papers.click("#library-facets .chip")
    shown(papers, "1 to 1 of 1 found among")


def test_what_another_process_adds_shows_when_the_tab_is_opened_again(papers, library):
    go(papers, "Chat")
    library.ingest({"title": "A Paper from Elsewhere", "abstract": "It was added elsewhere."})
    go(papers, "Library")
    search(papers, "from elsewhere")
    papers.wait_for_selector("table.papers >> text=A Paper from Elsewhere")
    library.remove([each.paper_id for each in library.papers() if "Elsewhere" in each.title])


def test_files_are_added_with_a_report_of_what_was_left_out(page, library, tmp_path):
    lines = [
        {"title": "An Uploaded Paper", "abstract": "It has one sentence."},
        {"title": "A Paper without a Text"},
    ]
    file = tmp_path / "two.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    other = tmp_path / "page.txt"
    other.write_text("No form that is known.\n")
    go(page, "Library", "Add papers")
    page.set_input_files("#library-files input[type=file]", [file, other])
    page.wait_for_selector("#library-report >> text=Nothing is stored yet.")
    assert "An Uploaded Paper" in page.inner_text("#library-report .understood")
    assert not any(each.title == "An Uploaded Paper" for each in library.papers())
    page.click("#library-add:has-text('Add 1 paper')")
    page.wait_for_selector("#library-report >> text=1 paper added, 2 left out.")
    report = page.inner_text("#library-report")
    assert "two.jsonl, record 2" in report
    assert "page.txt" in report
    assert any(each.title == "An Uploaded Paper" for each in library.papers())


def test_a_pasted_title_and_abstract_become_a_paper(page, library):
    go(page, "Library", "Add papers")
    page.fill("#library-paste textarea", "A Pasted Paper\n\nIts abstract.\nOn two lines.")
    page.click("#library-check")
    page.click("#library-add")
    page.wait_for_selector("#library-report >> text=1 paper added.")
    (added,) = [each for each in library.papers() if each.title == "A Pasted Paper"]
    assert added.abstract == "Its abstract. On two lines."


def test_pasted_ids_are_looked_up(page, library):
    go(page, "Library", "Add papers")
    page.fill("#library-paste textarea", "arXiv:2101.00001v1, https://arxiv.org/abs/2101.00002")
    page.click("#library-check")
    page.wait_for_selector("#library-report >> text=1 new paper, 1 left out.")
    assert "'2101.00002'" in page.inner_text("#library-report")
    page.click("#library-add")
    page.wait_for_selector("#library-report >> text=1 paper added.")
    assert library.get("2101.00001").title == "Cats in the Air"


def test_a_point_of_the_map_opens_its_paper(page):
    go(page, "Library", "Map")
    page.wait_for_selector("#map .point", timeout=60_000)
    assert page.locator("#map .point").count() >= 436
    assert "lie close together" in page.inner_text("#map-told")
    page.locator("#map .point").nth(7).hover(force=True)
    page.wait_for_selector("#map .hovertext")
    pointed = " ".join(page.locator("#map .hovertext").first.text_content().split())
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function(
        "told => document.querySelector('#paper h3')?.innerText.startsWith(told)",
        arg=pointed.partition(" (")[0].rstrip("…"),
    )


def test_the_map_can_be_coloured_by_year_and_the_bar_says_what_it_leaves_out(page):
    go(page, "Library", "Map")
    page.get_by_label("by year").click()
    page.wait_for_selector("#map .colorbar, #map .cbbg")
    assert "without a date" in page.inner_text("#years-told")
    page.wait_for_selector("#years .bars .point")


RINGED = """JSON.stringify(document.querySelector("#map .js-plotly-plot").data
  .find(each => each.name === "cited in the last answer")?.x)"""


def test_the_map_rings_what_the_last_answer_cites(page):
    go(page, "Chat")
    page.fill("#question textarea", "What is a modern Hopfield network?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector('#chat a[href^="#source-1-"]', timeout=60_000)
    go(page, "Library", "Papers", "Map")  # it is drawn when its tab is opened
    page.wait_for_selector("#map >> text=cited in the last answer", timeout=60_000)
    before = page.evaluate(RINGED)
    go(page, "Chat")
    page.fill("#question textarea", "What is WaveMix?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector('#chat a[href^="#source-2-"]', timeout=60_000)
    go(page, "Library")  # where the map is still open
    page.wait_for_function(f"before => {RINGED} !== before", arg=before)


def test_the_theme_is_kept_and_never_flashes(page):
    go(page, "Settings")
    page.get_by_label("Dark", exact=True).check()
    assert page.evaluate("document.body.classList.contains('dark')")
    page.add_init_script(
        """window.seen = new Set();
        const look = () => { if (document.body)
          window.seen.add(getComputedStyle(document.body).backgroundColor);
          requestAnimationFrame(look); };
        look();"""
    )
    page.reload()  # which stays where it is
    page.wait_for_selector("#settings-mode")
    assert page.evaluate("document.body.classList.contains('dark')")
    light = [c for c in page.evaluate("[...seen]") if c == "rgb(255, 255, 255)"]
    assert light == []
    go(page, "Settings")
    assert page.get_by_label("Dark", exact=True).is_checked()
    page.get_by_label("System", exact=True).check()
    assert not page.evaluate("document.body.classList.contains('dark')")


# --- the key of a visitor --------------------------------------------------------------------


@pytest.fixture(scope="module")
def chooser(browser, address):
    """The page of someone who chooses a model of their own."""
    with closing(open_page(browser, address)) as page:
        yield page


def choose_model(page, url, key=KEY):
    go(page, "Settings")
    page.get_by_label("A language model").check()
    page.wait_for_selector("#settings-url textarea:visible, #settings-url input:visible")
    page.fill("#settings-url :is(textarea, input)", url)
    page.fill("#settings-model input", "scripted")
    page.press("#settings-model input", "Enter")
    page.fill("#settings-key input", key)


def test_a_choice_is_not_overwritten_by_what_comes_late_from_a_slow_server(browser, address):
    with closing(browser.new_page()) as page:
        page.route("**/queue/join*", lambda route: None)  # held back until it is unrouted
        page.goto(address)
        go(page, "Settings")
        choice = page.get_by_label("A language model")
        choice.wait_for(state="attached")
        assert not choice.is_visible()
        page.unroute("**/queue/join*")
        choice.check()
        page.wait_for_selector("#settings-url textarea:visible, #settings-url input:visible")
        assert choice.is_checked()


def test_a_key_goes_to_its_endpoint_alone_and_nowhere_else(
    chooser, address, library, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    page = chooser
    with ScriptedEndpoint() as endpoint:
        endpoint.models = ["scripted", "another-model"]
        refusal = json.dumps({"error": {"message": f"wrong token {KEY}"}})
        endpoint.reply("ready").fail(400, body=refusal)
        choose_model(page, endpoint.url)
        page.press("#settings-key input", "Tab")
        go(page, "Chat")
        page.wait_for_selector("#status >> text=has not answered yet")
        page.click("#status [data-tab=Settings]")
        page.click("#settings-test")
        page.wait_for_selector("#settings-said >> text=scripted answered")
        assert "2 models" in page.inner_text("#settings-said")
        go(page, "Chat")
        page.wait_for_selector("#status >> text=answered by scripted")
        page.reload()  # what was chosen stays, the key in the server's memory alone
        page.wait_for_selector("#status >> text=answered by scripted")
        page.fill("#question textarea", "What is a modern Hopfield network?")
        page.press("#question textarea", "Enter")
        page.wait_for_selector("#chat >> text=wrong token …", timeout=60_000)
        assert {each["Authorization"] for each in endpoint.headers} == {f"Bearer {KEY}"}
        assert KEY not in page.content()
        assert KEY not in json.dumps(page.evaluate("({...localStorage, ...sessionStorage})"))
        go(page, "Settings")
        assert page.input_value("#settings-url :is(textarea, input)") == endpoint.url
        assert page.is_visible("#settings-forget")
        assert page.input_value("#settings-key input") == ""
        config = page.request.get(f"{address}config").text()
        assert KEY not in config
    written = [path for path in library.folder.rglob("*") if path.is_file()]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())


def test_a_connection_that_fails_is_told_in_a_sentence(chooser):
    choose_model(chooser, "http://127.0.0.1:9/v1")
    chooser.click("#settings-test")
    chooser.wait_for_selector("#settings-said >> text=The connection to http://127.0.0.1:9/v1")
    chooser.fill("#settings-url :is(textarea, input)", "ftp://files.example")
    chooser.press("#settings-url :is(textarea, input)", "Tab")
    chooser.wait_for_selector("#settings-said >> text=Not saved")


# --- what watches found ----------------------------------------------------------------------


def test_papers_that_a_watch_found_are_added_and_dismissed(browser, tmp_path):
    with ScriptedService() as service:
        service.answer("/arxiv", arxiv_feed("2101.00001", "2101.00002", "2101.00003"))
        settings = Settings(
            library=tmp_path / "library",
            embedder="none",
            llm="extractive",
            arxiv_url=f"{service.url}/arxiv",
        )
        with Library.open(settings=settings) as library:
            library.ingest({"title": "On Dams", "abstract": "Dams hold water back."})
            library.watches.add("arxiv:cat:cs.LG AND hopfield")
            library.watches.look()
            with served(library) as address, closing(open_page(browser, address)) as page:
                go(page, "Library")
                page.click("#library-waiting summary >> text=3 new papers")
                assert_accessible(page, "#library")
                page.click("#library-waiting li:nth-child(2) [data-do=take]")
                page.wait_for_selector("#library-waiting >> text=1 paper added")
                page.wait_for_selector("#library table.papers >> text=Cats in 2101.00002")
                page.reload()
                page.click("#library-waiting summary >> text=2 new papers")
                page.click("#library-waiting .deeds >> text=Dismiss all")
                page.wait_for_selector("#library-waiting >> text=2 papers dismissed")
                assert not page.query_selector("#library-waiting summary")
                page.reload()
                page.wait_for_selector("#library table.papers >> text=Cats in 2101.00002")
                assert page.is_hidden("#library-waiting")
                assert page.errors == []
            assert len(library) == 2


# --- for everyone ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examined(browser, address):
    """A page in which axe may be evaluated."""
    with closing(open_page(browser, address, bypass_csp=True)) as page:
        yield page


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")], ids=["desktop", "phone"]
)
def test_nothing_keeps_anyone_out(examined, size, scheme):
    look(examined, size, scheme)
    for tabs, ready in (
        (("Library", "Papers"), "#library table.papers"),
        (("Library", "Map"), "#library #map .point"),
        (("Library", "Add papers"), "#library #library-paste"),
        (("Settings",), "#settings #settings-mode"),
    ):
        go(examined, *tabs)
        examined.wait_for_selector(ready)
        assert_accessible_by_day_and_night(examined, ready.partition(" ")[0])
    assert examined.evaluate("document.documentElement.scrollWidth <= innerWidth")
