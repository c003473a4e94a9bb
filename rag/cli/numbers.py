"""Read the numbers among the arguments; what is wrong with one is said to the user."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Final

MOST_PORT: Final = 65535
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LEAST_SECONDS: Final = 60
MOST_SECONDS: Final = 365 * 86400.0
MOST_DIGITS: Final = 9


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    value = _whole_number(text)
    if value < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return value


def year(text: str) -> int:
    """Read a year."""
    value = _whole_number(text)
    if not date.min.year <= value <= date.max.year:
        raise argparse.ArgumentTypeError(f"{text!r} is no year")
    return value


def seconds(text: str) -> float:
    """Read a time such as `6h`, `30m` or `1d`; at least a minute."""
    number, unit = text[:-1], text[-1:].lower()
    if unit not in SECONDS or not number.isdecimal() or not number.isascii():
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 6h, 30m or 1d")
    value = float(number[:MOST_DIGITS]) * SECONDS[unit]
    if value < LEAST_SECONDS:
        raise argparse.ArgumentTypeError("it must be at least 1m")
    return min(value, MOST_SECONDS)


def port(text: str) -> int:
    """Read the number of a port."""
    value = _whole_number(text)
    if not 1 <= value <= MOST_PORT:
        raise argparse.ArgumentTypeError(f"it must be from 1 to {MOST_PORT}")
    return value


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from exc
