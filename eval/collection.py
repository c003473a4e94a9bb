"""Runs a collection in BEIR's layout: the library's retrieval, its two halves, and its claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from eval.asking import ANSWERS, OnProgress, System
from eval.baselines import open_baselines
from eval.beir import DEPTH, Collection, published_figures, read_collection, score_query
from eval.checking import build_verifier
from eval.claims import check_pairs, read_pairs
from eval.provenance import Provenance, describe_run
from eval.records import Record, hit_records, write_records
from eval.report import write_reports
from eval.runner import Run, claim_folder
from eval.summary import (
    Slices,
    Summary,
    as_rows,
    slice_means,
    summarise,
    with_baselines,
    write_summary,
)
from eval.workspace import open_existing, open_made
from rag.library import Library
from rag.settings import Settings, read_settings
from rag.types import Paper, Progress

HITS_KEPT: Final = 20
CLAIMS_FOLDER: Final = "claims"


def run_collection(
    folder: Path,
    *,
    library: Path | None = None,
    out: Path,
    claims: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> list[Run]:
    """Measure retrieval on a collection, and if asked the verifier on its claims.

    Args:
        folder: The collection.
        library: Where its papers are read into; None for a library that is made for the run.
        out: The run's folder; the claims get a folder in it.
        claims: Also check SciFact's claims.
        on_progress: Told how far it is.

    Raises:
        RagError: The collection, the library or the run's folder cannot be used.
    """
    collection = read_collection(folder)
    pairs = read_pairs(folder) if claims else []
    settings = read_settings(library=library)
    told = _describer(collection, settings)
    provenance = told("paperchat", "retrieval only", list(collection.queries.values()))
    claim_folder(out, provenance)
    with _opened(collection, library, settings, on_progress) as opened:
        runs = [_measure(opened, collection, settings, provenance, out, on_progress)]
    if pairs:
        on_progress(Progress("checking claims", 0, len(pairs)))
        records = check_pairs(pairs, build_verifier(collection.papers, settings))
        checked = told("verifier", "claims", [pair.claim for pair in pairs])
        summary = _summary(records, checked, f"{collection.name} claims", collection.papers)
        runs.append(_finish(Run(summary, tuple(records), out / CLAIMS_FOLDER)))
    return runs


def _describer(
    collection: Collection, settings: Settings
) -> Callable[[str, str, list[str]], Provenance]:
    def describe(system: str, mode: str, questions: list[str]) -> Provenance:
        return describe_run(
            system,
            mode,
            papers=collection.papers,
            questions=questions,
            settings=settings,
            judge=None,
        )

    return describe


@contextmanager
def _opened(
    collection: Collection, library: Path | None, settings: Settings, on_progress: OnProgress
) -> Iterator[Library]:
    if library is None:
        with open_made(collection.papers, settings, None, on_progress) as made:
            yield made
        return
    with open_existing(settings, None, on_progress) as existing:
        existing.ingest(collection.papers, on_progress=on_progress)
        yield existing


def _measure(
    library: Library,
    collection: Collection,
    settings: Settings,
    provenance: Provenance,
    out: Path,
    on_progress: OnProgress,
) -> Run:
    records = _search_all(library, collection, on_progress)
    summary = _summary(records, provenance, collection.name, collection.papers)
    with open_baselines(library, settings, None) as systems:
        baselines = {
            name: _slices(_search_all(system, collection, on_progress))
            for name, system in systems.items()
        }
    published = published_figures(collection.name)
    told = with_baselines(summary, baselines).model_copy(update={"published": published})
    return _finish(Run(told, tuple(records), out))


def _search_all(system: System, collection: Collection, on_progress: OnProgress) -> list[Record]:
    titles = {paper.paper_id: paper.title for paper in collection.papers}
    records = []
    for done, (query_id, gains) in enumerate(collection.qrels.items(), start=1):
        records.append(_search(system, query_id, collection.queries[query_id], gains, titles))
        on_progress(Progress("searching", done, len(collection.qrels)))
    return records


def _search(
    system: System, query_id: str, query: str, gains: Mapping[str, float], titles: Mapping[str, str]
) -> Record:
    hits = system.search(query, DEPTH, ())
    return Record(
        key=query_id,
        cluster=query_id,
        slices=("all",),
        question=query,
        papers=tuple(gains),
        titles=tuple(titles.get(paper_id, paper_id) for paper_id in gains),
        hits=hit_records(hits[:HITS_KEPT]),
        scores=score_query([hit.paper.paper_id for hit in hits], gains),
    )


def _slices(records: list[Record]) -> Slices:
    return slice_means(as_rows(records))


def _summary(
    records: list[Record], provenance: Provenance, name: str, papers: tuple[Paper, ...]
) -> Summary:
    return summarise(
        records,
        provenance,
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        known_papers=[paper.paper_id for paper in papers],
    )


def _finish(run: Run) -> Run:
    """The run with all its files in place."""
    if run.folder is not None:
        run.folder.mkdir(parents=True, exist_ok=True)
        write_records(run.folder / ANSWERS, run.records)
        write_summary(run.folder, run.summary)
        write_reports(run)
    return run
