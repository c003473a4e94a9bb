"""Correct words that neither the library nor the dictionary has, to words of the library.

What is quoted, written like a name, or known is never changed. Not covered: misspellings that are
words themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rag.query.abbreviations import spelled_by_initials
from rag.query.coined import COINED
from rag.query.paper_lookup import PaperLookup
from rag.query.questions import STOP_WORDS
from rag.store.lexical import analyze

WORD: Final = re.compile(r"(?<![\w-])(?:[^\W\d_]{3,}|u)(?![\w-])")
ACRONYM: Final = re.compile(r"[A-Z]{3,5}|[b-df-hj-np-tv-xz]{3,4}")  # "LTH", "lth"
QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»|https?://\S+")
# Frequent slips in function words; the dictionary has some of them as other words.
HASTY: Final[Mapping[str, str]] = {
    "wat": "what",
    "waht": "what",
    "whta": "what",
    "whats": "what's",
    "teh": "the",
    "hte": "the",
    "hwo": "how",
    "wich": "which",
    "whcih": "which",
    "wihch": "which",
    "adn": "and",
    "taht": "that",
    "u": "you",
    "pls": "please",
    "plz": "please",
    "cant": "can't",
    "dont": "don't",
    "doesnt": "doesn't",
    "didnt": "didn't",
    "isnt": "isn't",
    "arent": "aren't",
    "wasnt": "wasn't",
    "wont": "won't",
    "couldnt": "couldn't",
    "agains": "against",
    "agianst": "against",
}
# Short forms that papers may have as words of their own: "ppl" is perplexity, too.
SHORT: Final[Mapping[str, str]] = {
    "abt": "about",
    "ppl": "people",
    "smth": "something",
    "sth": "something",
    "gimme": "give me",
    "lemme": "let me",
    "wanna": "want to",
    "cuz": "because",
    "coz": "because",
    "thru": "through",
}
LEAST_LETTERS: Final = 4
LONG: Final = 7  # letters from which two may be wrong
MOST_WRONG: Final = 2.2
STEM_WRONG: Final = 2  # letters of a stem; a misspelled ending may be stemmed less
MOST_PAPERS: Final = 60  # whose words are compared with a misspelled one
ENDINGS: Final = tuple(
    re.findall(
        r"\w+",
        """s es ed d ing er ers est en ly al ize izes ized izing ise ises ised ising isation ful
        less""",
    )
)
PREFIXES: Final = ("over", "under", "multi", "non", "un", "re", "pre", "mis")
SWAPPED: Final = 1.2  # cost of a substitution; an insertion, deletion or transposition costs 1
VOWELS: Final = frozenset("aeiouy")
PARTICLES: Final = frozenset(["up", "out", "off", "down", "over"])  # "writeup", "dropout"
LEAST_SPREAD: Final = 2  # papers that must have the correction of a short word


@dataclass(frozen=True, slots=True)
class Spelled:
    """A question after spelling correction.

    Attributes:
        text: With its corrections.
        changed: The corrected words as they were typed, each once, in their order.
    """

    text: str
    changed: tuple[str, ...] = ()


def corrected(question: str, lookup: PaperLookup) -> Spelled:
    """Correct the unknown words of a question."""
    kept = [match.span() for match in QUOTED.finditer(question)]
    pieces, changed, at = [], [], 0
    for match in WORD.finditer(question):
        if any(start <= match.start() < end for start, end in kept):
            continue
        right = _right_word(match, lookup)
        if right is None:
            continue
        pieces += [question[at : match.start()], right]
        at = match.end()
        is_obvious = match[0].lower() in HASTY or match[0].lower() in SHORT
        if not is_obvious and right != f"{match[0]}s":  # what is obvious need not be shown
            changed.append(match[0])
    pieces.append(question[at:])
    return Spelled("".join(pieces), tuple(dict.fromkeys(changed)))


def quote_as_typed(question: str, changed: Iterable[str]) -> str:
    """Return a question with some words in quotes, so that they are not corrected."""
    for word in changed:
        question = re.sub(rf"(?<![\w“]){re.escape(word)}(?!\w)", f"“{word}”", question, count=1)
    return question


def _right_word(match: re.Match[str], lookup: PaperLookup) -> str | None:
    """Return the correction of a word; None where it is right, a name, or like no known word."""
    word = match[0]
    lower = word.lower()
    if lower in HASTY:
        return HASTY[lower]
    if lower in SHORT and not (word.isupper() or any(map(lookup.frequency, analyze(word)))):
        return SHORT[lower]
    if plural := _only_plural(word, lookup):
        return plural
    if ACRONYM.fullmatch(word) and not any(map(lookup.frequency, analyze(word))):
        is_word = word.islower() and lookup.knows_word(word)
        return (not is_word and spelled_by_initials(word, lookup)) or None
    if len(word) < LEAST_LETTERS or lower in STOP_WORDS or COINED.match(word):
        return None
    if word[0].isupper() and match.start() > 0:
        return None
    if any(map(lookup.frequency, analyze(word))) or _is_word(lower, lookup):
        return None
    return _closest(lower, lookup)


def _only_plural(word: str, lookup: PaperLookup) -> str | None:
    """Return the plural of an abbreviation that papers have in no other form: "MFCCs"."""
    if not (word.isupper() and len(word) > 1) or any(map(lookup.frequency, analyze(word))):
        return None
    return f"{word}s" if any(map(lookup.frequency, analyze(f"{word}s"))) else None


def _is_word(word: str, lookup: PaperLookup) -> bool:
    """Return whether the dictionary has a word, its base form, or the two it is composed of."""
    plain = next((word.removeprefix(p) for p in PREFIXES if word.startswith(p)), word)
    bases = [word, *(plain.removesuffix(end) for end in ENDINGS if plain.endswith(end)), plain]
    bases += [f"{base}{end}" for base in bases[1:] for end in "ey"]
    bases += [base[:-1] for base in bases[1:] if base[-2:-1] == base[-1:]]  # "beginn" of "beginner"
    bases += [word.replace("our", "or"), word.replace("is", "iz")]
    if any(len(base) >= LEAST_LETTERS - 1 and lookup.knows_word(base) for base in bases):
        return True
    halves = ((word[:n], word[n:]) for n in range(LEAST_LETTERS, len(word) - 1))
    return any(_is_whole(first, lookup) and _is_whole(second, lookup) for first, second in halves)


def _is_whole(part: str, lookup: PaperLookup) -> bool:
    """Return whether a part of a compound is a word; some of two letters are only fragments."""
    return lookup.knows_word(part) and (len(part) >= LEAST_LETTERS or part in PARTICLES)


def _closest(word: str, lookup: PaperLookup) -> str | None:
    """Return the library's word at the least distance; of several the most frequent."""
    is_long = len(word) >= LONG
    most = MOST_WRONG if is_long else 1.0
    begins = re.compile(rf"\b{word[0]}[^\W\d_]{{2,}}", re.IGNORECASE)
    known = {
        each.lower()
        for paper in lookup.alike(word, STEM_WRONG, MOST_PAPERS)
        for each in begins.findall(f"{paper.title} {paper.abstract}")
    }
    known |= set(_formed(word, known))
    near = sorted(
        (cost, -_spread(each, lookup), each)
        for each in known
        if (cost := distance(word, each, most)) <= most
    )
    least = 1 if is_long else LEAST_SPREAD
    return next((each for _, spread, each in near if -spread >= least), None)


def _formed(word: str, known: Iterable[str]) -> Iterator[str]:
    """Return known words with the inflection of a typed one, which the library may lack."""
    ending = next((end for end in ("ing", "ed", "er") if word.endswith(end)), "")
    for each in known:
        base = next(
            (each.removesuffix(e) for e in ("ing", "ed", "es", "s") if each.endswith(e)), each
        )
        if ending and len(base) > LEAST_LETTERS and not base.endswith(("e", "y")):
            yield f"{base}{ending}"


def _spread(word: str, lookup: PaperLookup) -> int:
    return max(map(lookup.frequency, analyze(word)), default=0)


def distance(word: str, other: str, most: float) -> float:
    """Return the edit distance of two words; infinite where it is more than `most`.

    The restricted Damerau-Levenshtein distance, in which a substitution costs a little more than an
    insertion, deletion or transposition, unless both are vowels; "f" and "ph" are the same.
    """
    folded = (word.replace("ph", "f"), other.replace("ph", "f"))
    pairs = {(word, other), folded}
    return min(_distance(one, two, most) for one, two in pairs)


def _distance(one: str, two: str, most: float) -> float:
    if abs(len(one) - len(two)) > most:
        return math.inf
    older: list[float] = []
    before: list[float] = []
    row = [float(n) for n in range(len(two) + 1)]
    for i, sign in enumerate(one, start=1):
        older, before, row = before, row, [float(i)]
        for j, against in enumerate(two, start=1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + _wrong(sign, against))
            if i > 1 and j > 1 and sign == two[j - 2] and one[i - 2] == against:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return math.inf
    return row[-1]


def _wrong(sign: str, against: str) -> float:
    if sign == against:
        return 0.0
    return 1.0 if {sign, against} <= VOWELS else SWAPPED
