"""What constants of retrieval and answering buy: `python -m tests.bench.ablations QUESTIONS`.

    python -m tests.bench.ablations QUESTIONS --library DIR [--only CONSTANT]…

Every question that stands alone is searched and asked extractively, once as it is and once with
each constant at a value that takes its effect away. A row says how many answers that changes, and
then recall@10 and reciprocal rank of the search, the share of facts mentioned, of cited papers
that are right, of right papers cited, the words, and the questions declined that the library
answers and does not.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eval.data.dataset import Sample, read_question_sets
from eval.metrics.formulas import recall_at, reciprocal_rank
from eval.run.scores import missing_facts
from rag.library import Library
from rag.settings import read_settings
from rag.text import title_key
from rag.types import EXTRACTIVE, Answer

OFF = {
    "rag.retrieval.hybrid.FILLED_K": 0,
    "rag.retrieval.reranking.MAXSIM_FLOOR": 0.0,
    "rag.answering.gate.HITS_READ": 1,
    "rag.answering.gate.NEAR_SHARE": 1.0,
    "rag.answering.gate.MISSING_BELOW": -1.0,
    "rag.answering.selection.STANDS_OUT": 1.0,
    "rag.answering.selection.CLOSE_OF_FEW": 0.88,  # as it is for more papers
    "rag.answering.selection.SELECTED": 0.0,
    "rag.answering.weighing.BEST_BONUS": 0.0,
    "rag.answering.weighing.DONE_BONUS": 0.0,
    "rag.answering.weighing.FOUND_BONUS": 0.0,
    "rag.answering.weighing.BEFORE_COST": 0.0,
    "rag.answering.weighing.NAMING_WEIGHT": 1.0,
    "rag.answering.extractive.LEAST_WORDS": 0,
}


@contextmanager
def set_to(name: str, value: float) -> Iterator[None]:
    """Give a constant another value, in each module that has taken it over."""
    home, _, constant = name.rpartition(".")
    was = getattr(importlib.import_module(home), constant)
    users = [
        module
        for key, module in list(sys.modules.items())
        if key.startswith("rag.") and vars(module).get(constant) == was
    ]
    for module in users:
        setattr(module, constant, value)
    try:
        yield
    finally:
        for module in users:
            setattr(module, constant, was)


def measure(library: Library, samples: list[Sample]) -> tuple[list[Answer], dict[str, float]]:
    """Ask all questions; return the answers with the means of their scores."""
    answers, scores = [], {}
    for sample in samples:
        turn = sample.turns[0]
        answer = library.ask(turn.question)
        answers.append(answer)
        gold = {title_key(each) for each in turn.papers}
        declined = float(answer.status == "abstained")
        scores.setdefault("declined" if gold else "declined rightly", []).append(declined)
        if not gold:
            continue
        found = [title_key(hit.paper.title) for hit in library.search(turn.question, 10)]
        cited = {title_key(paper.title) for paper in answer.papers}
        scores.setdefault("recall@10", []).append(recall_at(10, found, gold))
        scores.setdefault("mrr", []).append(reciprocal_rank(found, gold))
        scores.setdefault("cited", []).append(len(cited & gold) / len(gold))
        if cited:
            scores.setdefault("right", []).append(len(cited & gold) / len(cited))
            scores.setdefault("words", []).append(len(answer.text.split()))
        if turn.must_mention:
            lacking = len(missing_facts(answer, turn.must_mention))
            scores.setdefault("facts", []).append(1 - lacking / len(turn.must_mention))
    return answers, {name: sum(values) / len(values) for name, values in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument(
        "--only", action="append", default=[], metavar="CONSTANT", help="repeatable"
    )
    options = parser.parse_args()
    samples = [each for each in read_question_sets([options.questions]) if len(each.turns) == 1]
    settings = read_settings(library=options.library)
    with Library.open(settings=settings, llm=EXTRACTIVE) as library:
        library.prepare()
        before, scores = measure(library, samples)
        _print("as it is", 0, scores)
        for name in OFF:
            if options.only and name.rpartition(".")[2] not in options.only:
                continue
            with set_to(name, OFF[name]):
                after, scores = measure(library, samples)
            changed = sum(a.text != b.text for a, b in zip(before, after, strict=True))
            _print(f"{name.removeprefix('rag.')} = {OFF[name]}", changed, scores)


def _print(name: str, changed: int, scores: dict[str, float]) -> None:
    told = "  ".join(f"{key} {value:.4g}" for key, value in sorted(scores.items()))
    print(f"{name:45} {changed:3} changed  {told}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
