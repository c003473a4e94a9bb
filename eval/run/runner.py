"""Run a question set against a library: `evaluate` returns a `Run`, and writes it to a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from eval.data.dataset import Sample
from eval.data.records import Record, read_records, write_records
from eval.run.asking import ANSWERS, OnProgress, System, Task, ask_all
from eval.run.checking import build_check, build_verifier
from eval.run.judge import Judge
from eval.run.probing import build_probe
from eval.run.provenance import Provenance, describe_run
from eval.run.replay import rescore_all
from eval.run.scorer import Scorer
from eval.run.summary import Price, Summary, read_summary, summarise, write_summary
from rag.errors import ConfigurationError
from rag.library import Library
from rag.types import EXTRACTIVE, Paper

FINGERPRINT: Final = "fingerprint.txt"
RETRIEVAL_ONLY: Final = "retrieval only"
PAPERCHAT: Final = "paperchat"  # what is measured, where it is no baseline
MODEL_WORKERS: Final = 8  # questions asked at once where a model answers


@dataclass(frozen=True, slots=True)
class Options:
    """How a set is run; the defaults measure the library as it is.

    Attributes:
        name: Of the set; runs of one name are compared with each other.
        label: What is measured: `paperchat`, or a baseline's name.
        answers: Whether to ask for answers; else only retrieval is measured.
        workers: Questions asked at once; None for one, or several where a model answers.
        price: Of tokens.
    """

    name: str = "questions"
    label: str = PAPERCHAT
    answers: bool = True
    judge: Judge | None = None
    workers: int | None = None
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its summary, every question, and its folder where it has one."""

    summary: Summary
    records: tuple[Record, ...]
    folder: Path | None = None


def evaluate(
    library: Library,
    samples: Sequence[Sample],
    *,
    out: Path | None = None,
    system: System | None = None,
    options: Options | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Run:
    """Ask a library every question of a set and score the answers.

    Args:
        library: Holds the papers that the questions name.
        samples: The question set.
        out: Folder of the run; an interrupted one is continued.
        system: Answers in the library's place: a baseline.
        options: How the set is run.
        on_progress: Told how many questions are done.

    Raises:
        ConfigurationError: The folder holds a run of other questions, papers, settings or code.
    """
    options = options or Options()
    papers = library.papers()
    provenance = _describe(library, papers, samples, options)
    model = None if system or library.is_extractive else library.mode
    task = build_task(
        library, papers, samples, options, measures_library=system is None, model=model
    )
    if out:
        claim_folder(out, provenance)
    records = ask_all(system or library, samples, task, folder=out, on_progress=on_progress)
    return _finish(records, provenance, papers, options, out)


def rescore(
    library: Library,
    samples: Sequence[Sample],
    folder: Path,
    *,
    out: Path,
    options: Options | None = None,
) -> Run:
    """Score the answers of a finished run again, without asking, into another folder.

    Args:
        library: Holds the papers that the run was over.
        samples: The question set that the run was asked.
        folder: The run.
        out: Folder of the new one.
        options: How the answers are scored; how they were made stays as recorded.

    Raises:
        SourceError: There is no such run, or it was over other questions or papers.
        ConfigurationError: The new folder holds another run.
    """
    options = options or Options()
    papers = library.papers()
    made = read_summary(folder).provenance
    labelled = replace(options, label=made.system)
    scored = _describe(library, papers, samples, labelled)
    provenance = scored.model_copy(update={"mode": made.mode, "settings": made.settings})
    is_own = made.system == PAPERCHAT
    has_model = is_own and made.mode not in (EXTRACTIVE, RETRIEVAL_ONLY)
    model = made.mode if has_model else None
    task = build_task(library, papers, samples, labelled, measures_library=is_own, model=model)
    claim_folder(out, provenance)
    records = rescore_all(samples, task, read_records(folder / ANSWERS))
    write_records(out / ANSWERS, records)
    return _finish(records, provenance, papers, labelled, out)


def _finish(
    records: Sequence[Record],
    provenance: Provenance,
    papers: Sequence[Paper],
    options: Options,
    out: Path | None,
) -> Run:
    summary = summarise(
        records,
        provenance,
        name=options.name,
        created=now(),
        known_papers=[paper.paper_id for paper in papers],
        price=options.price,
    )
    if out:
        write_summary(out, summary)
    return Run(summary, tuple(records), out)


def _describe(
    library: Library, papers: Sequence[Paper], samples: Sequence[Sample], options: Options
) -> Provenance:
    return describe_run(
        options.label,
        library.mode if options.answers else RETRIEVAL_ONLY,
        papers=papers,
        questions=[sample.model_dump_json() for sample in samples],
        settings=library.settings,
        judge=options.judge.name if options.judge else None,
    )


def build_task(
    library: Library,
    papers: Sequence[Paper],
    samples: Sequence[Sample],
    options: Options,
    *,
    measures_library: bool,
    model: str | None = None,
) -> Task:
    """Build how a set is asked and scored; verification is probed where the library is measured."""
    verifier = build_verifier(papers, library.settings)
    probe = build_probe(papers, samples, verifier) if measures_library else None
    return Task(
        Scorer(papers, build_check(verifier), probe, options.judge, model),
        answers=options.answers,
        workers=options.workers or (1 if library.is_extractive else MODEL_WORKERS),
    )


def now() -> str:
    """Return the time in the format of runs."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def claim_folder(folder: Path, provenance: Provenance) -> None:
    """Make a folder that of a run, or confirm that it is.

    Raises:
        ConfigurationError: It holds another run, or cannot be written.
    """
    mark = folder / FINGERPRINT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = mark.read_text(encoding="utf-8").strip() if mark.exists() else None
        if known is None:
            mark.write_text(provenance.fingerprint + "\n", encoding="utf-8")
    except OSError as exc:
        raise ConfigurationError(
            f"The folder {str(folder)!r} cannot be written: {exc.strerror}. Name another by --out."
        ) from exc
    if known not in (None, provenance.fingerprint):
        raise ConfigurationError(
            f"{str(folder)!r} holds a run of other questions, papers, settings or code, which "
            "cannot be taken up. Name another folder by --out."
        )


def with_summary(run: Run, summary: Summary) -> Run:
    """Return the run with another summary, written to its folder too."""
    if run.folder:
        write_summary(run.folder, summary)
    return replace(run, summary=summary)
