"""The entailment model: what ships is whole, and decides what counts as supported."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from rag.arrays import parse_arrays, render_arrays
from rag.embedding import build_embedder
from rag.errors import ConfigurationError
from rag.settings import Settings
from rag.types import Paper
from rag.verification.alignment import Alignment
from rag.verification.entailment import (
    SETTING,
    TREES,
    EntailmentModel,
    TreeEnsemble,
    build_trees,
    load_entailment_model,
)
from rag.verification.network import AlignmentNetwork
from rag.verification.similarity import SimilarityVerifier
from tests.verification.test_features import measured

# One tree: left of 1 in feature 0 it is -2; right of it, 3 where feature 1 is above 5, else 0.
ONE_TREE = TreeEnsemble(
    roots=np.array([0], np.int32),
    features=np.array([0, 0, 1, 0, 0], np.int16),
    thresholds=np.array([1, 0, 5, 0, 0], np.float32),
    left=np.array([1, 1, 3, 3, 4], np.int32),
    right=np.array([2, 1, 4, 3, 4], np.int32),
    values=np.array([0, -2, 0, 0, 3], np.float32),
    baseline=0.5,
    depth=2,
)
BRIDGES = Paper(
    "bridges",
    "Listening to Old Bridges",
    "Steel bridges are mostly inspected by eye, which misses cracks below the paint. "
    "We recorded the hum of 31 bridges in wind and trained a small network to find cracks in it. "
    "On bridges that were not recorded before it finds nine cracks in ten, more than inspectors "
    "do. It does not tell where on a bridge the crack is.",
)


@pytest.fixture(scope="module")
def encoder(cache):
    return build_embedder(Settings(cache=cache)).find_encoder()


@pytest.mark.parametrize(
    ("row", "value"), [((1, 9), -1.5), ((2, 5), 0.5), ((2, 6), 3.5), ((0, 0), -1.5)]
)
def test_a_row_goes_down_each_tree_to_its_leaf(row, value):
    assert ONE_TREE.log_odds(np.array(row, np.float32)) == value


def test_trees_are_read_as_they_were_written_and_a_damaged_file_is_refused():
    content = render_arrays(ONE_TREE.arrays())
    read = build_trees(parse_arrays(TREES, content, hashlib.sha256(content).hexdigest(), SETTING))
    assert read.log_odds(np.array([2, 6], np.float32)) == 3.5
    with pytest.raises(ConfigurationError, match="RAG_ENTAILMENT"):
        parse_arrays(TREES, content + b" ", hashlib.sha256(content).hexdigest(), SETTING)


def test_the_shipped_model_names_every_feature_in_order():
    assert load_entailment_model().card.features == tuple(measured("Moss grows."))


def test_the_shipped_model_was_better_than_what_it_replaces():
    rates = load_entailment_model().card.supported_from.measured
    assert rates["written_true"] > 0.65
    assert rates["written_false"] < 0.15
    assert rates["cases_true"] > 0.7
    assert rates["cases_false"] < 0.25
    assert rates["foreign_false"] < 0.01
    assert rates["balanced_light"] > 0.8


class Certain(EntailmentModel):
    """Finds every sentence as probable as it is told."""

    def __init__(self, probability: float) -> None:
        super().__init__(load_entailment_model().card, ONE_TREE, AlignmentNetwork({}))
        self._probability = probability

    def probability(self, pair: Alignment) -> float:
        return self._probability


@pytest.mark.parametrize(
    ("claim", "probability", "verdict"),
    [
        ("A small network finds cracks in the hum of bridges.", 0.6, "supported"),
        ("A small network finds cracks in the hum of bridges.", 0.4, "partly"),
        ("A small network finds cracks in the hum of bridges.", 0.01, "unsupported"),
        ("The authors find cracks in the hum of 31 bridges.", 0.6, "partly"),
        ("The authors find cracks in the hum of 31 bridges.", 0.8, "supported"),
        ("A small network finds cracks in the hum of 77 bridges.", 0.9, "unsupported"),
        ("A small network named CrackNet finds cracks in the hum of bridges.", 0.9, "partly"),
        ("A small network always finds cracks in the hum of bridges.", 0.9, "partly"),
        ("The Hanseatic League traded in salted herring.", 0.9, "unsupported"),
        ("The Hanseatic League traded in salted herring.", 0.4, "unsupported"),
        ("It does not tell where on a bridge the crack is.", 0.1, "supported"),  # word for word
    ],
)
def test_the_model_decides_within_what_is_certain(encoder, claim, probability, verdict):
    verifier = SimilarityVerifier(encoder, lambda _: 1.0, Certain(probability))
    (support,) = verifier.check([(claim, BRIDGES)])
    assert support.verdict == verdict


@pytest.mark.parametrize(
    ("claim", "is_supported"),
    [
        ("Inspection by eye overlooks cracks that lie under the paint of steel bridges.", True),
        ("The method cannot locate the crack on a bridge.", True),
        ("We recorded the hum of 31 bridges in rain.", False),
        ("Inspectors find more cracks on bridges than the network does.", False),
        ("The network also tells where on a bridge a crack is.", False),
    ],
)
def test_a_sentence_that_keeps_the_words_and_turns_the_sense_is_not_supported(
    encoder, claim, is_supported
):
    verifier = SimilarityVerifier(encoder, lambda _: 1.0, load_entailment_model())
    (support,) = verifier.check([(claim, BRIDGES)])
    assert (support.verdict == "supported") is is_supported


def test_without_vectors_nothing_is_aligned():
    verifier = SimilarityVerifier(None, lambda _: 1.0, Certain(0.1))
    (support,) = verifier.check([("Steel bridges are mostly inspected by eye today.", BRIDGES)])
    assert support.verdict == "supported"
    assert verifier.align([("Steel bridges.", BRIDGES)]) == [None]
