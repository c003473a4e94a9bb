"""Decide with a trained model whether an abstract entails a sentence.

Boosted trees (Friedman 2001) over the features of `rag.verification.features`, trained on sentences
written about abstracts. `python -m eval.training.train` makes both data files;
`eval/training/README.md` says how the model was trained and evaluated.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rag.errors import ConfigurationError
from rag.fitted import DataFile, Threshold

MODEL_CARD: Final = "entailment.json"
TREES: Final = "entailment-trees.npz"


class ModelCard(BaseModel):
    """What the model was trained on, and the thresholds that it is used with.

    Attributes:
        sha256: Of the file of its trees.
        features: Their names, in the order that the trees expect.
        data: The files that it was trained on.
        sentences: How many sentences it was trained on, derived ones included.
        supported_from: The probability from which a sentence counts as supported.
        min_similarity: Below this value of the logistic regression nothing counts as supported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    remark: str
    sha256: str
    features: tuple[str, ...]
    data: tuple[DataFile, ...]
    sentences: int
    supported_from: Threshold
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

    def log_odds(self, row: NDArray[np.float32]) -> float:
        """Return the baseline plus each tree's leaf for a row of features, shape (features,)."""
        at = self.roots
        for _ in range(self.depth):
            goes_left = row[self.features[at]] <= self.thresholds[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        return self.baseline + float(self.values[at].sum())


class EntailmentModel:
    """Predict from features whether an abstract entails a sentence.

    Args:
        card: Names the features, and holds the thresholds.
        trees: Score a row of features.
    """

    def __init__(self, card: ModelCard, trees: TreeEnsemble) -> None:
        self.card = card
        self._trees = trees

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability that the abstract entails the sentence, in (0, 1)."""
        row = np.array([features[name] for name in self.card.features], np.float32)
        return 1 / (1 + math.exp(-self._trees.log_odds(row)))

    @property
    def min_similarity(self) -> float:
        """The similarity below which nothing is entailed, so that no features are needed."""
        return self.card.min_similarity.value

    def entails(self, features: Mapping[str, float]) -> bool:
        """Return whether the probability reaches the threshold of the model card."""
        return self.probability(features) >= self.card.supported_from.value


@lru_cache(maxsize=1)
def load_entailment_model() -> EntailmentModel:
    """Load the model that comes with paperchat; once per process.

    Raises:
        ConfigurationError: The file of trees is not the one that the model card names.
    """
    folder = files("rag").joinpath("data")
    card = ModelCard.model_validate_json(folder.joinpath(MODEL_CARD).read_text(encoding="utf-8"))
    return EntailmentModel(card, parse_trees(folder.joinpath(TREES).read_bytes(), card.sha256))


def parse_trees(content: bytes, sha256: str) -> TreeEnsemble:
    """Return the trees of a file's content.

    Raises:
        ConfigurationError: The content has another hash.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ConfigurationError(
            f"The file {TREES} of this installation is damaged. Install paperchat anew, or set "
            "RAG_ENTAILMENT=false to do without it."
        )
    with np.load(io.BytesIO(content)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    baseline, depth = arrays.pop("baseline"), arrays.pop("depth")
    return TreeEnsemble(**arrays, baseline=float(baseline), depth=int(depth))


def render_trees(trees: TreeEnsemble) -> bytes:
    """Return the content of a file of trees."""
    content = io.BytesIO()
    np.savez_compressed(
        content, **{name: getattr(trees, name) for name in TreeEnsemble.__dataclass_fields__}
    )
    return content.getvalue()
