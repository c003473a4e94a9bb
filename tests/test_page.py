"""The page in a real browser against a real server: one question, from start to cited answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright import sync_api as playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
READY = "#question textarea:not([disabled])"
QUESTION = "What is a modern Hopfield network?"
VIEWS = {"desktop": (1280, 800), "phone": (390, 844)}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(cache, tmp_path_factory):
    """A served page over a new library, which gets the starter papers while the page is open."""
    folder = tmp_path_factory.mktemp("page")
    command = [sys.executable, "-m", "rag.cli", "--library", str(folder / "library")]
    command += ["--no-browser", "--port", "7961"]
    log = (folder / "log").open("w+", encoding="utf-8")
    process = subprocess.Popen(
        command, stderr=log, env={"RAG_CACHE": str(cache), "PATH": "", "HOME": str(folder)}
    )
    try:
        yield wait_for_address(process, log)
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def wait_for_address(process, log):
    for _ in range(600):
        log.seek(0)
        for line in log.read().splitlines():
            if "paperchat is at" in line:
                return line.split()[3]
        if process.poll() is not None:
            break
        playwright_sleep()
    log.seek(0)
    pytest.fail(f"the page did not start: {log.read()}")


def playwright_sleep():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(0.1)"], check=True)


@pytest.fixture(scope="module")
def browser():
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=VIEWS.values(), ids=VIEWS.keys())
def page(browser, address, request):
    width, height = request.param
    with closing(browser.new_page(viewport={"width": width, "height": height})) as page:
        page.requested = []
        page.errors = []
        page.on("request", lambda sent: page.requested.append(sent.url))
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.goto(address)
        page.wait_for_selector(READY, timeout=60_000)
        yield page


def ask(page, question, turn=1):
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(f'#chat a[href^="#source-{turn}-"]', timeout=60_000)


def test_a_question_is_answered_with_markers_that_lead_to_marked_sources(page, address):
    ask(page, QUESTION)
    page.wait_for_selector(".card mark", timeout=10_000)
    assert "Hopfield" in page.inner_text("#chat")
    assert "Summary written for paperchat" in page.inner_text("#sources")
    marker = page.locator('#chat a[href^="#source-1-"]').first
    card = marker.get_attribute("href")
    marker.click()
    page.wait_for_selector(f"{card}.is-shown", timeout=5_000)
    assert page.url.startswith(address)
    outside = [url for url in page.requested if not url.startswith((address, "data:", "blob:"))]
    assert outside == []
    assert page.errors == []


def test_the_line_below_the_title_says_which_library_and_how_it_answers(page):
    page.wait_for_function("document.querySelector('#status').innerText.includes('436 papers')")
    assert "own sentences" in page.inner_text("#status")


def test_a_follow_up_is_understood_from_the_conversation(page):
    ask(page, QUESTION)
    ask(page, "has someone used them for tabular data?", turn=2)
    assert "Hopular" in page.inner_text("#sources")


def test_nothing_is_served_but_the_page(address):
    with pytest.raises(OSError, match=r"40\d"), urlopen(f"{address}file=/etc/passwd"):
        pass
