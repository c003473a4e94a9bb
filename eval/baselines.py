"""What each part adds: the same questions with words alone, with meaning alone, without papers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from eval.asking import OnProgress, System
from eval.dataset import Sample
from eval.runner import Options, Run, evaluate, with_summary
from eval.summary import Slices, with_baselines
from rag.library import Library
from rag.settings import Settings
from rag.tokens import count_tokens
from rag.types import Answer, Hit, Message, Usage

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

LEXICAL: Final = "lexical only"
DENSE: Final = "dense only"
BARE: Final = "no retrieval"
WEIGHTS: Final = {LEXICAL: 0.0, DENSE: 1.0}  # of dense retrieval in the fused score
ASKED, SEARCHED = "baselines", "baselines-searched"  # folders, below that of the run
# What can be asked of a model that saw no papers and cites none.
BARE_METRICS: Final = frozenset({"must_mention", "words", "relevance", "correctness", "failed"})


@dataclass(frozen=True, slots=True)
class BareModel:
    """A language model that answers from what it remembers: no papers, no prompt of ours."""

    llm: LLM

    def search(self, *_: object) -> list[Hit]:
        """Nothing is searched."""
        return []

    def ask(self, question: str, history: Sequence[Message], /) -> Answer:
        """What the model says to the bare conversation."""
        from llama_index.core.base.llms.types import ChatMessage

        begun = time.perf_counter()
        told = [*history, Message("user", question)]
        reply = self.llm.chat([ChatMessage(role=m.role, content=m.content) for m in told])
        text = reply.message.content or ""
        return Answer(
            question,
            text,
            "answered",
            mode=self.llm.metadata.model_name,
            usage=Usage(sum(count_tokens(m.content) for m in told), count_tokens(text)),
            timings={"total": round((time.perf_counter() - begun) * 1000, 2)},
        )


@contextmanager
def open_baselines(
    library: Library, settings: Settings, llm: LLM | None
) -> Iterator[dict[str, System]]:
    """The baselines of a library by name; dense ones only where it has vectors."""
    with ExitStack() as stack:
        systems: dict[str, System] = {}
        for name, weight in WEIGHTS.items() if not library.is_lexical_only else ():
            changed = settings.model_copy(
                update={"dense_weight": weight, "library": library.folder}
            )
            systems[name] = stack.enter_context(
                Library.open(settings=changed, llm=llm or "extractive")
            )
        if llm is not None:
            systems[BARE] = BareModel(llm)
        yield systems


def add_baselines(
    run: Run,
    library: Library,
    samples: Sequence[Sample],
    systems: dict[str, System],
    *,
    options: Options,
    on_progress: OnProgress = lambda _: None,
) -> Run:
    """The run beside its baselines, each of them a run of its own below the run's folder."""
    if not options.answers:  # nothing can be found for the others
        samples = [sample for sample in samples if sample.type != "unanswerable"]
    means: dict[str, Slices] = {}
    within = ASKED if options.answers else SEARCHED
    for name, system in systems.items():
        folder = run.folder / within / name.replace(" ", "-") if run.folder else None
        labelled = replace(options, label=name)
        measured = evaluate(
            library,
            samples,
            out=folder,
            system=system,
            options=labelled,
            on_progress=on_progress,
        )
        means[name] = _told(name, measured.summary.slices)
    return with_summary(run, with_baselines(run.summary, means))


def _told(name: str, slices: Slices) -> Slices:
    if name != BARE:
        return slices
    return {
        part: {metric: mean for metric, mean in means.items() if metric in BARE_METRICS}
        for part, means in slices.items()
    }
