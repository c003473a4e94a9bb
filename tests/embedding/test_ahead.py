"""What was embedded ahead is what the embedder makes of those texts."""

from __future__ import annotations

import random

import numpy as np
import pytest
from llama_index.core.embeddings import MockEmbedding

from eval.fit.vectors_ahead import texts_embedded_ahead
from rag.embedding import Embedder, LlamaIndexModel, build_embedder
from rag.embedding.ahead import key_of, load_ahead, save_ahead
from rag.embedding.weights import GRAPH
from rag.settings import Settings


@pytest.fixture(scope="module")
def ahead():
    return load_ahead(GRAPH)


def test_every_fixed_text_was_embedded_ahead_and_nothing_else(ahead):
    # Fails when one of them has changed: `python -m eval.fit.vectors_ahead`.
    assert set(ahead) == {key_of(text) for text in texts_embedded_ahead(Settings())}


def test_its_vectors_are_those_of_the_embedder_on_any_processor(ahead, cache):
    model = build_embedder(Settings(cache=cache)).prepare()
    for text in random.Random(4).sample(texts_embedded_ahead(Settings()), 12):
        (vector,) = model.embed([text])
        assert vector @ ahead[key_of(text)] > 0.97, text


def test_only_what_was_not_embedded_ahead_is_embedded(monkeypatch):
    model = LlamaIndexModel(MockEmbedding(embed_dim=2))
    monkeypatch.setattr(
        MockEmbedding, "_get_text_embeddings", lambda _, texts: [[3.0, 4.0] for _ in texts]
    )
    embedder = Embedder("mock", 2, lambda _: model, lambda: {key_of("moss"): np.float16([2, 0])})
    vectors = embedder.embed_texts(["a wall", "moss", "mossy walls"])
    assert vectors.tolist() == pytest.approx(np.array([[0.6, 0.8], [1, 0], [0.6, 0.8]]))
    assert embedder.embed_texts(["moss"]).tolist() == [[1.0, 0.0]]


def test_vectors_of_another_graph_are_left_alone(tmp_path):
    file = tmp_path / "ahead.npz"
    save_ahead("graph-1", ["moss"], np.float32([[1, 0]]), file)
    assert load_ahead("graph-2", file) == {}
    assert load_ahead("graph-1", file)[key_of("moss")].tolist() == [1.0, 0.0]
