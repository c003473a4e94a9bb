"""What a library remembers of how it was made, in a small JSON file beside its index."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from rag.errors import LibraryError

FILE: Final = "paperchat.json"
FORMAT: Final = 1
UNKNOWN_DIMENSION: Final = 0  # of an embedder that has not embedded anything yet


@dataclass(frozen=True, slots=True)
class Manifest:
    """How the library was made.

    Attributes:
        embedder: Name of the embedder; None for a library without vectors (lexical only).
        dimension: Length of its vectors; 1 without an embedder.
        passage_tokens: Longest passage, tokens.
        collection: Name of the Chroma collection.
        revision: Grows with every change, before the change; the lexical index catches up with it.
    """

    embedder: str | None
    dimension: int
    passage_tokens: int
    collection: str = "passages-1"
    revision: int = 0
    format: int = FORMAT


_CHECKED: Final = TypeAdapter(Manifest)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the library in a folder, or None when there is no library yet.

    Raises:
        LibraryError: The file is damaged, or of a newer paperchat.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
        known = json.loads(text)
        newer = isinstance(known, dict) and int(known.get("format", 0)) > FORMAT
        manifest = None if newer else _CHECKED.validate_json(text, strict=True, extra="forbid")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as exc:
        told = (str(exc).splitlines() or [type(exc).__name__])[0]
        raise LibraryError(
            f"{str(path)!r} cannot be read ({told}). "
            "Restore it, or move the folder away and ingest anew."
        ) from exc
    if manifest is None:
        raise LibraryError(
            f"The library in {str(folder)!r} was made by a newer paperchat; update this one."
        )
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole, so that a crash leaves the old or the new one."""
    path = folder / FILE
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def next_collection(collection: str) -> str:
    """The name of the collection that takes another's place."""
    stem, _, number = collection.rpartition("-")
    return f"{stem}-{int(number) + 1}"


def is_made_as(found: Manifest, wanted: Manifest) -> bool:
    """Whether the library can be used as it is; without an embedder at hand, words still work."""
    if wanted.embedder is None:
        return True
    same_length = wanted.dimension in (UNKNOWN_DIMENSION, found.dimension)
    return same_length and (found.embedder, found.passage_tokens) == (
        wanted.embedder,
        wanted.passage_tokens,
    )


def explain_mismatch(folder: Path, found: Manifest, wanted: Manifest) -> str:
    """What the library was made with, what is asked for, and the two ways out."""

    def told(manifest: Manifest) -> str:
        length = f" ({manifest.dimension} dimensions)" if manifest.dimension > 1 else ""
        return f"{manifest.embedder}{length} and passages of {manifest.passage_tokens} tokens"

    return (
        f"The library in {str(folder)!r} was made with {told(found)}; asked for is {told(wanted)}. "
        "Either open it as it was made (RAG_EMBEDDER, RAG_PASSAGE_TOKENS, or the same embedding "
        "instance), or embed it anew: `paperchat ingest --rebuild`, Library.open(…, rebuild=True)."
    )
