"""Reports: what they say, what they cannot be made to say, and how the page looks and works."""

from __future__ import annotations

import json
import re

import pytest

from eval.provenance import Provenance
from eval.records import AnswerRecord, HitRecord, JudgeRecord, Record, SentenceRecord
from eval.report import find_last, write_reports
from eval.report.charts import bar_chart, line_chart, reliability_chart
from eval.report.explorer import explorer_rows, problems
from eval.report.markdown import render_markdown, render_table
from eval.report.page import render_page
from eval.report.tables import Table, abstention, badness
from eval.runner import Run
from eval.summary import BinRow, summarise, with_baselines, write_summary

CHROMIUM = "/usr/bin/chromium"
MADE_WITH = Provenance(
    system="paperchat",
    mode="extractive",
    judge=None,
    papers=4,
    corpus="c0ffee",
    questions="f00d",
    settings={"dense_weight": "0.65"},
    prompts={"answer_system": "ab12"},
    code="beef",
    commit="1234567+",
    versions={"python": "3.11"},
)
EVIL = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>"


def record(key, scores, *, answer="An answer. [1]", **more):
    return Record(
        key=key,
        cluster=key,
        slices=("all", "single"),
        question=more.pop("question", f"What about {key}?"),
        papers=("tea",),
        titles=("Robots That Pour Tea",),
        hits=(HitRecord(paper_id="tea", title="Robots That Pour Tea", score=0.9),),
        answer=AnswerRecord(text=answer, status="answered", confidence=0.8),
        scores={"failed": 0.0} | scores,
        timings={"total": 12.0},
        **more,
    )


GOOD = record("good", {"mrr": 1.0, "gold_citation_recall": 1.0, "must_mention": 1.0, "hit@5": 1.0})
BAD = record(
    "bad",
    {"mrr": 0.1, "gold_citation_recall": 0.0, "must_mention": 0.5, "hit@5": 0.0},
    missing_facts=("4 %|4%",),
)
FAILED = Record(
    key="failed",
    cluster="failed",
    slices=("all", "single"),
    question="Anyone there?",
    scores={"failed": 1.0},
    error="ModelTimeoutError: too late",
)


def summary_of(*records, created="2024-05-06T07:08:09+00:00", name="tea set"):
    return summarise(records, MADE_WITH, name=name, created=created, known_papers=["tea"])


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


@pytest.mark.browser
def test_the_page_filters_searches_and_fits_a_phone(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    many = [record(f"q{n}", {"mrr": 1.0, "must_mention": n % 2}) for n in range(60)]
    records = [*many, record("evil", {"hit@5": 0.0}, answer=EVIL, question=EVIL)]
    page_path = write_reports(Run(summary_of(*records), tuple(records), tmp_path))
    with playwright.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except playwright.Error as exc:
            pytest.skip(f"no chromium: {str(exc).splitlines()[0]}")
        page = browser.new_page(viewport={"width": 390, "height": 800})
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_path.as_uri())
        assert page.locator("#count").inner_text().startswith("31 of 61")  # those with a problem
        page.select_option("#problem", "")
        assert page.locator("#questions details").count() == 25
        page.click("#more")
        assert page.locator("#questions details").count() == 50
        page.fill("#search", "about q7?")
        assert page.locator("#questions details").count() == 1
        page.fill("#search", "onerror")
        page.locator("#questions summary").click()
        assert EVIL in page.locator("#questions .answer").inner_text()
        assert page.title() == "tea set, 2024-05-06"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert errors == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = axe.Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        browser.close()
