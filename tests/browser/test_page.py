"""The page in a real browser against a server of its own: first start, one question, a restart."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing, suppress
from urllib.request import urlopen

import pytest
from playwright.sync_api import Error

from tests.support import ROOT
from tests.support.accessibility import assert_accessible_by_day_and_night, assert_fits
from tests.support.browser import open_page, visiting

READY = ".examples, .turn"
BOX = "#question textarea"
QUESTION = "What is a modern Hopfield network?"
VIEWS = {"desktop": (1280, 800), "phone": (390, 844)}

pytestmark = pytest.mark.browser


class Server:
    """`paperchat` over one library, which can be stopped and started again."""

    def __init__(self, folder, cache):
        self._folder, self._cache = folder, cache
        self.address = self.start()

    def start(self):
        command = [sys.executable, "-m", "rag.cli", "--library", str(self._folder / "library")]
        command += ["--no-browser", "--starter", "--port", "7961"]
        environment = {"RAG_CACHE": str(self._cache), "PATH": "", "HOME": str(self._folder)}
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, env=environment, encoding="utf-8", cwd=ROOT
        )
        address = find_address(self._process.stderr)
        self._rest = threading.Thread(target=self._process.stderr.read)  # so that no pipe fills
        self._rest.start()
        return address

    def stop(self):
        self._process.terminate()
        self._end()

    def kill(self):
        self._process.kill()
        self._end()

    def _end(self):
        self._process.wait(10)
        self._rest.join(10)
        self._process.stderr.close()


@pytest.fixture(scope="module")
def server(cache, tmp_path_factory):
    """A served page over a new library, which gets the starter papers while the page is open."""
    server = Server(tmp_path_factory.mktemp("page"), cache)
    yield server
    server.stop()


@pytest.fixture
def address(server):
    return server.address


def find_address(log):
    """What the server says of its address, as soon as it says it."""
    told = []
    for line in log:
        if "paperchat is at" in line:
            return line.split()[3]
        told.append(line)
    pytest.fail(f"the page did not start: {''.join(told)}")


@pytest.fixture(scope="class", params=VIEWS.values(), ids=VIEWS.keys())
def visited(profile, server, request):
    """The page of one visitor; opening one takes long."""
    with visiting(profile):
        page = open_page(profile, request.param)
        page.goto(server.address)
        page.wait_for_selector(READY, timeout=60_000)
        yield page


@pytest.fixture
def page(visited):
    """The page with a new conversation."""
    visited.evaluate("document.querySelector('#side .new').click()")
    visited.wait_for_selector(".examples")
    return visited


def ask(page, question, turn=1):
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(f"#turn-{turn} .acts", timeout=60_000)


class TestOneVisitor:
    def test_a_question_is_answered_with_markers_that_lead_to_marked_sources(self, page, address):
        ask(page, QUESTION)
        page.wait_for_selector(".card mark", timeout=10_000)
        assert "Hopfield" in page.inner_text("#chat")
        assert "Summary written for paperchat" in page.inner_text("#sources")
        marker = page.locator('#chat a[href^="#source-1-"]').first
        card = marker.get_attribute("href")
        marker.click()
        page.wait_for_selector(f"{card}.is-shown", timeout=5_000)
        assert page.url.startswith(address)

    def test_the_line_below_the_title_says_which_library_and_how_it_answers(self, page):
        page.wait_for_function("document.querySelector('#status').innerText.includes('436 papers')")
        assert "own sentences" in page.inner_text("#status")

    def test_a_follow_up_is_understood_from_the_conversation(self, page):
        ask(page, QUESTION)
        ask(page, "has someone used them for tabular data?", turn=2)
        assert "Hopular" in page.inner_text("#sources")


def test_nothing_is_served_but_the_page(address):
    with pytest.raises(OSError, match=r"40\d"), urlopen(f"{address}file=/etc/passwd"):
        pass


def test_a_page_lives_through_a_restart_of_the_server(profile, server):
    with closing(open_page(profile)) as page:
        page.goto(server.address)
        page.wait_for_selector(READY, timeout=60_000)
        ask(page, QUESTION)
        before = page.inner_text("#turn-1 .answer")
        page.fill("#question textarea", "has someone used")
        server.stop()
        page.wait_for_selector("#away:visible", timeout=20_000)
        assert "nothing is lost" in page.inner_text("#away")
        page.press("#question textarea", "Enter")
        page.wait_for_selector("#counter:has-text('as soon as the server answers')")
        page.type("#question textarea", " them?")  # it is still being written
        for width, height in VIEWS.values():
            page.set_viewport_size({"width": width, "height": height})
            assert_fits(page)
        assert_accessible_by_day_and_night(page)
        assert server.start() == server.address
        page.wait_for_selector("#away", state="hidden", timeout=60_000)
        page.wait_for_selector("#turn-1 .acts", timeout=60_000)
        assert page.inner_text("#turn-1 .answer") == before
        page.wait_for_function("document.querySelector('#question textarea').value")
        assert page.input_value("#question textarea") == "has someone used them?"


@pytest.mark.parametrize(
    ("reloads", "told"), [("never", True), ("down", True), ("up", False), ("never", False)]
)
def test_a_question_that_waits_for_a_killed_server_is_asked_once(profile, server, reloads, told):
    with closing(open_page(profile)) as page:
        page.goto(server.address)
        page.wait_for_selector(READY, timeout=60_000)
        server.kill()
        if told:
            page.wait_for_selector("#away:visible", timeout=20_000)
        page.fill(BOX, QUESTION)
        page.press(BOX, "Enter")
        if told:
            page.wait_for_selector("#counter:has-text('as soon as the server answers')")
        else:
            page.wait_for_selector("#away:visible", timeout=20_000)
        if reloads == "down":
            with suppress(Error):  # there is nothing to load
                page.reload()
        assert server.start() == server.address
        if reloads == "down":
            page.goto(server.address)
        elif reloads == "up":
            page.reload()
        page.wait_for_selector("#turn-1 .acts", timeout=20_000)
        for _ in range(2):
            assert page.input_value(BOX) == page.inner_text("#counter") == ""
            assert page.locator("#chat .question").all_inner_texts() == [QUESTION]
            page.reload()
            page.wait_for_selector("#turn-1 .acts", timeout=20_000)
            page.wait_for_timeout(1000)  # in which it would come back
