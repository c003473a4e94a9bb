"""Extract from a sentence what can be checked: stems, numbers, names, negations, antonyms.

Pure functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from rag.query.questions import STOP_WORDS, content_words
from rag.store.lexical import analyze
from rag.text import squeezed

TermWeight = Callable[[str], float]

NUMBER: Final = re.compile(
    r"(?<![\w.])\d+(?:[.,]\d+)*(?!\w)|(?<![\w.])\d+(?:\.\d+)?(?=%|x\b|×|k\b|[A-Z])"
)
SPELLED: Final = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "half": "50",
    "twice": "2",
    "double": "2",
    "thousand": "1000",
    "million": "1000000",
}
# An acronym, a name with inner capitals or digits: what a sentence cannot say in other words.
NAME: Final = re.compile(r"\b[A-Za-z]\w*[A-Z0-9][\w-]*")
UP: Final = frozenset(
    analyze(
        "increase increases higher more greater improve improves improved enhance boost raise gain "
        "outperform outperforms better faster larger promote activate accelerate exceed strengthen "
        "upregulate induce above"
    )
)
DOWN: Final = frozenset(
    analyze(
        "decrease decreases lower less fewer reduce reduces reduced reduction degrade diminish "
        "drop decline underperform worse slower smaller inhibit suppress impair weaken "
        "downregulate prevent below"
    )
)
NEGATION: Final = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|fails?|failed|lacks?|unable|hardly)\b|n't\b",
    re.IGNORECASE,
)

# Words of strong claims, and words of a paper that may support them.
STRONG: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = tuple(
    (frozenset(claimed.split()), frozenset((claimed + " " + bearing).split()))
    for claimed, bearing in (
        ("all every any always", "each whole entire arbitrary general universal regardless"),
        ("only solely exclusively", "alone just sole unique exactly single except"),
        ("never", "no not none nor neither cannot without"),
        ("prove proves proved proven guarantee guarantees guaranteed", "proof proofs theorem"),
    )
)
CLAUSE: Final = re.compile(r"[;:,]|\b(?:but|however|while|although|whereas)\b", re.IGNORECASE)
NEGATION_SCOPE: Final = 4  # content words behind a negation that it negates
NEGATED_WORDS: Final = 2  # that both texts have, negated in one of them


def idf(papers_with_term: int, papers: int) -> float:
    """Return BM25's idf, `ln(1 + (N - n + 0.5) / (n + 0.5))`: how rare a term is; positive."""
    n = min(papers_with_term, papers)
    return math.log(1 + (papers - n + 0.5) / (n + 0.5))


def coverage(claim: str, text: str, weight: TermWeight) -> float:
    """Return the share of a claim's content words that a text has, weighted by idf; in [0, 1]."""
    return covered_share(wanted_stems(claim), stems_of(text), weight)


def covered_share(wanted: frozenset[str], present: frozenset[str], weight: TermWeight) -> float:
    """Return the share of wanted stems that are present, weighted by idf; in [0, 1]."""
    total = sum(map(weight, wanted))
    return sum(weight(term) for term in wanted & present) / total if total else 0.0


def wanted_stems(claim: str) -> frozenset[str]:
    """Return the stems of a claim's content words."""
    return frozenset(analyze(" ".join(content_words(claim))))


def stems_of(text: str) -> frozenset[str]:
    """Return the stems of all words of a text."""
    return frozenset(analyze(text))


def is_content(word: str) -> bool:
    """Return whether a word is a content word, not a stop word."""
    return word.lower() not in STOP_WORDS


def numbers(text: str) -> set[str]:
    """Return the numbers of a text in one spelling: `1,000` as `1000`, `two` as `2`."""
    found = {_plain(match) for match in NUMBER.findall(text)}
    spelled = {SPELLED[word] for word in re.findall(r"[a-z]+", text.lower()) if word in SPELLED}
    return found | spelled


def digits(text: str) -> set[str]:
    """Return the numbers that a text writes in digits, in the spelling of `numbers`."""
    return {_plain(match) for match in NUMBER.findall(text)}


def _plain(number: str) -> str:
    joined = re.sub(r",(?=\d{3}\b)", "", number).replace(",", ".")
    return joined.rstrip("0").rstrip(".") if "." in joined else joined


def names(text: str) -> set[str]:
    """Return acronyms and names with inner capitals or digits: lower case, [a-z0-9] only."""
    return {squeezed(name) for name in NAME.findall(text)}


def disagrees(claim: str, sentence: str) -> bool:
    """Return whether two sentences differ in negation, or one says "more" and the other "less"."""
    if bool(NEGATION.search(claim)) != bool(NEGATION.search(sentence)):
        return True
    said, found = set(analyze(claim)), set(analyze(sentence))
    claim_up, claim_down = bool(said & UP), bool(said & DOWN)
    text_up, text_down = bool(found & UP), bool(found & DOWN)
    one_way = claim_up != claim_down and text_up != text_down
    return one_way and claim_up != text_up


def opposes(claim: str, sentence: str) -> bool:
    """Return whether a claim reverses a sentence by an antonym or a negation.

    An antonym counts where the sentence has it in place of the claim's word; a negation where two
    words in its scope are outside of any in the other text.
    """
    said, found = set(analyze(claim)), set(analyze(sentence))
    antonyms = load_antonyms()
    if any(antonyms.get(stem, frozenset()) & (found - said) for stem in said - found):
        return True
    in_claim, in_sentence = _negated_stems(claim), _negated_stems(sentence)
    if bool(in_claim) == bool(in_sentence):
        return False
    return len((in_claim & found) | (in_sentence & said)) >= NEGATED_WORDS


def overclaims(claim: str, text: str) -> bool:
    """Return whether a claim says "all", "only", "never" or "proved" and a text nothing like it."""
    said, found = (set(re.findall(r"[a-z]+", each.lower())) for each in (claim, text))
    return any(said & claimed and not found & bearing for claimed, bearing in STRONG)


def _negated_stems(text: str) -> frozenset[str]:
    """Return the stems of the content words in the scope of a negation."""
    negated: list[str] = []
    for part in CLAUSE.split(text):
        for match in NEGATION.finditer(part):
            words = [word for word in re.findall(r"\w+", part[match.end() :]) if is_content(word)]
            negated += words[:NEGATION_SCOPE]
    return frozenset(analyze(" ".join(negated)))


@cache
def load_antonyms() -> Mapping[str, frozenset[str]]:
    """Load the stems of the antonyms of each stem; once per process."""
    found: dict[str, set[str]] = {}
    for word, others in load_antonym_words().items():
        one = analyze(word)[0]
        found.setdefault(one, set()).update({analyze(each)[0] for each in others} - {one})
    return {stem: frozenset(others) for stem, others in found.items() if others}


@cache
def load_antonym_words() -> Mapping[str, frozenset[str]]:
    """Load the antonyms of each word, in lower case; once per process."""
    found: dict[str, set[str]] = {}
    for line in files("rag").joinpath("data", "antonyms.txt").read_text("utf-8").splitlines():
        one, other = line.split()
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


def matched_words(question: str, text: str) -> tuple[str, ...]:
    """Return the content words of a question that a text has in some form; each once, in order."""
    present = set(analyze(text))
    found = (word for word in content_words(question) if set(analyze(word)) & present)
    return tuple(dict.fromkeys(found))
