"""Align a claim's words with its evidence, and judge the claim by how they compare.

Decomposable attention (Parikh et al. 2016, arXiv:1606.01933): each word of the claim is aligned
with the words of the evidence and compared with what it is aligned with; twice over, with attention
among the claim's own words in between, which knows how far apart two words are in the claim and how
far apart their counterparts are in the evidence. `eval.training.network` is the same network in
PyTorch, where it is trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.products import multiply
from rag.verification.alignment import Matrix
from rag.verification.network_input import PRESENT, NetworkInput

LAYERS: Final = 2
HEADS: Final = 4
WIDTH: Final = 64
DISTANCE: Final = 8  # words apart; further ones count as so far
SAME_STEM: Final = 0.3  # what the same stem adds to a cosine where a word's counterpart is chosen
NORM_EPSILON: Final = 1e-5

Weights = Mapping[str, NDArray[np.float32]]


class AlignmentNetwork:
    """Judge whether evidence supports a claim.

    Args:
        weights: By the names that the trained network gives them.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def log_odds(self, given: NetworkInput) -> float:
        """Return the log-odds that the evidence supports the claim."""
        place = self._weights["claim_place.weight"][: len(given.claim)]
        x = self._norm("claim_norm", self._linear("claim", given.claim) + place)
        place = self._weights["evidence_place.weight"][given.places]
        y = self._norm("evidence_norm", self._linear("evidence", given.evidence) + place)
        alike = np.stack([given.cosines, given.same], axis=-1)
        nearest = (given.cosines + SAME_STEM * given.same).argmax(axis=1)
        for layer in range(LAYERS):
            x = x + self._among(layer, x, given, nearest)
            x = x + self._across(layer, x, y, alike)
        wrong = self._linear("wrong", x)[:, 0]
        gate = _softmax(self._linear("gate", x), axis=0)
        best = given.cosines.max(axis=1)
        extras = [
            wrong.max(),
            _log_sum_exp(wrong),
            best.mean(),
            best.min(),
            given.claim[:, PRESENT].mean(),
            given.closest,
        ]
        read = [x.mean(axis=0), x.max(axis=0), (gate * x).sum(axis=0), np.array(extras)]
        return float(self._mlp("out", np.concatenate(read)[None, :].astype(np.float32))[0, 0])

    def _among(
        self, layer: int, x: Matrix, given: NetworkInput, nearest: NDArray[np.int64]
    ) -> Matrix:
        """Attend among the claim's words, by their distance and that of their counterparts."""
        z = self._norm(f"norms.{2 * layer}", x)
        order = np.arange(len(x))
        in_claim = np.clip(order[None, :] - order[:, None], -DISTANCE, DISTANCE) + DISTANCE
        place, segment = given.places[nearest], given.segments[nearest]
        in_evidence = np.clip(place[None, :] - place[:, None], -DISTANCE, DISTANCE) + DISTANCE
        in_evidence[segment[None, :] != segment[:, None]] = 2 * DISTANCE + 1  # in another sentence
        bias = self._weights["near_claim"][layer][:, in_claim]
        bias = bias + self._weights["near_evidence"][layer][:, in_evidence]
        return self._attend(f"among.{layer}", z, z, bias)[1]

    def _across(self, layer: int, x: Matrix, y: Matrix, alike: NDArray[np.float32]) -> Matrix:
        """Compare each word of the claim with the words of the evidence it is aligned with."""
        z = self._norm(f"norms.{2 * layer + 1}", x)
        bias = np.moveaxis(alike @ self._weights["likeness"][layer].T, -1, 0)
        weights, aligned = self._attend(f"across.{layer}", z, y, bias)
        met = (weights.mean(axis=0)[..., None] * alike).sum(axis=1)
        compared = np.hstack([z, aligned, z * aligned, np.abs(z - aligned), met])
        return self._mlp(f"compare.{layer}", compared)

    def _attend(
        self, name: str, x: Matrix, y: Matrix, bias: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Matrix]:
        """Return the weights of each head, shape (heads, n, m), and what is read by them."""
        q, k, v = (
            self._linear(f"{name}.{part}", text).reshape(len(text), HEADS, -1).transpose(1, 0, 2)
            for part, text in (("query", x), ("key", y), ("value", y))
        )
        weights = _softmax(q @ k.transpose(0, 2, 1) * q.shape[-1] ** -0.5 + bias, axis=-1)
        joined = (weights @ v).transpose(1, 0, 2).reshape(len(x), -1)
        return weights, self._linear(f"{name}.output", joined)

    def _linear(self, name: str, x: Matrix) -> Matrix:
        applied: Matrix = multiply(x, self._weights[f"{name}.weight"])
        return applied + self._weights[f"{name}.bias"]

    def _norm(self, name: str, x: Matrix) -> Matrix:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + NORM_EPSILON)
        scaled: Matrix = centred / spread * self._weights[f"{name}.weight"]
        return scaled + self._weights[f"{name}.bias"]

    def _mlp(self, name: str, x: Matrix) -> Matrix:
        return self._linear(f"{name}.3", _gelu(self._linear(f"{name}.0", x)))


def _gelu(x: Matrix) -> Matrix:
    """Return the tanh approximation of GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""
    curved: Matrix = 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))
    return curved


def _softmax(x: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    grown = np.exp(x - x.max(axis=axis, keepdims=True))
    shares: NDArray[np.float32] = grown / grown.sum(axis=axis, keepdims=True)
    return shares


def _log_sum_exp(x: NDArray[np.float32]) -> float:
    most = float(x.max())
    return most + float(np.log(np.exp(x - most).sum()))
