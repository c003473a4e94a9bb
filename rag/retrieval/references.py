"""Which papers of the conversation a follow-up points at: "the second one", "that paper"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rag.types import Message, Paper

ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth")
ORDINAL: Final = re.compile(
    r"\b(?:the\s+)?(first|second|third|fourth|fifth|sixth|last)\s+(?:one|paper|of\s+(?:them|these))\b"
    r"|\[(\d{1,2})\]|\b(?:paper|number)\s+(\d{1,2})\b",
    re.IGNORECASE,
)
POINTS_BACK: Final = re.compile(
    r"\b(?:that|this|the|same)\s+(?:paper|work|study|method|approach|one|model)\b|\btheir\b|\bits?\b"
    r"|\bthey\b|\bthese\b|\bthose\b|\bthem\b",
    re.IGNORECASE,
)

# What a paper gains on its fused score, at most 1, when the question names it by its place, and
# when it only points back; with answers in the history, chosen on the dev set's conversations.
NAMED_BONUS: Final = 1.0
POINTED_BONUS: Final = 0.1


def referred_papers(question: str, history: Sequence[Message]) -> dict[str, float]:
    """Bonus by paper, for papers of the last answer that a question refers to."""
    papers = _last_cited(history)
    if not papers:
        return {}
    named = [_named(match, papers) for match in ORDINAL.finditer(question)]
    if any(named):
        return {paper.paper_id: NAMED_BONUS for paper in named if paper}
    if POINTS_BACK.search(question):
        return {papers[0].paper_id: POINTED_BONUS}
    return {}


def _last_cited(history: Sequence[Message]) -> list[Paper]:
    """The papers of the last message that cites any, in the order of the citations."""
    for message in reversed(history):
        if message.citations:
            return list({c.paper.paper_id: c.paper for c in message.citations}.values())
    return []


def _named(match: re.Match[str], papers: Sequence[Paper]) -> Paper | None:
    word, *numbers = match.groups()
    number = next((int(n) for n in numbers if n), 0)
    if word:
        last = word.lower() == "last"
        number = len(papers) if last else ORDINALS.index(word.lower()) + 1
    return papers[number - 1] if 1 <= number <= len(papers) else None
