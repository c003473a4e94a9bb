"""Find the place in a text that matches a search, and cut a line around it; pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.text import one_line, without_accents

# Characters around the match: three lines of a narrow list together.
BEFORE: Final = 24
AFTER: Final = 60
# Signs of Markdown that are no part of what is said: markers, stars, and what begins a line.
MARKUP: Final = re.compile(r" ?\[\d{1,3}\]|\*+|`+|\\(?=[^\w\s])|^ {0,3}(?:#{1,6}|[->+]) ", re.M)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line of a text around a match; an ellipsis says where the text goes on."""

    before: str
    match: str
    after: str


def find_excerpt(text: str, words: Sequence[str]) -> Excerpt | None:
    """Return the line around the first of the words, or None when none is in the text.

    Args:
        text: Markdown; its signs are left out of the line.
        words: In lower case; accents do not count.
    """
    line = one_line(MARKUP.sub("", text))
    signs = [(sign, at) for at, char in enumerate(line) for sign in _searched(char)]
    searched = "".join(sign for sign, _ in signs)
    plain = filter(None, map(without_accents, words))
    places = [(searched.index(word), len(word)) for word in plain if word in searched]
    if not places:
        return None
    first, length = min(places)
    start, end = signs[first][1], signs[first + length - 1][1] + 1
    return Excerpt(_end_of(line[:start]), line[start:end], _start_of(line[end:]))


def _searched(char: str) -> str:
    """Return a character as the search sees it; none, or several, of some."""
    return without_accents(char.casefold())


def _end_of(text: str) -> str:
    if len(text) <= BEFORE:
        return text
    cut = text[-BEFORE:]
    return f"…{cut.partition(' ')[2] or cut}"


def _start_of(text: str) -> str:
    if len(text) <= AFTER:
        return text
    cut = text[:AFTER]
    return f"{cut.rpartition(' ')[0] or cut}…"
