"""Keep count of what an answer costs: tokens, calls and seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from rag.types import NO_USAGE, Limit, Usage

LEAST_S: Final = 1.0  # no model answers in less


class Budget:
    """What one answer may cost, and what it has cost.

    Args:
        tokens: Most tokens that the model reads and writes, all calls together.
        seconds: Longest time, from now.
        clock: Tells the time in seconds.

    Attributes:
        limit: Of what there was too little for a call; None where all were made.
        calls: How many calls were made.
        usage: The tokens of these.
    """

    def __init__(
        self, tokens: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._begun = clock()
        self._seconds = seconds
        self.limit: Limit | None = None
        self.calls = 0
        self.usage: Usage = NO_USAGE

    @property
    def seconds(self) -> float:
        """The seconds since it began."""
        return self._clock() - self._begun

    @property
    def seconds_left(self) -> float:
        """The seconds that are left, at least 0."""
        return max(self._seconds - self.seconds, 0.0)

    @property
    def tokens_left(self) -> int:
        """The tokens that are left, at least 0."""
        return max(self._tokens - self.tokens_spent, 0)

    @property
    def tokens_spent(self) -> int:
        """The tokens that were read and written."""
        return self.usage.prompt_tokens + self.usage.completion_tokens

    def allows(self, tokens: int, seconds: float = LEAST_S) -> bool:
        """Return whether a call of so many tokens can be made; note what is lacking."""
        if tokens > self.tokens_left:
            self.limit = "tokens"
        elif seconds > self.seconds_left:
            self.limit = "seconds"
        else:
            return True
        return False

    def spend(self, usage: Usage) -> None:
        """Note a call."""
        self.calls += 1
        self.usage = self.usage + usage
