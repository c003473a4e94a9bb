"""Decide with a trained model whether an abstract entails a sentence.

The model is the sum of two: boosted trees (Friedman 2001) over the features of
`rag.verification.features`, and the network of `rag.verification.network`, which sees every word.
Both are trained on sentences written about abstracts. `python -m eval.training.train` makes the
data files; `eval/training/README.md` says how the model was trained and evaluated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rag.arrays import parse_arrays
from rag.fitted import DataFile, Threshold
from rag.types import Verdict
from rag.verification.alignment import Alignment
from rag.verification.features import extract_features
from rag.verification.network import AlignmentNetwork, Weights
from rag.verification.network_input import build_input

MODEL_CARD: Final = "entailment.json"
TREES: Final = "entailment-trees.npz"
NETWORK: Final = "entailment-network.npz"
SETTING: Final = "RAG_ENTAILMENT"


class ModelCard(BaseModel):
    """What the model was trained on, and the thresholds that it is used with.

    Attributes:
        sha256: Of the files of its trees and of its network, by name.
        features: Their names, in the order that the trees expect.
        network_weight: What the network's log-odds count, against 1 for those of the trees.
        data: The files that it was trained on.
        sentences: How many sentences it was trained on, derived ones included.
        supported_from: The probability from which a sentence counts as supported.
        supported_without_subject_from: The same for a sentence about a paper or its authors, which
            is compared without them.
        partly_from: The probability from which a similar sentence counts as supported in part.
        min_similarity: Below this value of the logistic regression nothing counts as supported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    remark: str
    sha256: Mapping[str, str]
    features: tuple[str, ...]
    network_weight: float
    data: tuple[DataFile, ...]
    sentences: int
    supported_from: Threshold
    supported_without_subject_from: Threshold
    partly_from: Threshold
    min_similarity: Threshold


@dataclass(frozen=True, slots=True)
class TreeEnsemble:
    """Regression trees, the nodes of all of them in one array; a leaf is its own child.

    Attributes:
        roots: Index of each tree's root, shape (trees,).
        features: Index of the feature that a node splits on, shape (nodes,).
        thresholds: The largest value that goes left, shape (nodes,).
        left: Index of the left child, shape (nodes,).
        right: Index of the right child, shape (nodes,).
        values: What a leaf adds to the log-odds, 0 at other nodes, shape (nodes,).
        baseline: The log-odds before any tree.
        depth: Steps from a root to the furthest leaf.
    """

    roots: NDArray[np.int32]
    features: NDArray[np.int16]
    thresholds: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    values: NDArray[np.float32]
    baseline: float
    depth: int

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return its fields as arrays by name, for `build_trees`."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    def log_odds(self, row: NDArray[np.float32]) -> float:
        """Return the baseline plus each tree's leaf for a row of features, shape (features,)."""
        at = self.roots
        for _ in range(self.depth):
            goes_left = row[self.features[at]] <= self.thresholds[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        return self.baseline + float(self.values[at].sum())


class EntailmentModel:
    """Predict whether an abstract entails a sentence.

    Args:
        card: Names the features, and holds the thresholds.
        trees: Score a row of features.
        network: Scores the aligned words.
    """

    def __init__(self, card: ModelCard, trees: TreeEnsemble, network: AlignmentNetwork) -> None:
        self.card = card
        self._trees = trees
        self._network = network

    def probability(self, pair: Alignment) -> float:
        """Return the probability that the abstract entails the sentence, in (0, 1)."""
        features = extract_features(pair)
        row = np.array([features[name] for name in self.card.features], np.float32)
        by_network = self._network.log_odds(build_input(pair))
        log_odds = self._trees.log_odds(row) + self.card.network_weight * by_network
        return 1 / (1 + math.exp(-log_odds))

    @property
    def min_similarity(self) -> float:
        """The similarity below which nothing is entailed, so that no features are needed."""
        return self.card.min_similarity.value

    def judge(self, probability: float, *, without_subject: bool = False) -> Verdict:
        """Return what a probability comes to: `supported`, `partly` or `unsupported`."""
        card = self.card
        cut = card.supported_without_subject_from if without_subject else card.supported_from
        if probability >= cut.value:
            return "supported"
        return "partly" if probability >= card.partly_from.value else "unsupported"


@lru_cache(maxsize=1)
def load_entailment_model() -> EntailmentModel:
    """Load the model that comes with paperchat; once per process.

    Raises:
        ConfigurationError: A file is not the one that the model card names.
    """
    folder = files("rag").joinpath("data")
    card = ModelCard.model_validate_json(folder.joinpath(MODEL_CARD).read_text(encoding="utf-8"))
    trees, network = (
        parse_arrays(name, folder.joinpath(name).read_bytes(), card.sha256[name], SETTING)
        for name in (TREES, NETWORK)
    )
    return EntailmentModel(card, build_trees(trees), AlignmentNetwork(as_floats(network)))


def build_trees(arrays: Mapping[str, NDArray[np.generic]]) -> TreeEnsemble:
    """Build the trees from the arrays of their file."""
    fields = dict(arrays)
    baseline, depth = float(fields.pop("baseline")), int(fields.pop("depth"))
    return TreeEnsemble(**fields, baseline=baseline, depth=depth)  # type: ignore[arg-type]


def as_floats(arrays: Mapping[str, NDArray[np.generic]]) -> Weights:
    """Return a network's weights, stored in half precision, in single precision."""
    return {name: array.astype(np.float32) for name, array in arrays.items()}
