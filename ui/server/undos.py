"""Remember what each visitor can undo, so that a reload of the page does not lose it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, Generic, TypeVar

T = TypeVar("T")
MOST_VISITORS: Final = 500


class Undos(Generic[T]):
    """What the latest visitors can undo, by whom; in memory, as long as the server runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, T] = OrderedDict()

    def keep(self, owner: str, what: T | None) -> None:
        """Keep what a visitor can undo, or that there is nothing more; nobody's is not kept."""
        with self._lock:
            self._kept.pop(owner, None)
            if owner and what:
                self._kept[owner] = what
            while len(self._kept) > MOST_VISITORS:
                self._kept.popitem(last=False)

    def find(self, owner: str) -> T | None:
        """Return what a visitor can undo."""
        with self._lock:
            return self._kept.get(owner)
