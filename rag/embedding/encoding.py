"""Encode texts: a vector for the whole and one for each word in its context."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

# About 3,100 sentences of 22 words, those of 390 papers. The page of 20 users who ask new questions
# of 436 papers then grows by 34 MB; with 64 MB by 48 MB, and with 48 MB an answer costs about 25 ms
# more, as more texts were let go.
BYTES_KEPT: Final = 56_000_000
# Vectors are kept in half precision: that changes a cosine by less than 0.001, and no answer of 800
# that were compared. What was just encoded is rounded too, so a text always has the same vectors.
PRECISION: Final = np.float16


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text with its vectors.

    Attributes:
        vector: Of the whole, shape (dimension,), unit norm.
        words: The words, punctuation left out.
        word_vectors: Of the words in their context, shape (len(words), dimension), unit norm.
    """

    vector: NDArray[np.float32]
    words: tuple[str, ...]
    word_vectors: NDArray[np.float32]


@runtime_checkable
class WordEncoder(Protocol):
    """An embedder that also gives the vectors of words in context."""

    def encode_words(self, texts: Sequence[str]) -> list[EncodedText]:
        """Return the encoded texts in their order."""


@runtime_checkable
class HasQuestionEncoder(Protocol):
    """An embedder that encodes questions otherwise than the texts that answer them."""

    def for_questions(self) -> WordEncoder:
        """Return what encodes questions."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An encoded text in few bytes."""

    vector: NDArray[np.float16]
    words: tuple[str, ...]
    word_vectors: NDArray[np.float16]

    @classmethod
    def of(cls, encoded: EncodedText) -> Self:
        vectors = encoded.vector.astype(PRECISION), encoded.word_vectors.astype(PRECISION)
        return cls(vectors[0], encoded.words, vectors[1])

    @property
    def bytes(self) -> int:
        return self.vector.nbytes + self.word_vectors.nbytes

    def encoded(self) -> EncodedText:
        vectors = self.vector.astype(np.float32), self.word_vectors.astype(np.float32)
        return EncodedText(vectors[0], self.words, vectors[1])


class CachedEncoder:
    """Encode each text once, and cache the latest up to `BYTES_KEPT`.

    Args:
        model: What encodes.
    """

    def __init__(self, model: WordEncoder) -> None:
        self._model = model
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._begun: dict[str, Future[_Kept]] = {}
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(os.cpu_count(), "encoding")

    def begin(self, text: str) -> None:
        """Begin to encode a text beside what else is done; who asks for it waits for that."""
        with self._lock:
            if text not in self._kept and text not in self._begun:
                self._begun[text] = self._beside.submit(self._encode_begun, text)

    def _encode_begun(self, text: str) -> _Kept:
        try:
            kept = _Kept.of(self._model.encode_words([text])[0])
            self._keep({text: kept})
        finally:
            with self._lock:
                del self._begun[text]
        return kept

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Return the encoded texts in their order, from the cache where possible."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
            begun = {text: self._begun[text] for text in texts if text in self._begun}
        known |= {text: coming.result() for text, coming in begun.items()}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= zip(missing, map(_Kept.of, self._model.encode_words(missing)), strict=True)
        self._keep(known)
        return [known[text].encoded() for text in texts]

    def _keep(self, texts: dict[str, _Kept]) -> None:
        with self._lock:
            for text, kept in texts.items():
                if text not in self._kept:
                    self._kept[text] = kept
                    self._bytes += kept.bytes
                self._kept.move_to_end(text)
            while self._bytes > BYTES_KEPT:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.bytes
