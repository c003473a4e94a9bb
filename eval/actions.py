"""Run the actions of `paperchat eval`; modules that measure are imported late, to start fast."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.errors import ConfigurationError, RagError
from rag.terminal import shown_progress, write_json, write_line, write_text

if TYPE_CHECKING:
    from eval.drafting.draft import Question
    from eval.run.runner import Run
    from eval.run.summary import Price
    from eval.suite import Plan
    from rag.embedding import OnProgress
    from rag.settings import Settings
    from rag.types import Paper


def run(options: argparse.Namespace) -> int:
    """Measure a library and write the reports; return 1 when every question failed."""
    _check_use(options)
    with shown_progress() as on_progress:
        runs = (
            _run_collection(options, on_progress)
            if options.beir
            else _run_set(options, on_progress)
        )
    _write_runs(runs, options)
    if options.keep:
        _keep(runs[0])
    return int(any(done.summary.failed == done.summary.questions for done in runs))


def rescore(options: argparse.Namespace) -> int:
    """Score a finished run again and write the reports to another folder."""
    from eval.suite import rescore_suite

    _check_papers(options)
    with shown_progress() as on_progress:
        done = rescore_suite(_plan(options), options.kept, on_progress)
    _write_runs([done], options)
    return 0


def _check_use(options: argparse.Namespace) -> None:
    """Exit with a usage error where options contradict each other."""
    if options.claims and not options.beir:
        options.usage_error("--claims needs --beir DIR")
    if options.keep and options.beir:
        options.usage_error("--keep is for question sets, not for --beir")
    _check_papers(options)


def _check_papers(options: argparse.Namespace) -> None:
    if options.sources and getattr(options, "library", None):
        options.usage_error("--sources makes a library of its own; leave --library out")


def _run_set(options: argparse.Namespace, on_progress: OnProgress) -> list[Run]:
    from eval.suite import run_suite

    asked = replace(
        _plan(options),
        llm=options.llm,
        embedder=options.embedder,
        reranker=options.reranker,
        depth=options.depth,
        ablate=options.ablate,
        workers=options.workers,
    )
    return [run_suite(asked, on_progress)]


def _plan(options: argparse.Namespace) -> Plan:
    """Build the plan from the options that all actions on a question set share."""
    from eval.suite import Plan

    return Plan(
        questions=tuple(options.questions),
        library=getattr(options, "library", None),
        sources=tuple(options.sources),
        judge=options.judge,
        out=options.out,
        price=_price(options.price),
    )


def _run_collection(options: argparse.Namespace, on_progress: OnProgress) -> list[Run]:
    from eval.collection import run_collection
    from eval.suite import new_folder

    return run_collection(
        options.beir,
        library=getattr(options, "library", None),
        out=options.out or new_folder(),
        claims=options.claims,
        on_progress=on_progress,
    )


def _write_runs(runs: Sequence[Run], options: argparse.Namespace) -> None:
    if options.json:
        write_json(_as_json(runs))
        return
    for done in runs:
        _write_run(done)


def _as_json(runs: Sequence[Run]) -> dict[str, object]:
    """Return the first run's summary, with those of the others by name."""
    first, *others = [run.summary.model_dump(exclude={"rows"}) for run in runs]
    return first | {str(other["name"]): other for other in others}


def _write_run(done: Run) -> None:
    from eval.report.markdown import render_short

    write_line(render_short(done.summary, done.records))
    write_line(f"\nThe report: {done.folder}/report.html\n")


def _keep(done: Run) -> None:
    from eval.gate.comparison import keep_baseline

    keep_baseline(done.summary)


def _price(text: str | None) -> Price | None:
    from eval.run.summary import Price

    if text is None:
        return None
    try:
        prompt, completion = (float(part) for part in text.split(":"))
    except ValueError as exc:
        raise ConfigurationError("--price wants IN:OUT, for example --price 0.15:0.60.") from exc
    return Price(prompt=prompt, completion=completion)


def compare(options: argparse.Namespace) -> int:
    """Compare two runs; return 1 when a gated metric of the second is significantly worse."""
    from eval.gate.comparison import compare_runs
    from eval.report.markdown import render_comparison

    if len(options.runs) > 2:
        options.usage_error("name one run, or two")
    comparison, first, second = compare_runs(options.runs)
    if options.json:
        write_json(comparison)
    else:
        write_line(render_comparison(comparison, first, second))
    return 1 if comparison.losses else 0


def draft(options: argparse.Namespace) -> int:
    """Propose questions about a library's papers, with a model where one is set."""
    from eval.drafting.draft import render_questions
    from rag.library import Library
    from rag.settings import read_settings

    settings = read_settings(library=getattr(options, "library", None), llm=options.llm)
    with Library.open(settings=settings) as library:
        papers = library.papers()
    if not papers:
        raise RagError("The library holds no papers to ask about; add some by `paperchat ingest`.")
    questions = _drafted(papers, options.n, settings)
    if not questions:
        raise RagError("The library's papers gave no question; add others by `paperchat ingest`.")
    write_text(render_questions(questions), options.output)
    return 0


def _drafted(papers: Sequence[Paper], count: int, settings: Settings) -> Sequence[Question]:
    """Return questions by the model of the settings, or made of the papers' own words."""
    from eval.drafting.draft import draft_questions
    from eval.drafting.proposing import propose_questions
    from eval.suite import build_model

    llm = build_model(settings, settings.llm)
    if llm is None:
        return draft_questions(papers, count)
    with shown_progress() as on_progress:
        proposed = propose_questions(llm, papers, count, on_progress)
    for why in proposed.skipped:
        sys.stderr.write(f"paperchat: {why}\n")
    if not proposed.questions:
        raise RagError(
            "No reply of the model can be used as a question. Try another model, or --llm "
            "extractive for questions without one."
        )
    return proposed.questions
