"""Adapt the embedder's weights to questions: add the low-rank differences that were trained.

A linear layer's weight W becomes W + U D, with D (rank, inputs) and U (outputs, rank): LoRA (Hu et
al. 2021, arXiv:2106.09685), merged once. Passages keep the published weights, so stored vectors
stay as they are. `python -m eval.training.question_encoder` trains the differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rag.arrays import parse_arrays, render_arrays
from rag.fitted import DataFile

DIFFERENCES: Final = "question-encoder.npz"
CARD: Final = "question-encoder.json"
SETTING: Final = "RAG_QUESTION_ENCODER"
STEPS: Final = 127  # each row of D and column of U is stored as int8, times one scale

Weights = Mapping[str, NDArray[np.float32]]
Differences = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


class QuestionEncoderCard(BaseModel):
    """What the differences were trained on, and what they do to questions that were held back.

    Attributes:
        sha256: Of the file of the differences.
        data: The files that they were trained on.
        questions: How many questions they were trained on.
        measured: Reciprocal rank of held-back questions, with the published weights and with these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    remark: str
    sha256: str
    data: tuple[DataFile, ...]
    questions: int
    measured: Mapping[str, float]


def adapt(weights: Weights, differences: Differences) -> Weights:
    """Return the weights with the differences of their linear layers added.

    Args:
        weights: By their published names.
        differences: U (outputs, rank) and D (rank, inputs) by the name of a layer.
    """
    added = {f"{name}.weight": up @ down for name, (up, down) in differences.items()}
    return {
        name: value + added[name] if name in added else value for name, value in weights.items()
    }


def load_differences() -> Differences:
    """Load the differences that come with paperchat.

    Raises:
        ConfigurationError: The file is not the one that its card names.
    """
    folder = files("rag").joinpath("data")
    card = QuestionEncoderCard.model_validate_json(folder.joinpath(CARD).read_text("utf-8"))
    content = folder.joinpath(DIFFERENCES).read_bytes()
    return parse_differences(parse_arrays(DIFFERENCES, content, card.sha256, SETTING))


def render_differences(differences: Differences) -> bytes:
    """Return the content of a file of differences, each to 8 bits."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, (up, down) in differences.items():
        for part, rows in (("up", up.T), ("down", down)):
            scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-12) / STEPS
            arrays[f"{name}:{part}"] = np.round(rows / scales).astype(np.int8)
            arrays[f"{name}:{part}:scales"] = scales.astype(np.float32)
    return render_arrays(arrays)


def parse_differences(arrays: Mapping[str, NDArray[np.generic]]) -> Differences:
    """Return U (outputs, rank) and D (rank, inputs) by the name of a layer."""
    names = dict.fromkeys(key.partition(":")[0] for key in arrays)

    def rows(name: str, part: str) -> NDArray[np.float32]:
        scales = np.asarray(arrays[f"{name}:{part}:scales"], np.float32)
        return np.asarray(arrays[f"{name}:{part}"], np.float32) * scales

    return {name: (rows(name, "up").T, rows(name, "down")) for name in names}
