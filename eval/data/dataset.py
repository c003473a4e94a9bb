"""Read question sets: JSON Lines, a sample a line, validated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import SourceError
from rag.text import why_unread
from rag.types import Message, Origin

SampleType = Literal["single", "known_item", "multi", "conversation", "direct", "unanswerable"]
QUESTIONS: Final = Path(__file__).parents[1] / "questions"  # the set that comes with the project


DIRECT: Final = ("records", "assistant")  # origins of answers that need no abstract


class Turn(BaseModel):
    """A question, and what a good answer has.

    Attributes:
        papers: Titles or ids of those that answer; empty when none does.
        must_mention: Facts, each with alternatives separated by `|`.
        origin: What the answer is to be made from; None where it is not specified.
        exactly: Whether the answer is to be about these papers and no others.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str = Field(min_length=1)
    papers: tuple[str, ...] = ()
    answer: str = ""
    must_mention: tuple[str, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    origin: Origin | None = None
    exactly: bool = False


class Sample(BaseModel):
    """A question, or a conversation of several.

    Attributes:
        kind: A slice of its own within the type, such as `typo` or `false_premise`.
        paraphrase_of: Id of a sample that asks the same in other words.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    type: SampleType
    kind: str | None = None
    near: tuple[str, ...] = ()
    paraphrase_of: str | None = None
    turns: tuple[Turn, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _single_question_is_one_turn(cls, value: object) -> object:
        if isinstance(value, dict) and "turns" not in value:
            return value | {"turns": [value]}
        return value

    @model_validator(mode="after")
    def _papers_fit_type(self) -> Sample:
        if self.type == "unanswerable":
            return self
        if not all(turn.papers or turn.origin in DIRECT for turn in self.turns):
            raise ValueError("every question of an answerable sample needs papers")
        return self

    def questions(self) -> Iterator[tuple[Turn, list[Message]]]:
        """Yield each turn with the questions before it, oldest first."""
        history: list[Message] = []
        for turn in self.turns:
            yield turn, list(history)
            history.append(Message("user", turn.question))

    @property
    def cluster(self) -> str:
        """What dependent samples share: a question and its paraphrases."""
        return self.paraphrase_of or self.id

    def slices(self, place: int) -> tuple[str, ...]:
        """Return the slices of the question at a place, from 0; `all` is the first.

        Conversations are divided into first and later turns; a kind is a slice of its own.
        """
        named: str = self.type
        if self.type == "conversation":
            named = "later turns" if place else "first turns"
        return ("all", named, *([f"kind:{self.kind}"] if self.kind else []))


def read_samples(path: Path) -> list[Sample]:
    """Read the samples of a question set.

    Raises:
        SourceError: The file cannot be read, a line is no sample, or an id occurs twice; the
            message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise SourceError(
            f"The question set {str(path)!r} cannot be read: {why_unread(exc)}."
        ) from exc
    numbered = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    if not numbered:
        raise SourceError(f"The question set {str(path)!r} holds no sample.")
    samples = [(n, _read_line(path, n, line)) for n, line in numbered]
    _check_ids(path, samples)
    return [sample for _, sample in samples]


def read_question_sets(paths: Iterable[Path]) -> list[Sample]:
    """Read the samples of several question sets, in order.

    Raises:
        SourceError: As `read_samples`, or two sets share an id.
    """
    owner: dict[str, str] = {}
    samples: list[Sample] = []
    for path in paths:
        for sample in read_samples(path):
            if sample.id in owner:
                raise SourceError(
                    f"The id {sample.id!r} stands in {owner[sample.id]} and in {path.name}; "
                    "give one of the two questions another."
                )
            owner[sample.id] = path.name
            samples.append(sample)
    return samples


def default_question_sets() -> list[Path]:
    """Return the question sets that come with the project, by name.

    Raises:
        SourceError: There are none.
    """
    found = sorted(QUESTIONS.rglob("*.jsonl"))
    if not found:
        raise SourceError("No question set came with this installation; name one by --questions.")
    return found


def _check_ids(path: Path, samples: Iterable[tuple[int, Sample]]) -> None:
    first: dict[str, int] = {}
    for number, sample in samples:
        if sample.id in first:
            raise SourceError(
                f"{path.name}, line {number}: id: {sample.id!r} stands already in line "
                f"{first[sample.id]}"
            )
        first[sample.id] = number


def _read_line(path: Path, number: int, line: str) -> Sample:
    try:
        return Sample.model_validate(json.loads(line))
    except ValidationError as exc:
        problem = exc.errors()[0]
        place = ".".join(map(str, problem["loc"])) or "sample"
        raise SourceError(f"{path.name}, line {number}: {place}: {problem['msg']}") from exc
    except (ValueError, RecursionError) as exc:
        raise SourceError(f"{path.name}, line {number}: broken JSON: {exc}") from exc
