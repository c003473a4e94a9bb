"""Show at a terminal what is done for a thorough answer while it is done."""

from __future__ import annotations

from collections.abc import Iterator

from rag.answering.steps import describe_step
from rag.terminal import write_notice
from rag.types import Answer


def follow(answers: Iterator[Answer]) -> Answer:
    """Return the last of the answers; each step of a thorough one is a line on standard error."""
    told, answer = "", None
    for answer in answers:
        step = describe_step(answer) or _later(answer)
        if step and step != told:
            write_notice(step)
            told = step
    assert answer is not None  # a stream has at least one
    return answer


def _later(answer: Answer) -> str:
    """Return that a thorough answer is being written, which takes longest."""
    return "Writing…" if answer.research and answer.stage == "writing" else ""
