"""Vectors of passages that were embedded before, in a folder: benchmarks run again in minutes.

    python -m tests.bench.vectors PAPERS [--cache DIR] [--most PAPERS]

embeds the passages of the papers that the folder lacks, on one thread, until it is done or stopped;
the same command goes on from there. Two files grow together: `keys.bin` (8 bytes of the hash of
each text) and `rows.bin` (its vector as 384 float16). What a kill left unfinished is cut off.
"""

from __future__ import annotations

import argparse
import hashlib
import zlib
from itertools import islice
from pathlib import Path

import numpy as np

from rag.embedding import MINILM_DIMENSION, build_embedder
from rag.embedding.minilm import MiniLM
from rag.pace import Pace
from rag.passages import build_passages, passage_text
from rag.readers import read_sources
from rag.settings import read_settings
from rag.types import Paper, Progress

DEFAULT = Path("~/.cache/paperchat/bench")
ROW_BYTES = MINILM_DIMENSION * 2
KEY_BYTES = 8
PAPERS_PER_BATCH = 256


def key_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:KEY_BYTES]


class VectorCache:
    """Vectors of texts in a folder. Rows are read from the file, so memory stays flat."""

    def __init__(self, folder: Path) -> None:
        folder = folder.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        self._keys_file, self._rows_file = folder / "keys.bin", folder / "rows.bin"
        self._keys_file.touch()
        self._rows_file.touch()
        self._rows = self._rows_file.open("rb")
        self.reload()

    def reload(self) -> None:
        whole = min(
            self._keys_file.stat().st_size // KEY_BYTES, self._rows_file.stat().st_size // ROW_BYTES
        )
        keys = np.fromfile(self._keys_file, np.uint64, whole)
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, texts) -> list[np.ndarray | None]:
        """The unit vector of each text, None for those that are not there."""
        wanted = np.frombuffer(b"".join(map(key_of, texts)), np.uint64)
        if not len(self._keys):
            return [None] * len(wanted)
        places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        there = self._keys[places] == wanted
        return [
            self._read(self._order[place]) if known else None
            for place, known in zip(places, there, strict=True)
        ]

    def _read(self, number: int) -> np.ndarray:
        self._rows.seek(int(number) * ROW_BYTES)
        row = np.frombuffer(self._rows.read(ROW_BYTES), np.float16).astype(np.float32)
        return row / np.linalg.norm(row)

    def add(self, texts, vectors: np.ndarray) -> None:
        whole = len(self)
        with self._rows_file.open("r+b") as rows, self._keys_file.open("r+b") as keys:
            rows.seek(whole * ROW_BYTES)
            rows.write(vectors.astype(np.float16).tobytes())
            rows.truncate()
            rows.flush()
            keys.seek(whole * KEY_BYTES)
            keys.write(b"".join(map(key_of, texts)))
            keys.truncate()
        self.reload()


def stand_in(text: str) -> np.ndarray:
    """A unit vector of a text by its words alone: a stand-in where only times and sizes count."""
    vector = np.zeros(MINILM_DIMENSION, np.float32)
    for word in text.lower().split():
        seed = zlib.crc32(word.encode())
        vector[[seed % 384, (seed >> 9) % 384, (seed >> 18) % 384]] += (1.0, -1.0, 1.0)
    norm = np.linalg.norm(vector)
    return vector / norm if norm else np.full_like(vector, MINILM_DIMENSION**-0.5)


class CachedMiniLM(MiniLM):
    """The embedder with vectors of passages from the cache; all else it does itself."""

    cache: VectorCache  # set before it is loaded
    stands_in = True  # for what the cache lacks; else it is embedded
    read = 0
    made_up = 0

    def embed(self, texts):
        known = self.cache.find(texts)
        lacking = [n for n, vector in enumerate(known) if vector is None]
        type(self).read += len(texts) - len(lacking)
        type(self).made_up += len(lacking)
        if lacking and not self.stands_in:
            fresh = super().embed([texts[n] for n in lacking])
            self.cache.add([texts[n] for n in lacking], fresh)
        else:
            fresh = [stand_in(texts[n]) for n in lacking]
        for n, vector in zip(lacking, fresh, strict=True):
            known[n] = vector
        return np.asarray(known, np.float32)


def passages_of(paper: Paper, tokens: int) -> list[str]:
    return [passage_text(paper, each) for each in build_passages(paper, tokens)]


def papers_in(source: Path, most: int | None = None):
    papers = (each for each in read_sources([source]) if isinstance(each, Paper))
    return islice(papers, most)


def fill(source: Path, cache: VectorCache, most: int | None) -> None:
    settings = read_settings()
    embedder = build_embedder(settings)
    embedder.prepare()
    pace, done = Pace(), 0
    papers = papers_in(source, most)
    while batch := list(islice(papers, PAPERS_PER_BATCH)):
        texts = [text for each in batch for text in passages_of(each, settings.passage_tokens)]
        lacking = [t for t, v in zip(texts, cache.find(texts), strict=True) if v is None]
        if lacking:  # one by one: a thread, and a vector that no neighbour changes
            cache.add(lacking, np.stack([embedder.embed_texts([text])[0] for text in lacking]))
        done += len(batch)
        print(done, "papers", len(cache), "passages", pace.tell(Progress("", done, 0)), flush=True)  # noqa: T201


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT)
    parser.add_argument("--most", type=int, help="papers, from the first on")
    options = parser.parse_args()
    fill(options.papers, VectorCache(options.cache), options.most)


if __name__ == "__main__":
    main()
