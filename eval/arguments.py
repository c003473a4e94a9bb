"""Define the arguments of `paperchat eval` and `python -m eval`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from eval.actions import compare, draft, rescore, run
from rag.types import Depth


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
    """Add the arguments of every command; after an action they only override earlier ones."""
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
    parser.add_argument(
        "--embedder", metavar="NAME", help="in place of RAG_EMBEDDER, measured beside it"
    )
    parser.add_argument(
        "--reranker", metavar="NAME", help="in place of RAG_RERANKER, measured beside it"
    )
    parser.add_argument("--depth", choices=get_args(Depth), help="in place of RAG_DEPTH")
    parser.add_argument("--ablate", action="store_true", help="ask the baselines for answers too")
    parser.add_argument(
        "--workers", type=_positive, metavar="N", help="questions under way at once"
    )
    parser.add_argument("--beir", type=Path, metavar="DIR", help="a collection in BEIR's layout")
    parser.add_argument("--claims", action="store_true", help="also check the collection's claims")
    parser.add_argument("--keep", action="store_true", help="keep it as the baseline of `compare`")
    parser.set_defaults(run=run, usage_error=parser.error)


def _add_set(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for questions, papers, the judge, prices and the run's folder."""
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
    parser.add_argument(
        "--llm", metavar="MODEL", help="extractive, auto, a model (default: as the settings say)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")
    parser.set_defaults(run=draft)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return value
