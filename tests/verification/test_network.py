"""The alignment network: what it sees of a claim, and that it judges whatever it is given."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verification.network import DISTANCE, HEADS, LAYERS, WIDTH, AlignmentNetwork, Weights
from rag.verification.network_input import (
    CLAIM_WORDS,
    EVIDENCE_SENTENCES,
    FLAGS,
    SENTENCE_WORDS,
    NetworkInput,
    build_input,
)
from tests.verification.test_features import ABSTRACT, aligned

NAMES = tuple(
    [
        "number",
        "negation",
        "up",
        "down",
        "strong",
        "hedge",
        "content",
        "name",
        "capital",
        "earlier",
        "own",
        "short",
        "word",
        "stem",
        "antonym",
        "unknown",
        "unknown_number",
    ]
)


def flags(claim: str, word: str, *sentences: str) -> set[str]:
    """The flags of a word of a claim."""
    pair = aligned(claim, *sentences)
    row = build_input(pair).claim[pair.claim.words.index(word.lower()), -FLAGS:]
    return {name for name, value in zip(NAMES, row, strict=True) if value}


@pytest.mark.parametrize(
    ("claim", "word", "expected"),
    [
        ("The XR7 filter clogs.", "XR7", {"number", "content", "name", "capital", "unknown"}),
        ("It may clog.", "may", {"hedge", "word", "stem"}),
        ("It is never muddy.", "never", {"negation", "unknown"}),
        ("The pump outperforms it.", "outperforms", {"up", "content", "word", "stem"}),
        ("Rivers differ.", "Rivers", {"content", "capital", "word", "stem"}),
    ],
)
def test_each_word_is_described_by_flags(claim, word, expected):
    found = flags(claim, word)
    assert expected <= found
    assert ("unknown" in found) is ("unknown" in expected)


def test_a_number_that_the_abstract_lacks_is_told_from_one_that_it_has():
    assert "unknown_number" in flags("It beats 13 pumps.", "13")
    assert "unknown_number" not in flags("It beats 12 pumps.", "12")


def test_the_evidence_is_the_title_and_the_best_sentences_in_reading_order():
    near = [f"The filter cleans river {n}." for n in range(3)]
    pair = aligned("The filter cleans a river.", "Moss grows on stone.", *near, "Ice melts.")
    seen = build_input(pair)
    assert seen.segments.max() == EVIDENCE_SENTENCES
    words = sum(len(pair.paper.sentences[n].words) for n in (1, 2, 3)) + len(pair.paper.title.words)
    assert len(seen.evidence) == words
    assert list(seen.segments) == sorted(seen.segments)
    assert list(seen.places[:2]) == [0, 0]  # the title has one word


def test_what_is_too_long_is_cut():
    long = " ".join(f"word{n}" for n in range(100))
    seen = build_input(aligned(long + ".", long.title() + "."))
    assert len(seen.claim) == CLAIM_WORDS
    assert np.bincount(seen.segments)[1] == SENTENCE_WORDS
    assert seen.cosines.shape == seen.same.shape == (len(seen.claim), len(seen.evidence))


def weights_of_chance(width: int, seed: int = 0) -> Weights:
    """Weights of every layer, for words of vectors with `width` entries."""
    draw = np.random.default_rng(seed)
    layers = {"claim": (WIDTH, width + FLAGS), "evidence": (WIDTH, width + FLAGS)}
    layers |= {"wrong": (1, WIDTH), "gate": (1, WIDTH)}
    layers |= {"out.0": (WIDTH, 3 * WIDTH + 6), "out.3": (1, WIDTH)}
    for n in range(LAYERS):
        layers |= {f"compare.{n}.0": (WIDTH, 4 * WIDTH + 2), f"compare.{n}.3": (WIDTH, WIDTH)}
        for part in ("query", "key", "value", "output"):
            layers |= {f"{name}.{n}.{part}": (WIDTH, WIDTH) for name in ("among", "across")}
    found = {f"{name}.weight": draw.normal(size=shape) / 8 for name, shape in layers.items()}
    found |= {f"{name}.bias": draw.normal(size=shape[0]) / 8 for name, shape in layers.items()}
    norms = ("claim_norm", "evidence_norm", *(f"norms.{n}" for n in range(2 * LAYERS)))
    found |= {f"{name}.weight": np.ones(WIDTH) for name in norms}
    found |= {f"{name}.bias": np.zeros(WIDTH) for name in norms}
    found["claim_place.weight"] = draw.normal(size=(CLAIM_WORDS, WIDTH)) / 50
    found["evidence_place.weight"] = draw.normal(size=(SENTENCE_WORDS, WIDTH)) / 50
    found["near_claim"] = draw.normal(size=(LAYERS, HEADS, 2 * DISTANCE + 1))
    found["near_evidence"] = draw.normal(size=(LAYERS, HEADS, 2 * DISTANCE + 2))
    found["likeness"] = draw.normal(size=(LAYERS, HEADS, 2))
    return {name: array.astype(np.float32) for name, array in found.items()}


NETWORK = AlignmentNetwork(weights_of_chance(48))


def test_the_order_of_words_counts():
    odds = [
        NETWORK.log_odds(build_input(aligned(claim)))
        for claim in ("The filter outperforms the pump.", "The pump outperforms the filter.")
    ]
    assert odds[0] != odds[1]


@given(
    st.text(min_size=1).filter(lambda text: any(map(str.isalnum, text))),
    st.lists(st.sampled_from(ABSTRACT), min_size=1, max_size=6),
)
def test_every_claim_is_judged(claim, sentences):
    try:
        pair = aligned(claim, *sentences)
    except ValueError:
        return  # the test's own words are letters and digits of fewer scripts
    assert math.isfinite(NETWORK.log_odds(build_input(pair)))


def test_the_network_judges_as_the_one_that_was_trained():
    torch = pytest.importorskip("torch", reason="PyTorch is needed only to train anew")
    from eval.training import network
    from eval.training.lessons import Lesson

    draw = np.random.default_rng(1)
    projection = network.Projection.of(draw.normal(size=(500, 384)).astype(np.float32))
    lessons = [Lesson(_seen(draw, n, m), True, np.zeros(n, np.float32)) for n, m in LENGTHS]
    torch.manual_seed(1)
    trained = network.TrainedNetwork().eval()
    with torch.no_grad():
        for each in trained.parameters():
            each += torch.randn_like(each) / 20
        expected, _ = trained(network.collate(network.project(lessons, projection)))
    ours = AlignmentNetwork(network.export_weights(trained, projection))
    odds = [ours.log_odds(each.given) for each in lessons]
    assert odds == pytest.approx(expected.tolist(), abs=1e-3)


LENGTHS = ((5, 20), (12, 60), (1, 1))


def _seen(draw: np.random.Generator, n: int, m: int) -> NetworkInput:
    claim, evidence = (
        np.hstack([draw.normal(size=(k, 384)) / 20, draw.random((k, FLAGS)) < 0.3]) for k in (n, m)
    )
    cosines, same = draw.random((n, m)), draw.random((n, m)) < 0.1
    segments, places = np.sort(draw.integers(0, 4, m)), draw.integers(0, SENTENCE_WORDS, m)
    floats = (each.astype(np.float32) for each in (claim, evidence, cosines, same))
    return NetworkInput(*floats, segments, places, 0.5)
