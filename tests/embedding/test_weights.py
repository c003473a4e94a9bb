"""The converted embedder in the cache: when it is used, and when it is made again."""

from __future__ import annotations

import json

import pytest

from rag.embedding.weights import FOLDER, SIZES, find_model_files

FILES = {"model.onnx": b"graph" * 100, "questions.onnx": b"graph" * 90, "vocab.txt": b"words" * 100}


@pytest.fixture
def made(tmp_path):
    """A cache with a converted model; its files are made up."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    sizes = {name: len(content) for name, content in FILES.items()}
    (folder / SIZES).write_text(json.dumps(sizes))
    return tmp_path


def test_a_whole_model_is_used(made):
    assert find_model_files(made) is not None


@pytest.mark.parametrize("name", FILES)
def test_a_model_that_is_cut_short_is_made_again(made, name):
    (made / FOLDER / name).write_bytes(FILES[name][:-1])
    assert find_model_files(made) is None


def test_a_model_whose_sizes_were_not_noted_is_made_again(made):
    (made / FOLDER / SIZES).unlink()
    assert find_model_files(made) is None
