"""Read dates as they are written in records; a wrong month or day never costs the year.

Not covered: years before 1000, decades (`199X`) and dates that are written day or month first in
numbers alone where both can be meant (`03/05/2021`): of those the year is known.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EARLIEST, LATEST = 1000, 2200
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST_CHARACTERS: Final = 200  # what is longer is no date
# The commonest by far: an ISO date, with `/` in RIS, a time behind it or what EDTF adds.
ISO: Final = re.compile(
    r"^[\[(]?(?:c(?:a|irca|opyright)?\.?\s*|©\s*)?(\d{4})"
    r"(?:([-/.])(\d{1,2}|[uUxX]{2})(?:\2(\d{1,2}|[uUxX]{2}))?)?"
    r"(?=$|[T\s~?%/\])(.,;:]|[a-z]\b|\.\.|--|[-–])"
)
COMPACT: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
FLOAT: Final = re.compile(r"^(\d{4})\.0+$")  # as tables with gaps have years
YEAR: Final = re.compile(r"(?<![\d.,])(?<!\d-)([12]\d{3})(?![\d]|[.,]\d|[uUxX])")
DAY_FIRST: Final = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b")
NUMBER: Final = re.compile(r"(?<![\d:+])(\d{1,2})(?:st|nd|rd|th)?(?![\d:]|\w)")
WORD: Final = re.compile(r"[^\W\d_]+")
MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro januari",
            "feb february februar février fevrier febrero febbraio fevereiro februari",
            "mar march märz maerz mars marzo março maart mrz",
            "apr april avril abril aprile",
            "may mai mayo maggio maio mei",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho",
            "aug august août aout agosto augustus",
            "sep sept september septembre septiembre settembre setembro",
            "oct october oktober octobre octubre ottobre outubro okt",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro dez",
        ),
        start=1,
    )
    for name in names.split()
}
CLOCK: Final = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:\s*(?:GMT|UTC|Z|[+-]\d{2}:?\d{2}))?"
)


@lru_cache(1 << 12)
def parse_date(text: str) -> str | None:
    """Parse an ISO date as precise as the text, or None when it holds no year.

    Of a span of time its beginning counts, and of several years the first.
    """
    text = text.strip()[:MOST_CHARACTERS].lstrip("/").strip()
    if found := ISO.match(text) or COMPACT.match(text) or FLOAT.match(text):
        groups = found.groups()
        if found.re is ISO:
            groups = (groups[0], groups[2], groups[3])
        year, month, day = (_number(part) for part in (*groups, None, None)[:3])
        if found.re is not ISO or found[3] or not WORD.search(text):
            return iso_date(year, month, day)
    if found := DAY_FIRST.match(text):
        return _day_first(*map(int, found.groups()))
    return _written(text)


def iso_date(year: int | None, month: int | None = None, day: int | None = None) -> str | None:
    """Write a date as precisely as it can be right; None without a year."""
    if year is None or not EARLIEST <= year <= LATEST:
        return None
    if month is None or not 1 <= month <= 12:
        return f"{year:04}"
    if day is None or not 1 <= day <= monthrange(year, month)[1]:
        return f"{year:04}-{month:02}"
    return f"{year:04}-{month:02}-{day:02}"


def day_of_milliseconds(milliseconds: float) -> str:
    """Return the day of a time in milliseconds since 1970; "" where no calendar has it."""
    try:
        return (EPOCH + timedelta(milliseconds=milliseconds)).date().isoformat()
    except (OverflowError, ValueError):
        return ""


def combine(year: str, month: str = "", day: str = "") -> str | None:
    """Join what stands in fields of its own; the month may hold the day (`12 jul`)."""
    found = parse_date(year)
    if found is None or len(found) > 4:
        return found
    text = CLOCK.sub("", month[:MOST_CHARACTERS])
    number = month_in(text)
    numbers = [int(each) for each in NUMBER.findall(text)]
    if number:  # the day may stand beside it
        days = [int(each) for each in NUMBER.findall(day)] or numbers
        return iso_date(int(found), number, days[0] if days else None)
    parts = [*numbers[:1], *(int(each) for each in NUMBER.findall(day)), *numbers[1:]]
    return iso_date(int(found), *parts[:2])


def month_in(text: str) -> int | None:
    """Return the first month that a text names, or None."""
    for word in WORD.findall(text[:MOST_CHARACTERS]):
        if number := MONTHS.get(word.casefold()):
            return number
    return None


def best_date(*candidates: str | None) -> str | None:
    """Choose the first date, or a later one of the same year that is more precise."""
    dates = [found for each in candidates if each and (found := parse_date(each))]
    if len(dates) < 2:
        return dates[0] if dates else None
    return max((each for each in dates if each.startswith(dates[0])), key=len)


def _number(part: str | None) -> int | None:
    return int(part) if part and part.isdecimal() else None


def _day_first(first: int, second: int, year: int) -> str | None:
    if first > 12:
        return iso_date(year, second, first)
    if second > 12:
        return iso_date(year, first, second)
    return iso_date(year, first, first) if first == second else iso_date(year)


def _written(text: str) -> str | None:
    """Return a date with a month's name, or a year alone, anywhere in the text."""
    found = YEAR.search(text)
    if found is None:
        return None
    year = int(found[1])
    month = month_in(text)
    if month is None:
        return iso_date(year)
    rest = CLOCK.sub(" ", text[: found.start()] + " " + text[found.end() :])
    days = NUMBER.findall(rest)
    return iso_date(year, month, int(days[0]) if days else None)
