"""The drafts of an answer, and the protocol of a writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.types import Hit, Message, Thinking
from rag.verification.citations import NOTHING_WRITTEN, Verified


@dataclass(frozen=True, slots=True)
class Draft:
    """The text so far; the last draft of a writer is complete and verified.

    Attributes:
        verified: The text, verified as far as it goes.
        declined: Whether the writer says that the papers do not answer the question.
        disagrees: Whether it says that the papers contradict each other, and cites both sides.
        notice: One sentence for the user about how the text was made.
        failure: Why the engine's own writer failed, where a stand-in wrote the text.
        shortfall: Why the text cites no paper, as a clause; None where it does, or declines.
        mode: Who wrote the text, where not the engine's own writer.
        thinking: What the model thought before it wrote, where it shows that.
        is_cut: Whether the model had no room to end its text.
        is_checking: Whether the text is complete and a second verifier checks it.
    """

    verified: Verified = NOTHING_WRITTEN
    declined: bool = False
    disagrees: bool = False
    notice: str | None = None
    failure: str | None = None
    shortfall: str | None = None
    mode: str | None = None
    thinking: Thinking | None = None
    is_cut: bool = False
    is_checking: bool = False


class Writer(Protocol):
    """Writes an answer from hits."""

    @property
    def mode(self) -> str:
        """`extractive`, or the model's name."""

    @property
    def is_extractive(self) -> bool:
        """Whether it quotes the papers, and no language model reads them."""

    def write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """Yield growing drafts, at least one; each replaces the one before."""
