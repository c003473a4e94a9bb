"""Measures how well a library finds and answers, from sets of questions with known answers."""

from eval.data.dataset import Sample, Turn, default_question_sets, read_question_sets, read_samples
from eval.gate.comparison import Comparison, compare
from eval.run.asking import System
from eval.run.judge import Judge
from eval.run.runner import Options, Run, evaluate
from eval.run.summary import Summary, read_summary

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
