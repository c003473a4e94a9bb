"""Retrieval alone, in one call: mean scores of a question set by slice, without answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eval.data.dataset import Sample
from eval.run.asking import Task, ask_all
from eval.run.scorer import Scorer
from eval.run.summary import as_rows, slice_means
from rag.library import Library
from rag.types import Paper, Verdict

TOLD: Final = ("mrr", "hit@5", "recall@10")


def measure_samples(library: Library, samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Mean scores by slice, with the number of questions as `n`; only what papers answer."""
    answerable = [sample for sample in samples if sample.type != "unanswerable"]
    task = Task(Scorer(library.papers(), _check_nothing), answers=False)
    means = slice_means(as_rows(ask_all(library, answerable, task)))
    return {
        name: {metric: found[metric].mean for metric in TOLD} | {"n": found["mrr"].n}
        for name, found in means.items()
        if "mrr" in found
    }


def _check_nothing(pairs: Sequence[tuple[str, Paper]]) -> Sequence[Verdict]:
    """No answer is asked for, so there is no claim to check."""
    return ["unsupported" for _ in pairs]
