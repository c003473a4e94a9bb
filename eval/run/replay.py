"""Restore the answers of an earlier run, to score them again without asking.

A run records the places of quotes and passages, not the papers: the library must still have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from eval.data.dataset import Sample
from eval.data.records import AnswerRecord, ContextRecord, HitRecord, Record, restore_citations
from eval.run.asking import Task, keys
from rag.errors import SourceError
from rag.types import Answer, Hit, Message, Paper, Passage, Usage

Papers = Mapping[str, Paper]


def rescore_all(samples: Sequence[Sample], task: Task, kept: Iterable[Record]) -> list[Record]:
    """Return the records of a question set, scored again from an earlier run; failures stay.

    Raises:
        SourceError: The earlier run lacks a question, or a paper is no longer there.
    """
    papers = {paper.paper_id: paper for paper in task.scorer.papers}
    by_key = {record.key: record for record in kept}
    records = []
    for sample in samples:
        history: list[Message] = []
        for place, key in enumerate(keys(sample)):
            blank = task.scorer.blank(key, sample, place, history)
            history.append(Message("user", blank.question))
            records.append(_rescored(blank, _same_question(by_key, blank), task, papers))
    return records


def _same_question(kept: Mapping[str, Record], blank: Record) -> Record:
    found = kept.get(blank.key)
    if found is None or (found.question, found.history) != (blank.question, blank.history):
        raise SourceError(
            f"The run holds no answer to the question {blank.key!r} as it stands now. "
            "Name its question set by --questions, or run the set again."
        )
    return found


def _rescored(blank: Record, kept: Record, task: Task, papers: Papers) -> Record:
    if kept.error is not None:
        return blank.model_copy(update={"error": kept.error, "scores": {"failed": 1.0}})
    record = task.scorer.found(blank, [_hit(hit, papers) for hit in kept.hits])
    if kept.answer is not None:
        answer = restore_answer(kept.question, kept.answer, papers)
        record = task.scorer.answered(record, answer)
    return record.model_copy(update={"timings": kept.timings})


def restore_answer(question: str, kept: AnswerRecord, papers: Papers) -> Answer:
    """Return a recorded answer as it was given, without its own verdicts and timings.

    Raises:
        SourceError: A paper is no longer there.
    """
    return Answer(
        question,
        kept.text,
        kept.status,
        kept.reason,
        citations=restore_citations(kept, papers),
        confidence=kept.confidence,
        mode=kept.mode,
        origin=kept.origin,
        removed=kept.removed,
        notice=kept.notice,
        caveat=kept.caveat,
        hits=tuple(_context_hit(each, papers) for each in kept.context),
        usage=Usage(kept.prompt_tokens, kept.completion_tokens, kept.cost),
    )


def _hit(kept: HitRecord, papers: Papers) -> Hit:
    return Hit(
        _paper(kept.paper_id, papers),
        kept.score,
        dense_similarity=kept.dense_similarity,
        lexical_score=kept.lexical_score,
    )


def _context_hit(kept: ContextRecord, papers: Papers) -> Hit:
    paper = _paper(kept.paper_id, papers)
    return Hit(paper, 0.0, tuple(_passages(kept, paper)))


def _passages(kept: ContextRecord, paper: Paper) -> Sequence[Passage]:
    if kept.start is None or kept.end is None:
        return ()
    return (Passage(paper.paper_id, 0, kept.start, kept.end),)


def _paper(paper_id: str, papers: Papers) -> Paper:
    if paper_id not in papers:
        raise SourceError(
            f"The run found the paper {paper_id!r}, which the library does not hold. Name the "
            "library or the sources that it was over by --library or --sources."
        )
    return papers[paper_id]
