"""The probe: verification that lets everything through, or nothing, shows without a model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval import evaluate
from eval.data.records import Record
from eval.run.checking import build_verifier
from eval.run.perturbing import perturb
from eval.run.probing import build_probe
from rag.settings import Settings
from rag.verification.similarity import SimilarityVerifier
from tests.support.eval_papers import PAPERS, ask

TOLD = (
    ask("pour", "?", ["Robots That Pour Tea"], answer="The robot arm spills 4 % of the cups."),
    ask("bogs", "?", ["Counting Moss From the Air"], answer="Drones flew over twelve bogs."),
    ask("thirds", "?", ["bells"], answer="The minor third is predicted within two cents."),
)


SCORES = ("true_kept", "foreign_kept", "true_supported", "perturbed_supported")
TURNED = (
    ask("steady", "?", ["Robots That Pour Tea"], answer="The robot arm is trained by hand."),
    *TOLD[1:],
)


class Fixed(SimilarityVerifier):
    """Says the same of every claim."""

    def __init__(self, verdict):
        super().__init__(None, lambda _: 1.0)
        self._always = verdict

    def check(self, pairs):
        return [replace(support, verdict=self._always) for support in super().check(pairs)]


def record(sample, papers):
    return Record(
        key=sample.id,
        cluster=sample.id,
        slices=("all",),
        question="?",
        papers=papers,
        reference=sample.turns[0].answer,
    )


@pytest.fixture
def verifier():
    return build_verifier(PAPERS, Settings(embedder="none"))


def test_true_claims_are_kept_and_foreign_ones_are_not(verifier):
    probe = build_probe(PAPERS, TOLD, verifier)
    for sample, paper in zip(TOLD, ("tea", "moss", "bells"), strict=True):
        scores = probe(record(sample, (paper,)))
        assert (scores["true_kept"], scores["foreign_kept"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("verdict", "scores"),
    [
        ("supported", dict.fromkeys(SCORES, 1.0)),
        ("unsupported", dict.fromkeys(SCORES, 0.0)),
    ],
)
def test_a_verifier_without_judgement_is_found_out(verdict, scores):
    probe = build_probe(PAPERS, TURNED, Fixed(verdict))
    assert probe(record(TURNED[0], ("tea",))) == scores


def test_a_reference_that_no_rule_turns_is_probed_for_its_truth_alone(verifier):
    probe = build_probe(PAPERS, TOLD, verifier)
    assert set(probe(record(TOLD[0], ("tea",)))) == {*SCORES} - {"perturbed_supported"}


@pytest.mark.parametrize(
    ("claim", "ways"),
    [
        ("The arm is steady.", {"The arm is not steady."}),
        ("The arm is not steady.", {"The arm is steady."}),
        ("It can pour tea.", {"It can not pour tea.", "It always pour tea."}),
        ("Several cups broke.", {"Several cups broke.", "all cups broke.", "few cups broke."}),
        ("It raises the arm.", {"It lowers the arm."}),
    ],
)
def test_a_sentence_is_made_false_in_one_place_and_always_the_same(claim, ways):
    perturbed = perturb(claim)
    assert perturbed == perturb(claim) != claim
    assert perturbed is None or perturbed in ways


def test_a_sentence_that_no_rule_applies_to_is_not_made_false():
    assert perturb("Drones flew to twelve bogs.") is None


def test_what_cannot_be_probed_is_left_out(verifier):
    probe = build_probe(PAPERS, TOLD, verifier)
    assert probe(record(TOLD[0], ("tea", "moss"))) == {}  # several papers answer
    assert probe(record(TOLD[0], ("gone",))) == {}
    assert probe(record(ask("new", "?", ["tea"], answer="Tea."), ("tea",))) == {}
    alone = build_probe(PAPERS, TOLD[:1], verifier)
    assert alone(record(TOLD[0], ("tea",))) == {}  # no other question to borrow from


def test_a_claim_of_the_same_paper_is_not_foreign(verifier):
    twin = ask("twin", "?", ["Robots That Pour Tea"], answer="Three hundred demonstrations.")
    probe = build_probe(PAPERS, [TOLD[0], twin], verifier)
    assert probe(record(TOLD[0], ("tea",))) == {}


def test_a_run_probes_the_verification_of_its_library(invented):
    summary = evaluate(invented, TOLD).summary
    assert summary.mean("all", "true_kept").mean == 1.0
    assert summary.mean("all", "foreign_kept").mean == 0.0
    assert summary.mean("all", "true_kept").n == len(TOLD)
