"""Run the suite from end to end: library, question set, baselines, reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eval.data.dataset import Sample, default_question_sets, read_question_sets
from eval.report import write_reports
from eval.run.asking import OnProgress, System
from eval.run.baselines import add_baselines, build_baselines, rescore_baselines
from eval.run.judge import Judge
from eval.run.runner import Options, Run, evaluate, rescore
from eval.run.summary import Price
from eval.run.workspace import open_existing, open_made
from rag.library import Library
from rag.readers import Source, read_sources
from rag.settings import Settings, read_settings
from rag.starter import starter_file
from rag.text import title_key
from rag.types import EXTRACTIVE, Depth, Paper

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

RUNS: Final = Path("paperchat-eval")  # below it are runs without a given folder
DUPLICATE: Final = "duplicate"  # the kind of questions on papers that sources have twice
JUDGED: Final = "judged"  # cached verdicts, below the cache folder


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        questions: Files of question sets; none for the set that comes with the project.
        library: An existing library's folder; None for one that is made for the run.
        sources: Files that a made library holds; none for the starter papers.
        llm: `extractive`, `auto`, or a model's name.
        judge: A model's name, or None.
        out: The run's folder; None for a new one below `paperchat-eval`.
        embedder: In place of the settings' embedder; its retrieval is measured beside theirs.
        reranker: In place of the settings' reranker; as `embedder`.
        depth: How long answers are worked at; None for what the settings say.
        ablate: Whether to ask the baselines for answers too; they are always searched.
        workers: Questions asked at once; None to choose.
        price: Of tokens.
    """

    questions: tuple[Path, ...] = ()
    library: Path | None = None
    sources: tuple[Path, ...] = ()
    llm: str = EXTRACTIVE
    judge: str | None = None
    out: Path | None = None
    embedder: str | None = None
    reranker: str | None = None
    depth: Depth | None = None
    ablate: bool = False
    workers: int | None = None
    price: Price | None = None


def run_suite(plan: Plan, on_progress: OnProgress = lambda _: None) -> Run:
    """Run a question set with its baselines and write the reports.

    Raises:
        RagError: The questions, the library or the run's folder cannot be used.
    """
    samples = read_question_sets(plan.questions or default_question_sets())
    chosen = {"embedder": plan.embedder, "reranker": plan.reranker, "depth": plan.depth}
    settings = read_settings(library=plan.library, **chosen)
    llm = build_model(settings, plan.llm)
    options = _options(plan, settings)
    with open_library(plan, samples, settings, llm, on_progress) as library:
        folder = plan.out or new_folder()
        run = evaluate(library, samples, out=folder, options=options, on_progress=on_progress)
        systems = build_baselines(library, llm if plan.ablate else None)
        searched = replace(options, answers=plan.ablate)
        with open_default(plan, samples, on_progress) as default:
            run = add_baselines(
                run, library, samples, systems | default, options=searched, on_progress=on_progress
            )
    write_reports(run)
    return run


@contextmanager
def open_default(
    plan: Plan, samples: Sequence[Sample], on_progress: OnProgress
) -> Iterator[dict[str, System]]:
    """Yield the library as the settings have it, by name, where the plan has another retrieval."""
    if not (plan.embedder or plan.reranker):
        yield {}
        return
    settings = read_settings()
    with open_library(replace(plan, library=None), samples, settings, None, on_progress) as own:
        yield {f"{settings.embedder}, {settings.reranker}": own}


def rescore_suite(plan: Plan, folder: Path, on_progress: OnProgress = lambda _: None) -> Run:
    """Score a finished run and its baselines again, without asking, and write the reports.

    Raises:
        RagError: There is no such run, or it was over other questions or papers.
    """
    samples = read_question_sets(plan.questions or default_question_sets())
    settings = read_settings(library=plan.library)
    options = _options(plan, settings)
    with open_library(plan, samples, settings, None, on_progress) as library:
        out = plan.out or new_folder()
        run = rescore(library, samples, folder, out=out, options=options)
        run = rescore_baselines(run, library, samples, folder, options)
    write_reports(run)
    return run


def _options(plan: Plan, settings: Settings) -> Options:
    return Options(
        name=" ".join(file.stem for file in plan.questions) or "default set",
        judge=build_judge(settings, plan.judge),
        workers=plan.workers,
        price=plan.price,
    )


@contextmanager
def open_library(
    plan: Plan,
    samples: Sequence[Sample],
    settings: Settings,
    llm: LLM | None,
    on_progress: OnProgress,
) -> Iterator[Library]:
    """Yield the plan's library, or one made for the run."""
    if plan.library:
        with open_existing(settings, llm, on_progress) as library:
            yield library
        return
    with starter_file() as starter:
        default: list[Source] = [starter, *repeated(starter, samples)]
        with open_made(plan.sources or default, settings, llm, on_progress) as library:
            yield library


def repeated(file: Path, samples: Iterable[Sample]) -> list[Source]:
    """Return the papers of `duplicate` questions as records that spell their titles otherwise.

    A library recognises them as papers that it has; one that does not finds each of them twice.
    """
    asked = (sample for sample in samples if sample.kind == DUPLICATE)
    titles = {title_key(paper) for s in asked for turn in s.turns for paper in turn.papers}
    papers = (item for item in read_sources([file]) if isinstance(item, Paper))
    return [
        {"title": paper.title.upper().replace("-", " "), "abstract": paper.abstract}
        for paper in papers
        if title_key(paper.title) in titles
    ]


def build_model(settings: Settings, name: str) -> LLM | None:
    """Build the model that answers, or None for extractive answers."""
    from rag.assembly import build_llm

    return build_llm(settings, name)


def build_judge(settings: Settings, name: str | None) -> Judge | None:
    """Build the judge of that name, or None."""
    llm = build_model(settings, name) if name else None
    return Judge(llm, settings.cache.expanduser() / JUDGED) if llm else None


def new_folder() -> Path:
    """Return a new folder for a run, named by the time."""
    return RUNS / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
