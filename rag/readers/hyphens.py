"""Put words together that were broken at the end of a line, and leave compounds their hyphen.

What the rest of the text has decides: `state-of-the-art` beside it keeps a hyphen, `networks` takes
one away. Not covered: a dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

BROKEN_WORD: Final = "\ufffe"  # how PDFium gives a hyphen at the end of a line
PLACE: Final = re.compile(rf"(\w[\w-]{{0,60}})(?:{BROKEN_WORD}\n?|-\n)(\w[\w-]{{0,60}})")
WORD: Final = re.compile(r"\w+(?:-\w+)*")
INDENTED: Final = re.compile(r"(\w-)[ \t]*\n[ \t]+(?=\w)")
LINES_TO_A_BREAK: Final = 6
LEAST_PART: Final = 3  # letters of a part of a compound that is told by its parts alone
# What compounds begin with, and no word that is broken behind it; but `self-ish`, `well-ness`.
FIRST_PARTS: Final = frozenset(
    "well self double single half high low long short large small cross real time state data end "
    "fine open deep two three four five six multi first second third".split()
)
ENDINGS: Final = re.compile(r"^(?:ness|ish|less|est?|er|ly|ing|ity|ism|i[sz]e[ds]?|age|light|ful)")


def with_lines_joined(text: str) -> str:
    """Return a text whose lines may end within a word, with these words whole.

    Where many lines end so, they were set in type, which breaks words anywhere; else only a
    compound can have been broken, at its hyphen.
    """
    text = INDENTED.sub(r"\1\n", text)
    broken = len(PLACE.findall(text))
    if broken > 1 and LINES_TO_A_BREAK * broken > text.count("\n"):
        return whole_words(text, text)
    return PLACE.sub(r"\1-\2", text)


def whole_words(text: str, around: str) -> str:
    """Return a text with no word broken at the end of a line.

    Args:
        text: With its lines.
        around: The text that it is from, which tells how its words are written.
    """
    known = {
        word for each in WORD.findall(PLACE.sub(" ", around.casefold())) for word in _all(each)
    }
    joined = PLACE.sub(lambda found: _whole(found[1], found[2], known), text)
    return re.sub(rf"{BROKEN_WORD}\n?", "", joined)


def _all(word: str) -> list[str]:
    """Return a word and, of a compound, its parts."""
    return [word, *word.split("-")]


def _whole(before: str, after: str, known: Set[str]) -> str:
    return f"{before}-{after}" if _is_compound(before, after, known) else before + after


def _is_compound(before: str, after: str, known: Set[str]) -> bool:
    if "-" in before or not after[0].islower() or not before[-1].isalpha():  # `GPT-4`, `state-of-`
        return True
    if len(before) == 1:  # X-ray
        return True
    one, other = before.casefold(), after.casefold()
    if f"{one}-{other}" in known:
        return True
    if one + other in known or one + other.partition("-")[0] in known:
        return False
    part = other.partition("-")[0]
    if one in FIRST_PARTS and not ENDINGS.match(part):
        return True
    return min(len(one), len(part)) >= LEAST_PART and {one, part} <= known
