"""Take the pictures of README and guides: the page over the starter library, in Debian's Chromium.

    python -m tests.bench.pictures [FOLDER]

Writes into `ui/screenshots`, or into another folder to look first. Takes a minute.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from rag.library import Library
from rag.settings import Settings
from tests.support import ROOT
from tests.support.page_server import served

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
HOPFIELD = "What is a modern Hopfield network?"
STILL_MS = 1500  # until what moves has come to rest


def take_all(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="paperchat-") as work:
        os.chdir(work)  # the page tells where the library is
        settings = Settings(library=Path("papers"), llm="extractive")
        with Library.open(settings=settings) as library, sync_playwright() as playwright:
            library.prepare()
            library.ingest_starter()
            chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            with served(library) as address:
                take_answer(browser, address, folder)
                take_table(browser, address, folder)
                take_filter(browser, address, folder)
                take_library(browser, address, folder)
                take_phone(browser, address, folder)
                take_adding(browser, address, folder)
                take_tokens(browser, address, folder)
            browser.close()


QUESTION = "#question textarea:not([disabled])"


def opened(
    browser: Browser,
    address: str,
    viewport: dict[str, int] = WIDE,
    begun: str = QUESTION,
    **others: str,
) -> Page:
    page = browser.new_page(viewport=viewport, **others)
    page.goto(address)
    page.wait_for_selector(begun)
    return page


def ask(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1 .acts")
    page.wait_for_timeout(STILL_MS)


def keep(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(STILL_MS)
    page.screenshot(path=folder / f"{name}.png")


def take_answer(browser: Browser, address: str, folder: Path) -> None:
    """The answer with a quote under the pointer, then the map with what it cites."""
    page = opened(browser, address)
    ask(page, HOPFIELD)
    page.hover("#turn-1 .marker >> nth=1")
    keep(page, folder, "answer")
    page.click("[role=tab]:has-text('Library')")
    page.click("[role=tab]:has-text('Map')")
    page.wait_for_selector("#map-tab .main-svg, .js-plotly-plot .main-svg")
    keep(page, folder, "map")
    page.close()


def take_table(browser: Browser, address: str, folder: Path) -> None:
    page = opened(browser, address)
    ask(page, "Which papers train spiking neural networks?")
    page.click("[data-do=table]")
    page.wait_for_selector("#turn-2 table")
    keep(page, folder, "table")
    page.close()


def take_filter(browser: Browser, address: str, folder: Path) -> None:
    page = opened(browser, address, color_scheme="dark")
    ask(page, "Which papers prune neural networks since 2021?")
    keep(page, folder, "filter-dark")
    page.close()


def take_library(browser: Browser, address: str, folder: Path) -> None:
    tick = "#library-table tbody input[type=checkbox]"
    page = opened(browser, f"{address}?tab=library", begun=tick)
    for place in range(3):
        page.locator(tick).nth(place).click()
    page.wait_for_selector(".ticked:has-text('3 selected')")
    keep(page, folder, "library")
    page.close()


def take_phone(browser: Browser, address: str, folder: Path) -> None:
    page = opened(browser, address, PHONE)
    ask(page, HOPFIELD)
    keep(page, folder, "phone")
    page.close()


PASTED = """Kettles That Sing

Ada B. Kessel, Bo Tee

Abstract

A kettle sings because bubbles collapse before they reach the surface. We recorded 40 kettles.
"""


def take_adding(browser: Browser, address: str, folder: Path) -> None:
    """What was pasted, as it was understood, before it is stored."""
    page = opened(browser, f"{address}?tab=library", begun="#library-table tbody")
    page.click("#library [role=tab]:has-text('Add papers')")
    page.fill("#library-paste textarea", PASTED)
    page.click("#library-check")
    page.wait_for_selector("#library-add:visible")
    keep(page, folder, "adding")
    page.close()


def take_tokens(browser: Browser, address: str, folder: Path) -> None:
    """A token for a program, made this moment, with an example in its place."""
    page = opened(browser, f"{address}?tab=settings", begun="#programs form")
    page.fill("#programs input", "Reading list in my notebook")
    page.click("#programs >> text=Make a token")
    page.wait_for_selector("#programs .secret")
    page.locator("#programs").scroll_into_view_if_needed()
    page.evaluate(f"document.querySelector('#programs .secret code').textContent = {EXAMPLE!r}")
    page.wait_for_timeout(STILL_MS)
    page.locator("#programs").screenshot(path=folder / "tokens.png")
    page.close()


EXAMPLE = "paperchat_an-example-and-no-token-that-opens-anything"


if __name__ == "__main__":
    take_all(Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT / "ui" / "screenshots")
