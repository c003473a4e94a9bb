"""Vectors of words out of context, and how those of the vocabulary are kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies
from hypothesis import settings as examples

import rag.embedding.words as words_module
from rag.embedding import build_embedder
from rag.embedding.words import KnowsWords, WordVectors, load_pieces, save_pieces
from rag.settings import Settings

PIECES = np.eye(4, 3, dtype=np.float16)  # the last piece has no direction
SPELLED = {"": [], "a": [0], "b": [1], "ab": [0, 1], "abc": [0, 1, 2], "?": [3]}


class Splitter:
    """Splits by a table and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, words):
        self.asked += words
        return [SPELLED[word] for word in words]


@pytest.fixture(scope="module")
def known(cache):
    """The words of the local embedder."""
    return build_embedder(Settings(cache=cache)).find_words()


def test_a_word_is_the_mean_of_its_pieces_at_unit_length():
    found = WordVectors(PIECES, Splitter()).look_up(["a", "ab", "abc", "", "?"])
    half, third = 1 / np.sqrt(2), 1 / np.sqrt(3)
    expected = [[1, 0, 0], [half, half, 0], [third] * 3, [0, 0, 0], [0, 0, 0]]
    assert found == pytest.approx(np.array(expected), abs=1e-6)


@examples(max_examples=60, deadline=None)
@given(strategies.lists(strategies.lists(strategies.sampled_from([*SPELLED]), max_size=6)))
def test_what_was_asked_before_changes_no_vector(asked):
    kept = WordVectors(PIECES, Splitter())
    for words in asked:
        expected = [WordVectors(PIECES, Splitter()).look_up([word])[0] for word in words]
        found = kept.look_up(words)
        assert found.shape == (len(words), 3)
        assert found == pytest.approx(np.array(expected).reshape(-1, 3))


def test_a_word_is_put_together_once():
    splitter = Splitter()
    kept = WordVectors(PIECES, splitter)
    kept.look_up(["a", "b", "a"])
    kept.look_up(["b", "ab"])
    assert splitter.asked == ["a", "b", "ab"]


def test_when_too_many_are_kept_the_old_ones_go(monkeypatch):
    monkeypatch.setattr(words_module, "WORDS_KEPT", 2)
    splitter = Splitter()
    kept = WordVectors(PIECES, splitter)
    kept.look_up(["a", "b"])
    assert kept.look_up(["ab", "b"])[1] == pytest.approx([0, 1, 0])
    assert kept.look_up(["a", "b", "ab"])[0] == pytest.approx([1, 0, 0])  # more than are kept
    assert splitter.asked == ["a", "b", "ab", "b", "a", "b", "ab"]


def test_pieces_are_read_back_as_they_were_kept(tmp_path):
    save_pieces(tmp_path / "pieces.npy", PIECES)
    assert np.array_equal(load_pieces(tmp_path / "pieces.npy", 4), PIECES)
    assert [path.name for path in tmp_path.iterdir()] == ["pieces.npy"]


@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY", b"no array at all"])
def test_pieces_that_cannot_be_read_are_made_anew(tmp_path, content):
    if content is not None:
        (tmp_path / "pieces.npy").write_bytes(content)
    assert load_pieces(tmp_path / "pieces.npy", 4) is None


def test_a_file_that_was_cut_short_or_is_of_another_vocabulary_is_made_anew(tmp_path):
    file = tmp_path / "pieces.npy"
    save_pieces(file, PIECES)
    assert load_pieces(file, 5) is None
    file.write_bytes(file.read_bytes()[:-3])
    assert load_pieces(file, 4) is None


def test_where_pieces_cannot_be_kept_nothing_breaks(tmp_path):
    save_pieces(tmp_path / "no folder" / "pieces.npy", PIECES)
    assert list(tmp_path.iterdir()) == []


def test_the_local_embedder_knows_words(known):
    assert isinstance(known, KnowsWords)
    bee, honeybee, glacier, nothing = known.word_vectors(["bee", "honeybee", "glacier", ""])
    assert bee @ honeybee > bee @ glacier
    assert np.linalg.norm([bee, honeybee, glacier], axis=1) == pytest.approx(1, abs=1e-3)
    assert not nothing.any()


def test_case_and_accents_do_not_matter(known):
    plain, written = known.word_vectors(["cafe", "Café"])
    assert plain == pytest.approx(written)


def test_another_embedder_knows_no_words(cache):
    settings = Settings(cache=cache, embedder="openai:x", openai_base_url="http://127.0.0.1:9/v1")
    assert build_embedder(settings).find_words() is None
