"""Read dates as they are written in records."""

from __future__ import annotations

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Final

ISO_DATE: Final = re.compile(r"^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?:[T ].*)?$")
WRITTEN_DATES: Final = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %Y", "%B %Y")


def parse_date(text: str) -> str | None:
    """Parse an ISO date as precise as the text, or None when it holds no date with a year."""
    if match := ISO_DATE.match(text):
        return _iso(*(int(part) if part else None for part in match.groups()))
    for written in WRITTEN_DATES:
        try:
            parsed = datetime.strptime(text, written).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        return parsed.isoformat() if "%d" in written else parsed.isoformat()[:7]
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def _iso(year: int | None, month: int | None, day: int | None) -> str | None:
    if month == 0 or day == 0:  # written where they are not known
        month = day = None
    try:
        valid = date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    return valid.isoformat()[: 10 if day else 7 if month else 4]
