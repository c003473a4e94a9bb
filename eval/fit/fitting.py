"""Fit all models, and measure the chosen thresholds on the same data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from eval.fit.examples import (
    ANSWERABLE,
    DEV,
    TRAIN,
    Answered,
    Asked,
    Data,
    answer_all,
    answerability,
    ask_all,
    confidence_by_words_examples,
    confidence_examples,
    relevance_examples,
    support_examples,
)
from eval.fit.regression import Examples, Floats, fit_model
from rag.answering.gate import AnswerabilityModel
from rag.fitted import FittedNumbers, LogisticModel, Threshold, Thresholds
from rag.library import Library
from rag.settings import Settings

REMARK: Final = "Fitted by python -m eval.fit; the thresholds are chosen."
# Chosen by hand; every fit measures the rates at them.
CHOSEN: Final = {
    "least_relevance": (-1.0, "as many off-topic questions as cost 2 % of the answerable ones"),
    "least_relevance_later": (-2.0, "no follow-up of the dev set and the project's own lies below"),
    "least_coverage": (0.10, "2 % of the answerable questions, without vectors"),
    "unsure_below": (0.6, "a caveat on one in thirty answers to answerable questions"),
    "missing_detail_from": (0.64, "missing details and false premises against answerable ones"),
    "lacking_detail_from": (0.5, "missing details of a type that the paper lacks"),
    "maybe_missing_from": (0.6, "a caveat on at most one in twenty answers to answerable ones"),
    "supported_from": (0.7, "nine in ten claims above it are supported (precision)"),
    "partly_from": (0.4, "seven in ten claims that are not supported lie below"),
}


def fit_numbers(data: Data, settings: Settings, folder: Path) -> FittedNumbers:
    """Fit all models; libraries of the papers are made in the folder."""
    by_vectors = settings.model_copy(update={"library": folder / "vectors"})
    with Library.open(settings=by_vectors, llm="extractive") as library:
        library.ingest(data.papers)
        asked = ask_all(library, data, settings.top_k)
        answers = answer_all(library, data)
        model = answerability(library, by_vectors)
    by_words = settings.model_copy(update={"library": folder / "words", "embedder": "none"})
    with Library.open(settings=by_words, llm="extractive") as library:
        library.ingest(data.papers)
        asked_words = ask_all(library, data, settings.top_k)
        answers_words = answer_all(library, data)
        words_model = answerability(library, by_words)
    relevance = relevance_examples(asked, model, data)
    confidence = confidence_examples(answers, model, data)
    coverage = confidence_by_words_examples(answers_words, words_model, data)
    unseen = support_examples(data, settings, DEV, words=False)
    fitted = {
        "relevance": fit_model(relevance),
        "confidence": fit_model(confidence),
        "confidence_by_words": fit_model(coverage),
        "support": fit_model(support_examples(data, settings, TRAIN, words=False)),
        "support_by_words": fit_model(support_examples(data, settings, TRAIN, words=True)),
    }
    rates = {
        **_relevance_rates(fitted["relevance"], relevance),
        **_coverage_rates(asked_words, words_model),
        **_confidence_rates(fitted["confidence"], confidence, answers),
        **_detail_rates(asked, model),
        **_support_rates(fitted["support"], unseen),
    }
    cuts = {
        name: Threshold(value=value, chosen_for=why, measured=rates[name])
        for name, (value, why) in CHOSEN.items()
    }
    return FittedNumbers(remark=REMARK, **fitted, thresholds=Thresholds(**cuts))


Rates = dict[str, dict[str, float]]


def _odds(model: LogisticModel, examples: Examples) -> Floats:
    return np.array([model.log_odds(*map(float, row)) for row in examples.values])


def _share(found: Sequence[bool] | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return round(float(np.mean(found)), 3)


def _relevance_rates(model: LogisticModel, examples: Examples) -> Rates:
    odds, is_on_topic = _odds(model, examples), examples.labels == 1
    return {
        name: {
            "answerable_below": _share(odds[is_on_topic] < CHOSEN[name][0]),
            "off_topic_and_requests_below": _share(odds[~is_on_topic] < CHOSEN[name][0]),
        }
        for name in ("least_relevance", "least_relevance_later")
    }


def _coverage_rates(asked: Sequence[Asked], model: AnswerabilityModel) -> Rates:
    least = CHOSEN["least_coverage"][0]
    below = [
        max(model.covered(each.question, hit.paper) for hit in each.hits) < least for each in asked
    ]
    answerable = [b for b, each in zip(below, asked, strict=True) if each.is_answerable]
    return {"least_coverage": {"answerable_below": _share(answerable)}}


def _confidence_rates(
    model: LogisticModel, examples: Examples, answers: Sequence[Answered]
) -> Rates:
    chances = 1 / (1 + np.exp(-_odds(model, examples)))
    kinds = np.array([each.kind for each in answers])
    below = chances < CHOSEN["unsure_below"][0]
    below_by_kind = {
        f"{kind}_below": _share(below[kinds == kind]) for kind in (ANSWERABLE, "absent_topic")
    }
    return {"unsure_below": below_by_kind}


def _kind(each: Asked) -> str:
    assert each.sample is not None
    return each.sample.kind or ANSWERABLE


def _detail_rates(asked: Sequence[Asked], model: AnswerabilityModel) -> Rates:
    own = [each for each in asked if each.sample]
    kinds = np.array([_kind(each) for each in own])
    missing = np.array([model.missing_detail(each.question, each.hits[0].paper) for each in own])
    return {
        name: {
            f"{kind}_from": _share(missing[kinds == kind] >= CHOSEN[name][0])
            for kind in (ANSWERABLE, "missing_detail", "false_premise")
        }
        for name in ("missing_detail_from", "lacking_detail_from", "maybe_missing_from")
    }


def _support_rates(model: LogisticModel, unseen: Examples) -> Rates:
    """Return rates on SciFact's dev claims, which no model is fitted on."""
    chances, is_supported = 1 / (1 + np.exp(-_odds(model, unseen))), unseen.labels == 1
    above = chances >= CHOSEN["supported_from"][0]
    return {
        "supported_from": {
            "precision": _share(is_supported[above]),
            "recall": _share(above[is_supported]),
        },
        "partly_from": {
            "not_supported_below": _share(chances[~is_supported] < CHOSEN["partly_from"][0])
        },
    }
