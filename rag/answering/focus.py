"""Finds the part of a question that asks, as opposed to the parts that name a paper."""

from __future__ import annotations

import re
from typing import Final

CLAUSE_END: Final = re.compile(r"[,:;?]|\s[-–—]\s|\.\s")
ASKING: Final = re.compile(
    r"\b(?:how|what|which|who|whose|when|where|why|does|do|did|is|are|was|were|can)\b",
    re.IGNORECASE,
)


def asking_words(question: str) -> frozenset[str]:
    """The words, lower case, of the last clause that asks something; of the last one if none does.

    "MobileNet lost 11 % after pruning: on which phone?" gives on, which, phone.
    """
    clauses = [clause for clause in CLAUSE_END.split(question) if clause.strip()]
    asking = [clause for clause in clauses if ASKING.search(clause)]
    chosen = (asking or clauses or [""])[-1]
    return frozenset(re.findall(r"\w+", chosen.lower()))
