"""The entailment model's features of a claim beside an abstract."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.embedding.encoding import EncodedText
from rag.store.lexical import analyze
from rag.verification.alignment import Alignment, AnalyzedPaper, AnalyzedText
from rag.verification.features import extract_features

ABSTRACT = (
    "The new filter outperforms the old pump on 12 rivers.",
    "It does not clog in muddy water.",
    "Earlier pumps may fail in winter.",
)


def encoded(text: str) -> EncodedText:
    """Words as vectors of chance, the same for the same stem."""
    words = tuple(re.findall(r"[^\W_]+", text))
    vectors = [np.random.default_rng(zlib.crc32(stem(w).encode())).normal(size=48) for w in words]
    unit = np.array([v / np.linalg.norm(v) for v in vectors], np.float32).reshape(-1, 48)
    whole = unit.sum(axis=0) if words else np.ones(48, np.float32)
    return EncodedText((whole / np.linalg.norm(whole)).astype(np.float32), words, unit)


def stem(word: str) -> str:
    return (analyze(word) or [word.lower()])[0]


def analyzed(text: str) -> AnalyzedText:
    return AnalyzedText.of(text, encoded(text))


def aligned(claim: str, *sentences: str, title: str = "Filters") -> Alignment:
    paper = AnalyzedPaper(analyzed(title), [analyzed(each) for each in sentences or ABSTRACT])
    return Alignment(analyzed(claim), paper, lambda _: 1.0)


def measured(claim: str, *sentences: str, title: str = "Filters") -> dict[str, float]:
    return extract_features(aligned(claim, *sentences, title=title))


def test_a_sentence_of_the_abstract_is_met_in_every_word():
    found = measured(ABSTRACT[0])
    assert found["maxsim_best"] == pytest.approx(1, abs=1e-5)
    assert (found["coverage_paper"], found["extra"], found["omitted"]) == (1, 0, 0)
    assert (found["inversions"], found["polarity_flips"], found["numbers_unknown"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("claim", "name", "value"),
    [
        ("It does clog in muddy water.", "negated_only_in_best", 1),
        ("The filter never outperforms the old pump on 12 rivers.", "negations", 1),
        ("The old filter outperforms the new pump on 13 rivers.", "numbers_unknown", 1),
        ("The new filter always outperforms the pump.", "strong_new_to_paper", 1),
        ("Earlier pumps fail in winter.", "hedges_dropped", 1),
        ("The filter does clog in clear water.", "antonyms_best", 0),
        ("The XR7 filter outperforms the pump.", "names_unknown", 1),
        ("The filter of Munich outperforms the pump.", "capitalised_unknown", 1),
    ],
)
def test_what_a_claim_changes_is_measured(claim, name, value):
    assert measured(claim)[name] == value


def test_an_opposite_in_the_place_of_a_word_is_counted():
    found = measured("The filter decreases the speed.", "The filter increases the speed.")
    assert (found["antonyms_best"], found["antonyms_paper"]) == (1, 1)
    assert found["antonym_of_evidence"] == 1


def test_things_exchanged_around_a_verb_stand_on_the_other_side():
    right = measured("The new filter outperforms the old pump.")
    wrong = measured("The old pump outperforms the new filter.")
    assert right["same_side"] > 0 > wrong["same_side"]
    assert right["inversions"] == 0 < wrong["inversions"]


def test_a_number_is_looked_for_beside_what_it_counts():
    sentences = ("Trials covered 12 rivers and 40 lakes.",)
    assert measured("Trials covered 12 rivers.", *sentences)["number_context_overlap"] == 1
    swapped = measured("There were 40 tested glaciers.", *sentences)
    assert swapped["number_context_overlap"] == 0


def test_a_claim_over_two_sentences_is_met_by_both():
    found = measured("The filter outperforms the pump and earlier pumps may fail in winter.")
    assert found["maxsim_evidence"] > found["maxsim_best"]
    assert found["coverage_evidence"] == 1


def test_a_foreign_claim_is_met_by_nothing():
    found = measured("Penguins raise chicks together.")
    assert found["unmatched_paper"] == 1
    assert (found["coverage_paper"], found["neighbours_known"]) == (0, 0)


@given(
    st.lists(
        st.sampled_from(["the", "not", "filter", "12", "all", "pump", "Moss", "twelve"]), min_size=1
    )
)
def test_every_claim_has_the_same_features_and_all_are_finite(words):
    found = measured(" ".join(words))
    assert list(found) == list(measured(ABSTRACT[1]))
    assert all(np.isfinite(value) for value in found.values())


@pytest.mark.parametrize("title", ["", "!"])
def test_a_title_without_words_is_no_hindrance(title):
    assert measured(ABSTRACT[0], title=title)["coverage_paper"] == 1
