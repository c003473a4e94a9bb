"""Measures the page: in a browser what one visitor waits for, over HTTP what many do.

    python -m tests.bench.page --library DIR [--times 20] [--users 20] [--questions 10] [--rounds 3]

Pytest does not collect it. In a browser: cold start to a page that answers, Enter to the first
answer (extractive, each question in a new conversation), New, and how far what is read moves while
a model's answer streams (the sum of Chromium's layout shifts). Over HTTP: as `tests.bench.load`.
It prints one line of JSON, with the names of what is over its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench import load
from tests.support.scripted_endpoint import ScriptedEndpoint

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
NEW_TIMES = 5
QUESTIONS = [
    "What is a modern Hopfield network?",
    "Which papers train spiking neural networks?",
    "How can the number of weights in a network be cut without losing accuracy?",
    "Are winning lottery tickets related to grokking?",
    "How do diffusion models generate images?",
]
# What a page promises on an ordinary machine; each is the most that is allowed.
LIMITS = {
    "cold_start_s": 4.0,
    "median_ms": 150,
    "new_ms": 50,
    "layout_shift": 0.02,
    "p95_s": 2.5,
    "failures": 0,
    "memory_growth_mb": 30,
    "descriptors_growth": 4,  # a connection may be about to close
}
STORES = "Modern Hopfield networks store patterns and retrieve them with one update [1]. "
UNTRUE = "They cure the common cold in every state of the union [1]. "
STREAMED = "\n\n".join(
    f"### Part {n}\n\n{STORES * 3}{UNTRUE if n == 2 else ''}\n\n- {STORES}\n- {STORES}"
    for n in range(5)
)
PAUSE_S = 0.01  # between pieces of five characters
# Scrolling is none, nor is what follows a key or a press within half a second.
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
  }).observe({ type: "layout-shift" });
}"""
# From the press of New to a page without the old conversation.
NEW = """() => new Promise((done) => {
  const began = performance.now();
  const look = () => document.querySelector("#chat .turn")
    ? requestAnimationFrame(look) : done(performance.now() - began);
  document.querySelector("#side .new").click();
  look();
})"""
# From the key to the first sentence of an answer on the screen, by the browser's own clock.
MEASURE = """() => {
  window.measured = new Promise((done) => {
    let began = 0;
    const begin = () => { began = performance.now(); };
    addEventListener("keydown", begin, { capture: true, once: true });
    const seen = new MutationObserver(() => {
      if (!document.querySelector("#chat .turn .answer p")) return;
      seen.disconnect();
      requestAnimationFrame(() => done(performance.now() - began));
    });
    seen.observe(document.querySelector("#chat"), { childList: true, subtree: true });
  });
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True, help="a library that is ready; it is copied")
    parser.add_argument("--port", type=int, default=8110)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--users", type=int, default=20, help="0: no load")
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3, help="the first warms up")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = shutil.copytree(options.library, Path(folder) / "library")
        told = _by_one(library, options) | _by_many(library, folder, options)
    over = [name for name, most in LIMITS.items() if told.get(name, 0) > most]
    machine = {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps(told | {"over": over} | machine))  # noqa: T201


def _by_one(library: Path, options: argparse.Namespace) -> dict[str, float]:
    """Return what one visitor waits for, and how far the page moves."""
    address = f"http://127.0.0.1:{options.port}/"
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        began = time.perf_counter()
        with closing(browser), _served(library, options.port, {"RAG_LLM": "extractive"}):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            _open(page, address)
            cold = time.perf_counter() - began
            waits = [_ask(page, at) for at in range(options.times)]
            cleared = []
            for at in range(NEW_TIMES):
                _ask(page, at)
                cleared.append(page.evaluate(NEW))
                page.wait_for_selector(".examples")
            page.close()
            shift = _shift(browser, library, options.port + 1)
    return {
        "cold_start_s": round(cold, 2),
        "first_question_ms": round(waits[0]),
        "median_ms": round(statistics.median(waits)),
        "slowest_ms": round(max(waits)),
        "new_ms": round(statistics.median(cleared)),
        "slowest_new_ms": round(max(cleared)),
        "layout_shift": round(shift, 4),
    }


def _shift(browser, library: Path, port: int) -> float:
    """Return how far a page moves while a model's answer of several parts streams."""
    copied = shutil.copytree(library, library.with_name("streaming"))
    with ScriptedEndpoint() as endpoint:
        endpoint.reply(STREAMED, pause_s=PAUSE_S)
        model = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "k", "RAG_LLM": "scripted"}
        with _served(copied, port, model):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            _open(page, f"http://127.0.0.1:{port}/")
            page.evaluate(SHIFTS)
            page.fill("#question textarea", QUESTIONS[0])
            page.press("#question textarea", "Enter")
            page.wait_for_selector("#turn-1 .acts", timeout=120_000)
            return page.evaluate("window.shifted")


@contextmanager
def _served(library: Path, port: int, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "rag.cli", "--library", str(library), "--no-browser"]
    server = subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def _by_many(library: Path, folder: str, options: argparse.Namespace) -> dict[str, float]:
    """Return what many visitors wait for at once, and what the server grows by after a round."""
    if not options.users:
        return {}
    questions = load.make_questions(library)
    process, address = load.start(library, folder)
    try:
        load.ask_all(address, 1, 1, questions, 0)  # what is loaded with the first question
        waits, failures, memory, opened = [], [], [], []
        for number in range(1, options.rounds + 1):
            found, wrong = load.ask_all(
                address, options.users, options.questions, questions, number
            )
            waits, failures = [*waits, *found], [*failures, *wrong]
            memory.append(load.resident_mb(process.pid))
            opened.append(load.descriptors(process.pid))
    finally:
        process.terminate()
        process.wait(10)
    return {
        "answers": len(waits),
        "p95_s": round(load.percentile(waits, 95), 2),
        "failures": len(failures),
        "memory_growth_mb": round(memory[-1] - memory[0]),
        "descriptors_growth": opened[-1] - opened[0],
    }


def _open(page, address: str) -> None:
    for _ in range(600):
        try:
            page.goto(address)
            break
        except Exception:  # noqa: BLE001  # the server is not there yet
            time.sleep(0.05)
    page.wait_for_selector(".examples", timeout=60_000)


def _ask(page, at: int) -> float:
    if at:
        page.click("#side .new")
        page.wait_for_selector(".examples")
    page.fill("#question textarea", QUESTIONS[at % len(QUESTIONS)])
    page.evaluate(MEASURE)
    page.press("#question textarea", "Enter")
    waited: float = page.evaluate("window.measured")
    page.wait_for_selector("#turn-1 .acts")
    return waited


if __name__ == "__main__":
    main()
