"""Run a model of a folder in onnxruntime: one that embeds texts, or one that scores pairs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.embedding.batching import group_by_length
from rag.embedding.folder import ModelFolder
from rag.embedding.runtime import load_runtime
from rag.errors import ConfigurationError

if TYPE_CHECKING:
    import onnxruntime

TOKENS_PER_BATCH: Final = 2048
POOLED: Final = "sentence_embedding"  # what some graphs call a text's vector
TOKEN_VECTORS: Final = 3  # dimensions of an output with a vector for each token

Vectors = NDArray[np.float32]


class _Graph:
    """A graph and its tokenizer."""

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        self.tokenizer.enable_truncation(folder.max_tokens)
        self.tokenizer.no_padding()
        runtime = load_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        options.log_severity_level = 3
        try:
            self._session: onnxruntime.InferenceSession = runtime.InferenceSession(
                folder.graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as exc:  # onnxruntime's own, of many kinds
            raise ConfigurationError(
                f"onnxruntime cannot run {str(folder.graph)!r}: {str(exc).splitlines()[0]}"
            ) from exc
        self._inputs = [each.name for each in self._session.get_inputs()]
        self.outputs = {each.name: len(each.shape) for each in self._session.get_outputs()}

    def run(self, encodings: Sequence[Encoding], output: str) -> tuple[Vectors, Vectors]:
        """Return an output for texts together, and which of their tokens are real."""
        longest = max(len(each) for each in encodings)
        ids = np.full((len(encodings), longest), self.folder.pad_id, np.int64)
        mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
        for row, each in enumerate(encodings):
            ids[row, : len(each)] = each.ids
            kinds[row, : len(each)] = each.type_ids
            mask[row, : len(each)] = 1
        known = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": kinds,
            "position_ids": np.broadcast_to(np.arange(longest, dtype=np.int64), ids.shape),
        }
        feed = {name: known[name] for name in self._inputs if name in known}
        (found,) = self._session.run([output], feed)
        return np.asarray(found, np.float32), mask.astype(np.float32)


def _each_batch(
    encodings: Sequence[Encoding], work: Callable[[list[Encoding]], Vectors]
) -> list[Vectors]:
    """Return what is made of each text, in their order; texts of similar length go together."""
    made: list[Vectors] = [np.empty(0, np.float32)] * len(encodings)
    for places in group_by_length([len(each) for each in encodings], TOKENS_PER_BATCH):
        results = work([encodings[n] for n in places])
        for place, result in zip(places, results, strict=True):
            made[place] = result
    return made


class OnnxEmbedder:
    """Embed texts with the model of a folder; vectors are as long as the model makes them.

    Args:
        folder: The model.

    Raises:
        ConfigurationError: onnxruntime cannot run it.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self._graph = _Graph(folder)
        self._folder = folder
        outputs = self._graph.outputs
        self._output = POOLED if POOLED in outputs else next(iter(outputs))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of the texts in their order, shape (len(texts), dimension)."""
        return self._embed([f"{self._folder.passage_prefix}{text}" for text in texts])

    def embed_query(self, query: str) -> Vectors:
        """Return the vector of a question, shape (dimension,)."""
        vector: Vectors = self._embed([f"{self._folder.query_prefix}{query}"])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        encodings = self._graph.tokenizer.encode_batch(list(texts))
        return np.stack(_each_batch(encodings, self._vectors))

    def _vectors(self, encodings: list[Encoding]) -> Vectors:
        found, mask = self._graph.run(encodings, self._output)
        return pool(found, mask, self._folder.pooling) if found.ndim == TOKEN_VECTORS else found


def pool(tokens: Vectors, mask: Vectors, pooling: str) -> Vectors:
    """Make one vector of those of a text's tokens.

    Args:
        tokens: Shape (texts, tokens, dimension).
        mask: 1 for each token that is real, which stand first; shape (texts, tokens).
        pooling: `mean`, `cls` (the first token), `max` or `lasttoken`.
    """
    pooled: Vectors
    if pooling == "cls":
        pooled = tokens[:, 0]
    elif pooling == "lasttoken":
        last = mask.sum(axis=1).astype(np.intp) - 1
        pooled = tokens[np.arange(len(tokens)), last]
    elif pooling == "max":
        pooled = np.where(mask[:, :, None] > 0, tokens, -np.inf).max(axis=1)
    else:
        pooled = (tokens * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return pooled


class OnnxCrossEncoder:
    """Score pairs of a question and a text with the model of a folder.

    Args:
        folder: The model.

    Raises:
        ConfigurationError: onnxruntime cannot run it.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self._graph = _Graph(folder)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return how well each text answers, shape (len(texts),), larger is better, any scale."""
        if not texts:
            return np.empty(0, np.float32)
        pairs = [(question, text) for text in texts]
        encodings = self._graph.tokenizer.encode_batch(pairs)
        scores: Vectors = np.stack(_each_batch(encodings, self._scores))
        return scores

    def _scores(self, encodings: list[Encoding]) -> Vectors:
        found, _ = self._graph.run(encodings, next(iter(self._graph.outputs)))
        flat = found.reshape(len(encodings), -1)
        # Of two classes, the second is that the text answers.
        return flat[:, 1] - flat[:, 0] if flat.shape[1] == 2 else flat[:, 0]
