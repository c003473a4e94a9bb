"""Give the time that what users leave is stamped with."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time in ISO format, UTC, to the microsecond; such texts sort by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
