"""Training of the entailment model: its examples, and that its trees ship as they were fitted."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from eval.training import boosting
from eval.training.lessons import UNKNOWN
from eval.training.sentences import (
    HERE,
    PAIRED,
    Example,
    is_held_back,
    pair_with_other_papers,
    read_written,
    sample_share,
    written_files,
)
from eval.training.train import wrong_words
from rag.types import Paper
from rag.verification.entailment import load_entailment_model

FILES = ("claims-balanced.jsonl", "claims.jsonl", *PAIRED)
PAPERS = [Paper(f"p{n}", f"Paper {n}", f"Abstract {n} tells of tides.") for n in range(20)]
EXAMPLES = [
    Example(f"Claim {n} {is_true}", paper, is_true, "true" if is_true else "number", "written")
    for n, paper in enumerate(PAPERS)
    for is_true in (True, False)
]


def test_true_sentences_stand_beside_another_abstract_which_does_not_say_them():
    made = pair_with_other_papers(EXAMPLES, seed=1)
    own = {each.claim: each.paper for each in EXAMPLES if each.is_supported}
    assert len(made) > 10
    for each in made:
        assert each.paper != own[each.claim]
        assert (each.is_supported, each.kind, each.source) == (False, "foreign", "foreign")
    assert made == pair_with_other_papers(EXAMPLES, seed=1)


def test_a_share_keeps_all_sentences_of_an_abstract_or_none():
    kept = [EXAMPLES[n] for n in sample_share(EXAMPLES, 0.25, seed=2)]
    assert len(kept) == 10
    assert len({each.paper for each in kept}) == 5
    assert len(sample_share(EXAMPLES, 1.0, seed=2)) == len(EXAMPLES)


def test_sentences_about_papers_of_the_question_sets_are_left_out(tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "arxiv").mkdir()
    ids = {json.loads(line)["id"] for file in written_files(tmp_path)[1:] for line in file.open()}
    first, second = sorted(ids)[:2]
    claim = {"claim": "Tides turn.", "label": "supported", "kind": "true"}
    lines = "".join(json.dumps({"id": each, **claim}) + "\n" for each in (first, second))
    (tmp_path / "training/claims.jsonl").write_text(lines)
    with gzip.open(tmp_path / "arxiv/arxiv-metadata-100k.json.gz", "wt") as file:
        for each in (first, second):
            row = {"id": each, "title": f"On\n {each}", "abstract": " Tides  turn. "}
            file.write(json.dumps(row) + "\n")
    found = read_written(tmp_path, taken=[f"On {first}"])
    assert {each.paper.paper_id for each in found} == {second}
    assert {each.paper.abstract for each in found} == {"Tides turn."}
    assert {"written", "balanced", "paired"} >= {each.source for each in found}


def test_a_false_paired_sentence_knows_its_true_twin_and_the_words_that_differ():
    rows = [json.loads(line) for line in (HERE / PAIRED[0]).open()]
    true, false = rows[:2]
    assert (true["label"], true["pair"], true["id"]) == ("supported", false["pair"], false["id"])
    twin = Example("The dam is not old.", PAPERS[0], False, "negation", "paired", "The dam is old.")
    assert list(wrong_words(twin, ("the", "dam", "is", "not", "old"))) == [0, 0, 0, 1, 0]
    taken = Example(
        "The dam is old.", PAPERS[0], False, "negation", "paired", "The dam is not old."
    )
    assert list(wrong_words(taken, ("the", "dam", "is", "old"))) == [0, 0, 1, 1]
    assert not wrong_words(EXAMPLES[0], ("claim", "0")).any()
    assert set(wrong_words(EXAMPLES[1], ("claim", "0"))) == {UNKNOWN}


def test_an_eighth_of_the_abstracts_is_held_back_with_all_their_sentences():
    many = [Example("", Paper(str(n), "", ""), True, "true", "written") for n in range(2000)]
    assert 0.1 < sum(map(is_held_back, many)) / len(many) < 0.15
    assert not any(is_held_back(replace(each, source="scifact")) for each in many)


def test_every_question_is_of_a_known_way_and_most_abstracts_have_three():
    files = (HERE / f"questions-{n}.jsonl" for n in (1, 2))
    rows = [json.loads(line) for file in files for line in file.open()]
    ways = {row["way"] for row in rows}
    assert len(ways) == 11
    assert all(row["answered"] is (row["way"] != "nearly answered") for row in rows)
    assert all(("earlier" in row) is (row["way"] == "follow-up") for row in rows)
    assert len(rows) == 3 * len({row["id"] for row in rows})


def test_the_shipped_reader_learnt_from_the_sentences_that_are_here():
    from eval.fit.examples import describe_files

    known = load_entailment_model().card.data
    for each in describe_files(*(HERE / name for name in FILES)):
        assert each in known


def test_trees_judge_as_those_that_were_fitted(monkeypatch):
    pytest.importorskip("sklearn", reason="scikit-learn is needed only to train anew")
    monkeypatch.setattr(boosting, "SEEDS", (0,))
    monkeypatch.setattr(boosting, "ROUNDS", 8)
    draw = np.random.default_rng(0)
    values = draw.normal(size=(400, 3)).astype(np.float32)
    labels = (values[:, 0] * values[:, 1] > 0).astype(float)
    trees = boosting.fit_trees(values, labels, np.ones(400))
    odds = np.array([trees.log_odds(row) for row in values])
    assert np.mean((odds > 0) == (labels == 1)) > 0.9
