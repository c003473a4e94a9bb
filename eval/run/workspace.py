"""Open the library that a run is over: an existing one, or one made for it and cached.

A made library is in the cache folder, under a name that follows from its papers, the settings that
shape an index and the code that builds one, so the next such run need not embed the papers again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eval.run.asking import OnProgress
from eval.run.provenance import code_files, digest
from rag.library import Library
from rag.readers import Source
from rag.settings import Settings
from rag.types import EXTRACTIVE, Paper

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

LIBRARIES: Final = "eval-libraries"  # below the cache folder
MOST_KEPT: Final = 6
SHAPING: Final = (
    "embedder",
    "passage_prefix",
    "passage_tokens",
)  # settings that an index depends on
BUILDING: Final = (
    *("rag/store", "rag/embedding", "rag/readers", "rag/cleaning", "rag/text", "rag/names"),
    *("rag/arrays", "rag/authors", "rag/certificates", "rag/fitted"),
    *("rag/identifiers", "rag/imprints", "rag/passages", "rag/sentences", "rag/tokens"),
)


@contextmanager
def open_existing(
    settings: Settings, llm: LLM | None, on_progress: OnProgress
) -> Iterator[Library]:
    """Yield the library of the settings, unchanged."""
    with Library.open(settings=settings, llm=llm or EXTRACTIVE, on_progress=on_progress) as library:
        yield library


@contextmanager
def open_made(
    sources: Sequence[Source], settings: Settings, llm: LLM | None, on_progress: OnProgress
) -> Iterator[Library]:
    """Yield a library of these sources and nothing else.

    Raises:
        SourceError: None of the sources holds a paper.
    """
    folder = settings.cache.expanduser() / LIBRARIES / _key(sources, settings)
    folder.parent.mkdir(parents=True, exist_ok=True)
    own = settings.model_copy(update={"library": folder})
    with open_existing(own, llm, on_progress) as library:
        library.ingest(
            sources, on_progress=on_progress
        )  # papers that are there already cost a look-up
        yield library
    _prune(folder)


def _key(sources: Iterable[Source], settings: Settings) -> str:
    shaping = [f"{name}={getattr(settings, name)}" for name in SHAPING]
    building = [path.read_text(encoding="utf-8") for path in code_files(BUILDING)]
    return digest([*shaping, *building, *map(_content, sources)])


def _content(source: Source) -> str:
    if isinstance(source, Paper):
        return repr(source)
    if not isinstance(source, str | Path):
        return repr(sorted(source.items()))
    path = Path(source).expanduser()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return digest(hashlib.sha256(p.read_bytes()).hexdigest() for p in files if p.is_file())


def _prune(used: Path) -> None:
    """Delete the libraries that were not used for the longest time."""
    used.touch()
    kept = sorted(used.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in kept[MOST_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
