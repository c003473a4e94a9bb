"""What a library costs at 436, 10,000 and 100,000 papers: one table.

    python -m tests.bench.scale PAPERS [--sizes 436,10000,100000] [--cache DIR] [--folder DIR]
        [--only STEP,…]

PAPERS are records of papers, one on a line, or such lines in a .gz; of each size the first ones are
taken. Every step is a process of its own, and works through the library's own interface. Vectors of
passages come from a cache that `python -m tests.bench.vectors PAPERS` fills (`--cache`); for those
that it lacks stand-ins are made of their words, and the table says of how many: times and sizes
hold then, what is found does not. How fast the embedder is alone is measured beside it, and an
ingest's share is reckoned from both: embedding / (embedding + all else). With `--folder` the
libraries stay, and steps can be run again on them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np

from rag import Filters, Library
from rag.embedding import minilm
from tests.bench.vectors import DEFAULT, CachedMiniLM, VectorCache, papers_in, passages_of

SIZES = (436, 10_000, 100_000)
QUESTIONS = 100
COLLECTED = 1000
PACED = 384  # papers
TEXTS_AT_ONCE = 190  # passages of a batch of an ingest
GROUP = "Bench"
EXACT_QUESTIONS = 200
BEAMS = (50, 100, 200, 400)
MB = 2**20
Figures = dict[str, object]


def measure_ingest(options) -> Figures:
    """Into an empty folder: seconds without embedding, and memory along the way."""
    _use_cache(options.cache)
    tracked = []
    with Library.open(options.library) as library:
        library.prepare()
        base = _rss_mb()
        began, cpu = time.perf_counter(), time.process_time()
        report = library.ingest(
            options.papers, on_progress=lambda told: tracked.append((told.done, _rss_mb()))
        )
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        collecting, _ = _timed(
            lambda: library.catalog.collect(library.catalog.paper_ids()[:COLLECTED], into=[GROUP])
        )
        return {
            "papers": len(library),
            "rejected": len(report.rejected),
            "ingest_s": round(seconds, 1),
            "ingest_cpu_s": round(cpu, 1),
            "ms_a_paper": round(seconds / len(library) * 1000, 2),
            "rss_before_mb": round(base),
            "rss_mb": [round(rss) for _, rss in tracked[:: max(1, len(tracked) // 8)]],
            "peak_mb": _peak_mb(),
            "stand_ins": round(
                CachedMiniLM.made_up / max(1, CachedMiniLM.read + CachedMiniLM.made_up), 3
            ),
            "collecting_1000_s": round(collecting / 1000, 2),
        }


def measure_embedder(options) -> Figures:
    """The embedder alone on the passages of the first papers, as an ingest gives them to it."""
    from rag.embedding import build_embedder
    from rag.settings import read_settings

    settings = read_settings()
    embedder = build_embedder(settings)
    embedder.prepare()
    papers = list(papers_in(options.papers, 256))
    texts = [text for each in papers for text in passages_of(each, settings.passage_tokens)]
    embedder.embed_texts(texts[:32])
    began, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(texts), TEXTS_AT_ONCE):
        embedder.embed_texts(texts[first : first + TEXTS_AT_ONCE])
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "texts_per_s": round(len(texts) / seconds, 1),
        "embedding_ms_a_paper": round(seconds / len(papers) * 1000, 2),
        "embedding_cpu_ms_a_paper": round(cpu / len(papers) * 1000, 2),
    }


def measure_pace(options) -> Figures:
    """An ingest that embeds, beside the embedder alone on the same passages; each twice."""
    papers = list(papers_in(options.papers, PACED))
    alone, whole = [], []
    for _ in "ab":
        with tempfile.TemporaryDirectory() as folder, Library.open(folder) as library:
            library.prepare()
            texts = [
                t for each in papers for t in passages_of(each, library.settings.passage_tokens)
            ]
            model = library._index.embedder.prepare()
            model.embed(texts[:16])
            ms, _ = _timed(partial(_embed_all, model, texts))
            alone.append(ms)
            ms, _ = _timed(partial(library.ingest, papers))
            whole.append(ms)
    return {
        "paced_papers": len(papers),
        "embedder_papers_per_s": round(len(papers) / min(alone) * 1000, 1),
        "ingest_papers_per_s": round(len(papers) / min(whole) * 1000, 1),
        "ingest_ratio": round(min(alone) / min(whole), 3),
    }


def _embed_all(model, texts) -> None:
    for first in range(0, len(texts), TEXTS_AT_ONCE):
        model.embed(texts[first : first + TEXTS_AT_ONCE])


def measure_again(options) -> Figures:
    """The same file once more: nothing is to be done."""
    with Library.open(options.library) as library:
        cpu = time.process_time()
        milliseconds, report = _timed(lambda: library.ingest(options.papers))
        return {
            "again_s": round(milliseconds / 1000, 1),
            "again_cpu_s": round(time.process_time() - cpu, 1),
            "again_changed": report.added + report.updated,
            "again_peak_mb": _peak_mb(),
        }


def measure_disk(options) -> Figures:
    """Bytes of each part."""
    parts: dict[str, int] = {}
    for path in options.library.rglob("*"):
        if path.is_file():
            part = path.relative_to(options.library).parts[0]
            parts[part] = parts.get(part, 0) + path.stat().st_size
    with Library.open(options.library) as library:
        count = len(library)
    return {
        "kb_a_paper": round(sum(parts.values()) / count / 1000, 2),
        "mb": {part: round(size / MB, 1) for part, size in sorted(parts.items())},
    }


def measure_cold(options) -> Figures:
    """`paperchat ask` in a new process, from start to end; the second of two."""
    question = _questions(options, 1)[0]
    command = [sys.executable, "-m", "rag.cli", "ask", question, "--llm", "extractive"]
    command += ["--library", str(options.library)]
    times = [_timed(lambda: subprocess.run(command, capture_output=True))[0] for _ in range(3)]
    return {"ask_first_s": round(times[0] / 1000, 2), "ask_s": round(median(times[1:]) / 1000, 2)}


def measure_serving(options) -> Figures:
    """A process that stays: searches with and without filters, the lists, its memory."""
    opening, library = _timed(lambda: Library.open(options.library))
    with library:
        figures: Figures = {"open_ms": round(opening)}
        library.prepare()
        questions = _questions(options, QUESTIONS + 1)
        first, _ = _timed(lambda: library.search(questions[0]))
        figures["first_search_ms"] = round(first)
        author = _author(library)
        for name, filters in {
            "": None,
            "_years": Filters(since=2015, until=2018),
            "_author": Filters(authors=(author,)),
            "_collection": Filters(collections=(GROUP,)),
        }.items():
            figures[f"search{name}_ms"] = _spread(
                lambda q=question, f=filters: library.search(q, filters=f)
                for question in questions[1:]
            )
        figures |= _measure_lists(library)
        figures["serving_mb"] = round(_rss_mb())
        figures["serving_peak_mb"] = _peak_mb()
    return figures


def _measure_lists(library: Library) -> Figures:
    catalog = library.catalog
    author = _author(library)
    calls = {
        "list": lambda: catalog.browse(),
        "list_by_title_end": lambda: catalog.browse("", "title", max(0, len(library) - 25)),
        "list_words": lambda: catalog.browse("quantum field"),
        "list_author": lambda: catalog.browse(filters=Filters(authors=(author,))),
        "list_years": lambda: catalog.browse(filters=Filters(since=2015, until=2018)),
        "list_collection": lambda: catalog.browse(collections=(GROUP,)),
        "facets": lambda: catalog.facets(),
        "topics": lambda: catalog.topics(),
        "duplicates": lambda: catalog.duplicates(),
        "examples": lambda: catalog.examples(),
    }
    return {
        f"{name}_ms": [
            round(each, 1) for each in (_timed(call)[0], *min(map(_timed_both, [call] * 2)))
        ]
        for name, call in calls.items()
    }


def measure_recall(options) -> Figures:
    """recall@10 of the graph against exact search, and its time, by the beam of its search."""
    from rag.store.chroma import SEARCH_BEAM
    from rag.store.vectors import VectorStore

    folder = options.library / "chroma"
    store = VectorStore(folder, "passages-1")
    ids = list(store.ids())
    rows = np.concatenate(
        [
            np.stack([found[each] for each in some])
            for some in (ids[n : n + 1000] for n in range(0, len(ids), 1000))
            for found in [store.read(some)]
        ]
    )
    vectors = _question_vectors(options)
    exact = [set(np.argpartition(-(rows @ vector), 10)[:10]) for vector in vectors]
    place = {each: n for n, each in enumerate(ids)}
    collection = store._opened().collection

    def set_beam(beam: int) -> None:
        collection.modify(configuration={"hnsw": {"ef_search": beam}})

    figures: Figures = {"passages": len(ids)}
    for k in (10, 100):
        for beam in BEAMS:
            set_beam(beam)
            found, times = [], []
            for vector in vectors:
                ms, near = _timed(lambda v=vector, k=k: store.query_index(v, k))
                times.append(ms)
                found.append({place[each] for each, _ in near[:10]})
            hit = [len(a & b) / 10 for a, b in zip(exact, found, strict=True)]
            figures[f"ef{beam}_k{k}"] = [round(float(np.mean(hit)), 4), round(median(times), 2)]
    set_beam(SEARCH_BEAM)
    return figures


STEPS = {
    "ingest": measure_ingest,
    "embedder": measure_embedder,
    "pace": measure_pace,
    "again": measure_again,
    "disk": measure_disk,
    "cold": measure_cold,
    "serving": measure_serving,
    "recall": measure_recall,
}


def _use_cache(folder: Path) -> None:
    CachedMiniLM.cache = VectorCache(folder)
    minilm.MiniLM = CachedMiniLM


def _timed(call):
    began = time.perf_counter()
    result = call()
    return (time.perf_counter() - began) * 1000, result


def _timed_both(call):
    """Milliseconds by the clock, and those that this process had a core: others use them too."""
    cpu = time.process_time()
    ms, _ = _timed(call)
    return ms, (time.process_time() - cpu) * 1000


def _spread(calls) -> list[float]:
    """The median and the 95th percentile by the clock, then both of the time at work."""
    times = [_timed_both(call) for call in calls]
    waited, worked = (sorted(each) for each in zip(*times, strict=True))
    return [round(v, 1) for t in (waited, worked) for v in (median(t), _p95(t))]


def _p95(times) -> float:
    return times[int(len(times) * 0.95)]


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _questions(options, count: int) -> list[str]:
    """Questions on papers from all over the file, each another."""
    titles = [paper.title for paper in papers_in(options.papers, options.size)]
    step = max(1, len(titles) // count)
    return [f"What is known about {title}?" for title in titles[::step][:count]]


def _question_vectors(options) -> list[np.ndarray]:
    """Vectors of questions, as a search makes them."""
    from rag.embedding import build_embedder
    from rag.settings import read_settings

    embedder = build_embedder(read_settings())
    return [embedder.embed_query(each) for each in _questions(options, EXACT_QUESTIONS)]


def _author(library: Library) -> str:
    """Someone with several papers."""
    return next(iter(library.catalog.facets().authors))


def _lines(source: Path):
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8") as lines:
        yield from lines


def cut(source: Path, size: int, folder: Path) -> Path:
    """Write the first records of a file into one of their own."""
    target = folder / f"first-{size}.jsonl"
    with target.open("w", encoding="utf-8") as file:
        file.writelines(islice(_lines(source), size))
    return target


def run_step(step: str, size: int, papers: Path, folder: Path, cache: Path) -> Figures:
    command = [sys.executable, "-m", "tests.bench.scale", str(papers), "--inside", step]
    command += ["--sizes", str(size), "--folder", str(folder), "--cache", str(cache)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout.splitlines()[-1])


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", type=Path)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--cache", type=Path, default=DEFAULT)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--inside", choices=STEPS, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    if options.inside:
        options.size = int(options.sizes)
        options.library = options.folder / str(options.size)
        print(json.dumps(STEPS[options.inside](options)))  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        steps = options.only.split(",") if options.only else list(STEPS)
        for size in map(int, options.sizes.split(",")):
            papers = cut(options.papers, size, folder)
            for step in steps:
                figures = run_step(step, size, papers, folder, options.cache)
                print(json.dumps({"size": size, "step": step} | figures), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
