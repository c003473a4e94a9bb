"""The value of an answer without a writer: from records, or about the assistant itself."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Citation, Listed, Origin, Paper, Reason


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """An answer that is not made of abstracts.

    Attributes:
        reason: Why the question is not answered; None where it is.
        found: The papers that it is about, best first.
        listed: What it lists or counts, for questions that follow.
    """

    text: str
    origin: Origin
    citations: tuple[Citation, ...] = ()
    reason: Reason | None = None
    found: tuple[Paper, ...] = ()
    listed: Listed | None = None
