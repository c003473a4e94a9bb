"""Find the collections and tags that a question limits itself to: "in collection Tides"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from rag.text import folded

GroupKind = Literal["collection", "tag"]
FindGroups = Callable[[GroupKind], Iterable[str]]  # the names of a kind that a library has

_SET: Final = r"(?:collection|folder|group)"
_IN: Final = r"(?:(?:that\s+are\s+|are\s+)?(?:in|from|of|within|inside)\s+)?(?:(?:the|my|our)\s+)?"
QUOTE_SIGNS: Final = r"[\"'“”‘’«»]?"
# How a question names a group, before or after its name.
NAMINGS: Final[tuple[tuple[GroupKind, re.Pattern[str], bool], ...]] = (
    ("collection", re.compile(rf"\b{_IN}{_SET}s?\s+(?:called\s+|named\s+)?", re.IGNORECASE), True),
    ("collection", re.compile(rf"\s+{_SET}\b", re.IGNORECASE), False),
    (
        "tag",
        re.compile(
            r"\b(?:that\s+are\s+|are\s+)?(?:(?:tagged|labell?ed)(?:\s+(?:as|with))?"
            r"|(?:with|under|has|have|having)\s+(?:the\s+|a\s+)?(?:tag|label|keyword))\s+",
            re.IGNORECASE,
        ),
        True,
    ),
)
# A collection said to be the user's own, under any name.
UNKNOWN: Final = re.compile(
    r"\b(?:in|from|within|inside|of)\s+(?:my|our)\s+"
    r"(?!(?:own|whole|entire|research|work(?:ing)?|reading|study|lab|small|little|big|large)\b)"
    rf"(?P<before>[^,.?!;:]{{2,40}}?)\s+{_SET}\b"
    rf"|\b{_SET}\s+(?:called|named)\s+{QUOTE_SIGNS}(?P<behind>[^,.?!;:\"”’»]{{2,40}})",
    re.IGNORECASE,
)
BEFORE_NAME: Final = re.compile(rf"\b{_IN}$", re.IGNORECASE)
QUOTE: Final = re.compile(QUOTE_SIGNS)


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A collection or tag, and where a question names it."""

    kind: GroupKind
    name: str
    start: int
    end: int


def find_groups(question: str, names_of: FindGroups) -> list[FoundGroup]:
    """Return the collections or tags that a question names as such, in its order."""
    found = [
        each
        for kind, naming, is_before in NAMINGS
        for match in naming.finditer(question)
        if (each := _named(question, kind, match.span(), names_of(kind), is_before=is_before))
    ]
    return sorted(dict.fromkeys(found), key=lambda each: each.start)


def unknown_collection(question: str, names: Iterable[str]) -> str:
    """Return the collection that a question names and the library lacks, or ""."""
    match = UNKNOWN.search(question)
    name = (match["before"] or match["behind"]).strip(" \"'“”‘’«»") if match else ""
    known = {folded(each) for each in _with_those_around(names)}
    return "" if folded(name) in known else name


def _named(
    question: str,
    kind: GroupKind,
    place: tuple[int, int],
    names: Iterable[str],
    *,
    is_before: bool,
) -> FoundGroup | None:
    """Return the longest name of a group right after a place, or right before it."""
    known = _with_those_around(names) if kind == "collection" else names
    there = [name for name in known if name and name.lower() in question.lower()]
    for name in sorted(there, key=len, reverse=True):
        pattern = rf"{QUOTE.pattern}{re.escape(name)}{QUOTE.pattern}"
        if is_before:
            behind = re.compile(rf"{pattern}(?!\w)", re.IGNORECASE).match(question, place[1])
            if behind:
                return FoundGroup(kind, name, place[0], behind.end())
        else:
            ahead = re.compile(rf"(?<!\w){pattern}$", re.IGNORECASE).search(question[: place[0]])
            if ahead:
                lead = BEFORE_NAME.search(question[: ahead.start()])
                start = lead.start() if lead else ahead.start()
                return FoundGroup(kind, name, start, place[1])
    return None


def _with_those_around(names: Iterable[str]) -> set[str]:
    """Return the names, each with those of the collections around it: of "a/b" also "a"."""
    parts = (name.split("/") for name in names)
    return {"/".join(some[:depth]) for some in parts for depth in range(1, len(some) + 1)}


def names_among(found: Iterable[FoundGroup], kind: GroupKind) -> tuple[str, ...]:
    """Return the names of one kind, each once."""
    names: Iterator[str] = (each.name for each in found if each.kind == kind)
    return tuple({folded(name): name for name in names}.values())
