"""Writes a library again and again, and is killed at another moment each time.

Run by the tests as `python -m tests.store.killed_writer MADE FOLDER WORK`: copies the library in
MADE to FOLDER/0, FOLDER/1, …, does the work in each copy, and writes where each was killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections import Counter
from functools import wraps
from importlib import import_module
from pathlib import Path

from rag.library import Library
from rag.store import lexical, papers, reached, sync, vectors, writing
from rag.tokens import count_tokens
from tests.store.kept_papers import REMOVED, UPDATE, settings_of
from tests.support.letters import LetterEmbedding

PAPERS_PER_BATCH = 2  # so that a few papers make several batches
ROWS_PER_CALL = 3  # so that a batch makes several calls of Chroma
WORK = {
    "ingest": lambda library: library.ingest(UPDATE),
    "remove": lambda library: library.remove(REMOVED),
}


class Killer:
    """Counts the moments by their names, and kills this process at one of them.

    By name, as threads write at the same time and what comes first differs from run to run.
    """

    def __init__(self, told: Path, name: str, nth: int) -> None:
        self.passed: Counter[str] = Counter()
        self._told = told
        self._at = (name, nth)

    def pass_by(self, moment: str) -> None:
        """Go on, or die."""
        if (moment, self.passed[moment]) == self._at:
            self._told.write_text(moment)
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed[moment] += 1

    def watch(self, owner: object, name: str) -> None:
        """Have a function pass by after its work, which is before the next one's."""
        original = getattr(owner, name)

        @wraps(original)
        def watched(*args, **options):
            done = original(*args, **options)
            self.pass_by(f"after {name}")
            return done

        setattr(owner, name, watched)

    def watch_parts(self, owner: object, name: str) -> None:
        """Have a generator pass by between its parts."""
        original = getattr(owner, name)

        @wraps(original)
        def watched(*args):
            for part in original(*args):
                yield part
                self.pass_by(f"between parts of {name}")

        setattr(owner, name, watched)


def watch_every_write(killer: Killer) -> None:
    """Watch each store's part of a change, and the mark that it is done."""
    for name in ("put", "remove"):
        killer.watch(papers.PaperStore, name)
    for name in ("_supersede", "_write"):  # within the transaction
        killer.watch(papers, name)
    killer.watch(vectors.VectorStore, "delete")
    killer.watch_parts(vectors, "_whole_papers")
    killer.watch(lexical.LexicalChange, "put")  # before the commit
    killer.watch(sync.WordsFollower, "apply")
    killer.watch(reached.json, "dumps")  # the mark of either, before it stands
    killer.watch(Path, "replace")


def work(folder: Path, what: str, killer: Killer) -> None:
    """Change the library until killed, or to the end."""
    writing.PAPERS_PER_BATCH = sync.VectorsFollower.batch = PAPERS_PER_BATCH
    writing.WORDS_PER_BATCH = 2 * PAPERS_PER_BATCH
    vectors.ROWS_PER_CALL = ROWS_PER_CALL
    with Library.open(settings=settings_of(folder), embedder=LetterEmbedding()) as library:
        watch_every_write(killer)
        WORK[what](library)


def load_late_imports() -> None:
    """Import what a library imports when it is used: anew in each process, that takes seconds."""
    for name in ("chromadb.api.rust", "rag.assembly"):
        import_module(name)
    count_tokens("")


def work_in_a_process(copy: Path, what: str, killer: Killer, counted: Path) -> int:
    """Do the work in a process forked before anything is opened; how it ended."""
    process = os.fork()
    if not process:
        work(copy, what, killer)
        counted.write_text(json.dumps(killer.passed))
        os._exit(0)
    _, status = os.waitpid(process, 0)
    return status


def main(made: Path, folder: Path, what: str) -> None:
    """Have a process of its own killed at each moment that one comes by that goes to the end."""
    load_late_imports()
    counted = folder / "counted.json"
    whole = folder / "whole"
    shutil.copytree(made, whole)
    if status := work_in_a_process(whole, what, Killer(folder / "none", "", 0), counted):
        sys.exit(os.waitstatus_to_exitcode(status))
    moments = [
        (name, n) for name, times in json.loads(counted.read_text()).items() for n in range(times)
    ]
    for number, (name, nth) in enumerate(moments):
        copy, told = folder / f"{number}", folder / f"{number}.txt"
        shutil.copytree(made, copy)
        status = work_in_a_process(copy, what, Killer(told, name, nth), counted)
        if not os.WIFSIGNALED(status) and status:
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
