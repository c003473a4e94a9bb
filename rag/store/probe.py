"""Try in a process of its own whether vectors can be read: a damaged file may end it."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Final

from rag.settings import VectorStoreName
from rag.store.servers import Servers

LONGEST_S: Final = 60.0


def can_be_read(folder: Path, collection: str, engine: VectorStoreName) -> bool:
    """Return whether a collection opens, gives all its vectors, and answers a query."""
    given = [str(folder.resolve()), collection, engine]
    command = [sys.executable, "-m", "rag.store.probe", *given]
    root = Path(__file__).parents[2]
    try:
        tried = subprocess.run(
            command,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
            cwd=root,
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


def try_to_read(folder: Path, collection: str, engine: VectorStoreName) -> None:
    """Read every vector of a collection and ask for its neighbours; a damaged file may end us.

    Raises:
        LibraryError: The collection cannot be opened.
        DamagedLibraryError: A row cannot be read.
        ValueError: A vector is none that an embedder makes.
    """
    from rag.store.vectors import ROWS_PER_CALL, VectorStore, is_unit

    store = VectorStore(folder, collection, Servers(vectors=engine))
    ids = store.ids()
    while some := list(islice(ids, ROWS_PER_CALL)):
        vectors = store.read(some)
        if not all(map(is_unit, vectors.values())):
            raise ValueError("a vector has been changed")
        store.query_index(vectors[some[0]], 1)
    store.close()


if __name__ == "__main__":
    try_to_read(Path(sys.argv[1]), sys.argv[2], "qdrant" if sys.argv[3] == "qdrant" else "chroma")
