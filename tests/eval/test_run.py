"""Runs over a small real library: figures, repetition, interruption, failures, parallel models."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from eval import Options, evaluate
from eval.data.records import read_records
from eval.report.markdown import render_short
from eval.run.asking import ANSWERS, keys
from eval.run.baselines import DENSE, LEXICAL, add_baselines, build_baselines
from eval.run.checking import check_answer
from eval.run.summary import SUMMARY, Price, read_summary
from rag.errors import ConfigurationError, ModelTimeoutError, SourceError
from rag.library import Library
from rag.settings import Settings
from rag.types import Answer, Citation, Usage
from tests.support.eval_papers import PAPERS, SAMPLES, ask

QUESTIONS = 6  # of SAMPLES, the conversation has two


@pytest.fixture(scope="module")
def library(invented):
    return invented


class Recorder:
    """A library in whose place it stands, which keeps what it was asked and may be told to fail."""

    def __init__(self, library, fails=()):
        self._library = library
        self._fails = set(fails)
        self.asked = []

    def search(self, question, k, history):
        return self._library.search(question, k, history)

    def ask(self, question, history):
        self.asked.append((question, tuple(history)))
        if question in self._fails:
            raise ModelTimeoutError("The endpoint did not answer in time.")
        return self._library.ask(question, history)


def figures(run):
    """All that a run says, but for times."""
    return [record.model_dump(exclude={"timings"}) for record in run.records], run.summary.slices


def test_a_run_measures_retrieval_answers_and_abstention(library):
    summary = evaluate(library, SAMPLES).summary
    assert summary.questions == QUESTIONS
    assert summary.mean("all", "mrr").n == 5
    assert summary.mean("all", "mrr").mean == 1.0  # the papers have no word in common
    assert summary.mean("single", "must_mention").mean == 1.0
    assert summary.mean("kind:off_topic", "abstention_recall").mean == 1.0
    assert summary.mean("all", "quote_exactness").mean == 1.0
    assert summary.mean("all", "citation_recall").mean == 1.0
    assert summary.mean("all", "failed").mean == 0.0
    assert {"search", "retrieval", "total"} <= set(summary.latency)


def test_the_same_configuration_gives_the_same_figures(library):
    assert figures(evaluate(library, SAMPLES)) == figures(evaluate(library, SAMPLES))


def test_several_workers_change_neither_order_nor_figures(library):
    several = Options(workers=4)
    assert figures(evaluate(library, SAMPLES, options=several)) == figures(
        evaluate(library, SAMPLES)
    )


def test_a_run_leaves_every_question_and_its_summary(library, tmp_path):
    run = evaluate(library, SAMPLES, out=tmp_path / "run")
    assert tuple(read_records(tmp_path / "run" / ANSWERS)) == run.records
    assert read_summary(tmp_path / "run") == run.summary
    assert [record.key for record in run.records] == [k for s in SAMPLES for k in keys(s)]


def test_what_was_answered_is_not_asked_again(library, tmp_path):
    whole = evaluate(library, SAMPLES, out=tmp_path)
    lines = (tmp_path / ANSWERS).read_text(encoding="utf-8").splitlines(keepends=True)
    # Interrupted in the middle of a line, inside of the conversation.
    (tmp_path / ANSWERS).write_text("".join(lines[:5]) + lines[5][:40], encoding="utf-8")
    system = Recorder(library)
    resumed = evaluate(library, SAMPLES, out=tmp_path, system=system)
    assert [question for question, _ in system.asked] == ["and what slows it down?"]
    assert figures(resumed) == figures(whole)


def test_a_later_turn_hears_what_was_asked_and_answered_before(library):
    system = Recorder(library)
    run = evaluate(library, SAMPLES, system=system)
    (_, first), (_, later) = system.asked[-2:]
    assert first == ()
    assert [message.role for message in later] == ["user", "assistant"]
    assert later[1].content == run.records[-2].answer.text
    assert {citation.paper.paper_id for citation in later[1].citations} == {"bread"}


def test_a_later_turn_hears_the_citations_also_when_the_run_is_resumed(library, tmp_path):
    evaluate(library, SAMPLES, out=tmp_path)
    lines = (tmp_path / ANSWERS).read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / ANSWERS).write_text("".join(lines[:-1]), encoding="utf-8")
    system = Recorder(library)
    evaluate(library, SAMPLES, out=tmp_path, system=system)
    ((_, later),) = system.asked
    (citation, *_) = later[1].citations
    assert citation.paper.abstract[citation.start : citation.end] == citation.quote


def test_a_run_of_other_questions_is_not_taken_up(library, tmp_path):
    evaluate(library, SAMPLES[:1], out=tmp_path)
    with pytest.raises(ConfigurationError, match="Name another folder by --out"):
        evaluate(library, SAMPLES[:2], out=tmp_path)


def test_a_failing_question_is_kept_counted_and_asked_again(library, tmp_path):
    broken = Recorder(library, fails=[SAMPLES[1].turns[0].question])
    run = evaluate(library, SAMPLES, out=tmp_path, system=broken)
    failed = [record for record in run.records if record.error]
    assert [record.key for record in failed] == ["bogs"]
    assert failed[0].error == "ModelTimeoutError: The endpoint did not answer in time."
    assert run.summary.failed == 1
    assert run.summary.mean("all", "failed").mean == pytest.approx(1 / QUESTIONS)
    assert run.summary.mean("all", "mrr").n == 4  # it is missing from the means, not a zero
    mended = Recorder(library)
    assert evaluate(library, SAMPLES, out=tmp_path, system=mended).summary.failed == 0
    assert [question for question, _ in mended.asked] == [SAMPLES[1].turns[0].question]


def test_a_line_in_the_middle_that_is_no_record_is_not_passed_over(library, tmp_path):
    evaluate(library, SAMPLES, out=tmp_path)
    lines = (tmp_path / ANSWERS).read_text(encoding="utf-8").splitlines()
    (tmp_path / ANSWERS).write_text("\n".join(["{}", *lines]), encoding="utf-8")
    with pytest.raises(SourceError, match="line 1"):
        evaluate(library, SAMPLES, out=tmp_path)


def test_papers_that_the_library_lacks_are_counted_and_not_found(library):
    sample = ask("gone", "How are kites flown?", ["A Paper Nobody Has"])
    run = evaluate(library, [sample])
    assert run.summary.unknown_papers == 1
    assert run.summary.mean("all", "recall@10").mean == 0.0


def test_gold_papers_are_found_by_title_in_any_spelling_and_by_id(library):
    samples = [
        ask("title", "robot tea", ["robots that  POUR tea!"]),
        ask("id", "robot tea", ["tea"]),
    ]
    run = evaluate(library, samples)
    assert [record.papers for record in run.records] == [("tea",), ("tea",)]


def test_an_answer_is_checked_whatever_it_says_of_itself(library):
    paper = library.get("tea")
    quote = "It spills 4 % of the cups."
    start = paper.abstract.index(quote)
    citation = Citation(1, paper, quote, start, start + len(quote), 1.0, "supported")
    text = f"**Robots**\n{quote} [1] Elephants play chess. [1] Nobody cites this one. [7]"
    answer = Answer("?", text, "answered", citations=(citation,))
    asked = []

    def check(pairs):
        asked.extend(claim for claim, _ in pairs)
        return ["supported" if "spills" in claim else "unsupported" for claim, _ in pairs]

    sentences = check_answer(answer, check)
    assert [sentence.verdicts for sentence in sentences] == [("supported",), ("unsupported",), ()]
    assert asked == ["It spills 4 % of the cups.", "Elephants play chess."]


def test_a_marker_at_the_end_belongs_to_the_sentence_before_it(library):
    paper = library.get("tea")
    citation = Citation(1, paper, "A", 0, 1, 1.0)
    answer = Answer(
        "?",
        "First sentence here. [1]\n\nSecond sentence here. [1]",
        "answered",
        citations=(citation,),
    )
    sentences = check_answer(answer, lambda pairs: ["supported" for _ in pairs])
    assert [sentence.markers for sentence in sentences] == [(1,), (1,)]


def test_a_model_is_asked_in_parallel_and_its_tokens_are_counted(library, words_settings, endpoint):
    endpoint.reply("The arm spills 4 % of the cups [1].", usage=(100, 20))
    reached = words_settings.model_copy(update={"openai_base_url": endpoint.url, "retries": 0})
    with Library.open(settings=reached, llm="scripted") as served:
        threads = set()

        class Watched(Recorder):
            def ask(self, question, history):
                threads.add(threading.get_ident())
                return super().ask(question, history)

        given = Options(workers=3, price=Price(prompt=1.0, completion=10.0))
        samples = [ask(f"q{n}", SAMPLES[0].turns[0].question, ["tea"]) for n in range(9)]
        run = evaluate(served, samples, system=Watched(served), options=given)
    usage = run.summary.usage
    assert len(threads) > 1
    assert (usage.prompt_tokens, usage.completion_tokens) == (900, 180)
    assert usage.cost == pytest.approx((900 * 1 + 180 * 10) / 1e6)
    assert run.summary.provenance.mode == "scripted"


def test_with_a_model_it_is_told_what_the_model_answered_itself(library, words_settings, endpoint):
    endpoint.when("How much tea", "The arm spills 4 % of the cups [1].")
    endpoint.reply("Bread rises because yeast breathes out gas [1].")
    reached = words_settings.model_copy(update={"openai_base_url": endpoint.url, "retries": 0})
    question = SAMPLES[0].turns[0].question
    samples = [ask("q1", f"How much tea: {question}", ["tea"]), ask("q2", question, ["tea"])]
    with Library.open(settings=reached, llm="scripted") as served:
        run = evaluate(served, samples)
    means = run.summary.slices["all"]
    assert means["model_answered"].mean == 0.5
    assert means["model_precision"].mean == 1.0
    assert "answered by the model" in render_short(run.summary, run.records)
    without = evaluate(library, samples)
    assert "model_answered" not in without.summary.slices["all"]
    assert "answered by the model" not in render_short(without.summary, without.records)


def test_a_question_that_the_model_did_not_answer_has_failed(library, words_settings, endpoint):
    endpoint.fail(401)
    reached = words_settings.model_copy(update={"openai_base_url": endpoint.url, "retries": 0})
    with Library.open(settings=reached, llm="scripted") as served:
        run = evaluate(served, SAMPLES[:1])
    (record,) = run.records
    assert record.answer is None  # not the papers' own sentences in the model's name
    assert "refused the key" in record.error
    assert run.summary.failed == 1


def test_the_settings_of_a_run_tell_no_key_and_no_place(library, tmp_path):
    evaluate(library, SAMPLES[:1], out=tmp_path)
    kept = json.loads((tmp_path / SUMMARY).read_text(encoding="utf-8"))["provenance"]["settings"]
    assert "dense_weight" in kept
    assert not {"openai_api_key", "openai_base_url", "library", "cache"} & set(kept)
    assert not {"contact", "database_url", "chroma_url", "chroma_token", "api_tokens"} & set(kept)


def test_each_baseline_leaves_a_part_out(cache, tmp_path):
    own = Settings(library=tmp_path / "library", cache=cache, llm="extractive")
    with Library.open(settings=own) as both:
        both.ingest(PAPERS)
        run = evaluate(both, SAMPLES, out=tmp_path / "run")
        systems = build_baselines(both, None)
        assert list(systems) == [LEXICAL, DENSE]
        question = "beverages and machines"  # no word of any paper
        found = {name: system.search(question, 4, ()) for name, system in systems.items()}
        done = add_baselines(run, both, SAMPLES, systems, options=Options())
    assert all(hit.score == 0 for hit in found[LEXICAL])
    assert found[DENSE][0].paper.paper_id == "tea"
    assert set(done.summary.baselines) == {LEXICAL, DENSE}
    assert read_summary(tmp_path / "run").baselines == done.summary.baselines
    dense = read_summary(tmp_path / "run" / "baselines" / "dense-only")
    assert dense.questions == QUESTIONS
    assert dense.provenance.settings["dense_weight"] == "1.0"


def test_a_model_without_papers_is_not_measured_by_its_citations(library, endpoint):
    from rag.endpoint.chat import EndpointLLM

    endpoint.reply("It spills 4 % of the cups.", usage=(5, 6))
    reached = library.settings.model_copy(update={"openai_base_url": endpoint.url})
    run = evaluate(library, SAMPLES[:1])
    systems = build_baselines(library, EndpointLLM(reached, "scripted"))
    done = add_baselines(run, library, SAMPLES[:1], systems, options=Options())
    bare = done.summary.baselines["no retrieval"]["all"]
    assert bare["must_mention"].mean == 1.0
    assert "mrr" not in bare
    assert "citation_recall" not in bare
    assert endpoint.requests[0]["messages"] == [
        {"role": "user", "content": SAMPLES[0].turns[0].question}
    ]


def test_what_answers_cost_is_told_by_the_answers_or_by_a_price(library):
    class Dear(Recorder):
        def ask(self, question, history):
            answer = super().ask(question, history)
            return replace(answer, usage=Usage(1000, 100, 0.25))

    run = evaluate(library, SAMPLES, system=Dear(library))
    assert run.summary.usage.cost == pytest.approx(0.25 * QUESTIONS)
    priced = Options(price=Price(prompt=1.0, completion=10.0))
    again = evaluate(library, SAMPLES, system=Dear(library), options=priced)
    assert again.summary.usage.cost == pytest.approx(QUESTIONS * 2000 / 1e6)


def test_usage_is_zero_where_no_model_answers(library):
    run = evaluate(library, SAMPLES[:1])
    assert run.records[0].answer.prompt_tokens == Usage().prompt_tokens == 0
    assert run.summary.usage.cost is None
