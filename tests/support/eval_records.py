"""Made-up records of an evaluated run, and their summary, for what reports are tested with."""

from __future__ import annotations

from eval.data.records import AnswerRecord, HitRecord, Record
from eval.run.provenance import Provenance
from eval.run.summary import summarise

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
