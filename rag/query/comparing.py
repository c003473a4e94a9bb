"""Separate the sides of a comparison: "the difference between A and B", "A or B: which is …"."""

from __future__ import annotations

import re
from typing import Final

from rag.query.coreference import ORDINAL, SEVERAL
from rag.query.focus import topic_words
from rag.query.follow_ups import COMPARES, compares

_X: Final = re.IGNORECASE | re.VERBOSE
_AND: Final = r"(?:\s+(?:and|or|with|to|from|against|versus|vs\.?|compared\s+(?:to|with))\s+)"
# A question behind the sides: "A or B - which problem does each of them solve?"
_TAIL: Final = r"(?:\s*(?:[,:;?]|\s[-–—]\s).*|\W*)$"
_ASKED: Final = (
    r"\s*(?:[,:;?]|\s[-–—])\s*(?:and\s+|so\s+)?(?:in\s+)?(?:what|which|how|where|who|when)\b.*?"
    r"\b(?:each|both|they|them|the\s+two(?:\s+papers)?|these\s+two|the\s+(?:papers|difference))\b.*$"
)
_MORE: Final = (
    r"(?:better|worse|faster|slower|cheaper|smaller|larger|stronger|weaker|safer|simpler|newer|older"
    r"|(?:more|less)\s+\w+|as\s+\w+)"
)
_TAKE: Final = r"(?:take|use|choose|pick|prefer|try|go\s+(?:for|with)|recommend)"
# What the sides are compared at: "is A better than B at small tables?"
_OF_BOTH: Final = r"(?:\s+(?:at|for|on|in|when|if|with|to)\s.*|\s*[,:;?].*|\W*)$"
SIDES: Final = tuple(
    re.compile(pattern, _X)
    for pattern in (
        rf"\b(?:differences?|similarit\w+|comparison|contrast)\s+between\s+(?P<a>.+?){_AND}(?P<b>.+?){_TAIL}",
        rf"\b(?:compare|contrast)\s+(?P<a>.+?){_AND}(?P<b>.+?){_TAIL}",
        rf"\bhow\s+(?:do|does|did|is|are)\s+(?P<a>.+?){_AND}(?P<b>.+?)\s+(?:differ\w*|compare[sd]?|relate[sd]?)\b.*$",
        rf"\bhow\s+(?:do|does|did|is|are)\s+(?P<a>.+?)\s+(?:differ\w*|compare[sd]?|relate[sd]?)\s+(?:from|to|with|against)\s+(?P<b>.+?){_TAIL}",
        rf"^\W*(?P<a>.+?)\s+(?:versus|vs\.?)\s+(?P<b>.+?){_TAIL}",
        rf"^\W*(?P<a>.+?)\s+(?:and|or)\s+(?P<b>.+?){_ASKED}",
        rf"^\W*(?P<a>.+?)\s+compared\s+(?:to|with|against)\s+(?P<b>.+?){_TAIL}",
        rf"^\W*(?:(?:and|so|but|hm+|ok(?:ay)?)\W+)*(?:is|are|was|were|does|do|did)\s+(?P<a>.+?)\s+"
        rf"(?:(?:any|much|really|always|usually|do|does|perform|work|run|score)\s+)*{_MORE}\s+(?:than|as)\s+(?P<b>.+?){_OF_BOTH}",
        rf"\b(?:should|shall|can|could|would|do)\s+(?:i|we|one|you)\s+(?:better\s+|rather\s+)?{_TAKE}\s+(?P<a>.+?)\s+"
        rf"(?:or|over|instead\s+of|rather\s+than)\s+(?P<b>.+?){_OF_BOTH}",
    )
)
# What stands for the name of a paper, before or behind what tells which one.
PAPER_BEFORE: Final = re.compile(
    r"^\W*(?:the\s+|that\s+)?(?:papers?|ones?|study|article|work)\s+"
    r"(?:(?:that|which)\s+(?:is\s+)?)?(?:(?:on|about|called|named|with|of|by)\s+)?(?:the\s+)?",
    re.IGNORECASE,
)
PAPER_BEHIND: Final = re.compile(r"\s+(?:papers?|one|study|article|work)\W*$", re.IGNORECASE)
ARTICLE: Final = re.compile(r"^\W*(?:the|an?)\s+", re.IGNORECASE)
LONGEST_SIDE: Final = 20  # words
LONGEST: Final = 600  # characters; a longer text is pasted, and its sides would take long to find


def compared_sides(question: str) -> tuple[str, str] | None:
    """Return what a question compares, without words such as "the paper on"; None for nothing."""
    found = _find_sides(question)
    return found[1] if found else None


def _find_sides(question: str) -> tuple[re.Match[str], tuple[str, str]] | None:
    """Return where a question compares, and what."""
    if len(question) > LONGEST:
        return None
    match = next((match for pattern in SIDES if (match := pattern.search(question))), None)
    if match is None:
        return None
    first, second = (_bare(match[name]) for name in ("a", "b"))
    is_short = max(len(first.split()), len(second.split())) <= LONGEST_SIDE
    return (match, (first, second)) if first and second and is_short else None


def is_called_paper(side: str, question: str) -> bool:
    """Return whether a question calls a side a paper: "the blimp paper", "the one on blimps"."""
    thing, name = r"(?:papers?|ones?|study|article|work)", re.escape(side)
    called = rf"\b{thing}\s+(?:\w+\s+){{0,3}}{name}|{name}\s+{thing}\b"
    return re.search(called, question, re.IGNORECASE) is not None


def without_sides(question: str) -> str:
    """Return a question without what it compares; the whole where it compares nothing."""
    found = _find_sides(question)
    if found is None:
        return question
    match = found[0]
    for name in ("b", "a"):
        question = f"{question[: match.start(name)]} {question[match.end(name) :]}"
    return " ".join(question.split())


def asks_only_to_compare(question: str) -> bool:
    """Return whether a question compares things, and asks nothing particular of them."""
    rest = without_sides(question)
    if rest == question and not compares(question):
        return False
    pointing = ORDINAL.sub(" ", SEVERAL.sub(" ", COMPARES.sub(" ", rest)))
    return not topic_words(pointing)


def _bare(side: str) -> str:
    side = PAPER_BEHIND.sub("", PAPER_BEFORE.sub("", side))
    return ARTICLE.sub("", side).strip(" \t,;:?.!-–—\"'“”«»")
