"""Does the gate hold? Deliberate faults must fail `compare` by the right metric; a log line not.

Run it from the project's folder: `python -m tests.bench.gate [--repeats 5] [--full]`. Each repeat
draws other questions of the default set, over all starter papers; with `--full` each takes all of
them. It prints the exit codes of `paperchat eval compare` with the metrics that it names, and ends
with 1 when one is not as it should be. `tests/eval/test_gate.py` runs each fault once.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

from eval import Options, Sample, default_question_sets, evaluate, read_question_sets
from rag.answering import generation
from rag.cli import main
from rag.library import Library
from rag.settings import Settings
from rag.starter import starter_file
from rag.verification.citations import verify
from rag.verification.similarity import SimilarityVerifier
from tests.support.scripted_endpoint import ScriptedEndpoint, said

SPARED: Final = ("multilingual", "filter", "small_talk")  # kinds that retrieval is not asked about
INVENTED: Final = "In the year 1987 elephants won the chess league of Uppsala twice."
SHOWN: Final = re.compile(r'<paper number="(\d+)">\n(.+?)\n</paper>', re.DOTALL)
WORSE: Final = re.compile(r"^\| ● (.+?)(?: ↓)?(?:, .+?)? +\|.*\| +worse \|$", re.MULTILINE)

logger = logging.getLogger(__name__)


_check = SimilarityVerifier.check


def believe(self, pairs):
    """`SimilarityVerifier.check` without judgement: every claim is supported."""
    return [replace(each, verdict="supported", value=1.0) for each in _check(self, pairs)]


class Credulous(SimilarityVerifier):
    """Believes every claim."""

    check = believe


class HalfInvented(ScriptedEndpoint):
    """Answers with a sentence of the first paper that it is shown, and an invented one."""

    def next_reply(self, request):
        shown = SHOWN.search(said(request))
        if shown is None:  # a follow-up to be written out: it is left as it is
            return ("stream", "", (9, 0), [""], 0)
        number, paper = shown.groups()
        sentence = paper.splitlines()[-1].lstrip("… ").split(". ")[0].rstrip(".")
        text = f"{sentence} [{number}]. {INVENTED.rstrip('.')} [{number}]."
        return ("stream", text, (9, 9), [text], 0)


def believing(text, papers, verifier, numbering, **more):
    """`verify`, with a verifier that believes every claim."""
    return verify(text, papers, Credulous(None, lambda _: 1.0), numbering, **more)


@contextmanager
def logging_more() -> Iterator[None]:
    """Every question leaves a line in the log."""
    ask = Library.ask

    def logged(self, question, history=()):
        logger.info("asked: %s", question)
        return ask(self, question, history)

    with patch.object(Library, "ask", logged):
        yield


@dataclass(frozen=True)
class Fault:
    """A change of the code or the settings, and what `compare` should name.

    Attributes:
        named: At least one of these metrics should be named; none at all where it is empty.
        questions: How many are drawn: enough for the fault to be told from chance.
        settings: What is set to a wrong value.
        patched: Makes the fault in the code.
        answers: Ask for answers; else only search.
        with_model: A scripted model answers, half of it invented.
    """

    name: str
    named: frozenset[str]
    questions: int
    settings: Mapping[str, object] = field(default_factory=dict)
    patched: Callable[[], AbstractContextManager[object]] = nullcontext
    answers: bool = True
    with_model: bool = False


RETRIEVAL: Final = frozenset({"MRR", "nDCG@10", "recall@10"})
FAULTS: Final = (
    Fault("dense weight 0", RETRIEVAL, 230, {"dense_weight": 0.0}, answers=False),
    Fault("dense weight 1", RETRIEVAL, 230, {"dense_weight": 1.0}, answers=False),
    # Settings refuse so few tokens, so they are copied past the check.
    Fault("passages of 20 tokens", frozenset({"passage recall"}), 100, {"passage_tokens": 20}),
    Fault(
        "verifier off",
        frozenset({"foreign claims kept"}),
        100,
        patched=lambda: patch.object(SimilarityVerifier, "check", believe),
    ),
    Fault(
        "verifier off, a model writes",
        frozenset({"citation recall", "citation precision"}),
        40,
        patched=lambda: patch.object(generation, "verify", believing),
        with_model=True,
    ),
    Fault("a log line", frozenset(), 100, patched=logging_more),
    Fault("a log line, a model writes", frozenset(), 40, patched=logging_more, with_model=True),
)


def draw(questions: int, seed: int | None) -> list[Sample]:
    """So many of the default questions, all of them without a seed."""
    samples = read_question_sets(default_question_sets())
    if seed is None:
        return samples
    asked = [sample for sample in samples if sample.kind not in SPARED]
    return Random(seed).sample(asked, min(questions, len(asked)))


class Bench:
    """Measures faults in a folder.

    Args:
        folder: For libraries and runs.
        settings: Those of the sound library.
        papers: Files that the libraries hold.
    """

    def __init__(self, folder: Path, settings: Settings, papers: Sequence[Path]) -> None:
        self._folder = folder
        self._settings = settings
        self._papers = papers
        self._runs = 0
        self._sound: dict[tuple[object, ...], Path] = {}

    def compare(self, fault: Fault, samples: Sequence[Sample]) -> tuple[int, set[str]]:
        """The exit code of `paperchat eval compare`, and the metrics that it calls worse."""
        sound = self._measure_sound(fault, samples)
        changed = self._measure(fault, samples)
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            code = main(["eval", "compare", str(sound), str(changed)])
        return code, set(WORSE.findall(told.getvalue()))

    def _measure_sound(self, fault: Fault, samples: Sequence[Sample]) -> Path:
        """The run without the fault, made once for the same questions and ways to answer."""
        key = (fault.with_model, fault.answers, *(sample.id for sample in samples))
        if key not in self._sound:
            sound = replace(fault, settings={}, patched=nullcontext)
            self._sound[key] = self._measure(sound, samples)
        return self._sound[key]

    def _measure(self, fault: Fault, samples: Sequence[Sample]) -> Path:
        self._runs += 1
        out = self._folder / f"run-{self._runs}"
        if not fault.answers:
            samples = [sample for sample in samples if sample.type != "unanswerable"]
        options = Options(answers=fault.answers, workers=1)
        with (
            HalfInvented() as endpoint,
            self._opened(fault, endpoint.url) as library,
            fault.patched(),
        ):
            evaluate(library, samples, out=out, options=options)
        return out

    @contextmanager
    def _opened(self, fault: Fault, url: str) -> Iterator[Library]:
        """The library, filled the first time; one of its own where the fault shapes the index."""
        name = str(fault.settings.get("passage_tokens", "sound"))
        changes = {"library": self._folder / f"library-{name}", "openai_base_url": url}
        settings = self._settings.model_copy(update=changes | dict(fault.settings))
        llm = "scripted" if fault.with_model else "extractive"
        with Library.open(settings=settings, llm=llm) as library:
            if not len(library):
                library.ingest(self._papers)
            yield library


def is_right(fault: Fault, code: int, named: set[str]) -> bool:
    """Whether a comparison says of a fault what it should."""
    if not fault.named:
        return code == 0 and not named
    return code == 1 and bool(named & fault.named)


def run(seeds: Sequence[int | None]) -> int:
    """Measure every fault with every seed; how many comparisons were wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, starter_file() as starter:
        bench = Bench(Path(folder), Settings(llm="extractive"), [starter])
        for fault in FAULTS:
            for repeat, seed in enumerate(seeds, start=1):
                code, named = bench.compare(fault, draw(fault.questions, seed))
                right = is_right(fault, code, named)
                wrong += not right
                cells = (fault.name, repeat, code, ", ".join(sorted(named)) or "–")
                told = " | ".join(map(str, (*cells, "right" if right else "WRONG")))
                sys.stdout.write(f"| {told} |\n")
                sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="all questions each time")
    options = parser.parse_args()
    sys.stdout.write("| change | repeat | exit code | named as worse | |\n|---|---|---|---|---|\n")
    sys.exit(min(run([None if options.full else n for n in range(options.repeats)]), 1))
