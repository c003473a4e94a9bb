"""Describe the words of a claim and of its evidence in an abstract as numbers, for the network.

The evidence is the title and the sentences that match the claim's content words best. Pure
functions of an `Alignment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.text import squeezed
from rag.verification.alignment import (
    NEGATION_WORD,
    STEMS_KEPT,
    Alignment,
    AnalyzedText,
    Matrix,
)
from rag.verification.features import EARLIER_WORK, HEDGES, OWN_WORK, STRONG
from rag.verification.terms import DOWN, NAME, SPELLED, UP, is_content, load_antonyms

EVIDENCE_SENTENCES: Final = 3
CLAIM_WORDS: Final = 64  # of a longer claim the rest is left out
SENTENCE_WORDS: Final = 48  # of a longer sentence too
FLAGS: Final = 17
PRESENT: Final = -4  # column of the flag that the other text has the word's stem


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """A claim and its evidence, word by word.

    Attributes:
        claim: Vector in context and flags of each word of the claim, shape (n, width).
        evidence: The same of each word of the evidence, shape (m, width).
        cosines: Of both, shape (n, m).
        same: 1 where two words have one stem, else 0, shape (n, m).
        segments: The text that each evidence word is in, 0 for the title, shape (m,).
        places: The place of each evidence word in its text, shape (m,).
        closest: Mean match of the claim's content words in the sentence that matches best.
    """

    claim: Matrix
    evidence: Matrix
    cosines: Matrix
    same: Matrix
    segments: NDArray[np.int64]
    places: NDArray[np.int64]
    closest: float


def build_input(pair: Alignment) -> NetworkInput:
    """Build the network's input of a claim that is aligned with a paper."""
    claim, texts = pair.claim, (pair.paper.title, *_evidence(pair))
    words = [word for text in texts for word in text.written[:SENTENCE_WORDS]]
    stems = [stem for text in texts for stem in text.stems[:SENTENCE_WORDS]]
    vectors = np.concatenate([text.vectors[:SENTENCE_WORDS] for text in texts])
    lengths = [min(len(text.words), SENTENCE_WORDS) for text in texts]
    said, said_stems = claim.written[:CLAIM_WORDS], claim.stems[:CLAIM_WORDS]
    said_vectors = claim.vectors[:CLAIM_WORDS]
    ids = {stem: n for n, stem in enumerate(dict.fromkeys((*said_stems, *stems)))}
    one, other = (np.array([ids[stem] for stem in each]) for each in (said_stems, stems))
    return NetworkInput(
        claim=np.hstack([said_vectors, _flags(said, said_stems, words, stems, pair.paper.stems)]),
        evidence=np.hstack([vectors, _flags(words, stems, said, said_stems, None)]),
        cosines=said_vectors @ vectors.T,
        same=(one[:, None] == other[None, :]).astype(np.float32),
        segments=np.repeat(np.arange(len(texts)), lengths),
        places=np.concatenate([np.arange(length) for length in lengths]),
        closest=float(pair.by_sentence[:, pair.content].mean(axis=1).max()),
    )


def _evidence(pair: Alignment) -> list[AnalyzedText]:
    """Return the sentences that match best, in reading order."""
    match = pair.by_sentence[:, pair.content].mean(axis=1)
    best = sorted(np.argsort(-match, kind="stable")[:EVIDENCE_SENTENCES])
    return [pair.paper.sentences[n] for n in best]


def _flags(
    words: Sequence[str],
    stems: Sequence[str],
    other_words: Sequence[str],
    other_stems: Sequence[str],
    whole: frozenset[str] | None,
) -> Matrix:
    """Return what is known of each word, and of its presence in the other text, shape (words, 17).

    Args:
        words: As written.
        stems: Of the words.
        other_words: Of the text that it is compared with.
        other_stems: Of those.
        whole: The stems of the whole paper, for the words of a claim.
    """
    antonyms = load_antonyms()
    lower, present = {word.lower() for word in other_words}, frozenset(other_stems)
    rows = [
        (
            *_own_flags(word, stem),
            word.lower() in lower,
            stem in present,
            bool(antonyms.get(stem, frozenset()) & present),
            whole is not None and stem not in whole,
            whole is not None and stem not in whole and _is_number(word),
        )
        for word, stem in zip(words, stems, strict=True)
    ]
    return np.array(rows, np.float32).reshape(len(rows), FLAGS)


@lru_cache(STEMS_KEPT)
def _own_flags(word: str, stem: str) -> tuple[bool, ...]:
    lower = word.lower()
    return (
        _is_number(word),
        NEGATION_WORD.fullmatch(lower) is not None,
        stem in UP,
        stem in DOWN,
        lower in STRONG,
        lower in HEDGES,
        is_content(lower),
        NAME.fullmatch(word) is not None,
        word[0].isupper(),
        lower in EARLIER_WORK,
        lower in OWN_WORK,
        len(squeezed(word)) <= 2,
    )


def _is_number(word: str) -> bool:
    return any(map(str.isdigit, word)) or word.lower() in SPELLED
