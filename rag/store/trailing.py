"""Have work follow in a thread of its own what is done meanwhile, never far behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

MOST_BEHIND: Final = 2


class Trailing:
    """Follow steps in a thread: papers are embedded while the next ones are read and written.

    At the end, also after an error, the work that was begun is done; what came after is not.

    Args:
        work: Follows all steps that were made when it begins.
        most_behind: Steps that wait while the work goes on with earlier ones.
    """

    def __init__(self, work: Callable[[], None], most_behind: int = MOST_BEHIND) -> None:
        self._work = work
        self._most_behind = most_behind
        self._thread = ThreadPoolExecutor(1, "following")
        self._begun: Future[None] | None = None
        self._behind = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown()
        if error is None and self._begun:
            self._begun.result()

    def go_on(self) -> None:
        """Have one more step followed; waits while too many are not.

        Raises:
            Exception: What the work on earlier steps has raised.
        """
        self._behind += 1
        if self._begun and not self._begun.done() and self._behind < self._most_behind:
            return
        if self._begun:
            self._begun.result()
        self._begun = self._thread.submit(self._work)
        self._behind = 0
