"""The `eval` command: its words, and what each of its actions does; `eval` is imported late."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli import output
from rag.errors import ConfigurationError, RagError

if TYPE_CHECKING:
    from eval.runner import Run
    from eval.suite import Plan
    from eval.summary import Price
    from rag.embedding import OnProgress


def add_eval(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `eval` to its parser."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    about = "measure a library with a question set"
    _add_run(actions.add_parser("run", help=about, description=about))
    about = "score a run's answers anew, without asking again"
    _add_rescore(actions.add_parser("rescore", help=about, description=about))
    about = "compare two runs; 1 when the second is worse beyond chance"
    _add_compare(actions.add_parser("compare", help=about, description=about))
    about = "propose questions from a library's papers, to be edited"
    _add_draft(actions.add_parser("draft", help=about, description=about))


def _add_common(parser: argparse.ArgumentParser, default: str) -> None:
    """What every command takes, also behind the action; unset there, what stands before holds."""
    parser.add_argument(
        "--library",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help=f"folder of the library (default: {default})",
    )
    parser.add_argument(
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="tell what each stage does",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_set(parser)
    parser.add_argument(
        "--llm", default="extractive", metavar="MODEL", help="extractive (default), auto, a model"
    )
    parser.add_argument("--ablate", action="store_true", help="ask the baselines for answers too")
    parser.add_argument(
        "--workers", type=_positive, metavar="N", help="questions under way at once"
    )
    parser.add_argument("--beir", type=Path, metavar="DIR", help="a collection in BEIR's layout")
    parser.add_argument("--claims", action="store_true", help="also check the collection's claims")
    parser.add_argument("--keep", action="store_true", help="keep it as the baseline of `compare`")
    parser.set_defaults(run=run, usage_error=parser.error)


def _add_set(parser: argparse.ArgumentParser) -> None:
    """What says which questions and papers, who judges, what it costs, and where the run goes."""
    _add_common(parser, "one of the starter papers, made for the run")
    parser.add_argument(
        "--questions", nargs="+", type=Path, default=[], metavar="FILE", help="question sets"
    )
    parser.add_argument(
        "--sources", nargs="+", type=Path, default=[], metavar="FILE", help="papers to fill it with"
    )
    parser.add_argument("--judge", metavar="MODEL", help="a model that judges the answers")
    parser.add_argument(
        "--price",
        metavar="IN:OUT",
        help="cost of a million tokens read and written, to tell the cost",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the run, or one to resume"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def _add_rescore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kept", type=Path, metavar="RUN", help="the run's folder")
    _add_set(parser)
    parser.set_defaults(run=rescore, usage_error=parser.error)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="one run (against the baseline), or two"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=compare, usage_error=parser.error)


def _add_draft(parser: argparse.ArgumentParser) -> None:
    _add_common(parser, "that of paperchat")
    parser.add_argument(
        "-n", type=_positive, default=20, metavar="N", help="questions (default 20)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")
    parser.set_defaults(run=draft)


def run(options: argparse.Namespace) -> int:
    """Measure a library and leave the reports in the run's folder; 1 when every question failed."""
    _check_use(options)
    with output.shown_progress() as on_progress:
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
    """Score a finished run anew and leave the reports in another folder."""
    from eval.suite import rescore_suite

    _check_papers(options)
    with output.shown_progress() as on_progress:
        done = rescore_suite(_plan(options), options.kept, on_progress)
    _write_runs([done], options)
    return 0


def _check_use(options: argparse.Namespace) -> None:
    """Leave with a usage error where options do not go together."""
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

    asked = replace(_plan(options), llm=options.llm, ablate=options.ablate, workers=options.workers)
    return [run_suite(asked, on_progress)]


def _plan(options: argparse.Namespace) -> Plan:
    """What to run, as far as every action on a set says it."""
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
        output.write_json(_told(runs))
        return
    for done in runs:
        _write_run(done)


def _told(runs: Sequence[Run]) -> dict[str, object]:
    """The first run's summary, with those of others, the claims, below their names."""
    first, *others = [run.summary.model_dump(exclude={"rows"}) for run in runs]
    return first | {str(other["name"]): other for other in others}


def _write_run(done: Run) -> None:
    from eval.report.markdown import render_short

    output.write_line(render_short(done.summary, done.records))
    output.write_line(f"\nThe report: {done.folder}/report.html\n")


def _keep(done: Run) -> None:
    from eval.gate import keep_baseline

    keep_baseline(done.summary)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return value


def _price(text: str | None) -> Price | None:
    from eval.summary import Price

    if text is None:
        return None
    try:
        prompt, completion = (float(part) for part in text.split(":"))
    except ValueError as exc:
        raise ConfigurationError("--price wants IN:OUT, for example --price 0.15:0.60.") from exc
    return Price(prompt=prompt, completion=completion)


def compare(options: argparse.Namespace) -> int:
    """Compare two runs; 1 when a gated metric of the second is worse beyond chance."""
    from eval.gate import compare_runs
    from eval.report.markdown import render_comparison

    if len(options.runs) > 2:
        options.usage_error("name one run, or two")
    comparison, first, second = compare_runs(options.runs)
    if options.json:
        output.write_json(comparison)
    else:
        output.write_line(render_comparison(comparison, first, second))
    return 1 if comparison.losses else 0


def draft(options: argparse.Namespace) -> int:
    """Propose questions from a library's papers."""
    from eval.draft import draft_questions, render_questions
    from rag.library import Library
    from rag.settings import read_settings

    settings = read_settings(library=getattr(options, "library", None))
    with Library.open(settings=settings) as library:
        questions = draft_questions(library.papers(), options.n)
    if not questions:
        raise RagError("The library holds no papers to ask about; add some by `paperchat ingest`.")
    text = render_questions(questions)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        options.output.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise RagError(f"{str(options.output)!r} cannot be written: {exc.strerror}.") from exc
    return 0
