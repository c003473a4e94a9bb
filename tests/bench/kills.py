"""What a library holds after its writer was killed at a random moment.

    python -m tests.bench.kills PAPERS… [KILLS]

A process of its own reads the papers into a new library and is killed; then they are read in once
more. Prints one JSON object: how often the library was verified as clean right after the kill and
held the same as one that nothing disturbed (papers, passages, vectors and words, record by record)
after the second reading, and how many papers the killed ones had kept.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from rag import Library
from rag.store.lexical import analyze

KILLS = 30
SEED = 12
SAME_COSINE = 0.95  # int8 vectors differ a little with the texts beside them
READING = "import sys; from rag import Library; Library.open(sys.argv[1]).ingest(sys.argv[2:])"


def main(sources: Sequence[str], kills: int) -> None:
    with tempfile.TemporaryDirectory() as work:
        began = time.perf_counter()
        read(Path(work) / "whole", sources)
        seconds = time.perf_counter() - began
        with Library.open(Path(work) / "whole") as library:
            expected = contents(library)
        moments = random.Random(SEED)
        clean, same, kept = 0, 0, []
        for n in range(kills):
            folder = Path(work) / f"{n}"
            read(folder, sources, kill_after_s=moments.uniform(0, seconds))
            with Library.open(folder) as library:
                kept.append(len(library))
                clean += library.verify().is_sound
                library.ingest(sources)
                same += is_same(contents(library), expected)
        told = {"kills": kills, "clean": clean, "same": same, "kept_median": median(kept)}
        print(json.dumps(told))  # noqa: T201


def read(folder: Path, sources: Sequence[str], kill_after_s: float | None = None) -> None:
    """Read papers in a process of its own, to the end or until it is killed."""
    with subprocess.Popen([sys.executable, "-c", READING, folder, *sources]) as process:
        try:
            process.wait(kill_after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)


def contents(library: Library) -> tuple[dict, dict]:
    """Papers with their passages, those that have the words of their title, and the vectors."""
    index = library._index
    stored = {each.paper.paper_id: each for each in index.papers.all()}
    papers = {
        key: (each, frozenset(index.lexical.having(analyze(each.paper.title), len(stored))))
        for key, each in stored.items()
    }
    return papers, index.vectors.read(list(index.vectors.ids()))


def is_same(found: tuple[dict, dict], expected: tuple[dict, dict]) -> bool:
    """Whether records agree to the letter, and vectors point the same way."""
    papers, vectors = found
    return (
        papers == expected[0]
        and vectors.keys() == expected[1].keys()
        and all(float(np.dot(vectors[key], expected[1][key])) > SAME_COSINE for key in vectors)
    )


if __name__ == "__main__":
    *given, last = sys.argv[1:]
    main([*given, *([] if last.isdigit() else [last])], int(last) if last.isdigit() else KILLS)
