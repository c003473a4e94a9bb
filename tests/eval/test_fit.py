"""The fitted numbers: how a fit is made, what the file says, and what another fit is told."""

from __future__ import annotations

import numpy as np
import pytest

from eval.fit.__main__ import MODELS, find_data, find_differences
from eval.fit.examples import describe_files
from eval.fit.fitting import CHOSEN
from eval.fit.regression import Examples, fit_model, fit_weights
from rag.fitted import load_fitted


@pytest.fixture
def examples():
    values = np.array([[0.1], [0.2], [0.35], [0.3], [0.5], [0.6], [0.9], [0.45], [0.8], [0.7]])
    labels = np.array([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], np.float64)
    return Examples("Is it warm?", ("degrees",), values, labels, 1.0, ())


def test_a_fit_stands_where_the_penalised_loss_is_least(examples):
    weight, bias = fit_weights(examples.values, examples.labels, examples.c)

    def loss(weight, bias):
        odds = examples.values[:, 0] * weight + bias
        signs = 2 * examples.labels - 1
        penalty = (weight * examples.values.std()) ** 2 / (2 * examples.c)
        return np.logaddexp(0, -signs * odds).sum() + penalty

    least = loss(weight, bias)
    assert all(
        loss(weight + dw, bias + db) > least for dw in (-0.05, 0.05) for db in (-0.05, 0.0, 0.05)
    )


def test_the_unit_of_a_feature_does_not_matter(examples):
    weight, bias = fit_weights(examples.values, examples.labels, 1.0)
    hundredths, same = fit_weights(examples.values * 100, examples.labels, 1.0)
    assert hundredths * 100 == pytest.approx(weight)
    assert same == pytest.approx(bias)


def test_the_same_examples_give_the_same_model(examples):
    assert fit_model(examples) == fit_model(examples)
    assert (fit_model(examples).fit.examples, fit_model(examples).fit.positives) == (10, 5)


def test_examples_that_differ_are_told_apart_unseen(examples):
    assert fit_model(examples).fit.auroc > 0.7


def test_a_shipped_model_says_what_it_was_fitted_on():
    fitted = load_fitted()
    for model in (fitted.relevance, fitted.confidence, fitted.support, fitted.support_by_words):
        assert model.fit.data
        assert 0.5 < model.fit.auroc < 1
        assert 0 < model.fit.positives < model.fit.examples


def test_the_shipped_thresholds_are_those_that_the_fit_takes():
    shipped = load_fitted().thresholds
    for name, (value, why) in CHOSEN.items():
        threshold = getattr(shipped, name)
        assert (name, threshold.value, threshold.chosen_for) == (name, value, why)


def test_the_data_are_still_those_that_the_shipped_models_were_fitted_on(shared):
    now = {each.name: each.sha256 for each in describe_files(*find_data(shared).files)}
    fitted = load_fitted()
    for model in (getattr(fitted, name) for name in MODELS):
        then = {each.name: each.sha256 for each in model.fit.data}
        assert then == {name: now.get(name) for name in then}, "run python -m eval.fit"


def test_a_weight_that_a_new_fit_gives_otherwise_is_told():
    shipped = load_fitted()
    assert list(find_differences(shipped, shipped)) == []
    moved = shipped.support.model_copy(update={"bias": shipped.support.bias + 1})
    (told,) = find_differences(shipped, shipped.model_copy(update={"support": moved}))
    before = shipped.support.bias
    assert told.startswith(f"support.bias: shipped {before:.2f}, fitted {before + 1:.2f}")


def test_a_model_refuses_values_of_other_features():
    with pytest.raises(ValueError, match="zip"):
        load_fitted().relevance.log_odds(0.5)
