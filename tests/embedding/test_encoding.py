"""Texts that are encoded once, some of them before they are asked for."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from rag.embedding.encoding import CachedEncoder, EncodedText


class Slow:
    """Encodes a text by its length, once it may, and keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.may = threading.Event()

    def encode_words(self, texts):
        self.asked += texts
        assert self.may.wait(10)
        if "" in texts:
            raise ValueError("nothing to encode")
        vectors = [np.full(2, len(text), np.float32) for text in texts]
        return [EncodedText(v, (t,), v[None, :]) for t, v in zip(texts, vectors, strict=True)]


@pytest.fixture
def model():
    return Slow()


def test_who_asks_for_what_is_begun_waits_for_it(model):
    encoder = CachedEncoder(model)
    encoder.begin("tides")
    encoder.begin("tides")
    threading.Timer(0.05, model.may.set).start()
    tides, dams = encoder.encode(["tides", "dams"])
    assert (tides.vector[0], dams.vector[0]) == (5, 4)
    encoder.begin("tides")
    assert sorted(model.asked) == ["dams", "tides"]


def test_a_text_is_encoded_the_same_begun_or_not(model):
    model.may.set()
    begun, plain = CachedEncoder(model), CachedEncoder(model)
    begun.begin("otters")
    for one, other in zip(begun.encode(["otters"]), plain.encode(["otters"]), strict=True):
        assert one.words == other.words
        assert np.array_equal(one.vector, other.vector)


def test_a_failure_is_told_to_who_asks_and_is_tried_anew(model):
    encoder = CachedEncoder(model)
    encoder.begin("")
    threading.Timer(0.05, model.may.set).start()
    for _ in range(2):
        with pytest.raises(ValueError, match="nothing to encode"):
            encoder.encode([""])
