"""The protocol of a verifier, its verdicts, and the sentences that may support a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.query.intent import is_order
from rag.sentences import Sentence, split_sentences
from rag.types import Paper, Verdict


@dataclass(frozen=True, slots=True)
class Support:
    """The sentence of a paper that supports a claim best, how well, in [0, 1], and the verdict."""

    sentence: Sentence
    value: float
    verdict: Verdict


class Verifier(Protocol):
    """Checks claims against papers; called from several threads at once."""

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """Return the support of each claim by its paper, in order.

        The sentence of a support is one of the abstract, at its place in it.
        """


class Remembering:
    """Checks each claim with each paper once, however often it is asked.

    A text that is checked anew with every sentence that is added then costs as much as one that
    is checked when it is complete.

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
    """Return the sentences of a paper's abstract apart from orders, which support nothing.

    All of them when there is nothing else.
    """
    sentences = split_sentences(paper.abstract)
    return [sentence for sentence in sentences if not is_order(sentence.text)] or sentences
