"""Take the markers out of a sentence so that it still reads as one; pure functions.

Some models use a marker as a word: "The paper by [3] shows", "In [1], the authors", "[2] proposes".
Merely cut out it would leave a hole: "The paper by shows".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rag.verification.markers import rewrite_markers

SPOKEN: Final = "\ue002"  # before the number of a marker that may be a word; no text has it
ONE: Final = rf"\[{SPOKEN}\d{{1,3}}\]"
RUN: Final = rf"(?P<run>{ONE}(?:\s*(?:,|;|&|and|or)*\s*{ONE})*)"
NOUN: Final = (
    r"\b(?:papers?|stud(?:y|ies)|works?|articles?|excerpts?|abstracts?|sources?|references?)"
)
TOLD: Final = (
    r"\b(?:shown|described|reported|stated|discussed|proposed|presented|introduced|noted|found"
    r"|mentioned|explained|demonstrated|argued|suggested|studied)\s+(?:in|by)|\baccording\s+to"
)
ASIDE: Final = re.compile(rf"\s*\((?:[a-z.,:]+\s+){{0,2}}{RUN}\)", re.IGNORECASE)
AFTER_NOUN: Final = re.compile(
    rf"(?P<before>{NOUN})\s+(?:(?:by|in|from|of|number|no\.?)\s+)?{RUN}", re.IGNORECASE
)
# As in "In [1], the authors", "the method of [2] uses"; what a sentence ends with may be a verb's
# own word ("what it was trained on [1]"), unless it tells who said it ("as shown by [1]").
LED: Final = re.compile(
    rf"(?P<before>\b(?:in|by|of|from|than|unlike|with|to))\s+{RUN}(?=\s*,|\s+\w)", re.IGNORECASE
)
LED_AT_END: Final = re.compile(rf"(?P<before>{TOLD})\s+{RUN}(?=\W*\Z)", re.IGNORECASE)
NAMED: Final = re.compile(  # "The paper that counts crabs is [1]."
    rf"(?P<before>{NOUN}\b.*\b(?:is|was|are|were))\s+{RUN}(?=\W*\Z)", re.IGNORECASE | re.DOTALL
)
SUBJECT: Final = re.compile(
    rf"(?P<before>\A\W*|\b(?:while|whereas|but|that)\s+){RUN}"
    r"(?=\s+(?!(?:the|an?|this|these|it|we|in|for)\b)[a-z])"
)
IN_WORDS: Final[Sequence[re.Pattern[str]]] = (LED, LED_AT_END, NAMED, SUBJECT)


def without_markers(sentence: str) -> str:
    """Return a sentence without markers; those that are words of it are said in words."""
    text = rewrite_markers(sentence, lambda number: f"{SPOKEN}{number}")
    text = AFTER_NOUN.sub(r"\g<before>", ASIDE.sub("", text))
    for pattern in IN_WORDS:
        text = pattern.sub(_in_words, text)
    return re.sub(rf"[ \t]*{ONE}", "", text)


def _in_words(match: re.Match[str]) -> str:
    """Return what leads to the markers of a match, and how many papers they stand for."""
    before = match["before"]
    word = "these papers" if match["run"].count(SPOKEN) > 1 else "this paper"
    if not before.strip(" \t\n*_#>-•") and not before[-1:].isalpha():
        return f"{before}{word.capitalize()}"
    return f"{before.rstrip()} {word}"
