"""Measure how well a library finds and answers, from sets of questions with known answers.

Importing this package loads nothing heavy; names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.data.dataset import (
        Sample,
        Turn,
        default_question_sets,
        read_question_sets,
        read_samples,
    )
    from eval.gate.comparison import Comparison, compare
    from eval.run.asking import System
    from eval.run.judge import Judge
    from eval.run.runner import Options, Run, evaluate
    from eval.run.summary import Summary, read_summary

_HOMES = {
    "Comparison": "eval.gate.comparison",
    "Judge": "eval.run.judge",
    "Options": "eval.run.runner",
    "Run": "eval.run.runner",
    "Sample": "eval.data.dataset",
    "Summary": "eval.run.summary",
    "System": "eval.run.asking",
    "Turn": "eval.data.dataset",
    "compare": "eval.gate.comparison",
    "default_question_sets": "eval.data.dataset",
    "evaluate": "eval.run.runner",
    "read_question_sets": "eval.data.dataset",
    "read_samples": "eval.data.dataset",
    "read_summary": "eval.run.summary",
}

__all__ = [
    "Comparison",
    "Judge",
    "Options",
    "Run",
    "Sample",
    "Summary",
    "System",
    "Turn",
    "compare",
    "default_question_sets",
    "evaluate",
    "read_question_sets",
    "read_samples",
    "read_summary",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
