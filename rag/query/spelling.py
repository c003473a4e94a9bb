"""Corrects words that neither the library nor the language knows, after the library's own words.

What stands in quotes, is written like a name, or is known, is never changed. Not covered: words
that are spelled wrong and yet are words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rag.query.coined import COINED
from rag.query.forms import spelled_by_initials
from rag.query.paper_lookup import PaperLookup
from rag.query.questions import STOP_WORDS
from rag.store.lexical import analyze

WORD: Final = re.compile(r"(?<![\w-])(?:[^\W\d_]{3,}|u)(?![\w-])")
ACRONYM: Final = re.compile(r"[A-Z]{3,5}|[b-df-hj-np-tv-xz]{3,4}")  # "LTH", "lth"
QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»|https?://\S+")
# Small words as they are typed in haste; the language knows some of them as other words.
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
LEAST_LETTERS: Final = 4
LONG: Final = 7  # letters from which on two may be wrong
MOST_WRONG: Final = 2.2
STEM_WRONG: Final = 2  # letters of a stem: a wrong ending may leave more of it than the right one
MOST_PAPERS: Final = 60  # whose words are compared
ENDINGS: Final = tuple(
    re.findall(
        r"\w+",
        """s es ed d ing er ers est en ly al ize izes ized izing ise ises ised ising isation ful
        less""",
    )
)
PREFIXES: Final = ("over", "under", "multi", "non", "un", "re", "pre", "mis")
SWAPPED: Final = 1.2  # the cost of a wrong letter; a left out, added or swapped one costs 1
VOWELS: Final = frozenset("aeiouy")
PARTICLES: Final = frozenset(["up", "out", "off", "down", "over"])  # "writeup", "dropout"
LEAST_SPREAD: Final = 2  # papers that have the right word of a short one


@dataclass(frozen=True, slots=True)
class Spelled:
    """A question as it is searched for.

    Attributes:
        text: With its corrections.
        changed: The words as they were typed, each once, in their order.
    """

    text: str
    changed: tuple[str, ...] = ()


def corrected(question: str, lookup: PaperLookup) -> Spelled:
    """The question with its unknown words corrected."""
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
        if (
            match[0].lower() not in HASTY and right != f"{match[0]}s"
        ):  # what is plainly meant need not be told
            changed.append(match[0])
    pieces.append(question[at:])
    return Spelled("".join(pieces), tuple(dict.fromkeys(changed)))


def as_typed(question: str, changed: Iterable[str]) -> str:
    """The question with some words in quotes, so that they are searched for as they were typed."""
    for word in changed:
        question = re.sub(rf"(?<![\w“]){re.escape(word)}(?!\w)", f"“{word}”", question, count=1)
    return question


def _right_word(match: re.Match[str], lookup: PaperLookup) -> str | None:
    """The word that is meant; None where it is right, a name, or like none that is known."""
    word = match[0]
    lower = word.lower()
    if lower in HASTY:
        return HASTY[lower]
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
    """The plural of a short form where papers have that alone, which shares no stem: "MFCCs"."""
    if not (word.isupper() and len(word) > 1) or any(map(lookup.frequency, analyze(word))):
        return None
    return f"{word}s" if any(map(lookup.frequency, analyze(f"{word}s"))) else None


def _is_word(word: str, lookup: PaperLookup) -> bool:
    """Whether the language knows a word, what it is formed from, or the two it is made of."""
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
    """Whether a half of a word is one: some letters are pieces of words only."""
    return lookup.knows_word(part) and (len(part) >= LEAST_LETTERS or part in PARTICLES)


def _closest(word: str, lookup: PaperLookup) -> str | None:
    """The library's word with the fewest wrong letters; of several the more frequent."""
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
    """Known words with the ending of one that was typed, and that the library may not have."""
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
    """What it costs to make one word of the other; more than `most` is infinite.

    The restricted Damerau-Levenshtein distance, in which a wrong letter costs a little more than
    one left out, added or swapped, unless a vowel stands for a vowel; "f" and "ph" are one sound.
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
