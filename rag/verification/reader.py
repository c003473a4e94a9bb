"""A reader trained to tell whether an abstract says what a sentence says.

Boosted trees (Friedman 2001) over the measures of `rag.verification.reading`, learnt from sentences
written about abstracts: `eval/training/README.md` tells how, and what its judgement is worth.
`python -m eval.training.train` makes both files.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rag.errors import ConfigurationError
from rag.fitted import DataFile, Threshold

FACTS: Final = "reader.json"
TREES: Final = "reader-trees.npz"


class ReaderFacts(BaseModel):
    """What is known of a trained reader.

    Attributes:
        sha256: Of the file of its trees.
        measures: What it judges by, in the order of the trees.
        data: What it was trained on.
        sentences: How many sentences these are, those made of others included.
        supported_from: The probability from which a sentence counts as supported.
        least_similarity: Below this value of the logistic regression nothing counts as supported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    remark: str
    sha256: str
    measures: tuple[str, ...]
    data: tuple[DataFile, ...]
    sentences: int
    supported_from: Threshold
    least_similarity: Threshold


@dataclass(frozen=True, slots=True)
class Trees:
    """Regression trees laid out one behind the other; a leaf is its own child.

    Attributes:
        roots: Where each tree begins, shape (trees,).
        measures: Which measure a node splits by, shape (nodes,).
        cuts: The largest value that goes left.
        lefts: Where smaller values go on.
        rights: Where greater values go on.
        values: What a leaf adds.
        base: What all sums begin with.
        deepest: Steps from a root to its furthest leaf.
    """

    roots: NDArray[np.int32]
    measures: NDArray[np.int16]
    cuts: NDArray[np.float32]
    lefts: NDArray[np.int32]
    rights: NDArray[np.int32]
    values: NDArray[np.float32]
    base: float
    deepest: int

    def log_odds(self, measured: NDArray[np.float32]) -> float:
        """Return the sum of the leaves that a row of measures falls into, shape (measures,)."""
        at = self.roots
        for _ in range(self.deepest):
            goes_left = measured[self.measures[at]] <= self.cuts[at]
            at = np.where(goes_left, self.lefts[at], self.rights[at])
        return self.base + float(self.values[at].sum())


class Reader:
    """Judges sentences by their measures.

    Args:
        facts: Names of the measures, and the thresholds.
        trees: What judges.
    """

    def __init__(self, facts: ReaderFacts, trees: Trees) -> None:
        self.facts = facts
        self._trees = trees

    def probability(self, measured: dict[str, float]) -> float:
        """Return how probable it is that the abstract says so, in (0, 1)."""
        row = np.array([measured[name] for name in self.facts.measures], np.float32)
        return 1 / (1 + math.exp(-self._trees.log_odds(row)))

    @property
    def least_similarity(self) -> float:
        """Below this value of the regression nothing is supported; it need not be read."""
        return self.facts.least_similarity.value

    def supports(self, measured: dict[str, float]) -> bool:
        """Whether the abstract says so, as far as the reader can tell."""
        return self.probability(measured) >= self.facts.supported_from.value


@lru_cache(maxsize=1)
def load_reader() -> Reader:
    """Return the shipped reader, read and checked once.

    Raises:
        ConfigurationError: The file of trees is not the one that the facts tell of.
    """
    folder = files("rag").joinpath("data")
    facts = ReaderFacts.model_validate_json(folder.joinpath(FACTS).read_text(encoding="utf-8"))
    return Reader(facts, read_trees(folder.joinpath(TREES).read_bytes(), facts.sha256))


def read_trees(content: bytes, sha256: str) -> Trees:
    """Return the trees of a file's content.

    Raises:
        ConfigurationError: The content has another hash.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ConfigurationError(
            f"The file {TREES} of this installation is damaged. Install paperchat anew, or set "
            "RAG_READER=false to do without it."
        )
    with np.load(io.BytesIO(content)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    base, deepest = arrays.pop("base"), arrays.pop("deepest")
    return Trees(**arrays, base=float(base), deepest=int(deepest))


def write_trees(trees: Trees) -> bytes:
    """Return the content of a file of trees."""
    content = io.BytesIO()
    np.savez_compressed(
        content, **{name: getattr(trees, name) for name in Trees.__dataclass_fields__}
    )
    return content.getvalue()
