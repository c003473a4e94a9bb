"""What takes the place of a search and a writer where an answer is to be thorough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag.answering.drafts import Writer
from rag.research.budget import Budget
from rag.research.researcher import Researcher


@dataclass(frozen=True, slots=True)
class Thorough:
    """The parts of a thorough answer.

    Attributes:
        researcher: Finds the papers.
        begin: Makes the budget of an answer, which counts from then on.
        writer: Gives what writes the answer within what is left of the budget.
    """

    researcher: Researcher
    begin: Callable[[], Budget]
    writer: Callable[[Budget], Writer]
