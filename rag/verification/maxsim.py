"""Compare a claim with texts word by word (MaxSim), by vectors in context; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.embedding.encoding import EncodedText
from rag.verification.terms import is_content

# Findings come late in an abstract. Chosen on SciFact's training claims: the rationale sentence
# comes first in 0.66 of them (0.61 without; dev 0.68).
LATE_WEIGHT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim compared with the sentences of a paper.

    Attributes:
        best: Index of the sentence that supports the claim best.
        cosine: Of the claim with the sentence closest in meaning and words.
        maxsim: Mean match of the claim's content words in that sentence, in [0, 1].
        by_word: Best match of each content word in any sentence, shape (words,).
    """

    best: int
    cosine: float
    maxsim: float
    by_word: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StackedTexts:
    """The vectors of several texts and of their words, in one matrix each.

    Attributes:
        vectors: Of the texts, shape (texts, dimension).
        word_vectors: Of all their words in order, shape (words, dimension); a text without words
            has one of zeros.
        starts: Where each text's words begin, shape (texts,).
    """

    vectors: NDArray[np.float32]
    word_vectors: NDArray[np.float32]
    starts: NDArray[np.int64]


def stack_texts(texts: Sequence[EncodedText]) -> StackedTexts:
    """Stack the vectors of at least one text, for `compare`."""
    vectors = np.stack([text.vector for text in texts])
    nothing = np.zeros((1, vectors.shape[1]), np.float32)
    words = [text.word_vectors if len(text.word_vectors) else nothing for text in texts]
    ends = np.cumsum([len(each) for each in words])
    return StackedTexts(vectors, np.concatenate(words), np.concatenate([[0], ends[:-1]]))


def compare(claim: EncodedText, texts: StackedTexts) -> Comparison:
    """Compare a claim with each text, by cosine and by MaxSim."""
    matches = maxsim_each(claim, texts)
    means = matches.mean(axis=1)
    cosines = texts.vectors @ claim.vector
    places = np.arange(1, len(means) + 1) / len(means)
    closest = int(np.argmax(cosines + means))
    return Comparison(
        best=int(np.argmax(means + LATE_WEIGHT * places)),
        cosine=float(cosines[closest]),
        maxsim=float(means[closest]),
        by_word=matches.max(axis=0),
    )


def maxsim_each(claim: EncodedText, texts: StackedTexts) -> NDArray[np.float32]:
    """Return the best cosine of each content word of a claim in each text, shape (texts, words)."""
    vectors = content_vectors(claim)
    if not len(vectors):
        return np.zeros((len(texts.vectors), 1), np.float32)
    cosines: NDArray[np.float32] = texts.word_vectors @ vectors.T
    best: NDArray[np.float32] = np.maximum.reduceat(cosines, texts.starts, axis=0)
    return best


def maxsim_words(claim: EncodedText, text: EncodedText) -> NDArray[np.float32]:
    """Return the best cosine of each content word of a claim in a text, shape (words,).

    The greedy matching of BERTScore (Zhang et al. 2020, arXiv:1904.09675), recall side only.
    """
    found: NDArray[np.float32] = maxsim_each(claim, stack_texts([text]))[0]
    return found


def content_vectors(claim: EncodedText) -> NDArray[np.float32]:
    """Return the vectors of a claim's content words; of all its words when it has none."""
    kept = [n for n, word in enumerate(claim.words) if is_content(word)]
    vectors: NDArray[np.float32] = claim.word_vectors[kept] if kept else claim.word_vectors
    return vectors
