"""What some tests need and not every machine has: told where it is missing, required in CI."""

from __future__ import annotations

import os
from collections import Counter
from typing import NoReturn

import pytest


def missing(what: str, why: str) -> NoReturn:
    """Skip what needs something that is not there; fail it where CI says that it must be there."""
    told = f"needs {what}: {why}"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{told} (where CI is set, nothing may be missing)", pytrace=False)
    pytest.skip(told)


def told_missing(skipped) -> list[str]:
    """Lines that say how many tests did not run, by need, the commonest first."""
    reasons = [reason_of(report) for report in skipped]
    if not reasons:
        return []
    numbers = Counter(need for need, _ in reasons)
    whys = dict(reversed(reasons))  # of several processes the first to tell
    lines = [f"{n:>6} {need}{whys[need]}" for need, n in numbers.most_common()]
    return [f"{len(reasons)} tests did not run:", *lines]


def reason_of(report) -> tuple[str, str]:
    """What a skipped test needs, and why that is not there."""
    _, _, reason = report.longrepr
    need, colon, why = reason.removeprefix("Skipped: ").partition(": ")
    return need, colon + why
