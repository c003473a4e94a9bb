"""A run keeps enough to be scored anew: the same figures, without a question asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval import Options, evaluate
from eval.data.records import read_records, write_records
from eval.run.asking import ANSWERS
from eval.run.baselines import add_baselines, build_baselines, rescore_baselines
from eval.run.judge import Judge
from eval.run.replay import restore_answer
from eval.run.runner import rescore
from rag.endpoint.chat import EndpointLLM
from rag.errors import SourceError
from rag.library import Library
from rag.settings import Settings
from tests.support.eval_papers import PAPERS, SAMPLES, ask

SPOKEN = "The robot arm spills 4 % of the cups [1]. Elephants have won the chess league twice [1]."


def test_a_run_scored_anew_has_the_same_records(invented, tmp_path):
    run = evaluate(invented, SAMPLES, out=tmp_path / "run")
    again = rescore(invented, SAMPLES, tmp_path / "run", out=tmp_path / "again")
    assert again.records == run.records
    assert again.summary.slices == run.summary.slices
    assert tuple(read_records(tmp_path / "again" / ANSWERS)) == run.records


def test_what_a_model_wrote_is_scored_anew_without_the_model(words_settings, endpoint, tmp_path):
    endpoint.reply(SPOKEN, usage=(100, 20))
    reached = words_settings.model_copy(
        update={"openai_base_url": endpoint.url, "library": tmp_path / "library"}
    )
    with Library.open(settings=reached, llm="scripted") as served:
        served.ingest(PAPERS)
        run = evaluate(served, SAMPLES, out=tmp_path / "run", options=Options(workers=1))
        asked = len(endpoint.requests)
        again = rescore(served, SAMPLES, tmp_path / "run", out=tmp_path / "again")
    assert again.records == run.records
    assert again.summary.usage == run.summary.usage
    assert again.summary.provenance.mode == "scripted"
    assert len(endpoint.requests) == asked > 0


def _best_passage(hit):
    place = hit.passages[0]
    return hit.paper.abstract[place.start : place.end]


def test_an_answer_comes_back_from_its_record(invented, tmp_path):
    (record,) = evaluate(invented, SAMPLES[:1], out=tmp_path).records
    given = invented.ask(record.question)
    back = restore_answer(record.question, record.answer, {p.paper_id: p for p in PAPERS})
    assert (back.text, back.status, back.papers) == (given.text, given.status, given.papers)
    assert [hit.paper for hit in back.hits] == [hit.paper for hit in given.hits]
    assert [_best_passage(hit) for hit in back.hits] == [_best_passage(hit) for hit in given.hits]
    for citation in back.citations:
        assert citation.paper.abstract[citation.start : citation.end] == citation.quote


def test_facts_that_were_added_to_a_question_count_when_it_is_scored_anew(invented, tmp_path):
    question = SAMPLES[0].turns[0].question
    evaluate(invented, [ask("pour", question, ["tea"], facts=["4 %"])], out=tmp_path / "run")
    changed = [ask("pour", question, ["tea"], facts=["4 %", "porcelain"])]
    again = rescore(invented, changed, tmp_path / "run", out=tmp_path / "again")
    assert again.summary.mean("all", "must_mention").mean == 0.5


def test_a_finished_run_can_be_judged_later(invented, endpoint, tmp_path):
    evaluate(invented, SAMPLES[:1], out=tmp_path / "run")
    endpoint.reply("Fine.\nVERDICT: 5")
    judge = Judge(EndpointLLM(Settings(openai_base_url=endpoint.url), "judge"), tmp_path / "kept")
    again = rescore(
        invented,
        SAMPLES[:1],
        tmp_path / "run",
        out=tmp_path / "again",
        options=Options(judge=judge),
    )
    assert again.summary.mean("all", "faithfulness").mean == 1.0
    assert again.summary.provenance.judge == "judge"


def test_the_baselines_of_a_run_are_scored_anew_too(cache, tmp_path):
    own = Settings(library=tmp_path / "library", cache=cache, llm="extractive")
    with Library.open(settings=own) as library:
        library.ingest(PAPERS)
        searched = Options(answers=False)
        run = evaluate(library, SAMPLES, out=tmp_path / "run")
        systems = build_baselines(library, None)
        whole = add_baselines(run, library, SAMPLES, systems, options=searched)
        again = rescore(library, SAMPLES, tmp_path / "run", out=tmp_path / "again")
        again = rescore_baselines(again, library, SAMPLES, tmp_path / "run", Options())
    assert again.summary.baselines == whole.summary.baselines


def test_a_question_that_failed_stays_failed(invented, tmp_path):
    run = evaluate(invented, SAMPLES[:2], out=tmp_path / "run")
    failed = run.records[0].model_copy(update={"error": "ModelTimeoutError: late", "answer": None})
    write_records(tmp_path / "run" / ANSWERS, [failed, run.records[1]])
    again = rescore(invented, SAMPLES[:2], tmp_path / "run", out=tmp_path / "again")
    assert again.summary.failed == 1
    assert again.records[0].error == "ModelTimeoutError: late"


@pytest.mark.parametrize("changed", ["another question", "another conversation", "more questions"])
def test_other_questions_cannot_be_scored(invented, tmp_path, changed):
    evaluate(invented, SAMPLES, out=tmp_path / "run")
    pour, *others, dough = SAMPLES
    turns = (pour.turns[0], dough.turns[1])
    asked = {
        "another question": [ask("pour", "What is tea?", ["tea"]), *others, dough],
        "another conversation": [pour, *others, dough.model_copy(update={"turns": turns})],
        "more questions": [*SAMPLES, ask("new", "What is tea?", ["tea"])],
    }[changed]
    with pytest.raises(SourceError, match=r"holds no answer to the question .*--questions"):
        rescore(invented, asked, tmp_path / "run", out=tmp_path / "again")


def test_papers_that_are_gone_cannot_be_scored(invented, words_settings, tmp_path):
    evaluate(invented, SAMPLES, out=tmp_path / "run")
    smaller = words_settings.model_copy(update={"library": tmp_path / "smaller"})
    with Library.open(settings=smaller) as library:
        library.ingest(PAPERS[:2])
        with pytest.raises(SourceError, match=r"does not hold.*--library or --sources"):
            rescore(library, SAMPLES, tmp_path / "run", out=tmp_path / "again")


def test_no_run_no_score(invented, tmp_path):
    with pytest.raises(SourceError, match="is no run"):
        rescore(invented, SAMPLES, tmp_path / "nothing", out=tmp_path / "again")


def test_a_probe_is_left_out_where_a_baseline_is_scored(invented, tmp_path):
    run = evaluate(invented, SAMPLES, system=invented, options=replace(Options(), label="other"))
    assert not any("true_kept" in record.scores for record in run.records)
