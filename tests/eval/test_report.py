"""Reports: what they say, what they cannot be made to say, and how the page looks and works."""

from __future__ import annotations

import json
import re

import pytest

from eval.data.records import JudgeRecord, Record, SentenceRecord
from eval.report import find_last
from eval.report.charts import bar_chart, line_chart, reliability_chart
from eval.report.explorer import explorer_rows, problems
from eval.report.markdown import render_markdown, render_table
from eval.report.page import render_page
from eval.report.tables import Table, abstention, badness
from eval.run.summary import BinRow, with_baselines, write_summary
from tests.support.eval_records import BAD, EVIL, FAILED, GOOD, record, summary_of


def test_the_markdown_report_says_what_was_measured_and_where_it_went_wrong():
    records = [GOOD, BAD, FAILED]
    summary = with_baselines(summary_of(*records), {"lexical only": summary_of(BAD).slices})
    told = render_markdown(summary, records, last=summary_of(GOOD))
    assert told.startswith("# tea set: 3 questions over 4 papers\n")
    assert "> 1 of 3 questions failed, the first: failed: ModelTimeoutError: too late" in told
    head, *_ = [line for line in told.splitlines() if line.startswith("| metric")]
    assert [cell.strip() for cell in head.strip("|").split("|")] == [
        "metric",
        "paperchat",
        "95 % interval",
        "questions",
        "last run",
        "lexical only",
    ]
    mrr, again = [line for line in told.splitlines() if line.startswith("| MRR")]
    assert [cell.strip() for cell in mrr.strip("|").split("|")][1::2] == ["0.550", "2", "0.100"]
    assert again.rstrip(" |").endswith("1 / rank of the first relevant paper")
    assert told.index("`failed`") < told.index("`bad`")  # the worst first
    assert "`good`" not in told
    assert "facts missing: 4 %|4%" in told
    for made_with in ("c0ffee", "1234567+", "0.65", "ab12"):
        assert made_with in told


def test_a_table_stands_in_line_whatever_it_holds():
    table = Table("T", ("a", "figure"), (("x|y", "1"), ("longer", "10.5")))
    lines = render_table(table).splitlines()[2:]
    assert len({len(line) for line in lines}) == 1
    assert "x\\|y" in lines[2]


def abstaining(key, kind, abstained):
    """A question with only the scores of its abstention; no kind for an answerable one."""
    name = "abstention_recall" if kind else "false_abstention"
    slices = ("all", "unanswerable", f"kind:{kind}") if kind else ("all", "single")
    scores = {name: float(abstained)}
    return Record(key=key, cluster=key, slices=slices, question="?", scores=scores)


def test_abstention_is_told_by_kind_with_recall_and_precision():
    table = abstention(
        summary_of(
            *(abstaining(f"o{n}", "off_topic", n < 3) for n in range(4)),
            *(abstaining(f"m{n}", "missing_detail", n < 1) for n in range(2)),
            *(abstaining(f"a{n}", None, n < 1) for n in range(10)),
        )
    )
    told = {row[0]: (row[1], row[2], row[4]) for row in table.rows}
    assert told == {
        "unanswerable": ("6", "0.667", "0.800"),  # 4 right abstentions, 1 wrong
        "· off topic": ("4", "0.750", "0.750"),
        "· missing detail": ("2", "0.500", "0.500"),
        "answerable": ("10", "0.100", "–"),
    }
    assert abstention(summary_of(GOOD)).rows == ()


def test_the_worst_questions_are_those_that_failed_or_lost_most():
    assert badness(FAILED) > badness(BAD) > badness(GOOD) == 0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"hit@5": 1.0, "gold_citation_recall": 1.0}, []),
        ({"hit@5": 0.0}, ["retrieval"]),
        ({"gold_citation_recall": 0.5, "must_mention": 0.9}, ["citation", "facts"]),
        ({"citation_recall": 0.9}, ["support"]),
        ({"false_abstention": 1.0}, ["abstention"]),
        ({"abstention_recall": 0.0}, ["abstention"]),
        ({"abstention_recall": 1.0}, []),
    ],
)
def test_a_question_is_filed_under_what_went_wrong(scores, expected):
    assert list(problems(record("q", scores))) == expected


def test_the_explorer_marks_unsupported_sentences_and_tells_of_the_judge():
    doubtful = SentenceRecord(text="Elephants play.", markers=(1,), verdicts=("partly",))
    answer = GOOD.answer.model_copy(update={"sentences": (doubtful,)})
    judged = {"relevance": JudgeRecord(score=None, why="No verdict")}
    (row,) = explorer_rows([GOOD.model_copy(update={"answer": answer, "judged": judged})])
    assert row["doubtful"] == [("Elephants play.", "partly")]
    assert row["judged"] == [["relevance: not scored", "No verdict"]]


def test_the_page_holds_everything_itself_and_hostile_text_stays_text():
    records = [record("evil", {"mrr": 0.0}, answer=EVIL, question=EVIL)]
    page = render_page(summary_of(*records, name=EVIL), records)
    assert not re.search(r"""(?:src|href)=["']?https?:|@import|url\(""", page)
    assert page.count("<script") == 2
    assert "<img" not in page
    (data,) = re.findall(r'<script type="application/json" id="records">(.*?)</script>', page, re.S)
    assert json.loads(data)[0]["question"] == EVIL


def test_charts_are_drawn_within_their_frame_and_name_their_points():
    bins = [BinRow(low=0.9, high=1.0, count=3, confidence=0.95, accuracy=1.0)]
    drawn = line_chart("Recall", {"a": [("1", 0.0), ("20", 1.0)]}) + reliability_chart("R", bins)
    for attribute in ("cx", "cy"):
        places = [float(value) for value in re.findall(rf'{attribute}="([\d.-]+)"', drawn)]
        assert all(0 <= place <= 440 for place in places)
    assert "<title>20: 1.000</title>" in drawn
    assert "3 answers, confidence 0.95, right 1.00" in drawn


def test_charts_of_nothing_do_not_fail():
    assert "<svg" in line_chart("none", {})
    assert "<svg" in line_chart("perfect", {"a": [("1", 1.0)]})
    assert "<svg" in bar_chart("none", [])
    assert "<svg" in reliability_chart("none", [])


def test_the_last_run_is_the_latest_earlier_one_of_the_same_set(tmp_path):
    made = {
        "old": summary_of(GOOD, created="2024-01-01T00:00:00+00:00"),
        "newer": summary_of(GOOD, created="2024-02-01T00:00:00+00:00"),
        "later": summary_of(GOOD, created="2024-12-01T00:00:00+00:00"),
        "other": summary_of(GOOD, created="2024-03-01T00:00:00+00:00", name="other set"),
    }
    for name, summary in made.items():
        (tmp_path / name).mkdir()
        write_summary(tmp_path / name, summary)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "summary.json").write_text("{}", encoding="utf-8")
    (tmp_path / "this").mkdir()
    assert find_last(tmp_path / "this", summary_of(GOOD)) == made["newer"]
    assert find_last(tmp_path / "old", made["old"]) is None
