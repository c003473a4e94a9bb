"""The protocol of a verifier, and the sentences that may support a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.query.intent import is_instruction
from rag.sentences import Sentence, split_sentences, without_label
from rag.types import Paper, Verdict


@dataclass(frozen=True, slots=True)
class Support:
    """How far a paper supports a claim.

    Attributes:
        sentence: The one of the abstract that comes closest.
        value: How close it comes, in [0, 1].
        verdict: On the claim and the whole paper.
        entailment: Probability that the paper entails the claim; None where no model tells.
    """

    sentence: Sentence
    value: float
    verdict: Verdict
    entailment: float | None = None


class Verifier(Protocol):
    """Check claims against papers; called from several threads at once."""

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """Return the support of each claim by its paper, in order."""


class CachingVerifier:
    """Check each claim with each paper once, however often it is asked.

    A growing text, checked after every sentence, then costs no more than a complete one.

    Args:
        verifier: Checks what was not asked before.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._known: dict[tuple[str, Paper], Support] = {}

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """Return the support of each claim by its paper, in order."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        if new:
            self._known.update(zip(new, self._verifier.check(new), strict=True))
        return [self._known[pair] for pair in pairs]


def quotable_sentences(paper: Paper) -> list[Sentence]:
    """Return the sentences of an abstract that say something, without labels such as "Methods:".

    All where each is an instruction or the like.
    """
    sentences = split_sentences(paper.abstract)
    bare = [bare for each in sentences if (bare := without_label(each))]
    return [each for each in bare if not is_instruction(each.text)] or sentences
