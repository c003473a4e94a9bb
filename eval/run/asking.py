"""Ask a system every question of a set, score what comes back, and record all of it.

A run writes `answers.jsonl` as it goes. After an interruption it continues where it stopped; a
question that fails is recorded with its error and does not end the run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from eval.data.dataset import Sample
from eval.data.records import Record, read_records, restore_citations, write_records
from eval.run.scorer import Scorer
from rag.errors import ModelError
from rag.types import Answer, Hit, Message, Progress

logger = logging.getLogger(__name__)

ANSWERS: Final = "answers.jsonl"
DEPTH: Final = 20  # hits that are recorded and scored
OnProgress = Callable[[Progress], None]


class System(Protocol):
    """What is measured: a library, or a baseline."""

    def search(self, question: str, k: int, history: Sequence[Message], /) -> list[Hit]:
        """Return the k best papers, best first."""

    def ask(self, question: str, history: Sequence[Message], /) -> Answer:
        """Return the final answer."""


@dataclass(frozen=True, slots=True)
class Task:
    """How questions are asked.

    Attributes:
        scorer: Scores what comes back.
        answers: Whether to ask for answers; else only retrieval is measured.
        workers: How many questions are asked at once.
    """

    scorer: Scorer
    answers: bool = True
    workers: int = 1


def ask_all(
    system: System,
    samples: Sequence[Sample],
    task: Task,
    *,
    folder: Path | None = None,
    on_progress: OnProgress = lambda _: None,
) -> list[Record]:
    """Return the record of every question, in the order of the set.

    With a folder, questions that its `answers.jsonl` has without an error are not asked again.
    """
    path = folder / ANSWERS if folder else None
    kept = _Kept(path, _total(samples), on_progress)
    asker = _Asker(system, task, kept)
    if task.workers > 1:
        _ask_in_parallel(asker, samples, task.workers)
    else:
        for sample in samples:
            asker.ask_sample(sample)
    records = kept.in_order(samples)
    if path:
        write_records(path, records)
    return records


def _ask_in_parallel(asker: _Asker, samples: Sequence[Sample], workers: int) -> None:
    pool = ThreadPoolExecutor(workers)
    try:
        list(pool.map(asker.ask_sample, samples))
    finally:
        pool.shutdown(
            cancel_futures=True
        )  # after an interruption by the user the rest is not asked


def _total(samples: Iterable[Sample]) -> int:
    return sum(len(sample.turns) for sample in samples)


def keys(sample: Sample) -> list[str]:
    """Return the keys of a sample's questions: its id, with the turn when it has several."""
    if len(sample.turns) == 1:
        return [sample.id]
    return [f"{sample.id}/{place}" for place in range(1, len(sample.turns) + 1)]


@dataclass(slots=True)
class _Kept:
    """The records so far, also on disk; may be used from several threads."""

    path: Path | None
    total: int
    on_progress: OnProgress
    _records: dict[str, Record] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.path:
            found = [record for record in read_records(self.path) if record.error is None]
            self._records = {record.key: record for record in found}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_records(self.path, found)  # without an incomplete line

    def find(self, key: str) -> Record | None:
        """Return the record of a question that was answered before."""
        return self._records.get(key)

    def add(self, record: Record) -> None:
        """Add a record, on disk at once."""
        with self._lock:
            self._records[record.key] = record
            if self.path:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(record.model_dump_json() + "\n")
            self.on_progress(Progress("asking", len(self._records), self.total))

    def in_order(self, samples: Iterable[Sample]) -> list[Record]:
        """Return the records in the order of the question set."""
        return [self._records[key] for sample in samples for key in keys(sample)]


class _Asker:
    """Ask the questions of one sample after the other."""

    def __init__(self, system: System, task: Task, kept: _Kept) -> None:
        self._system = system
        self._task = task
        self._kept = kept
        self._papers = {paper.paper_id: paper for paper in task.scorer.papers}

    def ask_sample(self, sample: Sample) -> None:
        """Ask the turns in order, each with the questions before it and their answers."""
        history: list[Message] = []
        for place, (key, turn) in enumerate(zip(keys(sample), sample.turns, strict=True)):
            record = self._kept.find(key)
            if record is None:
                blank = self._task.scorer.blank(key, sample, place, history)
                record = self._record(blank, tuple(history))
                self._kept.add(record)
            history.append(Message("user", turn.question))
            if record.answer:
                cited = restore_citations(record.answer, self._papers)
                history.append(Message("assistant", record.answer.text, cited))

    def _record(self, blank: Record, history: tuple[Message, ...]) -> Record:
        try:
            return self._asked(blank, history)
        except Exception as exc:  # noqa: BLE001  any failure is a result of the run
            logger.warning("%s failed: %s", blank.key, exc)
            why = f"{type(exc).__name__}: {exc}"
            return blank.model_copy(update={"error": why, "scores": {"failed": 1.0}})

    def _asked(self, blank: Record, history: tuple[Message, ...]) -> Record:
        begun = time.perf_counter()
        hits = self._system.search(blank.question, DEPTH, history)
        timings = {"search": round((time.perf_counter() - begun) * 1000, 2)}
        record = self._task.scorer.found(blank, hits)
        if self._task.answers:
            answer = self._system.ask(blank.question, history)
            if answer.failure:  # the stand-in's answer says nothing about the measured model
                raise ModelError(answer.failure)
            record = self._task.scorer.answered(record, answer)
            timings |= answer.timings
        return record.model_copy(update={"timings": timings})


def failures(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the questions that failed."""
    return (record for record in records if record.error is not None)
