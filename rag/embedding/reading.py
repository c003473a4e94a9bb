"""Texts as a verifier reads them: a vector for the whole and one for each word in its context."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

TEXTS_KEPT: Final = 4096  # about 40 kB each at most; a paper has 8 sentences


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


class CachedReader:
    """Reads each text once and keeps the latest.

    Args:
        model: What reads.
    """

    def __init__(self, model: ReadsTexts) -> None:
        self._model = model
        self._kept: OrderedDict[str, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """The texts in their order, from memory where they were read before."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= dict(zip(missing, self._model.read(missing), strict=True))
        self._keep(known)
        return [known[text] for text in texts]

    def _keep(self, readings: dict[str, Reading]) -> None:
        with self._lock:
            for text, reading in readings.items():
                self._kept[text] = reading
                self._kept.move_to_end(text)
            while len(self._kept) > TEXTS_KEPT:
                self._kept.popitem(last=False)
