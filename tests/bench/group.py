"""A group's whole set-up under load and under kills. Not a test; run it alone.

    python -m tests.bench.group PAPERS [--clients 8] [--kills 20] [--seed 1]
    python -m tests.bench.group PAPERS --kills 0 --seconds 180 --clients 50 [--pause 5]

It starts a real PostgreSQL and a real `chroma run`, two pages on two folders, and a process that
reads the papers, over and over until all are in. Clients ask both pages over HTTP meanwhile, and
one keeps turns of conversations and votes on each. At random moments one of the servers, a page or
the reader is killed and started again. Then the load goes on for so many seconds more. Prints one
JSON object: the answers, what the others were told, the seconds that an answer took, whether every
page has every paper once, every turn and vote that was kept is there once, and papers, vectors and
words agree; and of each page its memory and open files after a quarter of those seconds and at the
end.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

from rag import Library, RagError, Settings
from rag.types import Answer
from tests.support.loopback import free_port
from tests.support.servers import chroma_server, postgres_server

LONGEST_START_S = 180
BETWEEN_KILLS_S = (4.0, 10.0)
AWAY_S = 1.0
TURNS_OF_ONE = 20  # in each conversation
MOST_CONVERSATIONS = 10_000
ANSWER = Answer("How do frogs sing?", "At dusk.", "answered")


class Process:
    """A process of paperchat that can be killed and started again."""

    def __init__(self, folder, environment, *command):
        self.folder = folder
        self._environment = {**os.environ, **environment, "RAG_LIBRARY": str(folder)}
        self._command = [sys.executable, "-m", "rag.cli", *command]
        self.process = None
        self.start()

    def start(self):
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, stdin=log
            )

    def stop(self):
        self.process.kill()
        self.process.wait()


class Page(Process):
    """A page that programs ask."""

    def __init__(self, folder, environment):
        self.port = free_port()
        super().__init__(folder, environment, "chat", "--no-browser", "--port", str(self.port))

    def ask(self, client, question):
        """The answer, or why there is none."""
        body = {"model": "paperchat", "messages": [{"role": "user", "content": question}]}
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        with suppress(httpx.HTTPError):
            reply = client.post(url, json=body, timeout=120)
            if reply.status_code == 200:
                return ""
            return f"{reply.status_code}: {reply.json()['error']['message']}"
        return "not reached"

    def used(self):
        """The page's memory, MB, and its open files."""
        own = Path("/proc", str(self.process.pid))
        told = dict(line.split(":", 1) for line in (own / "status").read_text().splitlines())
        memory = round(int(told["VmRSS"].split()[0]) / 1000)
        return {"mb": memory, "files": len(list((own / "fd").iterdir()))}

    def wait(self):
        with httpx.Client() as client:
            for _ in range(LONGEST_START_S):
                if not self.ask(client, "What is a frog?"):
                    return
                time.sleep(1)
        raise SystemExit(f"the page did not start: {(self.folder / 'log').read_text()}")


class Reader(Process):
    """Reads the papers into the library until all are in."""

    def __init__(self, folder, environment, papers):
        super().__init__(folder, environment, "ingest", str(papers))

    def finish(self):
        while self.process.wait():
            time.sleep(AWAY_S)
            self.start()


class Clients:
    """Ask pages, and keep turns, until they are told to stop."""

    def __init__(self, pages, count, library, words, pause_s=0.0):
        self.seconds, self.told, self.kept = [], Counter(), []
        self.conversations, self.voted, self.unkept = [], {}, Counter()
        self._pages, self._words, self._library = pages, words, library
        self._pause_s = pause_s
        self._is_over = threading.Event()
        work = [(self._ask, n) for n in range(count)] + [(self._keep, 0)]
        self._threads = [threading.Thread(target=each, args=(n,)) for each, n in work]
        for each in self._threads:
            each.start()

    def _ask(self, number):
        pick = random.Random(number)
        with httpx.Client() as client:
            for page in itertools.cycle(self._pages):
                if self._is_over.is_set():
                    return
                began = time.perf_counter()
                why = page.ask(client, f"Which papers are about {pick.choice(self._words)}?")
                if why:
                    self.told[why] += 1
                    time.sleep(AWAY_S)
                else:
                    self.seconds.append(time.perf_counter() - began)
                    self._is_over.wait(pick.uniform(0, 2 * self._pause_s))

    def _keep(self, _):
        while not self._is_over.wait(0.2):
            with self._telling():
                if len(self.kept) >= TURNS_OF_ONE * len(self.conversations):
                    begun = self._library.conversations.create("ada")
                    self.conversations.append(begun.conversation_id)
                turn = self._library.conversations.append("ada", self.conversations[-1], ANSWER)
                self.kept.append(turn.turn_id)
                thumb = "up" if len(self.kept) % 2 else "down"
                self._library.feedback.rate("ada", turn.turn_id, thumb, ANSWER)
                self.voted[turn.turn_id] = thumb

    @contextmanager
    def _telling(self):
        try:
            yield
        except RagError as exc:
            self.unkept[type(exc).__name__] += 1

    def stop(self):
        self._is_over.set()
        for each in self._threads:
            each.join()

    def turns(self):
        load = self._library.conversations.load
        return [turn.turn_id for key in self.conversations for turn in load("ada", key)]

    def report(self):
        """What became of what was kept: nothing may be lost, or there twice."""
        turns = self.turns()
        votes = Counter((each.turn_id, each.thumb) for each in self._library.feedback.ratings())
        names = [
            each.conversation_id
            for each in self._library.conversations.of("ada", MOST_CONVERSATIONS)
        ]
        return {
            "conversations_kept": len(self.conversations),
            "conversations_lost": len(set(self.conversations) - set(names)),
            "conversations_doubled": len(names) - len(set(names)),
            "turns_kept": len(self.kept),
            "turns_lost": len(set(self.kept) - set(turns)),
            "turns_doubled": len(turns) - len(set(turns)),
            "votes_kept": len(self.voted),
            "votes_lost": len(set(self.voted.items()) - set(votes)),
            "votes_doubled": sum(votes.values()) - len(votes),
            "refused": dict(self.unkept),
        }


def main():
    options = parse()
    lines = options.papers.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    words = [word for each in records for word in each["title"].split() if len(word) > 7]
    chance = random.Random(options.seed)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(postgres_server())
        chroma = stack.enter_context(chroma_server(work / "vectors"))
        environment = {
            "RAG_DATABASE_URL": postgres.new_database(),
            "RAG_CHROMA_URL": chroma.url,
            "RAG_LLM": "extractive",
            "RAG_RATE_LIMIT": "0",
            "RAG_ENTAILMENT": "false",
        }
        settings = {name[4:].lower(): value for name, value in environment.items()}
        library = stack.enter_context(
            Library.open(settings=Settings(library=work / "w", **settings))
        )
        library.ingest([records[0]])
        pages = [Page(work / f"page{n}", environment) for n in range(2)]
        for each in pages:
            stack.callback(each.stop)
        for each in pages:
            each.wait()
        clients = Clients(pages, options.clients, library, words, options.pause)
        reader = Reader(work / "reader", environment, options.papers)
        killed = Counter()
        for _ in range(options.kills):
            time.sleep(chance.uniform(*BETWEEN_KILLS_S))
            victim = chance.choice([postgres, chroma, reader, *pages])
            killed[type(victim).__name__] += 1
            victim.stop()
            time.sleep(AWAY_S)
            victim.start()
        reader.finish()
        for each in pages:
            each.wait()
        seconds_of_kills = len(clients.seconds)
        time.sleep(max(BETWEEN_KILLS_S[0], options.seconds / 4))
        early = [each.used() for each in pages]
        time.sleep(options.seconds * 3 / 4)
        late = [each.used() for each in pages]
        clients.stop()
        report = library.verify()
        wanted = {each.paper_id for each in library.papers()}
        seconds = sorted(clients.seconds[seconds_of_kills if options.seconds else 0 :])
        print(  # noqa: T201
            json.dumps(
                {
                    "papers": len(library),
                    "records": len(records),
                    "ids": len(wanted),
                    "is_sound": report.is_sound,
                    "faults": [str(each) for each in report.faults],
                    "answers": len(seconds),
                    "p50_s": round(seconds[len(seconds) // 2], 2),
                    "p95_s": round(seconds[len(seconds) * 95 // 100], 2),
                    "told": dict(clients.told),
                    "killed": dict(killed),
                    "errors": sum(clients.told.values()),
                    "pages_early": early,
                    "pages_late": late,
                    **clients.report(),
                    "pages_hold": [count_on(each, environment) for each in pages],
                },
                indent=1,
            )
        )


def count_on(page, environment):
    """How many papers a page's own words find."""
    page.stop()
    settings = {name[4:].lower(): value for name, value in environment.items()}
    with Library.open(settings=Settings(library=page.folder, **settings)) as library:
        return library._index.lexical.count()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("papers", type=Path, help="JSON lines")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0, help="of load after the kills")
    parser.add_argument("--pause", type=float, default=0.0, help="mean seconds between questions")
    return parser.parse_args()


if __name__ == "__main__":
    main()
