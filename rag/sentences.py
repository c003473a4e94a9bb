"""Split prose of papers and answers into sentences, keeping the place of each.

Survives abbreviations, initials, decimals, LaTeX and missing spaces after a full stop. Not covered:
languages that do not end sentences with `.`, `!` or `?`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Unless a word that often begins sentences follows, the stop behind one of these ends none.
ABBREVIATIONS: Final = frozenset(
    re.findall(
        r"\S+",
        """e.g i.e eg ie cf vs etc al fig figs eq eqs sec no nos vol pp ref refs approx resp dr prof
        mr mrs ms st w.r.t viz ca tab thm lem prop def ch ed eds inc ltd co u.s phys rev lett proc
        natl acad sci int conf trans symp chem biol med math comput jan feb mar apr jun jul aug sep
        sept oct nov dec""",
    )
)
STARTERS: Final = frozenset(
    re.findall(
        r"\S+",
        """The This These Those We Our In It Its However Here To They That Then Thus Therefore When
        While With Where If For As At An And But By On Of Or So Such Since Such There Unlike Using
        Moreover Furthermore Finally Further First Second Although Because Both Each Many Most Some
        Our Results Experiments Extensive Empirically Code He She You""",
    )
)
# A capital behind one of these is a label ("class A."), not an initial.
LABELLED: Final = frozenset(
    re.findall(
        r"\S+",
        """class type group set model case step figure table section appendix vitamin system part
        category option variant level grade phase stage plan version network algorithm matrix""",
    )
)

BOUNDARY: Final = re.compile(
    r"""(?P<stop>[.!?]+["'”’)\]}]*(?:\s*\[\d[\d,\s]*\])*)  # the stop, closing signs, markers
        (?:(?P<space>\s+)(?!\[\d)                        # then a space and a beginning,
            (?=(?P<lead>["'“‘(\[$\\{]*)(?P<first>[\w•-]))
          |(?:(?<=[^\W\d_][.!?])|(?<=[)\]}"”][.!?]))     # or a beginning without a space
            (?=(?P<glued>[^\W\d_])[^\W\d_]+\s))
    """,
    re.VERBOSE,
)
# What a part of an abstract is called in medicine and biology: "Methods: We asked 12 nurses."
_PART: Final = r"""(?:aims?|approach|availability|background|comparison|conclusions?|context|data
    |data\s(?:analysis|collection|extraction|sources?|synthesis)|design|discussion|ethics|exposures?|findings
    |funding|goals?|hypothes[ie]s|implementation|implications|importance|interpretation|interventions?
    |introduction|limitations|materials?|(?:main\s)?outcome\smeasures?|(?:main\s)?outcomes|measurements?
    |methodology|(?:new\s|existing\s)?methods?|motivation|objectives?|participants|patients|purposes?
    |(?:research\s)?questions?|rationale|(?:trial\s)?registration|relevance|(?:main\s|key\s)?results|samples?
    |settings?|(?:clinical\s)?significance|statistical\sanalysis|study\s(?:design|population|selection)
    |subjects|summary)"""
LABEL: Final = re.compile(
    rf"""(?-i:(?=[A-Z]))(?:{_PART}(?:\s?(?:,|/|&|and|or|of|with)\s?{_PART}){{0,3}}
        |(?P<aside>key\s?-?words?|index\sterms|contact|corresponding\sauthors?|supplementary\s\w+))
        \s?:\s*(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
LIST_NUMBER: Final = re.compile(r"\s*(?:\(?\d{1,3}|[A-Za-z])\Z")
WORD_BEFORE: Final = re.compile(r"([\w.\\]+)$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its place: `whole[start:end] == text`."""

    text: str
    start: int
    end: int


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text in order; each visible character is in exactly one."""
    return [sentence for line in _lines(text) for sentence in _split_line(text, *line)]


def without_label(sentence: Sentence) -> Sentence | None:
    """Return a sentence without the name of its part; None for keywords and addresses."""
    label = LABEL.match(sentence.text)
    if label is None:
        return sentence
    if label["aside"]:
        return None
    cut = label.end()
    return Sentence(sentence.text[cut:], sentence.start + cut, sentence.end)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line; a line, as of a list, ends its last sentence."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


def _split_line(text: str, start: int, end: int) -> Iterator[Sentence]:
    begin = start
    for match in BOUNDARY.finditer(text, start, end):
        stop = match.end("stop")
        if _ends_sentence(text, begin, match):
            yield from _trimmed(text, begin, stop)
            begin = stop
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Sentence]:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        yield Sentence(stripped, start, start + len(stripped))


def _ends_sentence(text: str, begin: int, match: re.Match[str]) -> bool:
    before = text[begin : match.start()]
    if match["space"] and LABEL.match(text, match.end()):
        return not LIST_NUMBER.match(before)
    if _is_inside(before, match["stop"]) or not _begins_sentence(match):
        return False
    if not match["stop"].startswith("."):
        return True
    return not LIST_NUMBER.match(before) and not _is_abbreviated(before, text[match.end() :])


def _is_inside(before: str, stop: str) -> bool:
    """Return whether the stop stands within a formula or within brackets."""
    if before.count("$") % 2:
        return True
    return before.count("(") > before.count(")") + stop.count(")")


def _begins_sentence(match: re.Match[str]) -> bool:
    """Return whether what follows a stop can begin a sentence; without a space only capitals do."""
    if match["glued"]:
        return match["glued"].isupper()
    return not match["first"].islower() or any(sign in match["lead"] for sign in "$\\")


def _is_abbreviated(before: str, after: str) -> bool:
    """Return whether the stop belongs to its word: "et al.", "Fig.", "J. Smith"."""
    word = WORD_BEFORE.search(before)
    if not word:
        return False
    last = word[1].lower().lstrip("\\")
    following = re.match(r"[\W_]*(\w+)", after)
    starts = following is not None and following[1] in STARTERS
    is_initial = re.fullmatch(r"(?:\w\.)*[^\W\d_]", word[1]) is not None and word[1][-1].isupper()
    return not starts and (last in ABBREVIATIONS or (is_initial and _is_initial_place(before)))


def _is_initial_place(before: str) -> bool:
    """Return whether a single capital is an initial ("J. Smith"), not a label ("class A")."""
    previous = re.search(r"(\w+)\W+(?:\w\.\s*)*\w\Z", before)
    return previous is None or previous[1].lower() not in LABELLED
