"""The Chat tab in a real browser, against a server in this process whose library tests exchange."""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from rag.catalog import Catalog
from rag.endpoint.chat import EndpointLLM
from rag.library import Library
from rag.settings import Settings
from rag.types import EXTRACTIVE
from tests.support.accessibility import (
    assert_accessible,
    assert_accessible_by_day_and_night,
    assert_fits,
)
from tests.support.browser import look, open_page, visiting
from tests.support.page_server import serving
from ui.chat import context as chat_context
from ui.chat.handlers import MOST_QUESTION_CHARACTERS
from ui.server.loading import Loading

BOX = "#question textarea"
HOPFIELD = "What is a modern Hopfield network?"
SPIKING = "Which papers train spiking neural networks?"
WRITTEN = (
    "Modern Hopfield networks store patterns and retrieve them with one update [1]. "
    "They cure the common cold in every state of the union [1]."
)
HOSTILE = (
    "Hopfield networks <script>window.owned = 1</script> <img src=x onerror='window.owned = 1'> "
    "[press](javascript:window.owned=1) [data](data:text/html,x) "
    "![spy](https://evil.example/p.png) "
    "<style>body{display:none}</style> <p style='position:fixed'>over</p> "
    r"$\text{<img src=x onerror=window.owned=1>}$ [1]."
)
FORMULA = (
    r"The modern Hopfield network with continuous states retrieves the pattern with one update "
    r"$\xi^{new} = X p$ [1]."
)
STORED = ("patterns", "images", "sounds", "words")
PARTS = [  # a sentence that was said before would not be shown again
    "### Part {}\n\n{} {}\n\n- {}\n- {}".format(
        n,
        *(
            f"Modern Hopfield networks store {each} of kind {n} and retrieve them at once [1]. "
            for each in STORED
        ),
    )
    for n in range(8)
]
WIDE = {
    "table": f"|{' Column of it |' * 14}\n|{'---|' * 14}\n|{' value |' * 14}",
    "pre": f"```\n{'retrieve(pattern), ' * 30}\n```",
    "math[display=block]": f"$$\\xi = {' + '.join(f'x_{{{n}}}' for n in range(60))}$$",
    "p math": f"So ${' + '.join(f'a_{{{n}}}' for n in range(60))}$ holds, and {'W' * 300} too.",
}
LONG = "\n\n".join([*PARTS[:2], *WIDE.values(), *PARTS[2:]])
EXPORTS = {"bibtex": ("@", ".bib"), "ris": ("TY  - ", ".ris"), "csl": ("[", ".json")}
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def library(starter, cache, tmp_path_factory):
    """A copy of the starter library, to keep conversations in."""
    folder = tmp_path_factory.mktemp("chat") / "library"
    shutil.copytree(starter.folder, folder)
    library = Library.open(settings=Settings(library=folder, cache=cache, llm=EXTRACTIVE))
    library.prepare()
    return library


@pytest.fixture(scope="module")
def loading(library):
    return Loading.of(library)


@pytest.fixture(scope="module")
def address(loading):
    with served(loading) as address:
        yield address


def served(loading, port=7940):
    return serving(loading, port)


@pytest.fixture
def visitor(profile):
    with visiting(profile):
        yield profile


@pytest.fixture(scope="module")
def shared(browser, address):
    """The page of those tests that need no visitor of their own: opening one takes long."""
    with closing(browser.new_context()) as context:
        context.set_default_timeout(15_000)
        with visiting(context):
            yield opened(context, address)


@pytest.fixture
def page(request, address):
    """A page with a new conversation: that of the test's visitor where it has one."""
    if "visitor" in request.fixturenames:
        return opened(request.getfixturevalue("visitor"), address)
    shared = request.getfixturevalue("shared")
    look(shared)
    shared.mouse.move(0, 0)
    shared.click("#side .new")
    shared.wait_for_selector(".examples")
    shared.fill(BOX, "")
    return shared


@pytest.fixture
def writes(library, endpoint, monkeypatch):
    """Let a scripted model write the answers of one test."""

    def play(text, unsupported="remove", **others):
        endpoint.reply(text, **others)
        settings = Settings(OPENAI_BASE_URL=endpoint.url, retries=0)
        checked = library.settings.model_copy(update={"unsupported": unsupported})
        written = library.with_settings(checked, EndpointLLM(settings, "scripted"))
        monkeypatch.setattr(chat_context, "library_for", lambda *_: written)

    return play


@pytest.fixture
def drawn(monkeypatch):
    """Set when the empty page may be drawn, which takes long on a busy machine."""
    event = threading.Event()
    find = Catalog.examples
    monkeypatch.setattr(Catalog, "examples", lambda *given: event.wait(10) and find(*given))
    return event


def opened(visitor, address, *looks):
    page = open_page(visitor, *looks)
    page.goto(address)
    page.wait_for_selector(".examples, .turn, .welcome:not(.is-waiting)")
    return page


def ask(page, question, turn=1):
    page.fill(BOX, question)
    page.press(BOX, "Enter")
    page.wait_for_selector(f"#turn-{turn} .acts")


def answer(page, turn=1):
    return page.inner_text(f"#turn-{turn} .answer")


# --- asking and answering


def test_a_question_is_asked_from_the_keyboard_alone_and_followed_up(page):
    page.keyboard.press("Tab")
    page.keyboard.press("/")
    page.keyboard.type("What is a")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("modern Hopfield network?")
    assert "\n" in page.input_value(BOX)
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1 .acts")
    assert "Hopfield" in answer(page)
    assert page.input_value(BOX) == ""
    ask(page, "has someone used them for tabular data?", turn=2)
    assert "Hopular" in answer(page, 2)


def test_an_example_of_the_library_is_asked_with_a_click(page):
    example = page.inner_text(".examples .ask >> nth=1")
    page.click(".examples .ask >> nth=1")
    page.wait_for_selector("#turn-1 .acts")
    assert page.inner_text("#turn-1 .question") == example
    assert page.locator("#turn-1 .marker").count()


def test_an_answer_on_its_way_tells_its_stage_and_stops_where_it_is(page, writes):
    writes(WRITTEN * 9, pause_s=0.05)
    page.fill(BOX, HOPFIELD)
    page.press(BOX, "Enter")
    assert re.fullmatch(
        r"(Searching|Reading) [\d,]+ papers…|Writing…", page.inner_text(".stage-text")
    )
    page.wait_for_selector("#turn-1.is-draft .answer:has-text('Modern Hopfield')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#turn-1 .notice:has-text('Stopped')")
    page.wait_for_timeout(500)  # nothing that was on its way takes its place
    assert answer(page).removeprefix("≈ ").startswith("Modern Hopfield")  # supported in part
    assert "Stopped" in answer(page)
    assert len(answer(page)) < len(WRITTEN * 9)
    page.click("#side .new")
    page.wait_for_selector(".examples")
    page.click("#side .open")
    page.wait_for_selector("#turn-1 .notice")
    assert "Stopped" in answer(page)


def test_an_answer_belongs_to_its_conversation_and_not_to_the_page(
    page, visitor, address, writes, endpoint
):
    go_on = threading.Event()
    writes(WRITTEN, pieces=re.split("(?=They)", WRITTEN), hold=("They", go_on))
    endpoint.reply(WRITTEN)
    page.fill(BOX, HOPFIELD)
    page.press(BOX, "Enter")
    assert page.wait_for_selector("#stop-answer").inner_text() == "Stop"
    page.wait_for_selector("#turn-1.is-draft .answer:has-text('Modern Hopfield')")
    page.reload()
    page.wait_for_selector("#turn-1.is-draft .answer:has-text('Modern Hopfield')")
    for pause_ms in (30, 200, 800):  # on a new page: never into what is made meanwhile
        assert page.evaluate(PRESSED_NEW) == 0
        page.wait_for_timeout(pause_ms)
        ask(page, f"{SPIKING} {pause_ms}?")
        assert page.locator(".turn .question").all_inner_texts() == [f"{SPIKING} {pause_ms}?"]
    page.fill("#side .find", "hopfield")
    page.click(f"#found .open:has-text('{HOPFIELD}')")
    page.wait_for_selector("#turn-1.is-draft .answer:has-text('Modern Hopfield')")
    page.fill(BOX, "And then?")
    page.press(BOX, "Enter")
    page.wait_for_selector("#queue li:has-text('And then?')")
    assert page.input_value(BOX) == ""
    page.click("#queue [data-do=unqueue]")
    page.wait_for_selector("#queue li", state="detached")
    page.wait_for_function("document.querySelector('#question textarea').value === 'And then?'")
    page.click("#question .submit-button")
    page.wait_for_selector("#queue li:has-text('And then?')")
    assert_accessible(page)
    other = opened(visitor, address)
    other.click(f"#side .open:has-text('{HOPFIELD}')")
    other.wait_for_selector("#turn-1.is-draft .answer:has-text('Modern Hopfield')")
    other.wait_for_selector("#queue li:has-text('And then?')")
    go_on.set()
    for each in (page, other):
        each.wait_for_selector("#turn-2 .acts")
        assert each.locator(".turn .question").all_inner_texts() == [HOPFIELD, "And then?"]
        assert each.locator("#queue li").count() == 0
        assert each.is_visible("#question .submit-button")
    assert page.locator("#listed .open").count() == 4
    page.click("#turn-1 .removed summary")
    assert "Hopfield" in page.inner_text("#turn-1 .removed cite")
    assert_accessible(page)
    page.click("#turn-1 [data-way=up]")
    page.wait_for_selector("#turn-1 .comment")
    assert page.is_visible("#turn-1 .removed cite")  # what was unfolded stays so


PRESSED_NEW = """() => {
  document.querySelector("#side .new").click();
  const turns = () => document.querySelectorAll(".turn").length;
  const painted = (done) => requestAnimationFrame(() => done(turns()));
  return new Promise(painted);
}"""


def test_an_edited_question_begins_a_branch_and_the_old_conversation_stays(page):
    ask(page, HOPFIELD)
    ask(page, SPIKING, turn=2)
    page.hover("#turn-1 .asked")
    page.click("#turn-1 [data-do=edit]")
    page.wait_for_selector(".editing")
    assert page.input_value(BOX) == HOPFIELD
    page.click(".editing button")
    page.wait_for_selector(".editing", state="detached")
    page.click("#turn-1 [data-do=edit]")
    page.wait_for_selector(".editing")
    page.fill(BOX, SPIKING)
    page.press(BOX, "Enter")
    page.wait_for_function("document.querySelectorAll('.turn').length === 1")
    page.wait_for_selector("#turn-1 .acts")
    page.reload()
    page.wait_for_selector("#turn-1 .acts")
    assert page.inner_text("#turn-1 .question") == SPIKING
    assert page.locator(".turn").count() == 1
    page.click(f"#side .open:has-text('{HOPFIELD}')")
    page.wait_for_selector("#turn-2 .acts")
    assert page.inner_text("#turn-1 .question") == HOPFIELD


def test_the_copy_is_the_answer_as_text_with_the_titles_that_it_cites(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    ask(page, HOPFIELD)
    page.click("#turn-1 [data-do=copy]")
    page.wait_for_selector("#turn-1 .is-done")
    copied = page.evaluate("navigator.clipboard.readText()")
    title = page.inner_text(".card h3 a >> nth=0")
    assert "[1]" in copied
    assert f"[1] {title} (http" in copied
    assert "\\" not in copied


def test_a_question_close_to_the_limit_is_counted_and_no_longer_one_is_taken(page):
    page.fill(BOX, "a" * 100)
    assert page.inner_text("#counter") == ""
    page.fill(BOX, "a" * (MOST_QUESTION_CHARACTERS - 5))
    page.type(BOX, "b" * 9)
    assert page.inner_text("#counter") == "4,000 of 4,000 characters"
    assert len(page.input_value(BOX)) == MOST_QUESTION_CHARACTERS


@pytest.mark.parametrize(
    ("size", "scheme"), [(SIZES["desktop"], "light"), (SIZES["phone"], "dark")], ids=SIZES.keys()
)
def test_a_very_long_answer_stays_where_it_is_read_and_can_be_stopped(page, writes, size, scheme):
    look(page, size, scheme)
    pieces = re.split(r"(?=### Part)|(?<=\.) (?=Modern)", LONG)
    go_on = threading.Event()
    writes(LONG, unsupported="mark", pieces=pieces, pause_s=0.02, hold=("Part 7", go_on))
    page.fill(BOX, HOPFIELD)
    page.press(BOX, "Enter")
    page.wait_for_selector("#turn-1.is-draft :is(h4, h5, h6):has-text('Part 2')")
    page.evaluate("scrollTo(0, 300)")
    page.wait_for_selector("#turn-1.is-draft :is(h4, h5, h6):has-text('Part 6')")
    assert in_sight(page, "#chat .stop")
    assert_fits(page)
    go_on.set()
    page.wait_for_selector("#turn-1 .acts")
    assert page.evaluate("scrollY") == 300
    assert_fits(page)
    for kind in WIDE:
        assert page.locator(f"#turn-1 .answer {kind}").count()
    scrolling = page.locator("#turn-1 .answer :is(.wide, pre)").all()
    assert [each.evaluate("e => e.scrollWidth > e.clientWidth") for each in scrolling] == [True] * 4
    assert page.locator("#turn-1 td").last.evaluate("e => e.clientWidth") > 40  # whole words
    assert_accessible(page)
    page.locator("#turn-1 .marker").last.click()
    page.wait_for_selector(".card.is-shown")
    page.wait_for_function(IN_SIGHT, arg=".card.is-shown .back")
    page.click(".card.is-shown .back")
    page.wait_for_function(IN_SIGHT, arg="#turn-1 .marker.is-found")
    go_on.clear()
    page.fill(BOX, SPIKING)
    page.press(BOX, "Enter")
    page.wait_for_selector("#turn-2.is-draft :is(h4, h5, h6):has-text('Part 3')")
    assert in_sight(page, "#turn-2 .question")
    page.click("#chat .stop")
    page.wait_for_selector("#turn-2 .notice:has-text('Stopped')")
    go_on.set()


IN_SIGHT = """selector => {
  const box = document.querySelector(selector).getBoundingClientRect();
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 20) / 2);
  return at !== null && at.closest(selector) !== null;
}"""


def in_sight(page, selector):
    """Whether an element lies in the window with nothing above it."""
    return page.evaluate(IN_SIGHT, selector)


def test_when_the_model_is_down_the_papers_answer_and_one_sentence_says_why(page, writes, endpoint):
    endpoint.fail(500)
    writes("")
    ask(page, HOPFIELD)
    assert "Until then, these are the papers' own sentences" in page.inner_text("#turn-1 .notice")
    assert page.locator(".card mark").count()


# --- what is shown


def test_what_a_model_writes_can_do_nothing_to_the_page(page, writes):
    writes(HOSTILE)
    ask(page, HOPFIELD)
    page.wait_for_timeout(100)
    assert page.evaluate("window.owned") is None
    assert page.locator(".answer :is(script, style, img, iframe, [style], [onerror])").count() == 0
    links = page.eval_on_selector_all("#chat a", "links => links.map(link => link.href)")
    assert all(link.startswith("http") for link in links)


def test_formulas_are_set_in_answers(page, writes):
    writes(FORMULA)
    ask(page, HOPFIELD)
    assert page.locator("#chat math msup").count() or "ξ" in answer(page)


def test_a_marker_leads_to_its_card_and_the_card_back(page):
    ask(page, HOPFIELD)
    ask(page, SPIKING, turn=2)
    marker = page.locator("#turn-1 .marker").last
    card = marker.get_attribute("href")
    marker.click()
    page.wait_for_selector(f"{card}.is-shown")
    assert page.inner_text(".panel-head h2") == "Sources of answer 1"
    assert page.evaluate("document.activeElement.id") == card[1:]
    page.click(f"{card} .back")
    assert page.evaluate("document.activeElement.id") == marker.get_attribute("id")


def test_sources_asked_for_stay_when_the_page_moves_to_them(page):
    ask(page, HOPFIELD)
    ask(page, SPIKING, turn=2)
    page.locator("#turn-1 .marker").last.click()
    page.wait_for_selector(".sources[data-turn='1'] .is-shown")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # as following them may
    page.wait_for_timeout(1000)
    assert page.inner_text(".panel-head h2") == "Sources of answer 1"


def test_a_marker_shows_its_quote_under_the_pointer_and_on_focus(page):
    ask(page, HOPFIELD)
    marker = page.locator("#turn-1 .marker").first
    for show in (marker.hover, marker.focus):
        show()
        page.wait_for_selector("[role=tooltip]")
        quote = page.inner_text("[role=tooltip] q")
        assert quote in page.inner_text(".card .abstract >> nth=0")
        tip = page.get_attribute("[role=tooltip]", "id")
        assert marker.get_attribute("aria-describedby") == tip
        page.keyboard.press("Escape")
        assert page.locator("[role=tooltip]").count() == 0
        page.mouse.move(0, 0)


def test_a_card_says_what_the_paper_does_for_the_answer_and_why_it_was_found(page):
    ask(page, HOPFIELD)
    card = page.inner_text(".card >> nth=0")
    assert "Quoted word for word" in card
    assert re.search(r"Why this paper: .*closest in meaning; .*shares “modern”", card)
    assert page.locator(".card .why[title*='0.']").count()
    page.click(".card [data-unfold] >> nth=0")
    assert len(page.inner_text(".card >> nth=0")) > len(card)
    page.click(".aside summary")
    assert page.locator(".aside li").count()


# --- limits


def test_filters_are_chips_that_come_and_go(page):
    page.click(".adder summary")
    page.fill(".adder [name=since]", "2022")
    page.press(".adder [name=since]", "Enter")
    page.wait_for_selector("#bar .chip")
    assert page.inner_text("#bar .chip") == "since 2022"
    page.focus("#bar .chip")
    page.keyboard.press("Enter")
    page.wait_for_selector("#bar .chip", state="detached")


def test_a_limit_that_the_question_says_is_a_chip_and_without_it_the_question_is_asked_again(page):
    ask(page, "Which papers since 2022 train spiking neural networks?")
    assert page.inner_text("#turn-1 .chip") == "since 2022"
    dates = page.locator(".card .meta").all_inner_texts()
    assert all(int(re.search(r"(\d{4})", date)[1]) >= 2022 for date in dates)
    page.click("#turn-1 .chip")
    page.wait_for_selector("#turn-1 .chip", state="detached")
    page.wait_for_selector("#turn-1 .acts")
    assert page.locator(".turn").count() == 1
    page.reload()
    page.wait_for_selector("#turn-1 .acts")
    assert page.locator("#turn-1 .chip").count() == 0


def test_what_could_be_asked_next_is_asked_with_a_click(page):
    ask(page, HOPFIELD)
    suggestion = page.inner_text(".next .ask >> nth=0")
    page.click(".next .ask >> nth=0")
    page.wait_for_selector("#turn-2 .acts")
    assert page.inner_text("#turn-2 .question") == suggestion
    assert page.locator("#turn-1 .next").count() == 0


# --- what is kept


def test_a_conversation_is_there_again_after_a_reload_with_its_sources(page):
    ask(page, HOPFIELD)
    before = answer(page)
    page.reload()
    page.wait_for_selector("#turn-1 .acts")
    assert answer(page) == before
    assert page.locator(".card mark").count()
    ask(page, "has someone used them for tabular data?", turn=2)
    assert "Hopular" in answer(page, 2)


def test_conversations_are_listed_found_renamed_deleted_and_brought_back(page, visitor):
    ask(page, HOPFIELD)
    page.click("#side .new")
    page.wait_for_selector(".examples")
    ask(page, SPIKING)
    page.fill("#side .find", "hopfield")
    page.wait_for_selector("#found .open")
    assert page.locator("#side li:visible").all_inner_texts() == [HOPFIELD]
    page.fill("#side .find", "")
    page.wait_for_selector("#found .open", state="detached")
    page.hover("#side li >> nth=1")
    page.click("#side li >> nth=1 >> summary")
    page.fill("#side li:nth-child(2) [name=title]", "Memories")
    page.press("#side li:nth-child(2) [name=title]", "Enter")
    page.wait_for_selector("#side .open:has-text('Memories')")
    page.click("#side li:nth-child(2) summary")
    page.click("#side li:nth-child(2) .danger")
    page.wait_for_selector(".undo")
    page.reload()
    page.wait_for_selector(".undo")
    assert page.locator("#side .open").all_inner_texts() == [SPIKING]
    page.click(".undo button")
    page.wait_for_selector("#side .open[aria-current]:has-text('Memories')")
    assert page.inner_text("#turn-1 .question") == HOPFIELD


def test_a_search_finds_what_was_said_and_tells_where_and_can_do_nothing_else(
    page, visitor, writes
):
    writes(WRITTEN)
    ask(page, HOPFIELD)
    ask(page, "What are <img src=x onerror='window.owned = 1'> Hopfield networks?", turn=2)
    page.click("#side .new")
    page.wait_for_selector(".examples")
    page.focus("#side .find")
    page.keyboard.type("STORE patt")
    page.wait_for_selector("#found .excerpt mark:has-text('store')")
    assert page.locator("#side .open:visible").count() == 1
    assert "1 conversation found" in page.inner_text("#found")
    page.fill("#side .find", "onerror")
    page.wait_for_selector("#found .excerpt:has-text('onerror')")
    assert page.locator("#side :is(img, script, style)").count() == 0
    assert_accessible(page)
    page.fill("#side .find", "zebra")
    page.wait_for_selector("#found:has-text('No conversation')")
    page.fill("#side .find", "store")
    page.click("#found .open")
    page.wait_for_selector("#turn-1 .acts")
    page.hover("#found li")
    page.click("#found summary")
    page.fill("#found [name=title]", "Memory")
    page.press("#found [name=title]", "Enter")
    page.wait_for_selector("#found .open:has-text('Memory')")
    page.click("#found summary")
    page.click("#found .danger")
    page.wait_for_selector("#found:has-text('No conversation')")
    page.fill("#side .find", "")
    page.click(".undo button")
    page.wait_for_selector("#listed .open[aria-current]:has-text('Memory')")
    assert page.evaluate("window.owned") is None


def test_two_tabs_of_one_browser_do_not_disturb_each_other(visitor, address):
    first, second = opened(visitor, address), opened(visitor, address)
    ask(first, HOPFIELD)
    ask(second, SPIKING)
    first.reload()
    first.wait_for_selector("#turn-1 .acts")
    assert first.inner_text("#turn-1 .question") == HOPFIELD
    assert first.locator("#side .open").count() == 2
    first.click(f"#side .open:has-text('{SPIKING}')")
    first.wait_for_selector(f"#turn-1 .question:has-text('{SPIKING}')")
    ask(first, "Which of them work on images?", turn=2)
    ask(second, "Which of them save energy?", turn=3)
    assert second.inner_text("#turn-2 .question") == "Which of them work on images?"


def test_two_visitors_see_their_own_conversations(page, profile, address):
    ask(page, HOPFIELD)
    page.wait_for_selector("#side .open[aria-current]")
    own = page.locator("#side .open").all_inner_texts()
    assert own[0] == HOPFIELD
    with visiting(profile):
        stranger = opened(profile, address)
        assert stranger.locator("#side .open").count() == 0
        ask(stranger, SPIKING)
        assert stranger.locator("#side .open").count() == 1
    page.reload()
    page.wait_for_selector("#turn-1 .acts")
    assert page.locator("#side .open").all_inner_texts() == own


def test_a_thumb_and_its_sentence_are_kept_and_can_be_taken_back(page, library):
    ask(page, HOPFIELD)
    before = len(library.feedback.ratings())
    page.click("#turn-1 [data-way=down]")
    page.fill("#turn-1 .comment input", "too short")
    page.press("#turn-1 .comment input", "Enter")
    page.wait_for_selector("#turn-1 .thanks")
    rating = library.feedback.ratings()[-1]
    assert (rating.thumb, rating.comment, rating.answer.question) == ("down", "too short", HOPFIELD)
    page.reload()
    page.wait_for_selector("#turn-1 [data-way=down][aria-pressed=true]")
    page.click("#turn-1 [data-way=down]")
    page.wait_for_selector("#turn-1 [data-way=down][aria-pressed=false]")
    assert len(library.feedback.ratings()) == before


def test_the_cited_papers_are_exported(page):
    ask(page, HOPFIELD)
    for form, (beginning, suffix) in EXPORTS.items():
        page.click(".panel-head summary")
        with page.expect_download() as download:
            page.click(f".sheet [data-format={form}][data-of=turn-1]")
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert text.startswith(beginning)
        assert download.value.suggested_filename.endswith(suffix)
        assert page.inner_text(".card h3 a >> nth=0").split()[0] in text


def test_an_answer_is_read_by_its_link_until_that_is_taken_back(page, address, browser):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    ask(page, HOPFIELD)
    page.click(".panel-head summary:has-text('Export')")
    page.click("[data-do=link]")
    page.wait_for_selector(".told:has-text('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    with closing(browser.new_context()) as stranger:
        reader = stranger.new_page()
        reader.goto(link)
        assert reader.inner_text("h1") == HOPFIELD
        reader.click(".marker >> nth=0")
        assert reader.locator("blockquote >> nth=0").is_visible()
        page.click(".panel-head summary:has-text('Export')")
        page.click("[data-do=unlink]")
        page.wait_for_selector(".told:has-text('Not shared any more')")
        reader.reload()
        assert "not shared" in reader.inner_text("body")


def test_the_address_of_a_conversation_opens_it_in_another_tab(page, visitor):
    ask(page, HOPFIELD)
    other = open_page(visitor)
    other.goto(page.url)
    other.wait_for_selector(".turn, .examples")
    assert other.inner_text("#turn-1 .question") == HOPFIELD
    assert other.url == page.url


def test_a_reload_leaves_the_place_that_was_read(page, visitor):
    page.emulate_media(reduced_motion="reduce")
    ask(page, HOPFIELD)
    ask(page, SPIKING, turn=2)
    page.wait_for_function("scrollY > 130")  # the page has gone to the new answer by itself
    page.evaluate("scrollTo(0, 130)")
    page.wait_for_function("scrollY === 130")
    page.reload()
    page.wait_for_selector("#turn-2 .answer")
    page.wait_for_function("scrollY === 130")


def test_back_and_forward_lead_between_conversations_and_tabs(page):
    ask(page, HOPFIELD)
    first = page.url
    assert "?conversation=" in first
    assert page.title() == f"{HOPFIELD} · paperchat"
    page.click("#side .new")
    page.wait_for_selector(".examples")
    ask(page, SPIKING)
    page.evaluate("scrollTo(0, 120)")
    page.get_by_role("tab", name="Library", exact=True).click()
    page.wait_for_selector("#library-table table")
    assert page.url.endswith("?tab=library")
    page.go_back()
    page.wait_for_function("scrollY === 120")
    page.go_back()
    page.wait_for_selector(".examples")
    page.go_back()
    page.wait_for_selector(f"#turn-1 .question:has-text('{HOPFIELD}')")
    assert page.url == first
    page.go_forward()
    page.wait_for_selector(".examples")


def test_the_cited_papers_are_laid_side_by_side_and_a_column_is_added(page):
    ask(page, SPIKING)
    page.click("#sources [data-do=table]")
    page.wait_for_selector("#turn-2 .acts")
    rows = page.locator("#turn-2 tbody tr").count()
    assert rows == page.locator("#turn-1 .quoted").count()
    page.fill("#column-2", "limits")
    page.press("#column-2", "Enter")
    page.wait_for_selector("#turn-2 th:has-text('Limits')")
    page.wait_for_selector("#turn-2 .acts")
    page.click("#turn-2 [data-sort-rows='0']")
    titles = page.locator("#turn-2 tbody th a").all_inner_texts()
    assert titles == sorted(titles, key=str.lower)
    with page.expect_download() as download:
        page.click("#turn-2 [data-format=table]")
    assert len(Path(download.value.path()).read_text().splitlines()) == rows + 1
    assert_fits(page)


# --- states


def test_an_empty_library_says_what_to_do(visitor, tmp_path):
    settings = Settings(library=tmp_path / "new", embedder="none", llm=EXTRACTIVE)
    with served(Loading.of(Library.open(settings=settings))) as address:
        page = opened(visitor, address)
        assert "This library is empty" in page.inner_text("#chat")
        assert_accessible(page)
        page.click("#chat [data-tab]")
        page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Library')")


def test_a_page_opened_early_tells_the_progress_and_goes_on_by_itself(visitor, library):
    loading = Loading()
    with served(loading) as address:
        page = open_page(visitor)
        page.goto(address)
        page.wait_for_selector("#chat progress")
        assert_accessible(page)
        page.fill(BOX, "What is a modern Hop")
        page.press(BOX, "Enter")  # too early: asked when the library is there
        page.wait_for_selector("#counter:has-text('asked as soon as')")
        page.type(BOX, "field network?")  # not what is still being written
        assert page.inner_text("#counter") == ""
        page.click("#question .submit-button")
        page.wait_for_selector("#counter:has-text('asked as soon as')")
        assert page.input_value(BOX) == HOPFIELD
        loading.ready(library, "Papers are found by their words alone.")
        page.wait_for_selector("#turn-1 .acts")
        assert page.inner_text("#turn-1 .question") == HOPFIELD
        assert page.input_value(BOX) == page.inner_text("#counter") == ""
        assert "by their words alone" in page.inner_text("#status")


def test_a_question_asked_before_the_empty_page_is_drawn_is_answered(visitor, address, drawn):
    page = open_page(visitor)
    page.goto(address)
    page.fill(BOX, HOPFIELD)
    page.press(BOX, "Enter")
    page.wait_for_selector("#counter:has-text('asked as soon as')")
    assert page.input_value(BOX) == HOPFIELD
    drawn.set()
    page.wait_for_selector("#turn-1 .acts")
    assert "Hopfield" in answer(page)


def test_a_library_that_cannot_be_opened_is_told_on_the_page(visitor):
    loading = Loading()
    loading.failed("The folder is not a library. Name another with --library.")
    with served(loading) as address:
        page = open_page(visitor)
        page.goto(address)
        page.wait_for_selector("#chat .warning")
        assert "--library" in page.inner_text("#chat")


@pytest.mark.parametrize(
    ("size", "scheme"), [(SIZES["desktop"], "light"), (SIZES["phone"], "dark")], ids=SIZES.keys()
)
def test_everybody_can_read_and_reach_the_page(visitor, address, size, scheme):
    page = opened(visitor, address, size, scheme)
    assert_accessible_by_day_and_night(page)
    ask(page, HOPFIELD)
    page.focus("#turn-1 .marker")
    page.click("#turn-1 [data-way=up]")
    page.wait_for_selector(".comment")
    page.click(".aside summary")
    assert_fits(page)
    page.click(".adder summary")
    assert_accessible_by_day_and_night(page)
    if size == SIZES["phone"]:
        assert not page.is_visible("#side .open")
        page.click("#side-switch")
        page.wait_for_selector("#side .open")
        page.keyboard.press("Escape")
        page.wait_for_selector("#side .open", state="hidden")
