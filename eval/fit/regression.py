"""Fit logistic regressions; pure functions, the same numbers for the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eval.metrics.formulas import auroc
from rag.fitted import DataFile, Fit, LogisticModel

FOLDS: Final = 5
MOST_STEPS: Final = 100
SMALLEST_STEP: Final = 1e-10
DIGITS: Final = 2  # of a weight: 0.01 moves no verdict in a thousand

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples to fit a model on.

    Attributes:
        question: What the model answers with yes or no.
        features: Their names.
        values: Shape (examples, features).
        labels: 1 for yes and 0 for no, shape (examples,).
        c: Inverse strength of the L2 penalty.
        data: The files.
    """

    question: str
    features: tuple[str, ...]
    values: Floats
    labels: Floats
    c: float
    data: tuple[DataFile, ...]


def fit_model(examples: Examples) -> LogisticModel:
    """Fit the model on all examples, and score it by cross-validation."""
    weights = fit_weights(examples.values, examples.labels, examples.c)
    odds, folds = _unseen(examples)
    areas = [_auroc(odds[fold], examples.labels[fold]) for fold in folds]
    signs = 2 * examples.labels - 1
    *each, bias = (round(float(weight), DIGITS) for weight in weights)
    fit = Fit(
        question=examples.question,
        data=examples.data,
        examples=len(examples.labels),
        positives=int(examples.labels.sum()),
        c=examples.c,
        folds=FOLDS,
        auroc=round(float(np.mean(areas)), 3),
        log_loss=round(float(np.logaddexp(0, -signs * odds).mean()), 3),
    )
    return LogisticModel(features=examples.features, weights=tuple(each), bias=bias, fit=fit)


def fit_weights(values: Floats, labels: Floats, c: float) -> Floats:
    """Return the weights and, last, the bias that minimise the penalised log loss.

    Newton's method (iteratively reweighted least squares). The penalty is on the weights of the
    standardised features, so a feature's unit does not matter; the bias has none.
    """
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    columns = np.column_stack([(values - mean) / deviation, np.ones(len(values))])
    penalty = np.eye(columns.shape[1]) / c
    penalty[-1, -1] = 0
    weights = np.zeros(columns.shape[1])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-columns @ weights))
        slope = columns.T @ (chance - labels) + penalty @ weights
        curve = columns.T @ (columns * (chance * (1 - chance))[:, None]) + penalty
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    scaled = weights[:-1] / deviation
    return np.append(scaled, weights[-1] - scaled @ mean)


def _unseen(examples: Examples) -> tuple[Floats, Sequence[NDArray[np.intp]]]:
    """Return the log-odds of each example by a model not fitted on it, and the folds."""
    by_label = np.argsort(examples.labels, kind="stable")
    folds = [by_label[n::FOLDS] for n in range(FOLDS)]  # stratified by label
    odds = np.empty(len(examples.labels))
    for fold in folds:
        seen = np.setdiff1d(by_label, fold)
        weights = fit_weights(examples.values[seen], examples.labels[seen], examples.c)
        odds[fold] = examples.values[fold] @ weights[:-1] + weights[-1]
    return odds, folds


def _auroc(odds: Floats, labels: Floats) -> float:
    return auroc(odds[labels == 1].tolist(), odds[labels == 0].tolist()) or 0.0
