"""Fit boosted trees with scikit-learn, and convert them to arrays.

scikit-learn is imported here alone, and only for training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rag.verification.entailment import TreeEnsemble

Floats = NDArray[np.float64]

ROUNDS: Final = 150
LEARNING_RATE: Final = 0.08
LEAVES: Final = 10
MIN_IN_LEAF: Final = 20
L2: Final = 5.0
FEATURES_PER_SPLIT: Final = 0.4  # share of them, drawn at random
SEEDS: Final = (0, 1, 2)  # their mean varies less


def fit_trees(features: Floats, labels: Floats, weights: Floats) -> TreeEnsemble:
    """Fit trees that predict label 1; the mean of several seeds.

    Args:
        features: Shape (examples, features).
        labels: 0 or 1, shape (examples,).
        weights: What each example counts, shape (examples,).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    models = [
        HistGradientBoostingClassifier(
            max_iter=ROUNDS,
            learning_rate=LEARNING_RATE,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=MIN_IN_LEAF,
            l2_regularization=L2,
            max_features=FEATURES_PER_SPLIT,
            random_state=seed,
        ).fit(features, labels, sample_weight=weights)
        for seed in SEEDS
    ]
    grown = [rounds[0].nodes for model in models for rounds in model._predictors]
    baseline = np.mean([model._baseline_prediction.item() for model in models])
    return _as_ensemble(grown, len(models), float(baseline))


def _as_ensemble(grown: Sequence[Any], models: int, baseline: float) -> TreeEnsemble:
    """Put the nodes of all trees into one array; leaves are divided by the number of models."""
    starts = np.cumsum([0, *(len(nodes) for nodes in grown)])
    nodes = np.concatenate(grown)
    offsets = np.repeat(starts[:-1], [len(each) for each in grown])
    own = np.arange(len(nodes))
    is_leaf = nodes["is_leaf"].astype(bool)
    return TreeEnsemble(
        roots=starts[:-1].astype(np.int32),
        features=np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int16),
        thresholds=nodes["num_threshold"].astype(np.float32),
        left=np.where(is_leaf, own, nodes["left"] + offsets).astype(np.int32),
        right=np.where(is_leaf, own, nodes["right"] + offsets).astype(np.int32),
        values=np.where(is_leaf, nodes["value"] / models, 0).astype(np.float32),
        baseline=baseline,
        depth=int(nodes["depth"].max()),
    )
