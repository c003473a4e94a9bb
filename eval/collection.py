"""Measure a collection in BEIR's layout: retrieval, its baselines, and claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eval.data.beir import Collection, read_collection
from eval.data.records import Record, hit_records, write_records
from eval.metrics.catalogue import RECALL_AT
from eval.metrics.formulas import average_precision, hit_at, ndcg_at, recall_at, reciprocal_rank
from eval.report import write_reports
from eval.run.asking import ANSWERS, OnProgress, System
from eval.run.baselines import build_baselines
from eval.run.checking import build_verifier
from eval.run.claims import Pair, check_pairs, read_pairs
from eval.run.provenance import Provenance, describe_run
from eval.run.runner import Run, claim_folder, now
from eval.run.scores import Scores, rounded
from eval.run.summary import (
    Published,
    Summary,
    as_rows,
    slice_means,
    summarise,
    with_baselines,
    write_summary,
)
from eval.run.workspace import open_existing, open_made
from rag.library import Library
from rag.settings import Settings, read_settings
from rag.types import Hit, Progress

DEPTH: Final = 100
HITS_KEPT: Final = 20
CLAIMS_FOLDER: Final = "claims"

# nDCG@10 on the test queries: BM25 by Pyserini's reproductions, the embedders by MTEB.
_FIGURES: Final = {
    "scifact": (0.679, 0.645, 0.713, 0.719, 0.743),
    "nfcorpus": (0.322, 0.316, 0.343, 0.354, 0.374),
}
_SYSTEMS: Final = (
    ("BM25", "Pyserini"),
    ("all-MiniLM-L6-v2", "MTEB"),
    ("bge-small-en-v1.5", "MTEB"),
    ("e5-base-v2", "MTEB"),
    ("bge-base-en-v1.5", "MTEB"),
)


def run_collection(
    folder: Path,
    *,
    out: Path,
    library: Path | None = None,
    claims: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> list[Run]:
    """Measure retrieval on a collection, and if asked the verifier on its claims.

    Args:
        folder: The collection.
        out: The run's folder; the claims get a folder in it.
        library: Folder of the library to read its papers into; None for one made for the run.
        claims: Also check SciFact's claims.
        on_progress: Told how far the work is.

    Raises:
        RagError: The collection, the library or the run's folder cannot be used.
    """
    collection = read_collection(folder)
    pairs = read_pairs(folder) if claims else []
    measuring = _Measuring(collection, read_settings(library=library), out, on_progress)
    with measuring.opened(existing=library is not None) as opened:
        runs = [measuring.retrieval(opened)]
    return [*runs, measuring.claims(pairs)] if pairs else runs


@dataclass(frozen=True, slots=True)
class _Measuring:
    """A collection that is being measured."""

    collection: Collection
    settings: Settings
    out: Path
    on_progress: OnProgress

    @contextmanager
    def opened(self, *, existing: bool) -> Iterator[Library]:
        """Yield the library with the collection's papers."""
        papers = self.collection.papers
        if not existing:
            with open_made(papers, self.settings, None, self.on_progress) as made:
                yield made
            return
        with open_existing(self.settings, None, self.on_progress) as found:
            found.ingest(papers, on_progress=self.on_progress)
            yield found

    def retrieval(self, library: Library) -> Run:
        """Return the run of the queries, with its baselines and published figures."""
        provenance = self._describe("paperchat", "retrieval only", self.collection.queries.values())
        claim_folder(self.out, provenance)
        records = self._search_all(library)
        summary = self._summary(records, provenance, self.collection.name)
        baselines = {
            name: slice_means(as_rows(self._search_all(system)))
            for name, system in build_baselines(library, None).items()
        }
        published = published_figures(self.collection.name)
        whole = with_baselines(summary, baselines).model_copy(update={"published": published})
        return _finish(Run(whole, tuple(records), self.out))

    def claims(self, pairs: Sequence[Pair]) -> Run:
        """Return the run of the claims, in its own folder."""
        self.on_progress(Progress("checking claims", 0, len(pairs)))
        records = check_pairs(pairs, build_verifier(self.collection.papers, self.settings))
        provenance = self._describe("verifier", "claims", [pair.claim for pair in pairs])
        summary = self._summary(records, provenance, f"{self.collection.name} claims")
        return _finish(Run(summary, tuple(records), self.out / CLAIMS_FOLDER))

    def _search_all(self, system: System) -> list[Record]:
        titles = {paper.paper_id: paper.title for paper in self.collection.papers}
        records = []
        for done, (query_id, gains) in enumerate(self.collection.qrels.items(), start=1):
            query = self.collection.queries[query_id]
            hits = system.search(query, DEPTH, ())
            records.append(_record(query_id, query, hits, gains, titles))
            self.on_progress(Progress("searching", done, len(self.collection.qrels)))
        return records

    def _describe(self, system: str, mode: str, questions: Iterable[str]) -> Provenance:
        return describe_run(
            system,
            mode,
            papers=self.collection.papers,
            questions=questions,
            settings=self.settings,
        )

    def _summary(self, records: Sequence[Record], provenance: Provenance, name: str) -> Summary:
        known = [paper.paper_id for paper in self.collection.papers]
        return summarise(records, provenance, name=name, created=now(), known_papers=known)


def _record(
    query_id: str,
    query: str,
    hits: Sequence[Hit],
    gains: Mapping[str, float],
    titles: Mapping[str, str],
) -> Record:
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


def _finish(run: Run) -> Run:
    """Write the reports and return the run."""
    if run.folder is not None:
        run.folder.mkdir(parents=True, exist_ok=True)
        write_records(run.folder / ANSWERS, run.records)
        write_summary(run.folder, run.summary)
        write_reports(run)
    return run


def published_figures(name: str) -> tuple[Published, ...]:
    """Return published figures for a collection of this name; nothing for an unknown one."""
    return tuple(
        Published(system=system, metric="ndcg@10", value=value, source=source)
        for (system, source), value in zip(_SYSTEMS, _FIGURES.get(name.lower(), ()), strict=False)
    )


def score_query(retrieved: list[str], gains: Mapping[str, float]) -> Scores:
    """Return the scores of a ranking by graded relevance."""
    scores = {
        "ndcg@10": ndcg_at(10, retrieved, dict(gains)),
        "mrr": reciprocal_rank(retrieved, gains),
        "map": average_precision(retrieved, gains),
        "hit@5": hit_at(5, retrieved, gains),
    }
    return rounded(
        scores | {f"recall@{k}": recall_at(k, retrieved, gains) for k in (*RECALL_AT, DEPTH)}
    )
