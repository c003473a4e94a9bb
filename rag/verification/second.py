"""The protocol of a second verifier, and how its verdicts and the first one's are combined."""

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
    """What a model says of a claim, and the sentence that it quotes, where the abstract has it."""

    verdict: Verdict
    sentence: Sentence | None = None


class SecondVerifier(Protocol):
    """Checks claims after the first verifier; None where it could not be understood."""

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> tuple[list[LLMVerdict | None], Usage]:
        """Return a verdict on every claim and its paper, in order, and what that used."""


def combine(claim: str, paper: Paper, local: Verdict, second: LLMVerdict) -> Verdict:
    """Return the verdict that is shown: the worse of the two.

    A model can be talked into anything, so its word alone makes nothing supported. Where it finds
    the very sentence that the local check missed, and no number is invented, that counts in part.
    """
    if local == "unsupported" and SEVERITY[second.verdict] < SEVERITY["unsupported"]:
        invented = digits(claim) - numbers(f"{paper.title} {paper.abstract}")
        return "partly" if second.sentence and not invented else local
    return max(local, second.verdict, key=SEVERITY.__getitem__)
