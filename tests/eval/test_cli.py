"""`paperchat eval` and `python -m eval`: words, exit codes, and whole runs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.arguments import add_eval
from eval.data import dataset
from eval.drafting.draft import GAP
from eval.gate import comparison as gate
from rag.library import Library
from rag.settings import Settings
from tests.support import ROOT
from tests.support.eval_papers import PAPERS, SAMPLES


@pytest.fixture(autouse=True)
def by_words(monkeypatch, tmp_path):
    """Fast: without an embedder, and with a cache of the test's own."""
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "tea.jsonl"
    path.write_text("".join(s.model_dump_json() + "\n" for s in SAMPLES), encoding="utf-8")
    return str(path)


@pytest.fixture
def sources(tmp_path):
    path = tmp_path / "papers.jsonl"
    rows = [{"id": p.paper_id, "title": p.title, "abstract": p.abstract} for p in PAPERS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_run_prints_its_table_and_leaves_its_reports(capsys, questions, sources, tmp_path):
    out = tmp_path / "run"
    code, told, _ = run(capsys, "run", "--questions", questions, "--sources", sources, "--out", out)
    assert code == 0
    assert "tea: 6 questions over 4 papers" in told
    assert "| MRR" in told
    assert "| · off topic" in told
    names = {path.name for path in out.iterdir()}
    assert names >= {"report.html", "report.md", "summary.json", "answers.jsonl"}


def test_without_a_word_for_the_action_it_runs(capsys, questions, sources, tmp_path):
    code, told, _ = run(
        capsys, "--questions", questions, "--sources", sources, "--out", tmp_path / "run", "--json"
    )
    assert code == 0
    assert json.loads(told)["questions"] == 6


def test_a_run_without_a_folder_gets_a_new_one_here(capsys, questions, sources, tmp_path):
    assert run(capsys, "run", "--questions", questions, "--sources", sources)[0] == 0
    (folder,) = (tmp_path / "paperchat-eval").iterdir()  # tests run in tmp_path
    assert (folder / "report.html").exists()


def test_a_library_of_ones_own_is_measured_as_it_is(capsys, questions, tmp_path):
    own = Settings(library=tmp_path / "own", embedder="none")
    with Library.open(settings=own) as library:
        library.ingest(PAPERS[:2])
    code, told, _ = run(
        capsys, "run", "--questions", questions, "--library", own.library, "--out", tmp_path / "r"
    )
    assert code == 0
    assert "name papers that the library does not hold" in told


def test_runs_compare_with_exit_codes(capsys, questions, sources, tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "BASELINE", tmp_path / "baseline.json")
    made = ("run", "--questions", questions, "--sources", sources, "--out")
    code, _, said = run(capsys, "compare", tmp_path)
    assert (code, "paperchat eval run --keep" in said) == (1, True)
    assert run(capsys, *made, tmp_path / "a", "--keep")[0] == 0
    assert run(capsys, *made, tmp_path / "b")[0] == 0
    assert run(capsys, "compare", tmp_path / "a", tmp_path / "b")[0] == 0
    code, told, _ = run(capsys, "compare", tmp_path / "b")  # with the baseline that was kept
    assert code == 0
    assert "6 questions in both runs" in told


def test_a_worse_run_exits_with_one_and_names_the_metric(capsys, sources, tmp_path):
    rows = [
        {
            "id": f"q{n}",
            "type": "single",
            "question": "Which cups does the robot arm spill?",
            "papers": ["tea"],
            "must_mention": ["glass"],
        }
        for n in range(30)
    ]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made = ("run", "--questions", path, "--sources", sources, "--out")
    assert run(capsys, *made, tmp_path / "a")[0] == 0
    summary = json.loads((tmp_path / "a" / "summary.json").read_text(encoding="utf-8"))
    for row in summary["rows"]:
        row["scores"]["must_mention"] = 0.0
    (tmp_path / "b.json").write_text(json.dumps(summary), encoding="utf-8")
    code, told, _ = run(capsys, "compare", tmp_path / "a", tmp_path / "b.json")
    assert code == 1
    (line,) = [line for line in told.splitlines() if line.rstrip(" |").endswith("worse")]
    assert "facts mentioned" in line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--claims"], "--claims needs --beir"),
        (["run", "--sources", "a", "--library", "b"], "leave --library out"),
        (["run", "--keep", "--beir", "x"], "--keep is for question sets"),
        (["run", "--workers", "0"], "at least 1"),
        (["compare", "a", "b", "c"], "name one run, or two"),
        (["nonsense"], "invalid choice"),
    ],
)
def test_wrong_use_is_told_with_exit_code_two(capsys, words, told):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["run", "--llm", "some-model"], 2, "needs an endpoint"),
        (["run", "--price", "cheap"], 2, "--price 0.15:0.60"),
        (["run", "--questions", "nowhere.jsonl"], 1, "cannot be read: No such file or directory."),
        (["run", "--beir", "nowhere"], 1, "BEIR's layout"),
        (["compare", "nowhere", "nowhere"], 1, "is no run"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, words, code, told):
    given, _, said = run(capsys, *words)
    assert given == code
    assert told in said
    assert "Traceback" not in said
    assert said.count("\n") == 1


def test_drafts_go_to_a_file_or_to_standard_output(capsys, tmp_path):
    own = Settings(library=tmp_path / "own", embedder="none")
    with Library.open(settings=own) as library:
        library.ingest(PAPERS)
    code, told, _ = run(capsys, "draft", "--library", own.library, "-n", "5")
    assert code == 0
    assert GAP in told
    path = tmp_path / "draft.jsonl"
    run(capsys, "draft", "--library", own.library, "-n", "5", "--output", path)
    assert len(dataset.read_samples(path)) == 5
    code, _, said = run(capsys, "draft", "--library", tmp_path / "empty")
    assert (code, "holds no papers" in said) == (1, True)


def test_the_module_runs_as_a_program(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "eval", "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert all(action in done.stdout for action in ("run", "rescore", "compare", "draft"))


@pytest.mark.parametrize(
    "words", [["run", "--library", "mine"], ["--library", "mine", "run"]], ids=["behind", "before"]
)
def test_the_library_may_stand_before_the_action_or_behind_it(words):
    common = argparse.ArgumentParser(add_help=False)  # as every command of paperchat has it
    common.add_argument("--library", type=Path)
    common.add_argument("--verbose", action="store_true")
    parser = argparse.ArgumentParser(parents=[common])
    add_eval(parser)
    options = parser.parse_args(words)
    assert options.library == Path("mine")
    assert options.verbose is False


def test_a_run_is_scored_anew_into_another_folder(capsys, questions, sources, tmp_path):
    over = ("--questions", questions, "--sources", sources)
    assert run(capsys, "run", *over, "--out", tmp_path / "a")[0] == 0
    code, told, _ = run(capsys, "rescore", tmp_path / "a", *over, "--out", tmp_path / "b")
    assert code == 0
    assert "| MRR" in told
    assert (tmp_path / "b" / "report.html").exists()
    code, told, _ = run(capsys, "compare", tmp_path / "a", tmp_path / "b")
    assert (code, "No question's scores differ." in told) == (0, True)
    code, _, said = run(capsys, "rescore", tmp_path / "a", *over, "--out", tmp_path / "a")
    assert code == 0  # the same scores in the same place
    code, _, said = run(capsys, "rescore", tmp_path / "a", "--sources", sources, "--out", "c")
    assert (code, "--questions" in said) == (1, True)


def test_a_comparison_as_json_tells_metrics_and_losses(capsys, questions, sources, tmp_path):
    made = ("run", "--questions", questions, "--sources", sources, "--out", tmp_path / "a")
    assert run(capsys, *made)[0] == 0
    code, told, _ = run(capsys, "compare", tmp_path / "a", tmp_path / "a", "--json")
    comparison = json.loads(told)
    assert code == 0
    assert comparison["shared"] == 6
    assert {"slice", "metric", "effect", "p", "outcome"} <= set(comparison["metrics"][0])
