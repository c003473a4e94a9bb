"""All vectors of a small collection in memory, and in a file beside Chroma's own.

With the file a small library is searched without Chroma, whose import and opening take longer than
everything else that a first question needs. It is derived from Chroma, bound to what Chroma had
reached, and thrown away with every change.
"""

from __future__ import annotations

import json
import logging
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.store.reached import HELD
from rag.types import passage_place

logger = logging.getLogger(__name__)

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Held:
    """All vectors of a small collection.

    Attributes:
        ids: Of the passages, in the order of the rows.
        rows: Shape (len(ids), dimension), unit norm.
    """

    ids: Sequence[str]
    rows: Vectors

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The row of each passage."""
        return {each: place for place, each in enumerate(self.ids)}

    @cached_property
    def _papers(self) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
        """The papers, the rows of one after those of the other, and where each one's begin."""
        owners: dict[str, list[int]] = {}
        for row, each in enumerate(self.ids):
            owners.setdefault(passage_place(each)[0], []).append(row)
        rows = np.array([row for some in owners.values() for row in some], np.intp)
        return list(owners), rows, np.cumsum([0, *map(len, owners.values())])[:-1]

    def nearest_papers(self, vector: Vectors) -> dict[str, float]:
        """Return the cosine of each paper's best passage to a vector, the most similar first."""
        if not self.ids:
            return {}
        papers, rows, starts = self._papers
        best = np.maximum.reduceat((self.rows @ vector)[rows], starts)
        order = np.argsort(-best, kind="stable")
        return dict(zip([papers[n] for n in order], best[order].tolist(), strict=True))


def save_held(folder: Path, stamp: str, held: Held) -> None:
    """Write the vectors beside Chroma's; where that cannot be done it is left.

    Args:
        folder: Where Chroma keeps its files.
        stamp: Of what Chroma had reached before the vectors were read.
        held: The vectors.
    """
    fresh = folder / f"{HELD}.{os.getpid()}.tmp"
    header = json.dumps([stamp, list(held.ids)]).encode()
    try:
        with fresh.open("wb") as file:
            np.savez(file, told=np.frombuffer(header, np.uint8), rows=held.rows)
        fresh.replace(folder / HELD)
    except OSError as exc:
        logger.info("the vectors of %s are not kept in a file: %s", folder, exc)
        fresh.unlink(missing_ok=True)


def load_held(folder: Path, stamp: str) -> Held | None:
    """Load the vectors as they were when Chroma had reached what the stamp says, or None."""
    try:
        with np.load(folder / HELD) as file:
            of, ids = json.loads(file["told"].tobytes())
            rows = file["rows"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return Held(ids, rows) if of == stamp and len(ids) == len(rows) else None


def drop_held(folder: Path) -> None:
    """Throw the file away, before Chroma changes."""
    (folder / HELD).unlink(missing_ok=True)
