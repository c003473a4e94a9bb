"""Normalise the ways in which models name the numbered papers of a prompt; pure functions.

The result has markers of one format, `[1]` or `[1][2]`, whatever the model wrote: `(1)`,
`[paper 1]`, `[1], [2] and [4]`, "Paper 1 reports".
"""

from __future__ import annotations

import re
from typing import Final

NAME: Final = r"(?:papers?|sources?|excerpts?|abstracts?|references?|numbers?|nos?\.?)"
COUNTED: Final = r"\d{1,2}"
BETWEEN: Final = r"\s*(?:,\s*(?:and\b)?|;|&|\band\b)\s*"
LIST: Final = rf"{COUNTED}(?:{BETWEEN}(?:{NAME}\s*)?{COUNTED})*"
# [paper 1]  [Paper number 1, p. 4]  [see 1]  [#1]  【paper 1】  (paper 1)
NAMED: Final = re.compile(
    rf"[\[【(]\s*(?P<named>(?:see\s+)?(?:{NAME}[\s:=#\"]*){{0,2}})#?\"?(?P<list>{LIST})\"?"
    r"(?:\s*,\s*p+\.[^\]】)\n]{0,20})?\s*(?:\]|】|\))(?P<end>(?=\s*(?:[.!?;,]|$)))?",
    re.IGNORECASE | re.MULTILINE,
)
# Paper 1 reports; according to papers 1 and 2
SPOKEN: Final = re.compile(
    rf"\b(?P<the>the\s+)?(?P<name>papers?|sources?|excerpts?)\s+(?:number\s+|no\.?\s*|#)?"
    rf"(?P<list>{LIST})\b(?!\s*(?:%|percent|years?|pages?|\.\d))",
    re.IGNORECASE,
)
BEGINS: Final = re.compile(r"(?:\A|[.!?:\n])[\s\"'“‘*_>#-]*\Z")  # before the start of a sentence
JOINED: Final = re.compile(r"(?<=\])\s*(?:,\s*(?:and\s+)?|and\s+|&\s*|;\s*)(?=\[\d)")
# A clause that only cites, once its numbers are markers.
WHERE: Final = re.compile(
    r",?\s+(?:\(?as\s+)?(?:in|by|from|see|per|according\s+to|reported\s+in)\s+(?:the\s+)?"
    r"(?:papers?|sources?|excerpts?)\s*(?=(?:\[\d{1,2}\])+)",
    re.IGNORECASE,
)
GROWING: Final = re.compile(
    rf"[ \t]*(?:[\[【][^\[\]【】()\n]{{0,40}}|\(\s*(?:{NAME}\s*)?[\d\s,;&]{{0,20}})\Z",
    re.IGNORECASE,
)


def as_markers(text: str, count: int) -> str:
    """Write a marker wherever a text names one of `count` papers by its number."""

    def named(match: re.Match[str]) -> str:
        is_round = match[0][0] == "("
        if not match["named"] and (not is_round or match["end"] is None):
            return match[0]  # an interval, a proper marker, or (1) before an item
        return _markers(match["list"], count) or ("" if match["named"] else match[0])

    def spoken(match: re.Match[str]) -> str:
        found = _markers(match["list"], count)
        if not found:
            return match[0]
        begins = match["name"][0].isupper() and bool(BEGINS.search(match.string[: match.start()]))
        article = match["the"] or ("The " if begins else "the ")
        return f"{article}{match['name'].lower()} {found}"

    marked = SPOKEN.sub(spoken, NAMED.sub(named, text))
    return WHERE.sub(" ", JOINED.sub("", marked))


def _markers(listed: str, count: int) -> str:
    """Return the markers of the numbers in a list that are papers'."""
    numbers = dict.fromkeys(int(number) for number in re.findall(r"\d+", listed))
    return "".join(f"[{number}]" for number in numbers if 1 <= number <= count)


def hold_back_label(text: str) -> str:
    """Return the text without a bracket at its end that may become a marker."""
    return GROWING.sub("", text)
