"""Turn a true sentence into one that keeps its words and says something else, by rule.

What a matcher of words lets pass and a reader should not: a denial put in or taken out, a word's
opposite, a claim raised. Not covered: whether the outcome reads well; that it is false is as good
as certain, as only sentences are turned that say what their paper says.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from rag.verification.terms import load_opposite_words

WORD: Final = re.compile(r"[^\W\d_]+")
DENIED: Final = re.compile(
    r"\b(is|are|was|were|can|could|does|do|did|has|have|will|would|may)\s+not\b"
)
AUXILIARY: Final = re.compile(
    r"\b(is|are|was|were|can|could|does|do|did|will|would|may|should|must)\b"
)
RAISED: Final = (
    (re.compile(r"\b(?:some|several|many|most)\b"), "all"),
    (re.compile(r"\b(?:can|may|might|could)\b"), "always"),
    (re.compile(r"\b(?:often|typically|usually|generally)\b"), "always"),
)


def twist(sentence: str) -> str | None:
    """Return the sentence turned around by one of the rules; None where none finds a place.

    Which rule comes first is drawn by the sentence itself, so it is always the same.
    """
    rules = (_deny, _oppose, _raise)
    first = zlib.crc32(sentence.encode()) % len(rules)
    turned = (rule(sentence) for rule in (*rules[first:], *rules[:first]))
    return next((text for text in turned if text and text != sentence), None)


def _deny(sentence: str) -> str | None:
    if DENIED.search(sentence):
        return DENIED.sub(r"\1", sentence, count=1)
    return AUXILIARY.sub(r"\1 not", sentence, count=1) if AUXILIARY.search(sentence) else None


def _oppose(sentence: str) -> str | None:
    opposites = load_opposite_words()
    for match in WORD.finditer(sentence):
        if match.group() in opposites:
            opposite = min(opposites[match.group()])
            return sentence[: match.start()] + opposite + sentence[match.end() :]
    return None


def _raise(sentence: str) -> str | None:
    for pattern, word in RAISED:
        if pattern.search(sentence):
            return pattern.sub(word, sentence, count=1)
    return None
