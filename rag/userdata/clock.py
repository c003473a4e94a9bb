"""The time, as what users leave is stamped with it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """This moment as ISO time in UTC, to the microsecond; such texts sort by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
