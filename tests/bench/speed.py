"""How fast papers are read and found, beside the embedder's own throughput on the same texts.

    python -m tests.bench.speed PAPERS.jsonl QUESTIONS.jsonl [RUNS]

Papers are records of `title` and `abstract`; questions are a question set. Each run is a process of
its own and prints one JSON object: papers/s of an ingest into an empty library, papers/s of the
embedder alone on the same passages, their ratio, the median and 95th percentile of a search in
milliseconds, and the peak memory of ingest and search together in MB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rag import Library
from rag.embedding import build_embedder
from rag.passages import build_passages, passage_text
from rag.settings import read_settings


def measure(papers: Path, questions: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, Library.open(folder) as library:
        library.prepare()
        began = time.perf_counter()
        report = library.ingest(papers)
        ingest_s = time.perf_counter() - began
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        embed_s = _embed_alone(library)
        asked = [q for line in questions.open() for q in _questions(json.loads(line))]
        times = sorted(_timed(library, question) for question in asked[:1] + asked)[:-1]
        return {
            "papers_per_s": round(report.added / ingest_s, 1),
            "embedder_papers_per_s": round(report.added / embed_s, 1),
            "ingest_ratio": round(embed_s / ingest_s, 3),
            "search_p50_ms": round(median(times), 2),
            "search_p95_ms": round(times[int(len(times) * 0.95)], 2),
            "ingest_peak_mb": round(peak_mb),
        }


def _questions(sample: dict) -> list[str]:
    return [turn["question"] for turn in sample.get("turns", [sample])]


def _embed_alone(library: Library) -> float:
    embedder = build_embedder(read_settings())
    assert embedder is not None
    embedder.prepare()
    tokens = library.settings.passage_tokens
    texts = [passage_text(p, each) for p in library.papers() for each in build_passages(p, tokens)]
    began = time.perf_counter()
    embedder.embed_texts(texts)
    return time.perf_counter() - began


def _timed(library: Library, question: str) -> float:
    began = time.perf_counter()
    library.search(question)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    papers, questions, *runs = sys.argv[1:]
    if runs == ["inside"]:
        print(json.dumps(measure(Path(papers), Path(questions))))  # noqa: T201
    else:
        for _ in range(int(runs[0]) if runs else 1):
            command = [sys.executable, "-m", "tests.bench.speed", papers, questions, "inside"]
            subprocess.run(command, check=True)
