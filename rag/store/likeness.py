"""Find papers whose abstracts begin or end alike, without reading all of them each time.

Two hashes a paper are kept in a file of the library's folder, with the revision that they have
reached; only what was written since is read. The file can be thrown away.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.store.papers import PaperStore
from rag.text import folded

logger = logging.getLogger(__name__)

FILE: Final = "alike.npz"
SAME_WORDS: Final = 10  # with which two abstracts begin or end that may be one
LEAST_ABSTRACT_WORDS: Final = 20
TOO_SHORT: Final = (0, 0)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read.

    Attributes:
        library_id: The library's.
        revision: Of it, up to which papers were read.
        numbers: Of the papers, ascending.
        hashes: Of the first and the last words of each, shape (papers, 2); 0 where it has too few.
    """

    library_id: str
    revision: int
    numbers: NDArray[np.int64]
    hashes: Hashes


def _nothing(library_id: str) -> _Known:
    return _Known(library_id, 0, np.empty(0, np.int64), np.empty((0, 2), np.uint64))


class Likeness:
    """Groups the papers of one library by how their abstracts begin and end.

    Args:
        papers: The library's.
        folder: The library's.
        is_read_only: Whether nothing can be written there.
    """

    def __init__(self, papers: PaperStore, folder: Path, *, is_read_only: bool) -> None:
        self._papers = papers
        self._file = folder / FILE
        self._is_read_only = is_read_only
        self._known: _Known | None = None
        self._lock = threading.Lock()

    def groups(self, library_id: str) -> list[list[str]]:
        """Find the ids of papers that begin or end alike, group by group, in order of ingestion.

        A preprint and its publication often differ in title alone. Only candidates: whether their
        abstracts are near is for `are_near` to say.
        """
        known = self.catch_up(library_id)
        placed = group_alike(known.hashes)
        numbers = [[int(known.numbers[place]) for place in group] for group in placed]
        ids = self._papers.ids_of([each for group in numbers for each in group])
        found = [[ids[each] for each in group if each in ids] for group in numbers]
        return [group for group in found if len(group) > 1]

    def catch_up(self, library_id: str) -> _Known:
        """Read what was written since the last time."""
        with self._lock:
            known = self._known or _load(self._file)
            if known.library_id != library_id:
                known = _nothing(library_id)
            now = self._papers.revision()
            if known.revision != now:
                known = self._read_on(known, now)
                if not self._is_read_only:
                    _save(self._file, known)
            self._known = known
            return known

    def _read_on(self, known: _Known, until: int) -> _Known:
        read: list[int] = []
        ends: list[tuple[int, int]] = []
        for number, is_summary, abstract in self._papers.abstracts_after(known.revision):
            read.append(number)
            ends.append(TOO_SHORT if is_summary else hash_ends(abstract))
        kept = ~np.isin(known.numbers, read)
        numbers = np.concatenate([known.numbers[kept], np.array(read, np.int64)])
        hashes = np.concatenate([known.hashes[kept], np.array(ends, np.uint64).reshape(-1, 2)])
        order = np.argsort(numbers, kind="stable")
        return _Known(known.library_id, until, numbers[order], hashes[order])


def hash_ends(abstract: str) -> tuple[int, int]:
    """Hash the first and the last words of an abstract; zeros where it has too few to tell."""
    words = folded(abstract).split()
    if len(words) < LEAST_ABSTRACT_WORDS:
        return TOO_SHORT
    return _hash(words[:SAME_WORDS]), _hash(words[-SAME_WORDS:])


def group_alike(hashes: Hashes) -> list[list[int]]:
    """Group the places of rows, ascending, that share a first or a last hash that is not 0.

    The groups come in the order in which their first members do.
    """
    groups: list[list[int]] = []
    for column in hashes.T:
        _, which, counts = np.unique(column, return_inverse=True, return_counts=True)
        shared: dict[int, list[int]] = {}
        for place in np.flatnonzero((counts[which] > 1) & (column != 0)):
            shared.setdefault(int(which[place]), []).append(int(place))
        groups += shared.values()
    return sorted(groups, key=lambda group: group[0])


def _hash(words: Sequence[str]) -> int:
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def _load(file: Path) -> _Known:
    try:
        with np.load(file, allow_pickle=False) as stored:
            known = _Known(
                str(stored["library_id"]),
                int(stored["revision"]),
                stored["numbers"],
                stored["hashes"],
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return _nothing("")
    return known if known.hashes.shape == (len(known.numbers), 2) else _nothing("")


def _save(file: Path, known: _Known) -> None:
    """Write what was read; where that cannot be done it is read again next time."""
    fresh = file.with_name(f"{FILE}.{os.getpid()}.tmp")
    try:
        with fresh.open("wb") as writing:
            np.savez(
                writing,
                library_id=known.library_id,
                revision=known.revision,
                numbers=known.numbers,
                hashes=known.hashes,
            )
        fresh.replace(file)
    except OSError as exc:
        logger.info("%s cannot be written: %s", file, exc)
        fresh.unlink(missing_ok=True)
