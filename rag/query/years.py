"""Find years of publication in a question: "since 2022", "between 2019 and 2021", "in 2020".

Other years are no filter: "ImageNet 2012", "data from 1979 to 2018", "2000 steps". Not covered:
years in words or of two digits, and months, which count as their whole year.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from rag.query.questions import STOP_WORDS
from rag.text import NUMBER_WORDS, count_of

PUBLICATIONS: Final = (
    r"papers?|works?|articles?|publications?|preprints?|research|literature|stud(?:y|ies)|surveys?"
)
APPEARED: Final = (
    r"published|appeared|written|wrote|write|released|came\s+out|proposed|introduced|presented"
    r"|built|done|developed|invented|dated|new"
)
ABOUT_PAPERS: Final = re.compile(
    rf"\b(?:{PUBLICATIONS}|{APPEARED}|anything|something|everything)\b", re.IGNORECASE
)
# What has years itself: "forecasts of the weather between 1979 and 2018".
ABOUT_THINGS: Final = re.compile(
    r"\b(?:data\w*|records?|recorded|observ\w+|measur\w+|trained|cases|prices?|returns|collected"
    r"|images?|elections?|pandemic|covid\S*|won|win(?:s|ner|ners|ning)?|challenges?|competitions?"
    r"|benchmarks?|editions?|temperatures?|weather|climate|events?|corpus|census|rates?|trends?"
    r"|incidence|mortality|(?:in|de)creas\w+|risen|fallen|grow\w*)\b",
    re.IGNORECASE,
)
# Asks for a date or a number of things, so that a year is one of these: "how many stars in 2022".
ASKS_WHEN: Final = re.compile(r"\bwhen\s+(?:was|were|did|is|has|have)\b", re.IGNORECASE)
ASKS_HOW_MANY: Final = re.compile(
    rf"\bhow\s+(?:many|much)\b(?!\s+(?:[\w-]+\s+){{0,3}}?(?:{PUBLICATIONS})\b)", re.IGNORECASE
)
WORDS_LOOKED_BACK: Final = 5
# What may follow a year; before any other word the number is a count or part of a name.
FOLLOWERS: Final = STOP_WORDS | frozenset(
    ["papers", "works", "articles", "publications", "studies", "research", "preprints", "please"]
)
GLUED: Final = re.compile(r"\s*[%°×$€]|['’]s\b|[-/–]\s?\w|[.:,]\d")
NEXT_WORD: Final = re.compile(r"\s+([^\W\d_]+|\d)")
# "more than 2000 papers", "the ICLR 2020 papers"
QUALIFIED: Final = re.compile(
    r"(?:\b(?i:than|over|about|around|least|most|nearly|almost|first|top|some|of)"
    r"|\S\s+\S*[A-Z]\S*)\s+$"
)

RECENT_YEARS: Final = 3  # "only the recent ones"

_MONTH: Final = (
    r"(?:early|mid|late)[\s-]+|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_YEAR: Final = rf"(?:(?P<month>(?:{_MONTH})\.?)\s+)?(?:the\s+year\s+)?(?P<year>(?:19|20)\d\d)"
_SECOND: Final = rf"(?:(?:{_MONTH})\.?\s+)?(?P<second>(?:19|20)\d\d)"
_LEAD: Final = (
    rf"(?:\b(?:(?:that|which)\s+)?(?:were\s+|was\s+|are\s+|is\s+)?(?:{APPEARED})\s+)?"
    r"(?:\b(?:from|in|of)\s+)??"
)
_NEWER: Final = r"(?:newer|later|younger|more\s+recent)\s+than"
_OLDER: Final = r"(?:older|earlier)\s+than"
_NO: Final = r"(?:nothing|none|not|never|no(?:\s+\w+)?)"
# "from 2020 on", but neither "from 2020 on pruning" nor "in 2020 on a benchmark".
_ON: Final = (
    r"(?:\s+onwards?\b|\s+(?:or|and)\s+(?:later|after|newer|since|onwards?)\b(?!\s+\d)|\+"
    r"|\s+on\b(?=\s*(?:$|[,.;:?!])|\s+(?:about|that|which|what)\b))"
)
# All that stands beside a year in "and only the ones from 2022, please".
_NARROWING: Final = (
    r"(?:and|or|but|so|now|then|ok(?:ay)?|only|just|the|all|any(?:thing)?|ones?|those|these|that|them|it|this"
    r"|(?:show|give|find|list)(?:\s+me)?|(?:limit|restrict|narrow|filter|reduce)(?:\s+down)?|to|for|by|year"
    r"|from|in|of|what\s+about|how\s+about|how\s+many|which|please|pls|instead|again|too|also|were|are|is|published)"
)
_COUNT: Final = rf"(?P<count>\d{{1,2}}|{'|'.join(NUMBER_WORDS)})"

Span = tuple[int | None, int | None]
ReadSpan = Callable[[re.Match[str], int], Span | None]


def _year(match: re.Match[str]) -> int:
    return int(match["year"])


def _between(match: re.Match[str], _: int) -> Span:
    first, last = sorted((_year(match), int(match["second"])))
    return first, last


def _since(match: re.Match[str], _: int) -> Span:
    return _year(match), None


def _until(match: re.Match[str], _: int) -> Span:
    return None, _year(match)


def _after(match: re.Match[str], _: int) -> Span:
    return _year(match) + (not match["month"]), None  # after May 2021 there is more of 2021


def _before(match: re.Match[str], _: int) -> Span:
    return None, _year(match) - (not match["month"])


def _in(match: re.Match[str], _: int) -> Span:
    return _year(match), _year(match)


def _plain(match: re.Match[str], _: int) -> Span | None:
    """Return the year of "2022 papers", unless it counts them or belongs to a name before it."""
    return None if QUALIFIED.search(match.string[: match.start()]) else _in(match, _)


def _years_back(match: re.Match[str], this_year: int) -> Span:
    return this_year - count_of(match["count"].lower()), None


def _recent(_: re.Match[str], this_year: int) -> Span:
    return this_year - RECENT_YEARS, None


def _decade_back(_: re.Match[str], this_year: int) -> Span:
    return this_year - 10, None


def _last_year(_: re.Match[str], this_year: int) -> Span:
    return this_year - 1, this_year - 1


def _this_year(_: re.Match[str], this_year: int) -> Span:
    return this_year, this_year


@dataclass(frozen=True, slots=True)
class _Phrasing:
    """A way to say a span of years.

    Attributes:
        needs_papers: Whether it counts only in a sentence about papers or their publication.
        open_end: Whether any word may follow.
    """

    pattern: re.Pattern[str]
    read: ReadSpan
    needs_papers: bool = False
    open_end: bool = False


def _phrasing(
    pattern: str, read: ReadSpan, *, needs_papers: bool = False, open_end: bool = False
) -> _Phrasing:
    return _Phrasing(re.compile(_LEAD + pattern, re.IGNORECASE), read, needs_papers, open_end)


# Without one of these a question says no years, and no phrasing has to be tried.
MAY_SAY_YEARS: Final = re.compile(r"(?:19|20)\d\d|\b(?:years?|decade|recent)\b", re.IGNORECASE)


@cache
def _phrasings() -> tuple[_Phrasing, ...]:
    """Return the phrasings: the first that matches at a place counts, so longer ones come first."""
    return (
        _phrasing(rf"\bbetween\s+{_YEAR}\s*(?:and|to|[-–])\s*{_SECOND}\b", _between),
        _phrasing(
            rf"\b(?:from|in|during)\s+{_YEAR}\s*(?:to|until|till|through|[-–])\s*{_SECOND}\b",
            _between,
        ),
        _phrasing(rf"\b{_NO}\s+(?:{_NEWER}|after|beyond|past|since)\s+{_YEAR}\b", _until),
        _phrasing(rf"\b{_NO}\s+(?:{_OLDER}|before|prior\s+to)\s+{_YEAR}\b", _since),
        _phrasing(rf"\b{_YEAR}{_ON}", _since, open_end=True),
        _phrasing(
            rf"\b{_YEAR}\s+(?:or|and)\s+(?:earlier|before|older)\b(?!\s+\d)", _until, open_end=True
        ),
        _phrasing(rf"\bin\s+or\s+before\s+{_YEAR}\b", _until),
        _phrasing(rf"\bin\s+or\s+after\s+{_YEAR}\b", _since),
        _phrasing(
            rf"\b(?:since|as\s+of|starting\s+(?:in|from|with))\s+{_YEAR}\b", _since, open_end=True
        ),
        _phrasing(rf"\b(?:after|{_NEWER})\s+{_YEAR}\b", _after),
        _phrasing(rf"\b(?:until|till|up\s+(?:to|until)|through)\s+{_YEAR}\b", _until),
        _phrasing(rf"\b(?:before|prior\s+to|{_OLDER})\s+{_YEAR}\b", _before),
        _phrasing(rf"\b(?:in|from|of|during)\s+{_YEAR}\b", _in, needs_papers=True),
        _phrasing(
            rf"\b{_YEAR}(?=\s+(?:papers|works|articles|publications|preprints|studies)\b)", _plain
        ),
        _phrasing(
            rf"\b(?:(?:in|within|over|from|during)\s+)?(?:the\s+)?(?:last|past)\s+{_COUNT}\s+years\b",
            _years_back,
        ),
        _phrasing(
            r"\b(?:in|within|over|from|during)\s+the\s+(?:last|past)\s+decade\b", _decade_back
        ),
        _phrasing(
            rf"^(?:{_NARROWING}\W+)*(?:(?:from|in|of|during)\s+)?{_YEAR}"
            rf"(?=(?:\W+{_NARROWING})*\W*$)",
            _in,
            open_end=True,
        ),
        _phrasing(
            rf"^(?:{_NARROWING}\W+)*(?:(?:more|most)\s+)?recent(?=(?:\W+{_NARROWING})*\W*$)",
            _recent,
            open_end=True,
        ),
        _phrasing(r"\blast\s+year\b", _last_year, needs_papers=True),
        _phrasing(r"\bthis\s+year\b", _this_year, needs_papers=True),
    )


@dataclass(frozen=True, slots=True)
class Years:
    """A span of years, both inclusive, None where unbounded, and where a question says it."""

    since: int | None
    until: int | None
    start: int
    end: int


def read_years(question: str, this_year: int) -> list[Years]:
    """Return the spans of years of publication that a question asks for, in its order."""
    found: list[Years] = []
    for phrasing in _phrasings() if MAY_SAY_YEARS.search(question) else ():
        for years in _read_phrasing(phrasing, question, this_year):
            if all(years.end <= other.start or years.start >= other.end for other in found):
                found.append(years)
    return sorted(found, key=lambda years: years.start)


def _read_phrasing(phrasing: _Phrasing, question: str, this_year: int) -> Iterator[Years]:
    for match in phrasing.pattern.finditer(question):
        span = phrasing.read(match, this_year)
        if (
            span
            and max(filter(None, span)) <= this_year + 1
            and _is_asked(phrasing, question, match)
        ):
            yield Years(*span, match.start(), match.end())


def _is_asked(phrasing: _Phrasing, question: str, match: re.Match[str]) -> bool:
    """Return whether a year can be one of publication, by the words around it."""
    before, after = question[: match.start()], question[match.end() :]
    beside = " ".join(before.split()[-1:]) + " " + match.group()
    if ABOUT_PAPERS.search(beside):
        return not GLUED.match(after)
    if phrasing.needs_papers and not ABOUT_PAPERS.search(_sentence_around(before, after)):
        return False
    clause = re.split(r"\band\b|[,;:.?!]", before)[-1]
    if phrasing.needs_papers and (ASKS_WHEN.search(before) or ASKS_HOW_MANY.search(clause)):
        return False
    near = " ".join(re.split(r"[,;:.?!]", before)[-1].split()[-WORDS_LOOKED_BACK:])
    if ABOUT_THINGS.search(near) or GLUED.match(after):
        return False
    follower = NEXT_WORD.match(after)
    return phrasing.open_end or follower is None or follower[1].lower() in FOLLOWERS


def _sentence_around(before: str, after: str) -> str:
    return re.split(r"[.?!]\s", before)[-1] + " | " + re.split(r"[.?!]\s", after)[0]
