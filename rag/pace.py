"""Tell how fast long work goes, and how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from rag.types import Progress

LEAST_S: Final = 2.0  # before which a rate says little
MINUTE_S: Final = 60
HOUR_S: Final = 3600


class Pace:
    """Watch the progress of one piece of work, stage after stage.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._begun = (0.0, 0)  # when the stage began, and what was done then

    def tell(self, progress: Progress) -> str:
        """Return the rate, and the time left where known: "52/s, 2 min left"; empty at first."""
        now = self._clock()
        if progress.stage != self._stage or progress.done < self._begun[1]:
            self._stage, self._begun = progress.stage, (now, progress.done)
        seconds, done = now - self._begun[0], progress.done - self._begun[1]
        if seconds < LEAST_S or done <= 0:
            return ""
        rate = done / seconds
        told = f"{rate:,.0f}/s" if rate >= 1 else f"{rate * MINUTE_S:,.0f}/min"
        left = progress.total - progress.done
        return f"{told}, {time_left(left / rate)} left" if left > 0 else told


def time_left(seconds: float) -> str:
    """Return a span of time as people say it, never too precisely: "40 s", "3 min", "2 h"."""
    if seconds < MINUTE_S:
        return f"{max(1, round(seconds)):,} s"
    if seconds < 2 * HOUR_S:
        return f"{round(seconds / MINUTE_S):,} min"
    return f"{round(seconds / HOUR_S):,} h"
