"""Hold a call of the endpoint, with all its tries, to a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)
from tenacity.stop import stop_base

from rag.errors import ModelError, ModelTimeoutError

# Seconds: what clients of such services commonly wait, with jitter so that callers who failed
# together do not come back together.
BACKOFF: Final = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0.0, 0.5)


def retrying(tries: int, deadline: float) -> Retrying:
    """Call again after failures that may pass, until the deadline would come first.

    Args:
        tries: Calls at most, with the first.
        deadline: Instant of `time.monotonic()`.
    """
    return Retrying(
        retry=retry_if_exception(lambda exc: isinstance(exc, ModelError) and exc.retryable),
        stop=stop_after_attempt(tries) | _StopBefore(deadline),
        wait=wait_s,
        reraise=True,
    )


class _StopBefore(stop_base):
    """Stop when the next try would begin after the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: RetryCallState) -> bool:
        return time.monotonic() + retry_state.upcoming_sleep >= self._deadline


def wait_s(call: RetryCallState) -> float:
    """Return the seconds to wait: what the endpoint asks for, else exponential with jitter."""
    error = call.outcome.exception() if call.outcome else None
    asked = error.retry_after_s if isinstance(error, ModelError) else None
    return BACKOFF(call) if asked is None else asked


class TimedStream(httpx.SyncByteStream):
    """The bytes of a reply until the deadline.

    It looks at the bytes, not at what they say, since some endpoints send comments for as long as
    the model has nothing to say.

    Args:
        stream: The reply.
        deadline: Instant of `time.monotonic()`.
        too_late: What is said of a reply that is not complete by then.
    """

    def __init__(self, stream: httpx.SyncByteStream, deadline: float, too_late: str) -> None:
        self._stream = stream
        self._deadline = deadline
        self._too_late = too_late

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield piece
            if time.monotonic() > self._deadline:
                raise ModelTimeoutError(self._too_late)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
