"""Record each question of a run: a line of `answers.jsonl`, enough to replay it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.errors import SourceError
from rag.types import EXTRACTIVE, Answer, Citation, Hit, Origin, Paper, Reason, Status, Verdict

DIGITS = 6  # of a score; further ones differ between machines


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class HitRecord(_Stored):
    """A retrieved paper."""

    paper_id: str
    title: str
    score: float
    dense_similarity: float | None = None
    lexical_score: float | None = None


class CitationRecord(_Stored):
    """A marker of an answer, resolved; the abstract has the quote from `start` to `end`."""

    marker: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    support: float
    verdict: Verdict


class SentenceRecord(_Stored):
    """A sentence of an answer as it was verified; one verdict for each marker."""

    text: str
    markers: tuple[int, ...]
    verdicts: tuple[Verdict, ...]


class ContextRecord(_Stored):
    """A paper given to the writer, and the place of its best passage in the abstract.

    Without a place where no passage was given.
    """

    paper_id: str
    start: int | None = None
    end: int | None = None


class AnswerRecord(_Stored):
    """An answer, with the papers given to its writer as `context`.

    `cost` is the system's own figure, in the currency of its prices.
    """

    text: str
    status: Status
    reason: Reason | None = None
    mode: str = EXTRACTIVE
    origin: Origin = "papers"
    confidence: float = 0.0
    citations: tuple[CitationRecord, ...] = ()
    sentences: tuple[SentenceRecord, ...] = ()
    removed: tuple[str, ...] = ()
    notice: str | None = None
    caveat: str | None = None
    context: tuple[ContextRecord, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    @property
    def markdown(self) -> str:
        """The text below its caveat, if any."""
        return f"*{self.caveat}*\n\n{self.text}" if self.caveat else self.text


class JudgeRecord(_Stored):
    """A judge's verdict on one quality.

    Attributes:
        score: In [0, 1]; None when its reply could not be read.
        why: The judge's reasons, or what was wrong with its reply.
    """

    score: float | None
    why: str


class Record(_Stored):
    """One question of a run.

    Attributes:
        key: The sample's id; for a conversation with the turn, `id/2`.
        cluster: What dependent questions share: those of a conversation, or paraphrases.
        papers: Ids of the papers that answer it, or the titles that the library lacks.
        origin: What the answer is to be made from, where the question set says it.
        exactly: Whether the answer is to be about these papers and no others.
        missing_facts: Those of `must_mention` that the answer lacks.
        scores: By metric, in [0, 1] apart from counts; without those that do not apply.
        timings: Milliseconds by stage.
        error: What went wrong, when the question failed.
    """

    key: str
    cluster: str
    slices: tuple[str, ...]
    question: str
    history: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    reference: str = ""
    must_mention: tuple[str, ...] = ()
    origin: Origin | None = None
    exactly: bool = False
    hits: tuple[HitRecord, ...] = ()
    answer: AnswerRecord | None = None
    missing_facts: tuple[str, ...] = ()
    judged: dict[str, JudgeRecord] = {}
    scores: dict[str, float] = {}
    timings: dict[str, float] = {}
    error: str | None = None


def hit_records(hits: Iterable[Hit]) -> tuple[HitRecord, ...]:
    """Return the records of hits."""
    return tuple(
        HitRecord(
            paper_id=hit.paper.paper_id,
            title=hit.paper.title,
            score=round(hit.score, DIGITS),
            dense_similarity=_rounded(hit.dense_similarity),
            lexical_score=_rounded(hit.lexical_score),
        )
        for hit in hits
    )


def answer_record(answer: Answer, sentences: Iterable[SentenceRecord]) -> AnswerRecord:
    """Return the record of an answer, with its sentences as they were verified."""
    return AnswerRecord(
        text=answer.text,
        status=answer.status,
        reason=answer.reason,
        mode=answer.mode,
        origin=answer.origin,
        confidence=round(answer.confidence, DIGITS),
        citations=tuple(_citation_records(answer)),
        sentences=tuple(sentences),
        removed=answer.removed,
        notice=answer.notice,
        caveat=answer.caveat,
        context=tuple(_context_record(hit) for hit in answer.hits),
        prompt_tokens=answer.usage.prompt_tokens,
        completion_tokens=answer.usage.completion_tokens,
        cost=answer.usage.cost,
    )


def _context_record(hit: Hit) -> ContextRecord:
    if not hit.passages:
        return ContextRecord(paper_id=hit.paper.paper_id)
    best = hit.passages[0]
    return ContextRecord(paper_id=hit.paper.paper_id, start=best.start, end=best.end)


def _citation_records(answer: Answer) -> Iterator[CitationRecord]:
    for citation in answer.citations:
        yield CitationRecord(
            marker=citation.marker,
            paper_id=citation.paper.paper_id,
            title=citation.paper.title,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            support=round(citation.support, DIGITS),
            verdict=citation.verdict,
        )


def restore_citations(answer: AnswerRecord, papers: Mapping[str, Paper]) -> tuple[Citation, ...]:
    """Return the citations of a recorded answer to papers that the library still has."""
    return tuple(
        Citation(
            each.marker,
            papers[each.paper_id],
            each.quote,
            each.start,
            each.end,
            each.support,
            each.verdict,
        )
        for each in answer.citations
        if each.paper_id in papers
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def read_records(path: Path) -> list[Record]:
    """Read the records of a run, also an interrupted one: an incomplete last line is dropped.

    Raises:
        SourceError: A line before the last is no record.
    """
    # Not `splitlines`, which also splits at characters that texts may hold.
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n") if path.exists() else []
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(Record.model_validate(json.loads(line)))
        except (json.JSONDecodeError, ValidationError) as exc:
            if number < len(lines):
                raise SourceError(f"{str(path)!r}, line {number}, is no record: {exc}") from exc
    return records


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write the questions of a run, a line each; whole or not at all."""
    lines = [record.model_dump_json() + "\n" for record in records]
    part = path.with_suffix(".part")
    part.write_text("".join(lines), encoding="utf-8")
    part.replace(path)
