"""Measures the page in a browser: cold start to a page that answers, Enter to first answer, New.

Run as `python -m tests.bench.page --library DIR`; pytest does not collect it. It asks extractively,
each question in a new conversation, and prints one line of JSON: medians and the slowest.
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
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
NEW_TIMES = 5
QUESTIONS = [
    "What is a modern Hopfield network?",
    "Which papers train spiking neural networks?",
    "How can the number of weights in a network be cut without losing accuracy?",
    "Are winning lottery tickets related to grokking?",
    "How do diffusion models generate images?",
]
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True, help="a library that is ready; it is copied")
    parser.add_argument("--port", type=int, default=8110)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        library = shutil.copytree(options.library, Path(folder) / "library")
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        began = time.perf_counter()
        command = [sys.executable, "-m", "rag.cli", "--library", str(library), "--no-browser"]
        server = subprocess.Popen(
            [*command, "--port", str(options.port)],
            env={**os.environ, "RAG_LLM": "extractive"},
            stderr=subprocess.DEVNULL,
        )
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            _open(page, f"http://127.0.0.1:{options.port}/")
            cold = time.perf_counter() - began
            waits = [_ask(page, at) for at in range(options.times)]
            cleared = []
            for at in range(NEW_TIMES):
                _ask(page, at)
                cleared.append(page.evaluate(NEW))
                page.wait_for_selector(".examples")
        finally:
            server.terminate()
            server.wait()
            browser.close()
    print(  # noqa: T201
        json.dumps(
            {
                "cold_start_s": round(cold, 2),
                "first_question_ms": round(waits[0]),
                "median_ms": round(statistics.median(waits)),
                "slowest_ms": round(max(waits)),
                "new_ms": round(statistics.median(cleared)),
                "slowest_new_ms": round(max(cleared)),
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


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
