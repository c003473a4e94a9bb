"""Compose vectors of words out of context from the vectors of their WordPiece pieces.

The pieces are those of the model's vocabulary, each embedded alone, once per machine; so a word
costs a look-up, whatever paper it is in, and nothing is stored for a paper.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

WORDS_KEPT: Final = 50_000  # 77 MB when full; 436 abstracts have 7,000 different words
UNKNOWN: Final = -1  # the place of a word that was not looked up before

Pieces = NDArray[np.float16]
SplitWords = Callable[[Sequence[str]], list[list[int]]]


@runtime_checkable
class KnowsWords(Protocol):
    """An embedder that gives vectors of words out of context."""

    def word_vectors(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of the words in order, shape (len(words), dimension); unit norm, or 0."""


@runtime_checkable
class HasVocabulary(Protocol):
    """An embedder that knows common words of its language, whatever a library holds."""

    def knows_word(self, word: str) -> bool:
        """Return whether a word, in lower case, is one piece of the vocabulary."""


@runtime_checkable
class HasPieces(Protocol):
    """An embedder that tells of which pieces the words of a text are made."""

    def word_pieces(self, text: str) -> list[tuple[int, int]]:
        """Return the pieces of each word: the first, and the one after the last."""


class WordVectors:
    """Look up words, and cache those that were looked up before.

    Args:
        pieces: Vectors of the vocabulary's pieces, shape (pieces, dimension).
        split: The pieces of each word, as rows of `pieces`.
    """

    def __init__(self, pieces: Pieces, split: SplitWords) -> None:
        self._pieces = pieces
        self._split = split
        self._places: dict[str, int] = {}
        self._rows = np.empty((WORDS_KEPT, pieces.shape[1]), np.float32)  # filled from the start
        self._lock = threading.Lock()

    def look_up(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of the words in their order, shape (len(words), dimension)."""
        with self._lock:
            places = [self._places.get(word, UNKNOWN) for word in words]
            if UNKNOWN in places:
                different = list(dict.fromkeys(words))
                if len(different) > WORDS_KEPT:
                    return self._put_together(words)
                self._learn(different)
                places = [self._places[word] for word in words]
            found: NDArray[np.float32] = self._rows.take(places, axis=0)
        return found

    def _learn(self, words: Sequence[str]) -> None:
        """Cache the vectors of these words too; all others are dropped when there is no room."""
        missing = [word for word in words if word not in self._places]
        if len(self._places) + len(missing) > WORDS_KEPT:
            self._places, missing = {}, list(words)
        if missing:
            first = len(self._places)
            self._rows[first : first + len(missing)] = self._put_together(missing)
            self._places |= {word: first + n for n, word in enumerate(missing)}

    def _put_together(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the mean vector of each word's pieces, unit norm."""
        split = self._split(words)
        padded = [pieces or [0] for pieces in split]  # any piece: it counts nothing below
        flat = self._pieces[[piece for pieces in padded for piece in pieces]].astype(np.float32)
        rows = np.add.reduceat(flat, np.cumsum([0, *map(len, padded[:-1])]))
        rows[[not pieces for pieces in split]] = 0
        norms = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        unit: NDArray[np.float32] = np.divide(rows, norms, dtype=np.float32)
        return unit


def load_pieces(file: Path, count: int) -> Pieces | None:
    """Load the vectors of `count` pieces from a file; None when they have to be made."""
    try:
        pieces = np.load(file, allow_pickle=False)
    except (OSError, EOFError, ValueError):  # absent, or cut short
        return None
    return pieces if len(pieces) == count and pieces.dtype == np.float16 else None


def save_pieces(file: Path, pieces: Pieces) -> None:
    """Store the vectors; where that fails they are made again next time."""
    unfinished = file.with_suffix(".part")
    try:
        with unfinished.open("wb") as writing:
            np.save(writing, pieces, allow_pickle=False)
        unfinished.replace(file)
    except OSError as exc:
        logger.info("the vectors of the vocabulary cannot be kept in %s: %s", file, exc)
