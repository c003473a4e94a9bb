"""Make a true sentence false by a rule that keeps nearly all of its words.

The rules are those that word matching does not notice and an entailment model should: a negation
put in or taken out, an antonym, a stronger quantifier. Not covered: whether the outcome reads well.
That it is false is as good as certain where the sentence says what its paper says.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from rag.verification.terms import load_antonym_words

WORD: Final = re.compile(r"[^\W\d_]+")
NEGATED: Final = re.compile(
    r"\b(is|are|was|were|can|could|does|do|did|has|have|will|would|may)\s+not\b"
)
AUXILIARY: Final = re.compile(
    r"\b(is|are|was|were|can|could|does|do|did|will|would|may|should|must)\b"
)
STRONGER: Final = (
    (re.compile(r"\b(?:some|several|many|most)\b"), "all"),
    (re.compile(r"\b(?:can|may|might|could)\b"), "always"),
    (re.compile(r"\b(?:often|typically|usually|generally)\b"), "always"),
)


def perturb(sentence: str) -> str | None:
    """Return the sentence made false by one of the rules; None where none applies.

    The sentence itself decides which rule is tried first, so the outcome can be repeated.
    """
    rules = (_negate, _replace_by_antonym, _strengthen)
    first = zlib.crc32(sentence.encode()) % len(rules)
    perturbed = (rule(sentence) for rule in (*rules[first:], *rules[:first]))
    return next((text for text in perturbed if text and text != sentence), None)


def _negate(sentence: str) -> str | None:
    if NEGATED.search(sentence):
        return NEGATED.sub(r"\1", sentence, count=1)
    return AUXILIARY.sub(r"\1 not", sentence, count=1) if AUXILIARY.search(sentence) else None


def _replace_by_antonym(sentence: str) -> str | None:
    antonyms = load_antonym_words()
    for match in WORD.finditer(sentence):
        if match.group() in antonyms:
            antonym = min(antonyms[match.group()])
            return sentence[: match.start()] + antonym + sentence[match.end() :]
    return None


def _strengthen(sentence: str) -> str | None:
    for pattern, word in STRONGER:
        if pattern.search(sentence):
            return pattern.sub(word, sentence, count=1)
    return None
