"""What a sentence is made of: content words, numbers, names, words of direction; pure functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from rag.query.questions import STOP_WORDS, content_words
from rag.store.lexical import analyze

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

# Words that claim more than most sentences do, and what in a paper may bear them out.
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
DENIAL_REACH: Final = 4  # content words behind a denial that it denies
DENIED_WORDS: Final = 2  # that both texts have, denied in one of them


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
    """The stems of a claim's content words."""
    return frozenset(analyze(" ".join(content_words(claim))))


def stems_of(text: str) -> frozenset[str]:
    """The stems of all words of a text."""
    return frozenset(analyze(text))


def is_content(word: str) -> bool:
    """Whether a word says what a text is about."""
    return word.lower() not in STOP_WORDS


def numbers(text: str) -> set[str]:
    """The numbers of a text in one spelling: `1,000` is `1000`, `3.50` is `3.5`, `two` is `2`."""
    found = {_plain(match) for match in NUMBER.findall(text)}
    spelled = {SPELLED[word] for word in re.findall(r"[a-z]+", text.lower()) if word in SPELLED}
    return found | spelled


def digits(text: str) -> set[str]:
    """Only the numbers that a text writes in digits."""
    return {_plain(match) for match in NUMBER.findall(text)}


def _plain(number: str) -> str:
    joined = re.sub(r",(?=\d{3}\b)", "", number).replace(",", ".")
    return joined.rstrip("0").rstrip(".") if "." in joined else joined


def names(text: str) -> set[str]:
    """Acronyms and names with inner capitals or digits, letters and digits only, lower case."""
    return {re.sub(r"[^a-z0-9]", "", name.lower()) for name in NAME.findall(text)}


def disagrees(claim: str, sentence: str) -> bool:
    """Whether one denies or turns around what the other says: negation or direction differs."""
    if bool(NEGATION.search(claim)) != bool(NEGATION.search(sentence)):
        return True
    said, found = set(analyze(claim)), set(analyze(sentence))
    claim_up, claim_down = bool(said & UP), bool(said & DOWN)
    text_up, text_down = bool(found & UP), bool(found & DOWN)
    one_way = claim_up != claim_down and text_up != text_down
    return one_way and claim_up != text_up


def opposes(claim: str, sentence: str) -> bool:
    """Whether a claim keeps a sentence's words and turns their sense: by an opposite, or a denial.

    An opposite counts where the sentence has it in place of the claim's word; a denial where two
    words in its reach stand free of any in the other text.
    """
    said, found = set(analyze(claim)), set(analyze(sentence))
    opposites = load_opposites()
    if any(opposites.get(stem, frozenset()) & (found - said) for stem in said - found):
        return True
    denied, free = _denied_stems(claim), _denied_stems(sentence)
    if bool(denied) == bool(free):
        return False
    return len((denied & found) | (free & said)) >= DENIED_WORDS


def overclaims(claim: str, text: str) -> bool:
    """Whether a claim says "all", "only", "never" or "proved" where a text says nothing like it."""
    said, found = (set(re.findall(r"[a-z]+", each.lower())) for each in (claim, text))
    return any(said & claimed and not found & bearing for claimed, bearing in STRONG)


def _denied_stems(text: str) -> frozenset[str]:
    """The stems of the content words that stand in reach of a denial, some words behind it."""
    reached: list[str] = []
    for part in CLAUSE.split(text):
        for match in NEGATION.finditer(part):
            words = [word for word in re.findall(r"\w+", part[match.end() :]) if is_content(word)]
            reached += words[:DENIAL_REACH]
    return frozenset(analyze(" ".join(reached)))


@cache
def load_opposites() -> Mapping[str, frozenset[str]]:
    """The stems of the opposites of a stem."""
    found: dict[str, set[str]] = {}
    for word, others in load_opposite_words().items():
        one = analyze(word)[0]
        found.setdefault(one, set()).update({analyze(each)[0] for each in others} - {one})
    return {stem: frozenset(others) for stem, others in found.items() if others}


@cache
def load_opposite_words() -> Mapping[str, frozenset[str]]:
    """The opposites of a word, in lower case, as the table has them."""
    found: dict[str, set[str]] = {}
    for line in files("rag").joinpath("data", "opposites.txt").read_text("utf-8").splitlines():
        one, other = line.split()
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


def matched_words(question: str, text: str) -> tuple[str, ...]:
    """The content words of the question that the text has in some form; each once, in order."""
    present = set(analyze(text))
    found = (word for word in content_words(question) if set(analyze(word)) & present)
    return tuple(dict.fromkeys(found))
