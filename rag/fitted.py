"""Read the weights and thresholds that answering and verification decide by, with their fit.

`python -m eval.fit` makes `data/fitted.json`, and with `--check` compares it with a new fit.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict

FITTED: Final = "fitted.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataFile(_Frozen):
    """A file that numbers were fitted on, and what was in it."""

    name: str
    sha256: str


class Fit(_Frozen):
    """How a model was fitted, and how well it does on questions or claims that it has not seen.

    Attributes:
        positives: Of the examples.
        c: Inverse strength of the L2 penalty on the weights of standardised features.
        folds: Of the cross-validation that gives the two scores.
        auroc: Mean over the folds, in [0, 1].
        log_loss: Mean over the examples, nats.
    """

    question: str
    data: tuple[DataFile, ...]
    examples: int
    positives: int
    c: float
    folds: int
    auroc: float
    log_loss: float


class LogisticModel(_Frozen):
    """A logistic regression: one weight a feature, in their order."""

    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    fit: Fit

    def log_odds(self, *values: float) -> float:
        """Return the log-odds for the values of the features, in their order."""
        pairs = zip(self.weights, values, strict=True)
        return self.bias + sum(weight * value for weight, value in pairs)

    def probability(self, *values: float) -> float:
        """Return the probability for the values of the features, in (0, 1)."""
        return 1 / (1 + math.exp(-self.log_odds(*values)))


class Threshold(_Frozen):
    """A value that decisions are cut at: chosen, with the rates that were then measured."""

    value: float
    chosen_for: str
    measured: dict[str, float]


class Thresholds(_Frozen):
    """Where the models' values are cut.

    Attributes:
        least_relevance: Log-odds of relevance; below it nothing is written.
        least_relevance_later: The same for a follow-up whose words are enough to tell.
        least_coverage: Of the question's words, where there are no vectors; as above.
        unsure_below: Confidence; below it a caveat stands above the answer.
        missing_detail_from: From here on the abstract does not say what is asked.
        lacking_detail_from: The same where a type of detail is asked for that it lacks.
        maybe_missing_from: From here on a caveat says that it may not.
        supported_from: Support of a claim that counts as supported.
        partly_from: Support of a claim that counts as supported in part.
    """

    least_relevance: Threshold
    least_relevance_later: Threshold
    least_coverage: Threshold
    unsure_below: Threshold
    missing_detail_from: Threshold
    lacking_detail_from: Threshold
    maybe_missing_from: Threshold
    supported_from: Threshold
    partly_from: Threshold


class FittedNumbers(_Frozen):
    """All models and thresholds of the file.

    Attributes:
        remark: Where the weights come from.
    """

    remark: str
    relevance: LogisticModel
    confidence: LogisticModel
    confidence_by_words: LogisticModel
    support: LogisticModel
    support_by_words: LogisticModel
    thresholds: Thresholds


@lru_cache(maxsize=1)
def load_fitted() -> FittedNumbers:
    """Return the shipped numbers, read and validated once."""
    text = files("rag").joinpath("data", FITTED).read_text(encoding="utf-8")
    return FittedNumbers.model_validate_json(text)
