"""Load vectors of fixed texts, embedded ahead of time so that a first start need not.

They are the starter papers' passages and the example questions for the assistant.
`python -m eval.fit.vectors_ahead` makes the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = Path(__file__).parents[1] / "data" / "vectors-ahead.npz"

Ahead = Mapping[bytes, NDArray[np.float16]]


def key_of(text: str) -> bytes:
    """Return the key of a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


def load_ahead(graph: str, file: Path = FILE) -> Ahead:
    """Load vectors by the key of their text; none when another graph made them."""
    with np.load(file) as stored:
        if str(stored["graph"]) != graph:
            return {}
        keys, vectors = stored["keys"], stored["vectors"]
    return {bytes(key): vector for key, vector in zip(keys, vectors, strict=True)}


def save_ahead(
    graph: str, texts: Sequence[str], vectors: NDArray[np.floating], file: Path = FILE
) -> None:
    """Store the vectors of texts, shape (len(texts), 384), to three digits."""
    keys = np.frombuffer(b"".join(map(key_of, texts)), np.uint8).reshape(len(texts), -1)
    np.savez_compressed(file, graph=graph, keys=keys, vectors=vectors.astype(np.float16))
