"""Score papers by MaxSim: how well they match each word of a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from rag.embedding.encoding import CachedEncoder, EncodedText
from rag.embedding.words import KnowsWords
from rag.products import multiply
from rag.query.questions import STOP_WORDS, content_words
from rag.store.lexical import analyze
from rag.types import Paper

TermWeight = Callable[[str], float]

TEXTS_KEPT: Final = 4096  # about 10 kB each


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The distinct content words of some papers.

    Attributes:
        words: Each once.
        places: Indices into `words`, those of one paper after those of the other.
        starts: Where each paper begins in `places`; each has at least one word.
    """

    words: tuple[str, ...]
    places: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, papers: Sequence[Paper]) -> Self:
        """Build the vocabulary of titles and abstracts."""
        found = [different_words(f"{paper.title} {paper.abstract}") for paper in papers]
        known: dict[str, int] = {}
        places = [known.setdefault(word, len(known)) for word in chain.from_iterable(found)]
        starts = np.cumsum([0, *map(len, found[:-1])])
        return cls(tuple(known), np.array(places, np.intp), starts)


@lru_cache(TEXTS_KEPT)
def different_words(text: str) -> tuple[str, ...]:
    """Return each content word of a text once; an empty one for a text without words."""
    return tuple(dict.fromkeys(content_words(text))) or ("",)


class MaxSimScorer:
    """Score papers for questions, word by word.

    Args:
        encoder: Encodes a question that stands alone, each word in its context.
        follow_ups: Encodes the questions of a conversation.
        words: Gives the papers' words out of context.
        weight: The idf of a stem in this library.
    """

    def __init__(
        self,
        encoder: CachedEncoder,
        follow_ups: CachedEncoder,
        words: KnowsWords,
        weight: TermWeight,
    ) -> None:
        self._encoder = encoder
        self._follow_ups = follow_ups
        self._words = words
        self._weight = weight

    def score(self, questions: Sequence[str], papers: Sequence[Paper]) -> list[dict[str, float]]:
        """Return for each question the score of each paper, in [0, 1].

        The score is the mean, weighted by idf, of each content word's cosine
        with the closest word of the paper: late interaction (Khattab and Zaharia 2020,
        arXiv:2004.12832) with papers whose words are out of context, so papers are not
        encoded. It is about 0.33 for a retrieved paper, and 0.5 for the best.
        """
        if not papers:
            return [{} for _ in questions]
        vocabulary = _Vocabulary.of(papers)
        vectors = self._words.word_vectors(vocabulary.words)
        ids = [paper.paper_id for paper in papers]
        encoded = (self._follow_ups if len(questions) > 1 else self._encoder).encode(questions)
        return [
            dict(zip(ids, map(float, self._met(asked, vocabulary, vectors)), strict=True))
            for asked in encoded
        ]

    def _met(
        self, asked: EncodedText, vocabulary: _Vocabulary, vectors: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return the score of each paper, shape (papers,)."""
        kept = content_places(asked.words)
        if not kept:
            return np.zeros(len(vocabulary.starts))
        similar = multiply(vectors, asked.word_vectors[kept]).T
        best = np.maximum.reduceat(similar[:, vocabulary.places], vocabulary.starts, axis=1)
        weights = np.array([weigh(asked.words[n], self._weight) for n in kept])
        shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(kept), 1 / len(kept))
        met: NDArray[np.float64] = np.clip(shares @ best, 0.0, 1.0)
        return met


def weigh(word: str, weight: TermWeight) -> float:
    """Return the idf of a word: the highest of its stems."""
    return max(map(weight, analyze(word)), default=0.0)


def content_places(words: Sequence[str]) -> list[int]:
    """Return the indices of the content words of a question; of all words if it has none."""
    kept = [n for n, word in enumerate(words) if word.lower() not in STOP_WORDS]
    return kept or list(range(len(words)))
