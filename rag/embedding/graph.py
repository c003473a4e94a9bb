"""Build all-MiniLM-L6-v2 as an ONNX graph from its published weights.

The network is BERT (Devlin et al. 2019) with 6 layers of 12 heads, 384 wide; mean pooling over
the tokens and L2 normalisation are part of the graph. Not covered: any other architecture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rag.embedding.adaptation import Differences, Weights, adapt
from rag.embedding.runtime import load_runtime, without_advice

LAYERS = 6
HEADS = 12
WIDTH = 384
OPSET = 20
LAYER_NORM_EPSILON = 1e-12  # the checkpoint's own value


class _GraphBuilder:
    """Collect nodes and initialisers; each call gives the name of a tensor."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.initializers.setdefault(name, numpy_helper.from_array(np.asarray(value), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def scalar(self, value: float) -> str:
        return self.constant(f"scalar_{value}", np.array(value, np.float32))

    def op(self, kind: str, *inputs: str, **attributes: int | list[int] | float) -> str:
        output = f"t{len(self.nodes)}"
        node = helper.make_node(kind, inputs, [output])
        node.attribute.extend(helper.make_attribute(key, v) for key, v in attributes.items())
        self.nodes.append(node)
        return output

    def linear(self, x: str, name: str) -> str:
        weight = self.constant(name + ".weight", self._weights[name + ".weight"].T.copy())
        bias = self.constant(name + ".bias", self._weights[name + ".bias"])
        return self.op("Add", self.op("MatMul", x, weight), bias)

    def layer_norm(self, x: str, name: str) -> str:
        scale = self.constant(name + ".weight", self._weights[name + ".weight"])
        bias = self.constant(name + ".bias", self._weights[name + ".bias"])
        return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)


def _embed_tokens(g: _GraphBuilder, weights: Weights) -> str:
    words = g.constant("word_embeddings", weights["embeddings.word_embeddings.weight"])
    places = g.constant(  # every text is one segment, so its type embedding is a constant
        "place_embeddings",
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0],
    )
    length = g.op("Shape", "input_ids", start=1, end=2)
    places = g.op("Slice", places, g.ints(0), length, g.ints(0))
    return g.layer_norm(
        g.op("Add", g.op("Gather", words, "input_ids"), places), "embeddings.LayerNorm"
    )


def _split_heads(g: _GraphBuilder, x: str, order: list[int]) -> str:
    return g.op("Transpose", g.op("Reshape", x, g.ints(0, 0, HEADS, WIDTH // HEADS)), perm=order)


def _attention(g: _GraphBuilder, x: str, mask: str, name: str) -> str:
    query = _split_heads(g, g.linear(x, name + ".self.query"), [0, 2, 1, 3])
    key = _split_heads(g, g.linear(x, name + ".self.key"), [0, 2, 3, 1])
    value = _split_heads(g, g.linear(x, name + ".self.value"), [0, 2, 1, 3])
    scores = g.op("Mul", g.op("MatMul", query, key), g.scalar((WIDTH / HEADS) ** -0.5))
    weights = g.op("Softmax", g.op("Add", scores, mask), axis=-1)
    mixed = g.op("Transpose", g.op("MatMul", weights, value), perm=[0, 2, 1, 3])
    joined = g.op("Reshape", mixed, g.ints(0, 0, WIDTH))
    projected = g.linear(joined, name + ".output.dense")
    return g.layer_norm(g.op("Add", projected, x), name + ".output.LayerNorm")


def _feed_forward(g: _GraphBuilder, x: str, name: str) -> str:
    inner = g.op("Gelu", g.linear(x, name + ".intermediate.dense"))
    outer = g.linear(inner, name + ".output.dense")
    return g.layer_norm(g.op("Add", outer, x), name + ".output.LayerNorm")


def _pool(g: _GraphBuilder, x: str, mask: str) -> None:
    mask = g.op("Unsqueeze", mask, g.ints(2))
    total = g.op("ReduceSum", g.op("Mul", x, mask), g.ints(1), keepdims=0)
    mean = g.op("Div", total, g.op("ReduceSum", mask, g.ints(1), keepdims=0))
    norm = g.op("ReduceL2", mean, g.ints(1), keepdims=1)
    g.nodes.append(helper.make_node("Div", [mean, norm], ["embedding"]))
    g.nodes.append(helper.make_node("Identity", [x], ["tokens"]))


def build_graph(weights: Weights) -> onnx.ModelProto:
    """Build an ONNX model from `input_ids` and `attention_mask`, both (batch, tokens).

    It gives `embedding` (batch, 384), unit norm, and `tokens` (batch, tokens, 384), the last
    layer's vector of each token.

    Args:
        weights: The tensors of `model.safetensors`, by their published names.
    """
    g = _GraphBuilder(weights)
    mask = g.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden_penalty = g.op("Mul", g.op("Sub", g.scalar(1.0), mask), g.scalar(-1e9))
    attention_mask = g.op("Unsqueeze", hidden_penalty, g.ints(1, 2))
    x = _embed_tokens(g, weights)
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        x = _attention(g, x, attention_mask, name + ".attention")
        x = _feed_forward(g, x, name)
    _pool(g, x, mask)
    shape = ["batch", "tokens"]
    graph = helper.make_graph(
        g.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, shape),
        ],
        [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", WIDTH]),
            helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [*shape, WIDTH]),
        ],
        list(g.initializers.values()),
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9)


def load_weights(safetensors_file: Path) -> Weights:
    """Load the tensors of a file by their names."""
    from safetensors.numpy import load_file

    weights: Weights = load_file(safetensors_file)
    return weights


def convert(
    safetensors_file: Path, onnx_file: Path, differences: Differences | None = None
) -> None:
    """Write the int8 graph (dynamic, per channel; about 23 MB) of the weights in a file.

    Args:
        safetensors_file: The published weights.
        onnx_file: The graph.
        differences: To add to the weights.
    """
    load_runtime()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = build_graph(adapt(load_weights(safetensors_file), differences or {}))
    with without_advice():
        quantize_dynamic(model, onnx_file, weight_type=QuantType.QInt8, per_channel=True)
