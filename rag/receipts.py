"""Record what an answer was made with, answer the same once more, and say what differs.

A receipt holds the question, the conversation and the answer, and no key, address or folder.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from rag.errors import SourceError
from rag.library import Library
from rag.settings import ADDRESS, Settings
from rag.types import Answer, Depth, Filters, Message

KIND: Final = "paperchat receipt"
HASH_DIGITS: Final = 12
PACKAGES: Final = ("paperchat", "llama-index-core", "chromadb", "onnxruntime", "tantivy", "numpy")
# Folders, people and access are private, and make no answer.
PRIVATE: Final = frozenset({"library", "cache", "contact", "chroma_tenant", "chroma_database"})
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
    """

    kind: Literal["paperchat receipt"] = KIND
    made: str
    question: str
    history: tuple[KeptMessage, ...]
    filters: dict[str, Any] | None
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
    """Return the receipt of an answer that the library has just given.

    Args:
        library: Which answered.
        answer: It.
        history: The conversation before the question.
        filters: Those that were given.
        depth: The one that was asked for.
    """
    return Receipt(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        question=answer.question,
        history=tuple(KeptMessage(role=each.role, content=each.content) for each in history),
        filters=asdict(filters) if filters else None,
        depth=depth,
        revision=library.revision,
        papers=len(library),
        settings=public_settings(library.settings),
        versions=versions(),
        prompts=prompt_hashes(),
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


def public_settings(settings: Settings) -> dict[str, str]:
    """Return the settings that may be shown: no key, no address, no folder, no person."""
    shown: dict[str, str] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        is_address = any(getattr(each, "pattern", None) == ADDRESS for each in field.metadata)
        is_secret = isinstance(value, SecretStr) or "SecretStr" in str(field.annotation)
        if name not in PRIVATE and not is_address and not is_secret:
            shown[name] = str(value)
    return shown


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make answers."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in PACKAGES
    }


def prompt_hashes() -> dict[str, str]:
    """Return a short hash of every prompt, by its name."""
    found = sorted(_prompts(resources.files("prompts")))
    return {name: hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS] for name, text in found}


def _prompts(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _prompts(each, f"{above}{each.name}/")
        elif each.name.endswith(".md"):
            yield f"{above}{each.name.removesuffix('.md')}", each.read_text(encoding="utf-8")


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
