"""What thorough retrieval finds: `python -m tests.bench.thorough QUESTIONS --library DIR`.

Prints recall@10 of questions that several papers answer, and hit@5 and hit@1 of the others and of
those whose paper is not the first for a quick answer: quick, thorough without a model, and thorough
with a scripted model over HTTP that words every question as its reference answer does. The script
chooses no paper, or, in the last row, exactly those that the question set names.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eval.data.dataset import Sample, read_question_sets
from rag.library import Library
from rag.sentences import split_sentences
from rag.settings import read_settings
from rag.text import title_key
from rag.types import EXTRACTIVE
from tests.support.scripted_endpoint import ScriptedEndpoint, said

MOST_SENTENCES = 5
Ranking = list[str]  # title keys, best first


class PerfectModel(ScriptedEndpoint):
    """Plans with the sentences of the reference answer; chooses what it is told to."""

    def __init__(self, samples: Sequence[Sample], *, chooses: bool) -> None:
        super().__init__()
        self._samples = samples
        self._chooses = chooses

    def next_reply(self, request: dict[str, Any]) -> tuple[object, ...]:
        asked = said(request)
        turn = max(
            (each.turns[0] for each in self._samples if each.turns[0].question in asked),
            key=lambda each: len(each.question),
            default=None,
        )
        reply: dict[str, object] = {}
        if turn and "You prepare a search" in asked:
            sentences = [each.text for each in split_sentences(turn.answer)][:MOST_SENTENCES]
            reply = {"questions": sentences[:3], "keywords": " ".join(sentences[3:4])}
            reply["sentence"] = " ".join(sentences[4:5])
        elif turn and self._chooses:
            gold = {title_key(title) for title in turn.papers}
            shown = re.findall(r'<paper number="(\d+)">\nTitle: (.+)', asked)
            reply = {"useful": [int(n) for n, title in shown if title_key(title) in gold]}
        return "stream", json.dumps(reply), (11, 7), None, 0


def found_quickly(library: Library, question: str) -> Ranking:
    return [title_key(hit.paper.title) for hit in library.search(question, 10)]


def found_thoroughly(library: Library, question: str) -> Ranking:
    """The papers when the research is over; nothing is written."""
    for answer in library.stream(question, depth="thorough"):
        if answer.stage == "reading":
            break
    return [title_key(hit.paper.title) for hit in answer.hits]


def measure(
    samples: Sequence[Sample], find: Callable[[str], Ranking], first: dict[str, Ranking]
) -> list[float]:
    rows: dict[str, list[float]] = {"multi": [], "hit@5": [], "hit@1": [], "hard@5": []}
    for sample in samples:
        turn = sample.turns[0]
        gold = {title_key(title) for title in turn.papers}
        ranking = find(turn.question)
        first.setdefault(sample.id, ranking)
        if sample.type == "multi":
            rows["multi"].append(len(gold & set(ranking[:10])) / len(gold))
            continue
        rows["hit@5"].append(float(bool(gold & set(ranking[:5]))))
        rows["hit@1"].append(float(bool(gold & set(ranking[:1]))))
        if not gold & set(first[sample.id][:1]):
            rows["hard@5"].append(float(bool(gold & set(ranking[:5]))))
    return [sum(values) / max(len(values), 1) for values in rows.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--library", type=Path, required=True)
    options = parser.parse_args()
    kinds = ("multi", "single", "known_item")
    samples = [each for each in read_question_sets([options.questions]) if each.type in kinds]
    settings = read_settings(library=options.library)
    library = Library.open(settings=settings, llm=EXTRACTIVE)
    first: dict[str, Ranking] = {}

    def row(name: str, find: Callable[[str], Ranking]) -> None:
        figures = "".join(f"{each:>10.3f}" for each in measure(samples, find, first))
        sys.stdout.write(f"{name:<34}{figures}\n")
        sys.stdout.flush()

    sys.stdout.write(f"{'':<34}{'recall@10':>10}{'hit@5':>10}{'hit@1':>10}{'hard@5':>10}\n")
    row("quick", lambda question: found_quickly(library, question))
    row("thorough, no model", lambda question: found_thoroughly(library, question))
    for name, chooses in (("perfect rewordings", False), ("and perfect choice", True)):
        with PerfectModel(samples, chooses=chooses) as server:
            given = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
            asked = library.with_settings(
                read_settings(library=options.library, **given), "scripted"
            )
            row(
                f"thorough, {name}", lambda question, asked=asked: found_thoroughly(asked, question)
            )


if __name__ == "__main__":
    main()
