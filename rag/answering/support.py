"""Checks a claim against a paper: the sentence that supports it best, how well, and a verdict.

Everything is computed from vectors and words; no language model reads the texts. Not covered:
inference over several sentences, and figures that follow from others by arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.answering.intent import is_order
from rag.answering.terms import (
    TermWeight,
    coverage,
    digits,
    disagrees,
    is_content,
    numbers,
    squeezed,
)
from rag.answering.terms import names as names_in
from rag.embedding.reading import CachedReader, Reading
from rag.sentences import Sentence, split_sentences
from rag.types import Paper, Verdict

# Findings stand late in an abstract. Chosen on SciFact's training claims: the rationale sentence
# comes first in 0.66 of them (0.61 without; dev 0.68).
LATE_WEIGHT: Final = 0.2

# Logistic regression on SciFact's training claims, SUPPORT against not-enough-info (C = 0.1, AUROC
# of five folds 0.895, dev 0.913): cosine and match of the best sentence, match and coverage of
# title and abstract, bias.
COSINE: Final = 3.6
SENTENCE_MATCH: Final = 0.5
PAPER_MATCH: Final = 6.0
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


@dataclass(frozen=True, slots=True)
class Support:
    """The sentence of a paper that supports a claim best, how well, in [0, 1], and the verdict."""

    sentence: Sentence
    value: float
    verdict: Verdict


def quotable_sentences(paper: Paper) -> list[Sentence]:
    """The sentences of a paper's abstract apart from orders, which support nothing.

    All of them when there is nothing else.
    """
    sentences = split_sentences(paper.abstract)
    return [sentence for sentence in sentences if not is_order(sentence.text)] or sentences


class Verifier:
    """Compares claims with papers.

    Args:
        reader: Reads texts; None compares by words alone.
        weight: How telling a stem is in this library.
    """

    def __init__(self, reader: CachedReader | None, weight: TermWeight) -> None:
        self._reader = reader
        self._weight = weight

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """The support of every claim by its paper, in order."""
        split = {paper: quotable_sentences(paper) for _, paper in pairs}
        readings = self._read(pairs, split)
        return [self._check(claim, paper, split[paper], readings) for claim, paper in pairs]

    def _read(
        self, pairs: Sequence[tuple[str, Paper]], split: Mapping[Paper, Sequence[Sentence]]
    ) -> dict[str, Reading]:
        """All texts at once: one pass over the model for a whole answer."""
        if self._reader is None:
            return {}
        texts = [claim for claim, _ in pairs]
        for paper, sentences in split.items():
            texts += [paper.title, *(sentence.text for sentence in sentences)]
        unique = list(dict.fromkeys(texts))
        return dict(zip(unique, self._reader.read(unique), strict=True))

    def _check(
        self,
        claim: str,
        paper: Paper,
        sentences: Sequence[Sentence],
        readings: Mapping[str, Reading],
    ) -> Support:
        verbatim = _find_verbatim(claim, sentences)
        if verbatim is not None:
            return Support(verbatim, 1.0, "supported")
        if not readings:
            return self._check_by_words(claim, paper, sentences)
        compared = compare(readings[claim], [readings[s.text] for s in sentences])
        best = sentences[compared.best]
        whole = " ".join([paper.title, *(sentence.text for sentence in sentences)])
        covered = coverage(claim, whole, self._weight)
        titled = np.maximum(compared.by_word, match_words(readings[claim], readings[paper.title]))
        value = sigmoid(
            BIAS
            + COSINE * compared.cosine
            + SENTENCE_MATCH * compared.match
            + PAPER_MATCH * float(titled.mean())
            + PAPER_COVERAGE * covered
        )
        denies = compared.match >= CONTRADICTED_FROM and disagrees(claim, best.text)
        return Support(best, value, _verdict(claim, whole, value, denies=denies))

    def _check_by_words(self, claim: str, paper: Paper, sentences: Sequence[Sentence]) -> Support:
        shares = [coverage(claim, sentence.text, self._weight) for sentence in sentences]
        best = max(range(len(sentences)), key=shares.__getitem__)
        whole = " ".join([paper.title, *(sentence.text for sentence in sentences)])
        covered = coverage(claim, whole, self._weight)
        value = sigmoid(WORDS_BIAS + WORDS_SENTENCE * shares[best] + WORDS_PAPER * covered)
        denies = shares[best] >= CONTRADICTED_FROM and disagrees(claim, sentences[best].text)
        return Support(sentences[best], value, _verdict(claim, whole, value, denies=denies))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim beside the sentences of a paper.

    Attributes:
        best: Index of the sentence that supports the claim best.
        cosine: Of the claim with the sentence closest in meaning and words.
        match: Mean match of the claim's content words in that sentence, in [0, 1].
        by_word: Best match of each content word in any sentence, shape (words,).
    """

    best: int
    cosine: float
    match: float
    by_word: NDArray[np.float32]


def compare(claim: Reading, sentences: Sequence[Reading]) -> Comparison:
    """The claim beside each sentence, by meaning and word by word."""
    matches = [match_words(claim, sentence) for sentence in sentences]
    means = np.array([match.mean() for match in matches])
    cosines = np.array([float(claim.vector @ sentence.vector) for sentence in sentences])
    places = np.arange(1, len(sentences) + 1) / len(sentences)
    closest = int(np.argmax(cosines + means))
    return Comparison(
        best=int(np.argmax(means + LATE_WEIGHT * places)),
        cosine=float(cosines[closest]),
        match=float(means[closest]),
        by_word=np.max(matches, axis=0),
    )


def match_words(claim: Reading, text: Reading) -> NDArray[np.float32]:
    """How well each content word of a claim is met by a word of a text, cosine, shape (words,).

    The greedy matching of BERTScore (Zhang et al. 2020, arXiv:1904.09675), recall side only.
    """
    kept = [n for n, word in enumerate(claim.words) if is_content(word)]
    vectors = claim.word_vectors[kept] if kept else claim.word_vectors
    if not len(vectors) or not len(text.word_vectors):
        return np.zeros(max(len(vectors), 1), np.float32)
    found: NDArray[np.float32] = (vectors @ text.word_vectors.T).max(axis=1)
    return found


def _verdict(claim: str, whole: str, value: float, *, denies: bool) -> Verdict:
    if denies:
        return "contradicted"
    if value < PARTLY_FROM or digits(claim) - numbers(whole):
        return "unsupported"
    if value < SUPPORTED_FROM or any(name not in squeezed(whole) for name in names_in(claim)):
        return "partly"
    return "supported"


def _find_verbatim(claim: str, sentences: Sequence[Sentence]) -> Sentence | None:
    wanted = squeezed(claim)
    return next((s for s in sentences if wanted and wanted == squeezed(s.text)), None)


def sigmoid(x: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-x))
