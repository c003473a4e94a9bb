"""Training of the question encoder: what it learns from, and that it starts as the embedder is."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from eval.training import ranking
from eval.training.ranking import (
    HELD_BACK,
    OTHERS,
    RankingCorpus,
    best_by_owner,
    question_files,
    read_claims,
    read_questions,
)
from rag.embedding.graph import LAYERS, WIDTH

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "moss", "grows", "on", "walls", "?"]
INNER = 1536


def test_questions_that_no_abstract_answers_or_that_lean_on_a_turn_before_are_left_out():
    lines = [json.loads(line) for file in question_files() for line in file.open()]
    questions = read_questions()
    answered = [each for each in lines if each["answered"] and each["way"] != "follow-up"]
    assert [each.text for each in questions] == [each["question"] for each in answered]
    assert all(len(each.papers) == 1 for each in questions)


def test_all_questions_of_a_paper_are_held_back_or_none():
    drawn = {}
    for each in read_questions():
        assert drawn.setdefault(each.papers, each.is_held_back) == each.is_held_back
    assert sum(drawn.values()) / len(drawn) == pytest.approx(HELD_BACK, abs=0.03)


def test_claims_come_with_the_abstracts_that_are_evidence(tmp_path):
    folder = tmp_path / ranking.SCIFACT
    folder.mkdir(parents=True)
    queries, judgements = (folder / name for name in ranking.SCIFACT_QUERIES)
    rows = [{"_id": "1", "text": "Moss eats walls."}, {"_id": "2", "text": "Walls eat moss."}]
    queries.write_text("".join(json.dumps(row) + "\n" for row in rows))
    judgements.write_text("query-id\tcorpus-id\tscore\n1\t7\t1\n1\t8\t1\n2\t7\t0\n")
    (claim,) = read_claims(tmp_path)
    assert (claim.text, claim.papers, claim.way) == ("Moss eats walls.", {"7", "8"}, "claim")


def test_other_papers_are_drawn_by_lot_the_same_each_time(tmp_path, monkeypatch):
    import gzip

    monkeypatch.setattr(ranking, "OTHERS", 3)
    file = tmp_path / ranking.ARXIV
    file.parent.mkdir()
    papers = [{"id": str(n), "title": f"Moss {n}", "abstract": f"On  moss {n}."} for n in range(9)]
    with gzip.open(file, "wt") as lines:
        lines.writelines(json.dumps(paper) + "\n" for paper in papers)
    found = list(ranking._read_papers(tmp_path, {"4"}, {ranking.title_key("Moss 2")}))
    assert found[0].paper_id == "4"
    assert len(found) == 4
    assert "2" not in {paper.paper_id for paper in found}
    assert found[0].abstract == "On moss 4."
    assert found == list(ranking._read_papers(tmp_path, {"4"}, {ranking.title_key("Moss 2")}))
    assert OTHERS == 8000


def test_a_paper_is_as_near_as_its_best_passage():
    passages = np.float32([[1, 0], [0, 1], [0.6, 0.8]])
    corpus = RankingCorpus(("a", "b"), passages, np.array([0, 1, 0]))
    assert best_by_owner(corpus, np.float32([0, 1])).tolist() == pytest.approx([0.8, 1.0])


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("torch", reason="needs torch, which only training needs")
    from eval.training import question_encoder

    return question_encoder


@pytest.fixture(scope="module")
def weights():
    """Small random weights by the published names."""
    draw = np.random.default_rng(5)
    shapes = {
        "embeddings.word_embeddings": (len(WORDS), WIDTH),
        "embeddings.position_embeddings": (16, WIDTH),
        "embeddings.token_type_embeddings": (2, WIDTH),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes[f"{name}.attention.{part}"] = (WIDTH, WIDTH)
        shapes[f"{name}.intermediate.dense"] = (INNER, WIDTH)
        shapes[f"{name}.output.dense"] = (WIDTH, INNER)
    norms = ["embeddings.LayerNorm"]
    norms += [f"encoder.layer.{n}.attention.output.LayerNorm" for n in range(LAYERS)]
    norms += [f"encoder.layer.{n}.output.LayerNorm" for n in range(LAYERS)]
    made = {f"{name}.weight": draw.normal(0, 0.05, shape) for name, shape in shapes.items()}
    biases = [(name, shape[0]) for name, shape in shapes.items() if name.startswith("encoder")]
    made |= {f"{name}.bias": draw.normal(0, 0.05, size) for name, size in biases}
    made |= {f"{name}.weight": np.ones(WIDTH) for name in norms}
    made |= {f"{name}.bias": np.zeros(WIDTH) for name in norms}
    return {name: value.astype(np.float32) for name, value in made.items()}


@pytest.fixture
def encoder(training, weights, tmp_path):
    from rag.embedding.minilm import build_tokenizer

    (tmp_path / "vocab.txt").write_text("\n".join(WORDS))
    return training.AdaptedEncoder(weights, build_tokenizer(tmp_path / "vocab.txt")).eval()


def test_training_starts_from_the_embedder_as_it_ships(encoder, weights):
    import onnxruntime

    from rag.embedding.graph import build_graph

    session = onnxruntime.InferenceSession(
        build_graph(weights).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    ids = np.array([[2, 4, 5, 6, 7, 3]])
    shipped, tokens = session.run(
        ["embedding", "tokens"], {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    )
    vectors, hidden = encoder(["moss grows on walls", "moss ?"])  # the second is padded
    assert np.allclose(vectors[0].detach().numpy(), shipped[0], atol=1e-4)
    assert np.allclose(hidden[0].detach().numpy(), tokens[0], atol=1e-3)


def test_a_step_moves_a_question_towards_its_paper(training, encoder):
    import torch

    target = encoder(["walls"])[0].detach()
    optimizer = torch.optim.SGD(encoder.parameters(), lr=0.5)
    before = float((encoder(["moss ?"])[0].detach() * target).sum())
    for _ in range(3):
        loss = -(encoder(["moss ?"])[0] * target).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert float((encoder(["moss ?"])[0].detach() * target).sum()) > before
    assert len(encoder.differences()) == 6 * LAYERS


def test_the_rate_rises_then_falls(training):
    shares = [training._share_of_rate(step, 300) for step in range(300)]
    assert shares[0] == 0
    assert max(shares) == pytest.approx(max(shares[20:40]))
    assert math.isclose(shares[-1], training.LAST_RATE, abs_tol=1e-3)


def test_the_choice_of_any_right_paper_counts(training):
    import torch

    logits = torch.tensor([0.0, 0.0, 0.0, 0.0])
    assert float(training._choice_loss(logits, [0, 1])) == pytest.approx(math.log(2))
