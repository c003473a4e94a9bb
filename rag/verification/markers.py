"""Find and rewrite the markers `[n]` that cite papers in a text; pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from rag.llm.fencing import unfenced

# [1]  [1, 2]  [1-3]  [[1]]  【1】  【1†source】; the first branches pass over code and math, where
# a dollar sign before a space is money.
PATTERN: Final = re.compile(
    r"""(?P<skip>```.*?(?:```|\Z)|`[^`\n]*`|\$\$.*?\$\$
          |\$(?=[^\s$])[^$\n]{0,199}(?<=[^\s$])\$(?!\d))
      |(?P<space>[ \t]*)(?:\[(?P<double>\[)?|【)\s*
        (?P<numbers>\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)
        \s*(?:†[^\]】\n]{0,40})?(?(double)\]\]|[\]】])(?!\()""",
    re.VERBOSE | re.DOTALL,
)
UNFINISHED: Final = re.compile(r"[ \t]*(?:\[\[?|【)[\d\s,;–-]{0,80}(?:†[^\]】\n]{0,40})?\]?\Z")
# Placeholders of written markers until all are found; no text has these private characters.
OPEN, CLOSE = "\ue000", "\ue001"
LONGEST_RANGE: Final = 10


def expand_numbers(numbers: str) -> list[int]:
    """Return the numbers inside a marker: 1, 3, 4, 5 for `1, 3-5`."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", numbers):
        ends = [int(end) for end in re.split(r"\s*[–-]\s*", part)]
        if len(ends) == 2 and 0 < ends[1] - ends[0] < LONGEST_RANGE:
            found += range(ends[0], ends[1] + 1)
        else:
            found += ends
    return list(dict.fromkeys(found))


def find_markers(text: str) -> Iterator[int]:
    """Yield the numbers of all markers in a text, in order."""
    for match in PATTERN.finditer(text):
        if not _is_prose(match):
            yield from expand_numbers(match["numbers"])


def has_markers(text: str) -> bool:
    """Return whether there is a marker in a text."""
    return any(True for _ in find_markers(text))


def find_marker_places(text: str) -> Iterator[tuple[int, int, list[int]]]:
    """Yield start, end and numbers of every marker in a text, without the space before it."""
    for match in PATTERN.finditer(text):
        if not _is_prose(match):
            yield match.end("space"), match.end(), expand_numbers(match["numbers"])


def rewrite_markers(text: str, renumber: Callable[[int], int | str | None]) -> str:
    """Return the text with the number of every marker replaced, in the form `[1][2]`.

    Numbers in code, in math and in an interval such as `[0, 1]` are no markers.

    Args:
        text: Anything a model wrote.
        renumber: Gives what replaces a number; None removes it. A marker that is left
            without numbers is removed with the space before it.
    """

    def replaced(match: re.Match[str]) -> str:
        if _is_prose(match):
            return match[0]
        kept = [renumber(number) for number in expand_numbers(match["numbers"])]
        known = [number for number in dict.fromkeys(kept) if number is not None]
        if not known:
            return ""
        return _space_before(match) + "".join(f"{OPEN}{number}{CLOSE}" for number in known)

    before = ""
    while before != text:  # removing a marker may form another, as in `[1[9] ]`
        before, text = text, PATTERN.sub(replaced, text)
    return text.replace(OPEN, "[").replace(CLOSE, "]")


def _space_before(match: re.Match[str]) -> str:
    """Return the space before a marker, or a new one where a word would touch it."""
    previous = match.string[match.start() - 1 : match.start()]
    touches = bool(previous) and not previous.isspace() and previous not in "])】([" + CLOSE
    return match["space"] or (" " if touches else "")


def strip_markers(text: str) -> str:
    """Return the text without markers."""
    return rewrite_markers(text, lambda _: None)


def hold_back_unfinished(text: str) -> str:
    """Return the text without an incomplete marker at its end, as in a stream."""
    return UNFINISHED.sub("", text)


def _is_prose(match: re.Match[str]) -> bool:
    """Return whether a match is no marker but code, math, or an interval that begins with 0."""
    if match["numbers"] is None:
        return True
    numbers = match["numbers"]
    return numbers.startswith("0") and not numbers.isdigit()


def neutralise(text: str) -> str:
    """Return the text so that it can neither close its fence nor hold markers."""
    return unfenced(strip_markers(text))
