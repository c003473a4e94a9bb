"""Fit boosted trees with scikit-learn, and lay them out for the reader.

scikit-learn is imported here alone, and only for training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rag.verification.reader import Trees

Floats = NDArray[np.float64]

ROUNDS: Final = 150
LEARNING_RATE: Final = 0.08
LEAVES: Final = 10
LEAST_IN_LEAF: Final = 20
L2: Final = 5.0
MEASURES_A_SPLIT: Final = 0.4
SEEDS: Final = (0, 1, 2)  # their mean is less a matter of chance


def fit_trees(measured: Floats, labels: Floats, weights: Floats) -> Trees:
    """Fit trees that tell label 1 from 0; measured is of shape (examples, measures)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    models = [
        HistGradientBoostingClassifier(
            max_iter=ROUNDS,
            learning_rate=LEARNING_RATE,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAST_IN_LEAF,
            l2_regularization=L2,
            max_features=MEASURES_A_SPLIT,
            random_state=seed,
        ).fit(measured, labels, sample_weight=weights)
        for seed in SEEDS
    ]
    grown = [rounds[0].nodes for model in models for rounds in model._predictors]
    base = np.mean([model._baseline_prediction.item() for model in models])
    return _lay_out(grown, len(models), float(base))


def _lay_out(grown: Sequence[Any], models: int, base: float) -> Trees:
    """All trees one behind the other, their leaves divided by the number of models."""
    starts = np.cumsum([0, *(len(nodes) for nodes in grown)])
    nodes = np.concatenate(grown)
    offsets = np.repeat(starts[:-1], [len(each) for each in grown])
    own = np.arange(len(nodes))
    is_leaf = nodes["is_leaf"].astype(bool)
    return Trees(
        roots=starts[:-1].astype(np.int32),
        measures=np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int16),
        cuts=nodes["num_threshold"].astype(np.float32),
        lefts=np.where(is_leaf, own, nodes["left"] + offsets).astype(np.int32),
        rights=np.where(is_leaf, own, nodes["right"] + offsets).astype(np.int32),
        values=np.where(is_leaf, nodes["value"] / models, 0).astype(np.float32),
        base=base,
        deepest=int(nodes["depth"].max()),
    )
