"""Tries in a process of its own whether Chroma can read a folder: a damaged file may end it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

LONGEST_S: Final = 60.0


def can_be_read(folder: Path, collection: str) -> bool:
    """Whether a collection opens, counts, answers a query and gives its rows."""
    command = [sys.executable, "-m", "rag.store.probe", str(folder), collection]
    root = Path(__file__).parents[2]
    try:
        tried = subprocess.run(
            command, capture_output=True, timeout=LONGEST_S, check=False, cwd=root
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


def _try(folder: Path, collection: str) -> None:
    from rag.store.vectors import VectorStore

    store = VectorStore(folder, collection)
    some = next(store.ids(), None)
    if some is not None:
        vector = store.find([some])[some]
        store.query_index(vector, 1)
    store.close()


if __name__ == "__main__":
    _try(Path(sys.argv[1]), sys.argv[2])
