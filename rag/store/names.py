"""Compare names of people, whatever their case and accents; pure functions.

Not covered: nicknames, and names that are stored with initials only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rag.text import without_accents

WORD: Final = re.compile(r"[^\W_]+")
# Letters that Unicode does not take apart into a plain one and its accent.
PLAIN: Final = str.maketrans("łøđıħ", "lodih")


def name_words(name: str) -> list[str]:
    """Split a name into words, in order, in lower case and without accents."""
    if name.isascii():
        return WORD.findall(name.lower())
    return WORD.findall(without_accents(name.casefold().translate(PLAIN)))


def is_called(author: str, name: str) -> bool:
    """Return whether an author bears a name: all its words, in their order; initials match words.

    "Quoc Le", "Q. V. Le" and "Le" are names of "Quoc V. Le"; "Le Quoc", "Leroy" and "Q. V." not.
    """
    return bool(called([author], name))


def called(authors: Iterable[str], name: str) -> list[str]:
    """Find those of the authors that bear a name."""
    asked = name_words(name)
    if not any(len(word) > 1 for word in asked):
        return []
    return [author for author in authors if _bears(name_words(author), asked)]


def _bears(words: Sequence[str], asked: Sequence[str]) -> bool:
    left = iter(words)
    return all(any(_is_word(word, each) for each in left) for word in asked)


def _is_word(asked: str, borne: str) -> bool:
    return borne == asked or (len(asked) == 1 and borne.startswith(asked))
