"""Which papers a question names: by their titles, or as "the second one" of the last answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rag.text import title_key
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

LEAST_TITLE_WORDS: Final = 3  # shorter titles are also things to ask about, such as "Dropout"

# What a paper gains on its fused score, at most 1, when the question names it by its title or its
# place, and when it only points back; with answers in the history, chosen on the dev set's
# conversations.
NAMED_BONUS: Final = 1.0
POINTED_BONUS: Final = 0.1


def titled_papers(question: str, papers: Sequence[Paper]) -> list[Paper]:
    """Those of the papers whose whole title stands in a question, however it is spelled.

    A title within another one that is named is not meant.
    """
    asked = title_key(question)
    keys = {paper.paper_id: _distinctive_key(paper.title) for paper in papers}
    named = {paper_id: key for paper_id, key in keys.items() if key and key in asked}
    longest = {
        key
        for key in named.values()
        if not any(key != other and key in other for other in named.values())
    }
    return [paper for paper in papers if named.get(paper.paper_id) in longest]


@lru_cache(4096)  # titles of found papers come again and again
def _distinctive_key(title: str) -> str:
    """What spellings of a title share; "" for a title that could be any words."""
    return title_key(title) if len(title.split()) >= LEAST_TITLE_WORDS else ""


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
