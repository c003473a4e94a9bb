"""The gate: what fails a build and what does not, and what a reader is told of two runs."""

from __future__ import annotations

import pytest

from eval import Options, compare, evaluate
from eval.data.records import Record
from eval.gate.comparison import compare_runs
from eval.report.markdown import render_comparison
from eval.run.provenance import Provenance
from eval.run.summary import summarise, write_summary
from rag.errors import SourceError
from rag.library import Library
from tests.support.eval_papers import PAPERS, SAMPLES, ask

MADE_WITH = Provenance(
    system="paperchat",
    mode="extractive",
    judge=None,
    papers=4,
    corpus="c",
    questions="q",
    settings={"top_k": "6"},
    prompts={},
    code="1",
    commit=None,
    versions={},
)


def summary_of(*scores, made_with=MADE_WITH, first=0):
    """A summary of questions that have only these scores."""
    records = [
        Record(key=f"q{n}", cluster=f"q{n}", slices=("all",), question="?", scores=each)
        for n, each in enumerate(scores, start=first)
    ]
    return summarise(records, made_with, name="set", created="2024-01-01T00:00:00+00:00")


def scored(count, **changes):
    good = {"mrr": 1.0, "must_mention": 1.0, "failed": 0.0, "words": 50.0}
    return [good | changes for _ in range(count)]


def outcomes(comparison):
    return {(m.slice, m.metric.name): m.outcome for m in comparison.metrics}


@pytest.mark.parametrize(
    ("changed", "count", "loses"),
    [
        ({"must_mention": 0.0}, 20, ["must_mention"]),
        ({"mrr": 0.5}, 20, ["mrr"]),
        ({"failed": 1.0}, 20, ["failed"]),  # less is better
        ({"must_mention": 0.0, "mrr": 0.0}, 20, ["mrr", "must_mention"]),
        ({"must_mention": 0.0}, 2, []),  # two of a hundred may be chance
        ({"words": 500.0}, 100, []),  # describes, is neither better nor worse
        ({}, 0, []),
    ],
)
def test_only_a_loss_beyond_chance_fails_and_names_its_metric(changed, count, loses):
    first = summary_of(*scored(100))
    second = summary_of(*scored(count, **changed), *scored(100 - count))
    comparison = compare(first, second)
    assert [loss.metric.name for loss in comparison.losses] == loses


def test_a_gain_is_no_loss():
    worse, better = summary_of(*scored(100, mrr=0.5)), summary_of(*scored(100))
    comparison = compare(worse, better)
    assert comparison.losses == ()
    assert outcomes(comparison)["all", "mrr"] == "better"


@pytest.mark.parametrize(("count", "loses"), [(5, []), (9, ["ndcg@10"])])
def test_what_differs_at_a_handful_of_questions_may_be_chance(count, loses):
    first = summary_of(*scored(100, **{"ndcg@10": 1.0}))
    second = summary_of(
        *scored(count, **{"ndcg@10": 0.0}), *scored(100 - count, **{"ndcg@10": 1.0})
    )
    comparison = compare(first, second)
    assert [loss.metric.name for loss in comparison.losses] == loses


@pytest.mark.parametrize(("shift", "loses"), [(1e-6, []), (3e-4, []), (1e-3, ["brier"])])
def test_differences_that_no_report_shows_are_no_loss(shift, loses):
    first = summary_of(*scored(100, brier=0.1))
    comparison = compare(first, summary_of(*scored(100, brier=0.1 + shift)))
    assert [loss.metric.name for loss in comparison.losses] == loses
    assert bool(comparison.changes) is (shift > 1e-4)


def test_one_of_many_metrics_does_not_fail_by_chance_alone():
    # 12 of 100 lose and 3 gain, p is about 0.02; so it is with five more metrics at other places.
    names = ["mrr", "ndcg@10", "recall@10", "must_mention", "citation_recall", "quote_exactness"]
    rows = [dict.fromkeys(names, 0.5) for _ in range(100)]
    for shift, name in enumerate(names):
        for place in range(15):
            rows[(place + 15 * shift) % 100][name] = 0.0 if place < 12 else 1.0
    first = summary_of(*(dict.fromkeys(names, 0.5) for _ in rows))
    comparison = compare(first, summary_of(*rows))
    found = [m for m in comparison.metrics if m.is_gated]
    assert all(m.effect.p < 0.05 < m.p for m in found)
    assert comparison.losses == ()
    alone = compare(first, summary_of(*({"mrr": row["mrr"]} for row in rows)))
    assert [loss.metric.name for loss in alone.losses] == ["mrr"]


def test_runs_are_compared_over_the_questions_that_both_have():
    comparison = compare(summary_of(*scored(5)), summary_of(*scored(5), first=2))
    assert (comparison.shared, comparison.only_first, comparison.only_second) == (3, 2, 2)
    with pytest.raises(SourceError, match="no question in common"):
        compare(summary_of(*scored(2)), summary_of(*scored(2), first=7))


def test_the_questions_that_changed_most_come_first():
    first = summary_of(*scored(4))
    second = summary_of(*scored(1, mrr=0.9), *scored(1), *scored(1, mrr=0.0), *scored(1, words=9))
    changes = compare(first, second).changes
    assert [(change.key, change.metrics) for change in changes] == [
        ("q2", ("mrr",)),
        ("q0", ("mrr",)),
    ]


def test_what_the_runs_were_made_with_is_told_where_it_differs():
    other = MADE_WITH.model_copy(update={"settings": {"top_k": "3"}, "mode": "a-model"})
    comparison = compare(summary_of(*scored(2)), summary_of(*scored(2), made_with=other))
    assert comparison.differences == ("mode: extractive -> a-model", "top_k: 6 -> 3")


def test_two_runs_on_disk_show_both_answers_to_what_changed(invented, tmp_path):
    class Mute:
        search = invented.search

        def ask(self, question, history):
            answer = invented.ask(question, history)
            return answer if "tea" not in question else invented.ask("zzz qqq", ())

    evaluate(invented, SAMPLES, out=tmp_path / "a")
    muted = Mute()
    evaluate(invented, SAMPLES, out=tmp_path / "b", system=muted)
    told = render_comparison(*compare_runs([tmp_path / "a", tmp_path / "b"]))
    assert "questions that changed most" in told
    assert "### pour" in told
    (heads,) = [line for line in told.splitlines() if line.startswith("first ")]
    assert heads.split() == ["first", "│", "second"]
    sides = [line.partition(" │")[::2] for line in told.splitlines() if " │" in line]
    assert any("spills 4 %" in left and len(left) == 58 for left, _ in sides)
    assert any(right.startswith(" No paper") for _, right in sides)


def test_a_summary_alone_can_be_held_to(tmp_path):
    for name, summary in (("a.json", summary_of(*scored(3))), ("b.json", summary_of(*scored(3)))):
        write_summary(tmp_path / name, summary)
    comparison, first, second = compare_runs([tmp_path / "a.json", tmp_path / "b.json"])
    assert comparison.losses == ()
    assert (first, second) == ({}, {})


def test_an_unfinished_run_says_how_to_finish_it(tmp_path):
    with pytest.raises(SourceError, match="same --out"):
        compare_runs([tmp_path, tmp_path])


SPOKEN = "The robot arm spills 4 % of the cups [1]. Elephants have won the chess league twice [1]."


def test_a_verifier_that_lets_things_pass_is_found_out(words_settings, endpoint):
    endpoint.reply(SPOKEN)
    summaries = []
    for unsupported in ("remove", "mark"):
        changed = {"openai_base_url": endpoint.url, "unsupported": unsupported}
        settings = words_settings.model_copy(update=changed)
        with Library.open(settings=settings, llm="scripted") as served:
            samples = [ask(f"q{n}", "How many cups are spilt?", ["tea"]) for n in range(12)]
            served.ingest(PAPERS)
            given = Options(workers=1)
            summaries.append(evaluate(served, samples, options=given).summary)
    comparison = compare(*summaries)
    assert [loss.metric.name for loss in comparison.losses] == ["citation_recall"]
    assert comparison.differences == ("unsupported: remove -> mark",)
