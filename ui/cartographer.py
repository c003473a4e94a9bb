"""Places a library's papers on a map, once for each state of the library; no layout, no HTML."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.library import Library
from rag.projection import lay_out
from ui.catalogue import Catalogue, Row

# More points than this nobody tells apart, and their layout takes longer than anyone waits.
MOST_POINTS: Final = 5000
SAMPLE_SEED: Final = 0
NO_VECTORS: Final = (
    "There is no map: this library finds papers by their words alone, and a map is drawn from the "
    "vectors of their texts."
)
TOO_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Map:
    """Papers and their places, shape (len(rows), 2), and what to know of them."""

    rows: tuple[Row, ...]
    points: NDArray[np.float64]
    told: str


NO_POINTS: Final[NDArray[np.float64]] = np.zeros((0, 2))


@dataclass(slots=True)
class Cartographer:
    """Draws the map of a library and keeps it until the library changes."""

    catalogue: Catalogue
    _drawn: Map | None = None
    _of: tuple[Row, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def map(self) -> Map:
        """The map of the library as it is now."""
        with self._lock:
            rows = self.catalogue.rows()
            if self._drawn is None or rows is not self._of:
                self._drawn, self._of = draw(self.catalogue.library, rows), rows
            return self._drawn


def draw(library: Library, rows: Sequence[Row]) -> Map:
    """A map of the rows, of a sample of them where they are many."""
    if len(rows) < TOO_FEW:
        return Map((), NO_POINTS, f"A map needs at least {TOO_FEW} papers.")
    shown = _sample(rows)
    vectors = library.paper_vectors([row.paper_id for row in shown])
    if vectors is None:
        return Map((), NO_POINTS, NO_VECTORS)
    placed = tuple(row for row in shown if row.paper_id in vectors)
    points = lay_out(np.array([vectors[row.paper_id] for row in placed]))
    return Map(placed, points, _told(len(placed), len(rows)))


def _sample(rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) <= MOST_POINTS:
        return rows
    chosen = np.random.default_rng(SAMPLE_SEED).choice(len(rows), MOST_POINTS, replace=False)
    return [rows[n] for n in sorted(chosen)]


def _told(shown: int, total: int) -> str:
    told = "Papers on similar subjects lie close together; the axes mean nothing."
    if shown == total:
        return told
    return f"{told} It shows {shown:,} of {total:,} papers, chosen at random."
