"""Combine the verdicts of a first and a second verifier, whose protocol is defined here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rag.sentences import Sentence
from rag.types import Paper, Usage, Verdict
from rag.verification.terms import digits, numbers

SEVERITY: Final[dict[Verdict, int]] = {
    "supported": 0,
    "partly": 1,
    "unsupported": 2,
    "contradicted": 3,
}


@dataclass(frozen=True, slots=True)
class LLMVerdict:
    """A model's verdict on a claim, and the sentence of the abstract that it quotes, if any."""

    verdict: Verdict
    sentence: Sentence | None = None


class SecondVerifier(Protocol):
    """Check claims after the first verifier."""

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> tuple[list[LLMVerdict | None], Usage]:
        """Return a verdict on every claim and its paper, in order, and what that used.

        None where there is no verdict.
        """


def combine(claim: str, paper: Paper, local: Verdict, second: LLMVerdict) -> Verdict:
    """Return the verdict that is shown: the worse of the two.

    A model can be talked into anything, so its word alone makes nothing supported. Where it finds
    the very sentence that the local check missed, and no number is invented, that counts in part.
    """
    if local == "unsupported" and SEVERITY[second.verdict] < SEVERITY["unsupported"]:
        invented = digits(claim) - numbers(f"{paper.title} {paper.abstract}")
        return "partly" if second.sentence and not invented else local
    return max(local, second.verdict, key=SEVERITY.__getitem__)
