"""How fast files are parsed and cleaned into papers, apart from embedding, in how much memory.

    python -m tests.bench.reading PAPERS.jsonl.gz [MEGABYTES]

Reads the file, then as many megabytes of BibTeX made of its records, without writing a library.
Each prints one JSON object: papers, papers that were rejected, papers/s by the clock and by
processor time (this process's own and that of its helper, which does not count what other
processes take), and this process's memory in MB after the first tenth and at the end, which are
alike where memory is flat.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rag.export import export_papers
from rag.readers import read_sources
from rag.types import Paper

STATUS = Path("/proc/self/status")
BATCH = 500


def memory_mb() -> float:
    (line,) = (each for each in STATUS.read_text().splitlines() if each.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def measure(path: Path, expected: int) -> dict[str, float]:
    began, begun = time.perf_counter(), time.process_time()
    helped_s = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    papers = rejected = 0
    early_mb = 0.0
    for number, item in enumerate(read_sources([path]), start=1):
        papers += isinstance(item, Paper)
        rejected += not isinstance(item, Paper)
        if number == max(1, expected // 10):
            early_mb = memory_mb()
    wall_s, own_s = time.perf_counter() - began, time.process_time() - begun
    helper_s = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - helped_s
    return {
        "papers": papers,
        "rejected": rejected,
        "mb": round(path.stat().st_size / 1e6, 1),
        "wall_s": round(wall_s, 2),
        "own_s": round(own_s, 2),
        "helper_s": round(helper_s, 2),
        "papers_per_s": round(papers / wall_s),
        "papers_per_cpu_s": round(papers / (own_s + helper_s)),
        "early_mb": early_mb,
        "end_mb": memory_mb(),
    }


def bibtex(papers: Iterator[Paper], characters: int) -> Iterator[str]:
    written = 0
    while written < characters and (some := list(islice(papers, BATCH))):
        text = export_papers(some, "bibtex")
        written += len(text)
        yield text


def main(path: Path, megabytes: int = 10) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "made.bib"
        papers = (each for each in read_sources([path]) if isinstance(each, Paper))
        with target.open("w", encoding="utf-8") as file:
            file.writelines(bibtex(papers, megabytes * 1_000_000))
        for each, expected in ((target, 10_000), (path, 100_000)):
            print(json.dumps({"file": each.name, **measure(each, expected)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
