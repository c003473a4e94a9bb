"""Check claims against papers by the similarity of their vectors and words.

No language model reads the texts. Not covered: inference over several sentences, and figures that
follow from others by arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rag.embedding.encoding import CachedEncoder, EncodedText
from rag.sentences import Sentence
from rag.text import squeezed
from rag.types import Paper, Verdict
from rag.verification.maxsim import StackedTexts, compare, maxsim_words, stack_texts
from rag.verification.support import Support, quotable_sentences
from rag.verification.terms import (
    TermWeight,
    covered_share,
    digits,
    disagrees,
    names,
    numbers,
    stems_of,
    wanted_stems,
)

# Logistic regression on SciFact's training claims, SUPPORT against not-enough-info (C = 0.1, AUROC
# of five folds 0.895, dev 0.913): cosine and MaxSim of the best sentence, MaxSim and coverage of
# title and abstract, bias.
COSINE: Final = 3.6
SENTENCE_MAXSIM: Final = 0.5
PAPER_MAXSIM: Final = 6.0
PAPER_COVERAGE: Final = 3.2
BIAS: Final = -8.2
# The same without vectors: coverage by the best sentence and by the paper (dev AUROC 0.880).
WORDS_SENTENCE: Final = 2.4
WORDS_PAPER: Final = 4.9
WORDS_BIAS: Final = -3.5

# On SciFact's dev claims 0.90 of what lies above the first is supported, and 0.73 of what is not
# supported lies below the second.
SUPPORTED_FROM: Final = 0.7
PARTLY_FROM: Final = 0.4
# A denial counts as a contradiction only of a sentence that says nearly the same otherwise: on
# SciFact a difference in negation or direction alone is wrong as often as it is right.
CONTRADICTED_FROM: Final = 0.9


class SimilarityVerifier:
    """Check claims by a logistic regression over cosine, MaxSim and word coverage.

    Args:
        encoder: Gives the vectors of texts and words; None compares by words alone.
        weight: The idf of a stem in this library.
    """

    def __init__(self, encoder: CachedEncoder | None, weight: TermWeight) -> None:
        self._encoder = encoder
        self._weight = weight

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """Return the support of every claim by its paper, in order."""
        encoded = self._encode(pairs)
        claims = {claim: _Claim(claim, encoded.get(claim)) for claim, _ in pairs}
        papers = {paper: _Source.of(paper, encoded) for _, paper in pairs}
        return [self._check(claims[claim], papers[paper]) for claim, paper in pairs]

    def _encode(self, pairs: Sequence[tuple[str, Paper]]) -> dict[str, EncodedText]:
        """Encode all texts at once: one pass over the model for a whole answer."""
        if self._encoder is None:
            return {}
        texts = [claim for claim, _ in pairs]
        for paper in dict.fromkeys(paper for _, paper in pairs):
            texts += [paper.title, *(each.text for each in quotable_sentences(paper))]
        unique = list(dict.fromkeys(texts))
        return dict(zip(unique, self._encoder.encode(unique), strict=True))

    def _check(self, claim: _Claim, source: _Source) -> Support:
        verbatim = source.find(claim)
        if verbatim is not None:
            return Support(verbatim, 1.0, "supported")
        if claim.encoded is None or source.texts is None or source.title is None:
            return self._check_by_words(claim, source)
        compared = compare(claim.encoded, source.texts)
        best = source.sentences[compared.best]
        titled = np.maximum(compared.by_word, maxsim_words(claim.encoded, source.title))
        value = sigmoid(
            BIAS
            + COSINE * compared.cosine
            + SENTENCE_MAXSIM * compared.maxsim
            + PAPER_MAXSIM * float(titled.mean())
            + PAPER_COVERAGE * covered_share(claim.stems, source.stems, self._weight)
        )
        denies = compared.maxsim >= CONTRADICTED_FROM and disagrees(claim.text, best.text)
        return Support(best, value, _verdict(claim, source, value, denies=denies))

    def _check_by_words(self, claim: _Claim, source: _Source) -> Support:
        each = [stems_of(sentence.text) for sentence in source.sentences]
        shares = [covered_share(claim.stems, stems, self._weight) for stems in each]
        best = max(range(len(shares)), key=shares.__getitem__)
        covered = covered_share(claim.stems, source.stems, self._weight)
        value = sigmoid(WORDS_BIAS + WORDS_SENTENCE * shares[best] + WORDS_PAPER * covered)
        sentence = source.sentences[best]
        denies = shares[best] >= CONTRADICTED_FROM and disagrees(claim.text, sentence.text)
        return Support(sentence, value, _verdict(claim, source, value, denies=denies))


class _Claim:
    """A claim with what is compared of it, worked out once for all papers."""

    def __init__(self, text: str, encoded: EncodedText | None) -> None:
        self.text = text
        self.encoded = encoded
        self.stems = wanted_stems(text)
        self.digits = digits(text)
        self.names = names(text)
        self.squeezed = squeezed(text)


@dataclass(frozen=True, slots=True)
class _Source:
    """A paper with what is compared of it, worked out once for all claims."""

    sentences: Sequence[Sentence]
    letters: Sequence[str]
    stems: frozenset[str]
    numbers: frozenset[str]
    squeezed: str
    texts: StackedTexts | None
    title: EncodedText | None

    @classmethod
    def of(cls, paper: Paper, encoded: Mapping[str, EncodedText]) -> _Source:
        """Lay a paper out, by words alone where its texts were not encoded."""
        sentences = quotable_sentences(paper)
        whole = " ".join([paper.title, *(sentence.text for sentence in sentences)])
        known = [encoded[sentence.text] for sentence in sentences] if encoded else []
        return cls(
            sentences,
            [squeezed(sentence.text) for sentence in sentences],
            stems_of(whole),
            frozenset(numbers(whole)),
            squeezed(whole),
            stack_texts(known) if known else None,
            encoded.get(paper.title),
        )

    def find(self, claim: _Claim) -> Sentence | None:
        """Return the sentence that is the claim, letter for letter."""
        if not claim.squeezed or claim.squeezed not in self.letters:
            return None
        return self.sentences[self.letters.index(claim.squeezed)]


def _verdict(claim: _Claim, source: _Source, value: float, *, denies: bool) -> Verdict:
    if denies:
        return "contradicted"
    if value < PARTLY_FROM or claim.digits - source.numbers:
        return "unsupported"
    if value < SUPPORTED_FROM or any(name not in source.squeezed for name in claim.names):
        return "partly"
    return "supported"


def sigmoid(x: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + math.exp(-x))
