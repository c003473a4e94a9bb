"""Ask baselines the same questions: lexical alone, dense alone, a model without papers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eval.data.dataset import Sample
from eval.run.asking import OnProgress, System
from eval.run.runner import Options, Run, evaluate, rescore, with_summary
from eval.run.summary import SUMMARY, Slices, with_baselines
from rag.library import Library
from rag.tokens import count_tokens
from rag.types import EXTRACTIVE, Answer, Hit, Message, Usage

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

LEXICAL: Final = "lexical only"
DENSE: Final = "dense only"
BARE: Final = "no retrieval"
WEIGHTS: Final = {LEXICAL: 0.0, DENSE: 1.0}  # of dense retrieval in the fused score
SEARCHES: Final = 4  # at once
ASKED, SEARCHED = "baselines", "baselines-searched"  # folders, below that of the run
# Metrics of a model that saw no papers and cites none.
BARE_METRICS: Final = frozenset({"must_mention", "words", "relevance", "correctness", "failed"})


@dataclass(frozen=True, slots=True)
class BareModel:
    """Answer with a language model from what it remembers: no papers, no prompt of ours."""

    llm: LLM

    def search(self, *_: object) -> list[Hit]:
        """Return nothing."""
        return []

    def ask(self, question: str, history: Sequence[Message], /) -> Answer:
        """Ask the model the bare conversation."""
        from llama_index.core.base.llms.types import ChatMessage

        begun = time.perf_counter()
        messages = [*history, Message("user", question)]
        reply = self.llm.chat([ChatMessage(role=m.role, content=m.content) for m in messages])
        text = reply.message.content or ""
        return Answer(
            question,
            text,
            "answered",
            mode=self.llm.metadata.model_name,
            usage=Usage(sum(count_tokens(m.content) for m in messages), count_tokens(text)),
            timings={"total": round((time.perf_counter() - begun) * 1000, 2)},
        )


def build_baselines(library: Library, llm: LLM | None) -> dict[str, System]:
    """Build the baselines of a library by name; of single retrievers only where it has both."""
    systems: dict[str, System] = {}
    for name, weight in WEIGHTS.items() if not library.is_lexical_only else ():
        changed = library.settings.model_copy(update={"dense_weight": weight})
        systems[name] = library.with_settings(changed, llm or EXTRACTIVE)
    if llm is not None:
        systems[BARE] = BareModel(llm)
    return systems


def add_baselines(
    run: Run,
    library: Library,
    samples: Sequence[Sample],
    systems: dict[str, System],
    *,
    options: Options,
    on_progress: OnProgress = lambda _: None,
) -> Run:
    """Return the run with its baselines, each a run of its own below the run's folder."""
    if not options.answers:  # the others retrieve nothing
        samples = _answerable(samples)
    means: dict[str, Slices] = {}
    for name, system in systems.items():
        measured = evaluate(
            system if isinstance(system, Library) else library,
            samples,
            out=_folder(run.folder, name, options) if run.folder else None,
            system=system,
            options=_labelled(options, name),
            on_progress=on_progress,
        )
        means[name] = _reported(name, measured.summary.slices)
    return with_summary(run, with_baselines(run.summary, means))


def rescore_baselines(
    run: Run, library: Library, samples: Sequence[Sample], folder: Path, options: Options
) -> Run:
    """Return the run with the baselines of an earlier run, scored again from its records."""
    means: dict[str, Slices] = {}
    for answers in (True, False):
        asked = replace(options, answers=answers)
        for name in (*WEIGHTS, BARE):
            kept = _folder(folder, name, asked)
            if run.folder and (kept / SUMMARY).exists():
                out = _folder(run.folder, name, asked)
                chosen = samples if answers else _answerable(samples)
                measured = rescore(library, chosen, kept, out=out, options=asked)
                means[name] = _reported(name, measured.summary.slices)
    return with_summary(run, with_baselines(run.summary, means))


def _answerable(samples: Sequence[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.type != "unanswerable"]


def _folder(run: Path, name: str, options: Options) -> Path:
    return run / (ASKED if options.answers else SEARCHED) / name.replace(" ", "-")


def _labelled(options: Options, name: str) -> Options:
    """Return the options of a baseline; nobody reads its latency, so several searches run."""
    workers = options.workers or (None if options.answers else SEARCHES)
    return replace(options, label=name, workers=workers)


def _reported(name: str, slices: Slices) -> Slices:
    if name != BARE:
        return slices
    return {
        part: {metric: mean for metric, mean in means.items() if metric in BARE_METRICS}
        for part, means in slices.items()
    }
