"""Places a library's papers on a map, once for each state of the library; no layout, no HTML."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.embedding import OnProgress
from rag.library import Library
from rag.projection import lay_out
from rag.types import Progress
from ui.library.rows import Row, row_of

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
    """Papers and their places, shape (len(rows), 2), and what to know of them.

    Attributes:
        topics: The topic of each paper that has one, by the paper's id.
    """

    rows: tuple[Row, ...]
    points: NDArray[np.float64]
    caption: str
    topics: Mapping[str, str] = field(default_factory=dict)


NO_POINTS: Final[NDArray[np.float64]] = np.zeros((0, 2))


@dataclass(slots=True)
class PaperMap:
    """Draws the map of a library and keeps it until the library changes."""

    library: Library
    _drawn: Map | None = None
    _of: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def map(self, on_progress: OnProgress = lambda _: None) -> Map:
        """The map of the library as it is now."""
        with self._lock:
            revision = self.library.revision
            if self._drawn is None or revision != self._of:
                self._drawn, self._of = draw(self.library, on_progress), revision
            return self._drawn


def draw(library: Library, on_progress: OnProgress = lambda _: None) -> Map:
    """A map of the papers, of a sample of them where they are many."""
    paper_ids = library.catalog.paper_ids()
    if len(paper_ids) < TOO_FEW:
        return Map((), NO_POINTS, f"A map needs at least {TOO_FEW} papers.")
    on_progress(Progress("reading vectors", 0, 0))
    shown = _sample(paper_ids)
    vectors = library.catalog.paper_vectors(shown)
    if vectors is None:
        return Map((), NO_POINTS, NO_VECTORS)
    headings = library.catalog.headings(shown)
    placed = tuple(row_of(heading) for heading in headings if heading.paper_id in vectors)
    points = lay_out(np.array([vectors[row.paper_id] for row in placed]), on_progress)
    # The smaller topic counts: it says more of a paper that has two.
    topics = {each: topic.name for topic in library.catalog.topics() for each in topic.paper_ids}
    return Map(placed, points, _explain(len(placed), len(paper_ids)), topics)


def _sample(paper_ids: Sequence[str]) -> Sequence[str]:
    if len(paper_ids) <= MOST_POINTS:
        return paper_ids
    chosen = np.random.default_rng(SAMPLE_SEED).choice(len(paper_ids), MOST_POINTS, replace=False)
    return [paper_ids[n] for n in sorted(chosen)]


def _explain(shown: int, total: int) -> str:
    axes = "Papers on similar subjects lie close together; the axes mean nothing."
    if shown == total:
        return axes
    return f"{axes} It shows {shown:,} of {total:,} papers, chosen at random."
