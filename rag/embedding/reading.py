"""Texts as a verifier reads them: a vector for the whole and one for each word in its context."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

# About 3,100 sentences of 22 words, those of 390 papers. The page of 20 users who ask new questions
# of 436 papers then grows by 34 MB; with 64 MB by 48 MB, and with 48 MB an answer costs about 25 ms
# more, as more texts were let go.
BYTES_KEPT: Final = 56_000_000
# Vectors are kept in half precision: that changes a cosine by less than 0.001, and no answer of 800
# that were compared. What was just read is rounded too, so the same text always reads the same.
PRECISION: Final = np.float16


@dataclass(frozen=True, slots=True)
class Reading:
    """A text after it was read.

    Attributes:
        vector: Of the whole, shape (dimension,), unit norm.
        words: The words, punctuation left out.
        word_vectors: Of the words in their context, shape (len(words), dimension), unit norm.
    """

    vector: NDArray[np.float32]
    words: tuple[str, ...]
    word_vectors: NDArray[np.float32]


@runtime_checkable
class ReadsTexts(Protocol):
    """An embedder that also gives the vectors of words."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """The texts in their order."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reading as it is kept, in few bytes."""

    vector: NDArray[np.float16]
    words: tuple[str, ...]
    word_vectors: NDArray[np.float16]

    @classmethod
    def of(cls, reading: Reading) -> Self:
        vectors = reading.vector.astype(PRECISION), reading.word_vectors.astype(PRECISION)
        return cls(vectors[0], reading.words, vectors[1])

    @property
    def bytes(self) -> int:
        return self.vector.nbytes + self.word_vectors.nbytes

    def reading(self) -> Reading:
        vectors = self.vector.astype(np.float32), self.word_vectors.astype(np.float32)
        return Reading(vectors[0], self.words, vectors[1])


class CachedReader:
    """Reads each text once and keeps the latest, as many as `BYTES_KEPT` holds.

    Args:
        model: What reads.
    """

    def __init__(self, model: ReadsTexts) -> None:
        self._model = model
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """The texts in their order, from memory where they were read before."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= zip(missing, map(_Kept.of, self._model.read(missing)), strict=True)
        self._keep(known)
        return [known[text].reading() for text in texts]

    def _keep(self, readings: dict[str, _Kept]) -> None:
        with self._lock:
            for text, kept in readings.items():
                if text not in self._kept:
                    self._kept[text] = kept
                    self._bytes += kept.bytes
                self._kept.move_to_end(text)
            while self._bytes > BYTES_KEPT:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.bytes
