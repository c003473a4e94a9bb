"""Loads the page: 20 visitors ask 10 questions each at once, over HTTP. Not a test; run it alone.

    python -m tests.bench.load --library DIR [--users 20] [--questions 10] [--rounds 3]
        [--ingest FILE]

It starts the real server on loopback over a copy of the library, has every visitor ask the named
endpoint `ask` one question after the other, and prints the waits, the failures, the memory and the
open descriptors. With a file, a second process reads its papers into the library meanwhile, and
the rounds go on until it is done.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx

from rag.library import Library
from rag.settings import Settings

PORT = 8130
LONGEST_START_S = 120
LONGEST_WAIT_S = 60
MOST_USERS, MOST_QUESTIONS, MOST_ROUNDS = 100, 100, 10
FORMS = (
    "What is {}?",
    "Which papers are about {}?",
    "How well does it work: {}?",
    "What do we know about {}",
)


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        shutil.copytree(options.library, library)
        questions = make_questions(library)
        process, address = start(library, folder)
        try:
            ask_all(address, 1, 1, questions, 0)  # what is loaded with the first question
            writer = start_writer(library, options.ingest) if options.ingest else None
            run(options, address, process.pid, questions, writer)
        finally:
            process.terminate()
            process.wait(10)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--users", type=int, default=20, choices=range(1, MOST_USERS + 1))
    parser.add_argument("--questions", type=int, default=10, choices=range(1, MOST_QUESTIONS + 1))
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, MOST_ROUNDS + 1))
    parser.add_argument("--ingest", type=Path, metavar="FILE")
    return parser.parse_args()


def start_writer(library, file):
    command = [sys.executable, "-m", "rag.cli", "ingest", str(file), "--library", str(library)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_questions(library):
    """Questions with words of the library's titles, so that they are answered from the papers."""
    with Library.open(settings=Settings(library=library, llm="extractive")) as opened:
        titles = [paper.title for paper in opened.papers()]
    chosen = random.Random(0)
    return [chosen.choice(FORMS).format(chosen.choice(titles)) for _ in range(2000)]


def start(library, folder):
    command = [sys.executable, "-m", "rag.cli", "chat", "--library", str(library)]
    command += ["--port", str(PORT), "--no-browser", "--llm", "extractive"]
    log = Path(folder) / "log"
    # The limit of questions a minute would refuse 20 visitors of one address in later rounds.
    environment = {**os.environ, "RAG_RATE_LIMIT": "0"}
    with log.open("w") as out:
        process = subprocess.Popen(command, stderr=out, env=environment)
    until = time.monotonic() + LONGEST_START_S
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text().splitlines():
            if "paperchat is at" in line:
                return process, line.split()[3]
        time.sleep(0.1)
    process.kill()
    raise SystemExit(f"the page did not start: {log.read_text()}")


def run(options, address, pid, questions, writer):
    memory, open_files = [resident_mb(pid)], [descriptors(pid)]
    for number in count(1):
        if number > options.rounds and (writer is None or writer.poll() is not None):
            break
        started, worked = time.perf_counter(), cpu_s(pid)
        waits, failures = ask_all(address, options.users, options.questions, questions, number)
        took, work = time.perf_counter() - started, cpu_s(pid) - worked
        memory.append(resident_mb(pid))
        open_files.append(descriptors(pid))
        say(
            f"round {number}: {len(waits)} answers, {len(failures)} failures, {took:.1f} s, "
            f"median {statistics.median(waits):.2f} s, p95 {percentile(waits, 95):.2f} s, "
            f"longest {max(waits):.2f} s, {work / len(waits) * 1000:.0f} ms of work each, "
            f"{memory[-1]:.0f} MB, {open_files[-1]} descriptors"
        )
        for failure in failures[:3]:
            say(f"  {failure}")
    say(f"memory: {memory[0]:.0f} MB before, growth after round 1: {memory[-1] - memory[1]:.0f} MB")
    say(f"descriptors: {open_files[0]} before, at most {max(open_files)}")
    if writer:
        say(f"the writer ended with {writer.returncode}")
    say(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def say(text):
    sys.stdout.write(text + "\n")


def ask_all(address, users, each, questions, number):
    """The waits and failures of a round, with questions that no other round asks."""
    waits, failures = [], []
    with ThreadPoolExecutor(users) as pool:
        chosen = [random.Random(1000 * number + n).sample(questions, each) for n in range(users)]
        for mine, wrong in pool.map(lambda mine: ask_one_by_one(address, mine), chosen):
            waits += mine
            failures += wrong
    return waits or [float("nan")], failures


def ask_one_by_one(address, questions):
    session = uuid.uuid4().hex
    waits, failures = [], []
    with httpx.Client(base_url=address, timeout=LONGEST_WAIT_S) as visitor:
        for question in questions:
            started = time.perf_counter()
            try:
                status = ask(visitor, question, session)
            except (httpx.HTTPError, ValueError, KeyError) as exc:
                failures.append(f"{type(exc).__name__}: {exc}")
                continue
            waits.append(time.perf_counter() - started)
            if status not in ("answered", "abstained"):
                failures.append(f"status {status}")
    return waits, failures


def ask(visitor, question, session):
    """The status of an answer, asked as Gradio's own client asks."""
    body = {"data": [question], "session_hash": session}
    event = visitor.post("/gradio_api/call/ask", json=body).raise_for_status().json()["event_id"]
    with visitor.stream("GET", f"/gradio_api/call/ask/{event}") as lines:
        kind = ""
        for line in lines.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "complete":
                return json.loads(line.removeprefix("data: "))[0]["status"]
            elif line.startswith("data: ") and kind == "error":
                raise ValueError(line)
    raise ValueError("the page hung up")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))]


def cpu_s(pid):
    """Seconds that the server's threads have worked, which other programs do not lengthen."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
