"""Opaque keys by which a model cites its sources, and their way back to numbers; pure functions.

A key says nothing by itself, so it is neither guessed nor mixed up with a number, a year or a
reference in the text of a paper.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from rag.types import Paper

LETTERS: Final = "bcdfghjkmnpqrstvwxz"  # no vowels, so that no word comes about; no l
DIGITS: Final = "23456789"
KEY: Final = r"[b-z]\d[b-z]\d"
# [k4t7]  [k4t7, m2x9]  [[k4t7]]  【k4t7】  (k4t7)  [paper k4t7]
CITED: Final = re.compile(
    rf"""(?:\[{{1,2}}|【|\()\s*
        (?P<keys>(?:(?:papers?|sources?|keys?)[\s:="]*)?{KEY}
          (?:[\s,;&"]*(?:and\s+)?(?:(?:papers?|sources?|keys?)[\s:="]*)?{KEY})*)
        "?\s*(?:\]{{1,2}}|】|\))""",
    re.VERBOSE | re.IGNORECASE,
)


def source_keys(papers: Sequence[Paper]) -> list[str]:
    """A key for every paper, each another; the same paper has the same one, if none is in its way.

    A key that occurs in the text of one of the papers is not used.
    """
    texts = " ".join(f"{paper.title} {paper.abstract}" for paper in papers).lower()
    keys: list[str] = []
    for paper in papers:
        attempt = 0
        while (key := _key(paper.paper_id, attempt)) in keys or key in texts:
            attempt += 1
        keys.append(key)
    return keys


def _key(paper_id: str, attempt: int) -> str:
    drawn = hashlib.sha256(f"{paper_id}#{attempt}".encode()).digest()
    alphabets = (LETTERS, DIGITS, LETTERS, DIGITS)
    return "".join(signs[drawn[n] % len(signs)] for n, signs in enumerate(alphabets))


def keys_to_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """The text with `[3]` for the key of source 3; a key of no source goes, with its brackets."""

    def replaced(match: re.Match[str]) -> str:
        keys = re.findall(KEY, match["keys"].lower())
        known = [numbers[key] for key in keys if key in numbers]
        return f"[{', '.join(map(str, known))}]" if known else ""

    return CITED.sub(replaced, text)
