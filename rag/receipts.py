"""Record what an answer was made with, answer the same once more, and say what differs.

A receipt holds the question, the conversation and the answer, and no key, address or folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.errors import SourceError
from rag.library import Library
from rag.provenance import made_with
from rag.types import Answer, Depth, Filters, MadeWith, Message

KIND: Final = "paperchat receipt"
NO_RECEIPT: Final = "{name!r} is no receipt: `paperchat ask --receipt FILE` makes one."


class Kept(BaseModel):
    """A part of a receipt; what a newer release adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class KeptMessage(Kept):
    """A message of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: str


class KeptCitation(Kept):
    """A citation of the answer."""

    marker: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    support: float
    verdict: str


class KeptHit(Kept):
    """A paper that was found, with each retriever's own score."""

    paper_id: str
    title: str
    score: float
    dense_similarity: float | None
    lexical_score: float | None


class Receipt(Kept):
    """What an answer was made with.

    Attributes:
        revision: Of the library when it answered.
        prompts: A hash of every prompt.
        filters: Those that were given; None where the question says them itself.
        is_follow_up: Whether a conversation before the question was left out.
    """

    kind: Literal["paperchat receipt"] = KIND
    made: str
    question: str
    history: tuple[KeptMessage, ...]
    filters: dict[str, Any] | None
    is_follow_up: bool = False
    depth: Depth | None
    revision: int
    papers: int
    settings: dict[str, str]
    versions: dict[str, str]
    prompts: dict[str, str]
    text: str
    status: str
    reason: str | None
    mode: str
    caveat: str | None
    confidence: float
    citations: tuple[KeptCitation, ...]
    hits: tuple[KeptHit, ...]
    usage: dict[str, float | None]
    timings: dict[str, float]


def make_receipt(
    library: Library,
    answer: Answer,
    history: Sequence[Message] = (),
    filters: Filters | None = None,
    depth: Depth | None = None,
) -> Receipt:
    """Return the receipt of an answer that the library gave.

    Args:
        library: Which answered.
        answer: It.
        history: The conversation before the question.
        filters: Those that were given.
        depth: The one that was asked for.
    """
    told = answer.made_with or made_with(library.settings, library.revision, len(library))
    receipt = _receipt(answer, told)
    kept = tuple(KeptMessage(role=each.role, content=each.content) for each in history)
    given = asdict(filters) if filters else None
    return receipt.model_copy(update={"history": kept, "filters": given, "depth": depth})


def shared_receipt(answer: Answer, *, is_follow_up: bool) -> Receipt | None:
    """Return the receipt of an answer that others may read, without the conversation before it.

    Its filters are those that were applied. None where the answer does not tell what it was made
    with, as those of earlier releases do not.
    """
    if answer.made_with is None:
        return None
    update = {
        "filters": asdict(answer.filters) if answer.filters else None,
        "depth": "thorough" if answer.research else "quick",
        "is_follow_up": is_follow_up,
    }
    return _receipt(answer, answer.made_with).model_copy(update=update)


def _receipt(answer: Answer, told: MadeWith) -> Receipt:
    return Receipt(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        question=answer.question,
        history=(),
        filters=None,
        depth=None,
        revision=told.revision,
        papers=told.papers,
        settings=dict(told.settings),
        versions=dict(told.versions),
        prompts=dict(told.prompts),
        text=answer.text,
        status=answer.status,
        reason=answer.reason,
        mode=answer.mode,
        caveat=answer.caveat,
        confidence=answer.confidence,
        citations=tuple(_citations(answer)),
        hits=tuple(_hits(answer)),
        usage=asdict(answer.usage),
        timings=dict(answer.timings),
    )


def _citations(answer: Answer) -> Iterator[KeptCitation]:
    for each in answer.citations:
        yield KeptCitation(
            marker=each.marker,
            paper_id=each.paper.paper_id,
            title=each.paper.title,
            quote=each.quote,
            start=each.start,
            end=each.end,
            support=each.support,
            verdict=each.verdict,
        )


def _hits(answer: Answer) -> Iterator[KeptHit]:
    for hit in answer.hits:
        yield KeptHit(
            paper_id=hit.paper.paper_id,
            title=hit.paper.title,
            score=hit.score,
            dense_similarity=hit.dense_similarity,
            lexical_score=hit.lexical_score,
        )


def read_receipt(text: str, name: str) -> Receipt:
    """Read a receipt.

    Args:
        text: What the file holds.
        name: What the file is called in an error.

    Raises:
        SourceError: It is no receipt.
    """
    try:
        return Receipt.model_validate_json(text)
    except ValidationError as exc:
        raise SourceError(NO_RECEIPT.format(name=name)) from exc


def replay(library: Library, receipt: Receipt) -> Receipt:
    """Ask the same once more, and return the receipt of now.

    Raises:
        SourceError: The filters of the receipt are none that this release knows.
    """
    filters = _filters(receipt.filters)
    history = [Message(each.role, each.content) for each in receipt.history]
    answer = library.ask(receipt.question, history, filters, receipt.depth)
    return make_receipt(library, answer, history, filters, receipt.depth)


def _filters(kept: Mapping[str, Any] | None) -> Filters | None:
    if kept is None:
        return None
    known = {field.name for field in fields(Filters)}
    try:
        return Filters(**{name: value for name, value in kept.items() if name in known})
    except (TypeError, ValueError) as exc:
        raise SourceError(f"The receipt's filters cannot be used: {exc}") from exc


MADE_WITH: Final = ("settings", "versions", "prompts")
RESULT: Final = ("status", "reason", "mode", "caveat", "text")


def differences(then: Receipt, now: Receipt) -> list[str]:
    """Return what an answer was made with, and differs now, a line each."""
    lines = []
    for part in ("revision", "papers"):
        lines += _changed(part, getattr(then, part), getattr(now, part))
    for part in MADE_WITH:
        before, after = getattr(then, part), getattr(now, part)
        for name in sorted({*before, *after}):
            lines += _changed(f"{part}: {name}", before.get(name), after.get(name))
    return lines


def answer_differences(then: Receipt, now: Receipt) -> list[str]:
    """Return what is another in the answer, a line each; scores count to three digits."""
    lines = []
    for part in RESULT:
        lines += _changed(part, getattr(then, part), getattr(now, part))
    lines += _changed("cited", _cited(then), _cited(now))
    lines += _changed("found", _found(then), _found(now))
    return lines


def _cited(receipt: Receipt) -> list[str]:
    return [f"[{each.marker}] {each.paper_id}: {each.quote!r}" for each in receipt.citations]


def _found(receipt: Receipt) -> list[str]:
    return [f"{each.paper_id} {each.score:.3f}" for each in receipt.hits]


def _changed(name: str, before: object, after: object) -> list[str]:
    return [] if before == after else [f"{name}: {before!r} then, {after!r} now"]
