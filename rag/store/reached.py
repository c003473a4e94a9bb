"""How far a derived store has come, in a small file inside its folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import uuid4

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from rag.settings import VectorStoreName

FILE: Final = "reached.json"
CHROMA: Final = "chroma"  # the folders of the derived stores
VECTORS: Final[Mapping[VectorStoreName, str]] = {"chroma": CHROMA, "qdrant": "qdrant"}
WORDS: Final = "lexical"
HELD: Final = "held.npz"  # the vectors of a small library; checked by what stands in it
NOTHING: Final = -1  # the revision of a store that holds nothing yet


@dataclass(frozen=True, slots=True)
class Reached:
    """What a derived store holds.

    Attributes:
        library_id: Of the library that it was derived from.
        revision: Of the library's changes, the last that the store has followed.
        part: What else the store is bound to, such as the name of a collection.
        change: Another one after every change of the store, also by a repair.
        sizes: Bytes of its files when it had followed; other sizes mean damage, or a kill.
    """

    library_id: str
    revision: int
    part: str = ""
    change: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)


_CHECKED: Final = TypeAdapter(Reached)


def read_reached(folder: Path) -> Reached | None:
    """Read how far a store has come from its folder; None where that cannot be read."""
    try:
        return _CHECKED.validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def write_reached(folder: Path, library_id: str, revision: int, part: str = "") -> None:
    """Note what a store has reached, and its files as they are now."""
    _write(folder, Reached(library_id, revision, part, uuid4().hex, file_sizes(folder)))


def note_as_left(folder: Path, lock: Path) -> None:
    """Note the store's files as they are now, after they were only read: Chroma writes then too.

    While another process writes it is left; a process that ends without it costs the next one a
    look at every vector.

    Args:
        folder: Of the store.
        lock: The file that a writer locks.
    """
    with suppress(OSError, Timeout):
        found = read_reached(folder)
        if found is not None and not is_as_left(folder, found):
            with FileLock(lock, timeout=0):
                _write(folder, replace(found, sizes=file_sizes(folder)))


def _write(folder: Path, reached: Reached) -> None:
    """Replace the file as a whole, so that a crash leaves the old or the new one."""
    fresh = folder / f"{FILE}.{os.getpid()}.tmp"
    fresh.write_text(json.dumps(asdict(reached)) + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of the store's files by their path within the folder."""
    return {str(path.relative_to(folder)): path.stat().st_size for path in _files(folder)}


def is_as_left(folder: Path, reached: Reached, *, untouched: bool = True) -> bool:
    """Return whether the store's files have the sizes that were noted.

    Args:
        folder: Of the store.
        reached: What was noted.
        untouched: Whether none may have been written since either, as after a copy.
    """
    noted_at = (folder / FILE).stat().st_mtime_ns
    is_written = any(path.stat().st_mtime_ns > noted_at for path in _files(folder))
    return file_sizes(folder) == reached.sizes and not (untouched and is_written)


def stamp(folder: Path) -> str:
    """Return a stamp that changes with the store; "" where it cannot be read."""
    try:
        now = (folder / FILE).stat()
    except OSError:
        return ""
    return _stamp_at(folder, now.st_ino, now.st_mtime_ns)


@lru_cache(64)  # it is looked at with every question, and replaced as a whole
def _stamp_at(folder: Path, _inode: int, _written_at: int) -> str:
    return stamp_of(read_reached(folder))


def stamp_of(found: Reached | None) -> str:
    """Return a stamp that changes with a store; "" for one that has reached nothing."""
    return f"{found.library_id} {found.revision} {found.part} {found.change}" if found else ""


def remove(path: Path) -> None:
    """Delete the folder of a store, or what lies in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_own = path.name.startswith((FILE, HELD, ".")) or path.suffix == ".lock"
        if path.is_file() and not is_own:
            yield path
