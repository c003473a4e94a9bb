"""Read the numbers among the arguments; what is wrong with one is said to the user."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Final

MOST_PORT: Final = 65535


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
