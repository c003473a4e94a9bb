"""The question encoder: differences of the embedder's weights, added for questions alone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from hypothesis.extra.numpy import arrays

from rag.arrays import parse_arrays
from rag.embedding import build_embedder
from rag.embedding.adaptation import (
    SETTING,
    STEPS,
    adapt,
    load_differences,
    parse_differences,
    render_differences,
)
from rag.embedding.minilm import DIMENSION
from rag.errors import ConfigurationError
from rag.settings import Settings

QUESTIONS = [
    "my training loss blows up after a while, what helps?",
    "Which paper was it that used moss as a sensor?",
    "graph neural networks oversmoothing",
]
VALUES = strategies.floats(-4, 4, width=32)


def test_the_product_is_added_to_the_weight_of_its_layer_alone():
    weights = {"a.weight": np.ones((3, 2), np.float32), "b.weight": np.ones(2, np.float32)}
    up, down = np.array([[1.0], [2.0], [0.0]]), np.array([[3.0, -1.0]])
    adapted = adapt(weights, {"a": (up, down)})
    assert adapted["a.weight"].tolist() == [[4, 0], [7, -1], [1, 1]]
    assert adapted["b.weight"] is weights["b.weight"]
    assert weights["a.weight"].tolist() == [[1, 1]] * 3  # as it was: passages need it


@settings(max_examples=30, deadline=None)
@given(
    up=arrays(np.float32, (5, 2), elements=VALUES), down=arrays(np.float32, (2, 4), elements=VALUES)
)
def test_differences_are_stored_to_half_a_step_of_their_largest_value(up, down):
    content = render_differences({"layer.0": (up, down)})
    read = parse_differences(_parse(content))
    assert list(read) == ["layer.0"]
    for given_, stored in ((up.T, read["layer.0"][0].T), (down, read["layer.0"][1])):
        step = np.abs(given_).max(axis=1, keepdims=True) / STEPS
        assert np.all(np.abs(given_ - stored) <= step * 0.51 + 1e-9)


def _parse(content):
    return parse_arrays("x.npz", content, hashlib.sha256(content).hexdigest(), SETTING)


def test_a_damaged_file_is_told_with_the_setting_that_does_without():
    content = render_differences({"a": (np.ones((2, 1)), np.ones((1, 2)))})
    with pytest.raises(ConfigurationError, match="RAG_QUESTION_ENCODER=false"):
        parse_arrays("question-encoder.npz", content, "0" * 64, SETTING)


def test_the_differences_that_ship_fit_every_linear_layer():
    shapes = {name: (up.shape, down.shape) for name, (up, down) in load_differences().items()}
    assert len(shapes) == 36
    assert shapes["encoder.layer.0.attention.self.query"] == ((384, 16), (16, 384))
    assert shapes["encoder.layer.5.intermediate.dense"] == ((1536, 16), (16, 384))


@pytest.fixture(scope="module")
def embedder(cache):
    return build_embedder(Settings(cache=cache))


def test_questions_have_other_vectors_than_passages_yet_near_ones(embedder):
    as_text = embedder.embed_texts(QUESTIONS)
    as_question = np.array([embedder.embed_query(question) for question in QUESTIONS])
    cosines = (as_text * as_question).sum(axis=1)
    assert np.all((cosines > 0.6) & (cosines < 0.995))
    assert np.allclose(np.linalg.norm(as_question, axis=1), 1, atol=1e-2)


def test_without_the_setting_a_question_is_embedded_as_a_passage_is(cache):
    plain = build_embedder(Settings(cache=cache, question_encoder=False))
    assert plain.find_question_encoder() is plain.find_encoder()
    for question in QUESTIONS:
        assert np.allclose(plain.embed_query(question), plain.embed_text(question))


def test_what_leans_on_a_conversation_is_embedded_as_a_passage_is(embedder):
    follow_up = "How many of them were measured?"
    as_text = embedder.embed_text(follow_up)
    assert np.allclose(embedder.embed_query(follow_up, is_follow_up=True), as_text)
    assert not np.allclose(embedder.embed_query(follow_up), as_text, atol=0.01)


def test_the_pieces_of_words_are_told_without_marks(embedder):
    model = embedder.prepare()
    text = "Oversmoothing, in GNNs!"
    spans = model.word_pieces(text)
    (encoded,) = model.for_questions().encode_words([text])
    assert len(spans) == len(encoded.words) == 3
    assert spans[0][0] == 1  # after [CLS]
    assert all(first < after for first, after in spans)
    assert encoded.word_vectors.shape == (3, DIMENSION)
