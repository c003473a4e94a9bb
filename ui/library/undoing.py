"""What a session did to papers and can undo, the last step first; kept for the session alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from rag.library import Library
from rag.types import Paper
from ui.library.papers import bring_back
from ui.templates.sentences import counted

MOST_UNDOS: Final = 20


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to papers, with the papers as they were before it."""

    kind: Literal["removal", "edit", "merge", "group"]
    papers: tuple[Paper, ...]


Steps = tuple[Step, ...]


def with_step(steps: Steps, step: Step) -> Steps:
    """The steps with one more; the first ones are forgotten."""
    return (*steps, step)[-MOST_UNDOS:]


def undo(library: Library, step: Step) -> str:
    """Put papers back as they were; what was done, in words.

    Raises:
        RagError: The library cannot be written.
    """
    if step.kind == "edit" and library.get(step.papers[0].paper_id) is None:
        return "This paper is no longer in the library."
    count = bring_back(library, step.papers)
    if step.kind == "edit":
        return "The record is as it was."
    if step.kind == "group":
        return f"{counted(count, 'paper')} as before."
    return (
        f"{counted(count, 'paper')} {'brought back' if step.kind == 'removal' else 'apart again'}."
    )
