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
from rag.verification.markers import strip_markers

LETTERS: Final = "bcdfghjkmnpqrstvwxz"  # no vowels, so that no word comes about; no l
DIGITS: Final = "23456789"
PAIRS: Final = 2  # of a letter and a digit: 23,104 keys
ATTEMPTS: Final = 50  # before a key gets one more pair, so that no text can hold them all

KEY: Final = r"(?:[a-z]\d){2,5}"
NAMED: Final = rf"(?:(?:papers?|sources?|keys?)[\s:=]*)?\"?{KEY}\"?"
LIST: Final = rf"{NAMED}(?:[\s,;&]+(?:and\s+)?{NAMED})*"
ANY_KEY: Final = re.compile(rf"\b{KEY}\b", re.IGNORECASE)
ONLY_KEYS: Final = re.compile(rf"\s*{LIST}\s*", re.IGNORECASE)
# [k4t7]  [k4t7, m2x9]  [[k4t7]]  【k4t7】  (k4t7)  [paper k4t7]  [see k4t7, p. 4]
BRACKETED: Final = re.compile(
    r"(?P<space>[ \t]*)(?P<open>\[{1,2}|【|\()(?P<inside>[^\[\]【】()\n]{1,80})(?:\]{1,2}|】|\))"
)
# A square bracket that is not closed; a round one with nothing but keys; a key, or half of one.
GROWING: Final = re.compile(
    rf"""[ \t]*(?:(?:\[{{1,2}}|【)[^\[\]【】()\n]{{0,80}}
          |\(\s*(?:{LIST}[\s,;&]*(?:and\s+)?)?(?:(?:papers?|sources?|keys?)[\s:=]*)?"?
            (?:[a-z]\d){{0,5}}[a-z]?
          |\b(?:[a-z]|(?:[a-z]\d){{1,5}}[a-z]?))\Z""",
    re.VERBOSE | re.IGNORECASE,
)


def source_keys(papers: Sequence[Paper]) -> list[str]:
    """A key for every paper, each another; the same paper has the same one, if none is in its way.

    A key that occurs in what the model is told of one of the papers is not used.
    """
    fields = (field for paper in papers for field in (paper.title, paper.abstract, *paper.authors))
    texts = " ".join(map(strip_markers, fields)).lower()
    keys: list[str] = []
    for paper in papers:
        attempt = 0
        while (key := _key(paper.paper_id, attempt)) in keys or key in texts:
            attempt += 1
        keys.append(key)
    return keys


def _key(paper_id: str, attempt: int) -> str:
    drawn = hashlib.sha256(f"{paper_id}#{attempt}".encode()).digest()
    alphabets = (LETTERS, DIGITS) * (PAIRS + attempt // ATTEMPTS)
    return "".join(signs[drawn[n] % len(signs)] for n, signs in enumerate(alphabets))


def keys_to_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """The text with `[3]` for the key of source 3; a key of no source goes, with its brackets.

    A known key outside brackets is a citation too, since it stands in no paper.
    """
    cited = BRACKETED.sub(lambda match: _numbered(match, numbers), text)
    return ANY_KEY.sub(lambda match: _marker(match[0], numbers) or match[0], cited)


def _numbered(match: re.Match[str], numbers: Mapping[str, int]) -> str:
    """What stands for a bracket: the numbers of its known keys, nothing, or itself."""
    inside, is_round = match["inside"], match["open"] == "("
    only_keys = ONLY_KEYS.fullmatch(inside)
    marker = _marker(inside, numbers)
    if marker and (only_keys or not is_round):
        return match["space"] + marker
    is_formula = is_round and inside != inside.lower()  # (C2H4)
    return "" if only_keys and not marker and not is_formula else match[0]


def _marker(text: str, numbers: Mapping[str, int]) -> str:
    """The marker `[1, 2]` of the known keys in a text, "" when there is none."""
    keys = (match[0].lower() for match in ANY_KEY.finditer(text))
    known = dict.fromkeys(numbers[key] for key in keys if key in numbers)
    return f"[{', '.join(map(str, known))}]" if known else ""


def hold_back_key(text: str) -> str:
    """The text without a key, or brackets around one, at its end that may still be growing."""
    return GROWING.sub("", text)
