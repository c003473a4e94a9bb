"""Embedders and rerankers by name: folders in the hub's layout, fastembed, Ollama."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from rag.embedding import build_embedder, load_pair_scorer
from rag.embedding.folder import read_model_folder
from rag.embedding.minilm import MiniLM, build_tokenizer
from rag.embedding.onnx_model import OnnxCrossEncoder, OnnxEmbedder, pool
from rag.embedding.weights import prepare_model_files
from rag.errors import ConfigurationError, EmbedderUnavailableError
from rag.library import Library
from rag.settings import read_settings
from tests.support.endpoint_papers import BEAVERS, OTTERS, WILLOWS

TEXTS = [
    "Beavers build dams of branches and mud.",
    "otters",
    "A number in [0, 1] tells how well a stump sprouts, and 31 of 40 animals did it.",
]
WORDS = [
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "beavers",
    "otters",
    "willows",
    "ponds",
    "dams",
    "bark",
]


def write_tokenizer(folder):
    ids = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def write_graph(folder, nodes, output, constants=(), inputs=("input_ids", "attention_mask")):
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "t"]) for n in inputs],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])],
        [numpy_helper.from_array(value, name) for name, value in constants],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), folder / "model.onnx")


@pytest.fixture
def embeds(tmp_path):
    """A folder whose model gives each word a vector that has 1 at the word's number."""
    write_tokenizer(tmp_path)
    table = np.eye(len(WORDS), dtype=np.float32)
    gather = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    write_graph(
        tmp_path, [gather], ("last_hidden_state", ["b", "t", len(WORDS)]), [("table", table)]
    )
    return tmp_path


@pytest.fixture
def scores(tmp_path_factory):
    """A folder whose model scores a pair by how often it says `bark` behind the question."""
    folder = tmp_path_factory.mktemp("pairs")
    write_tokenizer(folder)
    bark = np.array(WORDS.index("bark"), np.int64)
    nodes = [
        helper.make_node("Equal", ["input_ids", "bark"], ["is_bark"]),
        helper.make_node("Cast", ["is_bark"], ["barks"], to=TensorProto.INT64),
        helper.make_node("Mul", ["barks", "token_type_ids"], ["of_text"]),
        helper.make_node("ReduceSum", ["of_text", "axis"], ["sum"], keepdims=1),
        helper.make_node("Cast", ["sum"], ["logits"], to=TensorProto.FLOAT),
    ]
    constants = [("bark", bark), ("axis", np.array([1], np.int64))]
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    write_graph(folder, nodes, ("logits", ["b", 1]), constants, inputs)
    return folder


def write(folder, name, value):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(value))


# --- a folder that embeds --------------------------------------------------------------------


@pytest.mark.parametrize("output", ["tokens", "embedding"])
def test_minilm_as_such_a_folder_gives_the_vectors_that_it_gives_otherwise(cache, tmp_path, output):
    files = prepare_model_files(cache, lambda _: None)
    graph = onnx.load(files.graph)
    kept = [each for each in graph.graph.output if each.name == output]
    del graph.graph.output[:]
    graph.graph.output.extend(kept)
    (tmp_path / "onnx").mkdir()
    onnx.save(graph, tmp_path / "onnx" / "model.onnx")
    build_tokenizer(files.vocabulary).save(str(tmp_path / "tokenizer.json"))
    write(tmp_path, "config.json", {"max_position_embeddings": 512, "pad_token_id": 0})
    write(tmp_path, "1_Pooling/config.json", {"pooling_mode_mean_tokens": True})
    own, other = MiniLM(files.graph, files.vocabulary), OnnxEmbedder(read_model_folder(tmp_path))
    for text in TEXTS:  # alone: the scales of an int8 graph are those of a batch
        made = other.embed_query(text)
        assert np.abs(made / np.linalg.norm(made) - own.embed_query(text)).max() < 1e-3


def test_a_text_has_the_same_vector_alone_and_among_others(embeds):
    model = OnnxEmbedder(read_model_folder(embeds))
    texts = ["beavers", "otters ponds dams", "bark"]
    assert np.allclose(model.embed(texts), [model.embed([text])[0] for text in texts])


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("mean", [[2.0, 1.0], [3.0, 0.0]]),
        ("cls", [[1.0, 2.0], [3.0, 0.0]]),
        ("max", [[3.0, 2.0], [3.0, 0.0]]),
        ("lasttoken", [[3.0, 0.0], [3.0, 0.0]]),
    ],
)
def test_the_vectors_of_tokens_become_one_without_those_that_only_fill_up(pooling, expected):
    tokens = np.array([[[1, 2], [3, 0]], [[3, 0], [9, 9]]], np.float32)
    mask = np.array([[1, 1], [1, 0]], np.float32)
    assert np.allclose(pool(tokens, mask, pooling), expected)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ("mean", "", "", 512)),
        ({"1_Pooling/config.json": {"pooling_mode_cls_token": True}}, ("cls", "", "", 512)),
        ({"1_Pooling/config.json": {"pooling_mode": "lasttoken"}}, ("lasttoken", "", "", 512)),
        (
            {
                "modules.json": [{"type": "sentence_transformers.models.Pooling", "path": "2_P"}],
                "2_P/config.json": {"pooling_mode_max_tokens": True},
            },
            ("max", "", "", 512),
        ),
        (
            {
                "config_sentence_transformers.json": {
                    "prompts": {"query": "query: ", "document": "passage: "}
                },
                "sentence_bert_config.json": {"max_seq_length": 128},
            },
            ("mean", "query: ", "passage: ", 128),
        ),
        (
            {
                "config_sentence_transformers.json": {
                    "prompts": {"all": "text: "},
                    "default_prompt_name": "all",
                },
                "tokenizer_config.json": {"model_max_length": 10**30},
            },
            ("mean", "text: ", "text: ", 512),
        ),
    ],
)
def test_pooling_prefixes_and_length_are_read_from_the_models_own_files(embeds, files, expected):
    for name, value in files.items():
        write(embeds, name, value)
    found = read_model_folder(embeds)
    read = (found.pooling, found.query_prefix, found.passage_prefix, found.max_tokens)
    assert read == expected


def test_prefixes_stand_before_questions_and_texts(embeds):
    write(embeds, "config_sentence_transformers.json", {"prompts": {"query": "dams "}})
    model = OnnxEmbedder(read_model_folder(embeds))
    assert model.embed_query("beavers")[WORDS.index("dams")] > 0
    assert model.embed(["beavers"])[0][WORDS.index("dams")] == 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda f: (f / "model.onnx").unlink(), "has no model.onnx or onnx/model.onnx"),
        (lambda f: (f / "tokenizer.json").unlink(), "has no tokenizer.json"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: write(f, "modules.json", [{"type": "x.Dense"}]), "Dense"),
        (
            lambda f: write(f, "1_Pooling/config.json", {"pooling_mode_weightedmean_tokens": True}),
            "pools its tokens",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(embeds, spoil, why):
    spoil(embeds)
    with pytest.raises(ConfigurationError, match=why):
        build_embedder(read_settings(embedder=f"onnx:{embeds}"))


def test_a_graph_that_cannot_be_run_is_told_in_a_sentence(embeds):
    (embeds / "model.onnx").write_bytes(b"no graph")
    embedder = build_embedder(read_settings(embedder=f"onnx:{embeds}"))
    with pytest.raises(ConfigurationError, match="cannot run"):
        embedder.prepare()


def test_a_library_is_embedded_anew_with_progress_when_its_embedder_changes(embeds, tmp_path):
    folder = tmp_path / "library"
    with Library.open(settings=read_settings(library=folder, embedder=f"onnx:{embeds}")) as library:
        library.ingest([BEAVERS, OTTERS, WILLOWS])
        assert not library.is_lexical_only
        assert library.search("otters ponds")[0].paper == OTTERS
    write(embeds, "1_Pooling/config.json", {"pooling_mode_max_tokens": True})
    changed = read_settings(library=folder, embedder=f"onnx:{embeds}")
    with pytest.raises(Exception, match="--rebuild"):
        Library.open(settings=changed)
    told = []
    with Library.open(settings=changed, rebuild=True, on_progress=told.append) as library:
        assert library.search("otters ponds")[0].dense_similarity is not None
    assert "embedding papers" in {each.stage for each in told}


def test_a_folder_may_be_moved(embeds, tmp_path_factory):
    moved = tmp_path_factory.mktemp("moved") / "elsewhere"
    before = read_model_folder(embeds).name
    embeds.rename(moved)
    assert read_model_folder(moved).name == before


# --- a folder that scores pairs --------------------------------------------------------------


def test_a_cross_encoder_scores_each_text_with_the_question(scores):
    model = OnnxCrossEncoder(read_model_folder(scores))
    texts = ["bark", "beavers dams otters", "bark ponds bark bark"]
    assert model.score("bark", texts).tolist() == [1.0, 0.0, 3.0]
    assert model.score("bark", []).shape == (0,)


def test_what_a_cross_encoder_likes_comes_first(beavers, scores):
    question = "How do beavers build dams?"
    settings = beavers.settings.model_copy(update={"reranker": f"onnx:{scores}"})
    assert beavers.search(question)[0].paper != WILLOWS
    found = beavers.with_settings(settings).search(question)
    assert found[0].paper == WILLOWS  # the only one that has the word
    assert all(0 <= hit.score <= 1 for hit in found)


def test_a_cross_encoder_works_without_an_embedder(words_settings, scores, tmp_path):
    settings = words_settings.model_copy(
        update={"library": tmp_path / "words", "reranker": f"onnx:{scores}"}
    )
    with Library.open(settings=settings) as library:
        library.ingest([BEAVERS, OTTERS, WILLOWS])
        assert library.search("beavers dam")[0].paper == WILLOWS


def test_a_model_reranks_where_it_is_asked_to(asked, endpoint):
    endpoint.when("You choose the papers", '{"useful": [3], "missing": []}')
    endpoint.reply("Beavers build dams of branches and mud [1].")
    question = "How do beavers choose where a dam is built?"
    usual = [hit.paper for hit in asked().search(question)]
    assert [hit.paper for hit in asked(reranker="llm").search(question)] != usual


# --- fastembed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["embedder", "reranker"])
def test_without_fastembed_one_sentence_says_how_to_install_it(monkeypatch, setting, tmp_path):
    monkeypatch.setitem(sys.modules, "fastembed", None)
    monkeypatch.setitem(sys.modules, "fastembed.rerank.cross_encoder", None)
    load = {
        "embedder": lambda name: build_embedder(read_settings(embedder=name)).prepare(),
        "reranker": lambda name: load_pair_scorer(name, tmp_path),
    }[setting]
    with pytest.raises(ConfigurationError, match=r"pip install 'paperchat\[models\]'"):
        load("fastembed:some/model")


class FakeFastEmbedding:
    """What `fastembed.TextEmbedding` does, with vectors that tell how a text was embedded."""

    def __init__(self, model_name, cache_dir):
        if "unknown" in model_name:
            raise ValueError("Model unknown is not supported")
        if "far" in model_name:
            raise OSError("the hub does not answer")

    def embed(self, texts):
        return (np.array([1.0, len(text), 0.0]) for text in texts)

    def passage_embed(self, texts):
        return (np.array([0.0, len(text), 1.0]) for text in texts)

    def query_embed(self, query):
        return iter([np.array([0.0, len(query), 2.0])])


@pytest.fixture
def fastembed(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastembed", SimpleNamespace(TextEmbedding=FakeFastEmbedding))


def test_a_model_of_fastembed_embeds_questions_and_texts_in_its_own_way(fastembed):
    model = build_embedder(read_settings(embedder="fastembed:a/b")).prepare()
    assert model.embed(["abc"]).tolist() == [[0.0, 3.0, 1.0]]
    assert model.embed_query("abcd").tolist() == [0.0, 4.0, 2.0]
    prefixed = read_settings(embedder="fastembed:a/b", query_prefix="q: ", passage_prefix="p: ")
    model = build_embedder(prefixed).prepare()
    assert model.embed(["abc"]).tolist() == [[1.0, 6.0, 0.0]]
    assert model.embed_query("abcd").tolist() == [1.0, 7.0, 0.0]


@pytest.mark.parametrize(
    ("name", "error", "why"),
    [
        ("unknown", ConfigurationError, "knows no model"),
        ("far", EmbedderUnavailableError, "the hub does not answer"),
    ],
)
def test_a_model_that_fastembed_cannot_load_is_told(fastembed, name, error, why):
    with pytest.raises(error, match=why):
        build_embedder(read_settings(embedder=f"fastembed:{name}")).prepare()


# --- Ollama ------------------------------------------------------------------------------------


@pytest.fixture
def ollama(endpoint, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", endpoint.address)
    return build_embedder(read_settings(embedder="ollama:nomic", query_prefix="q: ")).prepare()


def test_a_model_of_ollama_embeds(ollama, endpoint):
    endpoint.tells["/api/embed"] = {"embeddings": [[3.0, 4.0]]}
    assert ollama.embed(["a text"]).tolist() == [[3.0, 4.0]]
    assert ollama.embed_query("a question").tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (None, "is not Ollama"),
        ({"error": "model not found"}, "model not found.*ollama pull nomic"),
        ({"embeddings": "none"}, "ollama pull nomic"),
        ({"embeddings": [[1.0], [2.0]]}, "ollama pull nomic"),
    ],
)
def test_what_ollama_cannot_do_is_told_in_a_sentence(ollama, endpoint, told, why):
    if told:
        endpoint.tells["/api/embed"] = told
    with pytest.raises(EmbedderUnavailableError, match=why):
        ollama.embed(["a text"])


def test_an_ollama_that_does_not_run_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    embedder = build_embedder(read_settings(embedder="ollama:nomic"))
    with pytest.raises(EmbedderUnavailableError, match="cannot be reached"):
        embedder.embed_texts(["a text"])
