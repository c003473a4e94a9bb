"""Collections in BEIR's layout and SciFact's claims: reading, scoring, and whole runs."""

from __future__ import annotations

import gzip
import json

import pytest

from eval.collection import published_figures, run_collection, score_query
from eval.data.beir import read_collection
from eval.run.asking import ANSWERS
from eval.run.checking import build_verifier
from eval.run.claims import check_pairs, read_pairs
from eval.run.summary import read_summary
from rag.errors import SourceError
from rag.settings import Settings
from tests.support.eval_papers import PAPERS

CORPUS = [{"_id": p.paper_id, "title": p.title, "text": p.abstract} for p in PAPERS]
TITLE_ONLY = {"_id": "kites", "title": "Kites Over the Harbour", "text": ""}
TEXT_ONLY = {"_id": "sand", "title": "", "text": "Dunes wander with the wind. Nobody stops them."}
QUERIES = [
    {"_id": "1", "text": "robot arm pours tea"},
    {"_id": "2", "text": "kites harbour"},
    {"_id": "3", "text": "never judged"},
]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "scifact"
    folder.mkdir()
    write_lines(folder / "corpus.jsonl", [*CORPUS, TITLE_ONLY, TEXT_ONLY])
    write_lines(folder / "queries.jsonl", QUERIES)
    qrels = "query-id\tcorpus-id\tscore\n1\ttea\t2\n1\tbells\t0\n2\tkites\t1\n"
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


def test_a_collection_is_read_whole_also_what_is_only_a_title_or_a_text(folder):
    collection = read_collection(folder)
    papers = {paper.paper_id: paper for paper in collection.papers}
    assert len(papers) == len(PAPERS) + 2
    assert papers["kites"].abstract == papers["kites"].title == "Kites Over the Harbour"
    assert papers["sand"].title == TEXT_ONLY["text"]
    assert collection.qrels == {"1": {"tea": 2.0}, "2": {"kites": 1.0}}  # a gain of 0 is none


def test_files_may_be_gzipped_and_qrels_lie_in_a_folder(folder):
    packed = gzip.compress((folder / "corpus.jsonl").read_bytes())
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(packed)
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    assert len(read_collection(folder).papers) == len(PAPERS) + 2


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("corpus.jsonl", "{", r"corpus\.jsonl, line 1: broken JSON"),
        ("corpus.jsonl", "[1]", "line 1: it has no `_id`"),
        ("corpus.jsonl", '{"_id": "x"}', "neither title nor text"),
        ("qrels.tsv", "1\ttea\n", r"qrels\.tsv, line 1"),
        ("qrels.tsv", "9\ttea\t1\n", "The query '9' is judged"),
        ("qrels.tsv", None, r"neither|has no qrels\.tsv"),
        ("queries.jsonl", None, r"has no queries\.jsonl"),
    ],
)
def test_what_is_missing_or_broken_is_named(folder, name, content, told):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=told):
        read_collection(folder)


def test_graded_gains_count_in_ndcg():
    scores = score_query(["b", "a"], {"a": 2.0, "b": 1.0})
    assert scores["ndcg@10"] == pytest.approx((1 + 2 / 1.5849625) / (2 + 1 / 1.5849625), abs=1e-6)
    assert scores["recall@100"] == 1.0


def test_published_figures_are_told_for_collections_that_have_them():
    told = {figure.system: figure.value for figure in published_figures("SciFact")}
    assert told["bge-base-en-v1.5"] == 0.743
    assert published_figures("cacm") == ()


def test_a_collection_is_measured_with_its_baselines(folder, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    for part in cache.iterdir():
        if part.name.startswith("all-MiniLM"):
            (tmp_path / "cache" / part.name).symlink_to(part)
    (run,) = run_collection(folder, out=tmp_path / "run")
    assert run.summary.mean("all", "ndcg@10").mean == 1.0
    assert run.summary.mean("all", "ndcg@10").n == 2
    assert set(run.summary.baselines) == {"lexical only", "dense only"}
    assert len(run.summary.published) == 5
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {"report.html", "report.md", "summary.json", ANSWERS}
    assert "0.743" in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")


SENTENCES = [
    "A robot arm learns to pour tea from three hundred demonstrations.",
    "It spills 4 % of the cups.",
    "Cups of glass are harder than cups of clay.",
]
CLAIMS = [
    {
        "id": 1,
        "claim": "The robot arm spills 4 % of the cups.",
        "evidence": {"7": [{"sentences": [1], "label": "SUPPORT"}]},
        "cited_doc_ids": [7, 8],
    },
    {"id": 2, "claim": "Whales sing in spring.", "evidence": {}, "cited_doc_ids": [7, 99]},
    {
        "id": 3,
        "claim": "Cups of clay are harder than cups of glass.",
        "evidence": {"7": [{"sentences": [2], "label": "CONTRADICT"}]},
        "cited_doc_ids": [7],
    },
]


@pytest.fixture
def claims(folder):
    write_lines(folder / "claims_dev.jsonl", CLAIMS)
    rows = [
        {"doc_id": 7, "title": "Robots That Pour Tea", "abstract": SENTENCES},
        {"doc_id": 8, "title": "Tides", "abstract": ["Tides turn twice a day."]},
    ]
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    (folder / "corpus_sentences.jsonl.gz").write_bytes(packed)
    return folder


def test_claims_are_paired_with_the_papers_that_decide_them(claims):
    pairs = read_pairs(claims)
    assert [(pair.key, pair.label) for pair in pairs] == [
        ("1/7", "SUPPORT"),
        ("1/8", "NOT ENOUGH INFO"),  # no evidence was found in it
        ("2/7", "NOT ENOUGH INFO"),  # its other paper is not there
        ("3/7", "CONTRADICT"),
    ]
    for pair, sentence in zip((pairs[0], pairs[3]), (SENTENCES[1], SENTENCES[2]), strict=True):
        ((start, end),) = pair.rationales
        assert pair.paper.abstract[start:end] == sentence


def test_the_verifier_is_scored_on_claims(claims):
    pairs = read_pairs(claims)
    verifier = build_verifier([pair.paper for pair in pairs], Settings(embedder="none"))
    supported, _, unknown, contradicted = check_pairs(pairs, verifier)
    assert supported.scores["auroc"] == 1.0
    assert supported.scores["rationale_hit@1"] == 1.0
    assert unknown.scores == {"false_support": 0.0}
    assert "auroc" not in contradicted.scores
    assert contradicted.scores["rationale_hit@3"] == 1.0
    assert len({hit.title for hit in supported.hits}) == 3  # three different sentences


def test_claims_get_a_run_of_their_own(claims, tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))
    _, checked = run_collection(claims, out=tmp_path / "run", claims=True)
    assert checked.folder == tmp_path / "run" / "claims"
    assert read_summary(checked.folder).mean("SUPPORT", "auroc").mean == 1.0
