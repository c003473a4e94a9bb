"""How far a derived store has come, in a small file inside its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

FILE: Final = "reached.json"
VECTORS: Final = "chroma"  # the folders of the derived stores
WORDS: Final = "lexical"
NATIVE: Final = ".bin"  # files of vectors, which a reader trusts blindly
NOTHING: Final = -1  # the revision of a store that holds nothing yet


@dataclass(frozen=True, slots=True)
class Reached:
    """What a derived store holds.

    Attributes:
        library_id: Of the library that it was derived from.
        revision: Of the library's changes, the last that the store has followed.
        part: What else the store is bound to, such as the name of a collection.
        sizes: Bytes of its files when it had followed; others tell of damage, or of a kill.
    """

    library_id: str
    revision: int
    part: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)


_CHECKED: Final = TypeAdapter(Reached)


def read_reached(folder: Path) -> Reached | None:
    """What a store's folder says; None when it says nothing that can be read."""
    try:
        return _CHECKED.validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def write_reached(folder: Path, library_id: str, revision: int, part: str = "") -> None:
    """Replace the file as a whole, so that a crash leaves the old or the new one."""
    reached = Reached(library_id, revision, part, file_sizes(folder))
    fresh = folder / f"{FILE}.{os.getpid()}.tmp"
    fresh.write_text(json.dumps(asdict(reached)) + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of the store's files by their path within the folder."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((FILE, ".")) and path.suffix != ".lock"
    }


def is_as_left(folder: Path, reached: Reached) -> bool:
    """Whether the store's files have the sizes that were noted, and native ones were not changed.

    Chroma's own database is written whenever it is opened; its vectors are not.
    """
    noted_at = (folder / FILE).stat().st_mtime_ns
    changed = (path.stat().st_mtime_ns > noted_at for path in folder.rglob(f"*{NATIVE}"))
    return file_sizes(folder) == reached.sizes and not any(changed)


def stamp(folder: Path) -> int:
    """Another number after every change of the file; 0 when there is none."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except OSError:
        return 0
