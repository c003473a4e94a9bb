"""List the questions of a run for the page's explorer: the worst first, in brief."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from eval.data.records import HitRecord, Record
from eval.report.tables import badness
from eval.run.scores import SUPPORTED

HITS_SHOWN: Final = 10

Row = dict[str, object]


def explorer_rows(records: Iterable[Record]) -> list[Row]:
    """Return a row for every question, the worst first."""
    ranked = sorted(records, key=lambda record: (-badness(record), record.key))
    return [_row(record) for record in ranked]


def _row(record: Record) -> Row:
    answer = record.answer
    return {
        "key": record.key,
        "slices": record.slices,
        "question": record.question,
        "history": record.history,
        "reference": record.reference,
        "gold": record.titles,
        "answer": answer.markdown if answer else "",
        "status": _status(record),
        "doubtful": list(_doubtful(record)),
        "missing": record.missing_facts,
        "judged": [[f"{name}: {_level(v.score)}", v.why] for name, v in record.judged.items()],
        "hits": [_hit(hit, record.papers) for hit in record.hits[:HITS_SHOWN]],
        "problems": list(problems(record)),
        "scores": {name: round(value, 3) for name, value in record.scores.items()},
        "error": record.error,
        "text": _searched(record),
    }


def problems(record: Record) -> Iterator[str]:
    """Yield what is wrong with a question, in the explorer's words."""
    scores = record.scores
    if record.error:
        yield "error"
        return
    if scores.get("hit@5", 1.0) == 0:
        yield "retrieval"
    if scores.get("gold_citation_recall", 1.0) < 1:
        yield "citation"
    if scores.get("must_mention", 1.0) < 1:
        yield "facts"
    if scores.get("citation_recall", 1.0) < 1:
        yield "support"
    if scores.get("false_abstention") == 1 or scores.get("abstention_recall") == 0:
        yield "abstention"


def _status(record: Record) -> str:
    if record.answer is None:
        return ""
    line = f"Answer ({record.answer.status}"
    line += f": {record.answer.reason}" if record.answer.reason else ""
    return f"{line}, confidence {record.answer.confidence:.2f})"


def _doubtful(record: Record) -> Iterator[tuple[str, str]]:
    """Yield sentences that are not fully supported, each with its best verdict."""
    for sentence in record.answer.sentences if record.answer else ():
        if SUPPORTED not in sentence.verdicts:
            yield sentence.text, "partly" if "partly" in sentence.verdicts else "unsupported"


def _hit(hit: HitRecord, gold: Sequence[str]) -> tuple[str, str, bool]:
    parts = [f"{hit.score:.2f}"]
    parts += [f"similarity {hit.dense_similarity:.2f}"] if hit.dense_similarity is not None else []
    parts += [f"words {hit.lexical_score:.1f}"] if hit.lexical_score is not None else []
    return hit.title, ", ".join(parts), hit.paper_id in gold


def _level(score: float | None) -> str:
    return "not scored" if score is None else f"{score:.2f}"


def _searched(record: Record) -> str:
    answer = record.answer.markdown if record.answer else ""
    hits = " ".join(hit.title for hit in record.hits[:HITS_SHOWN])
    return " ".join([record.key, record.question, answer, *record.titles, hits]).lower()
