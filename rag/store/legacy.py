"""Read a library that paperchat 0.1.0 made, whose papers were in Chroma alone.

An abstract stands there in pieces, one a passage; what else is known of a paper stands on its
first passage.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from rag.errors import LibraryError
from rag.store.chroma import RawRow
from rag.store.papers import NewPaper
from rag.store.vectors import VectorStore
from rag.types import Paper

MANIFEST: Final = "paperchat.json"
FORMAT: Final = 1  # of the released code; later formats stand in the database
LEFT_BEHIND: Final = ("headings-1.sqlite", "headings-1.sqlite-wal", "headings-1.sqlite-shm")


@dataclass(frozen=True, slots=True)
class Manifest:
    """How the released code made a library; `collection` names its Chroma collection."""

    embedder: str | None
    dimension: int
    passage_tokens: int
    collection: str = "passages-1"
    revision: int = 0
    format: int = FORMAT


_CHECKED: Final = TypeAdapter(Manifest)


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a library of the released code; None where there is none.

    Raises:
        LibraryError: The file is damaged.
    """
    if is_marked(folder):
        return None
    path = folder / MANIFEST
    try:
        manifest = _CHECKED.validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, UnicodeDecodeError) as exc:
        why = (str(exc).splitlines() or [type(exc).__name__])[0]
        raise LibraryError(
            f"{str(path)!r} cannot be read ({why}). "
            "Restore it, or move the folder away and ingest the papers again."
        ) from exc
    return manifest if manifest.format == FORMAT else None


def write_marker(folder: Path, written_by: str) -> None:
    """Have the released code refuse the folder, which it would take for an empty library."""
    fresh = folder / f"{MANIFEST}.tmp"
    fresh.write_text(json.dumps({"format": FORMAT + 1, "written_by": written_by}) + "\n")
    fresh.replace(folder / MANIFEST)


def is_marked(folder: Path) -> bool:
    """Return whether the released code would refuse the folder."""
    try:
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(known, dict) and known.get("format") == FORMAT + 1


def read_papers(vectors: VectorStore) -> Iterator[NewPaper]:
    """Read the papers of the collection, in the order of ingestion."""
    for first_rows in vectors.raw_pages(number=0):
        more = [
            f"{row.metadata['paper_id']}#{number}"
            for row in first_rows
            for number in range(1, int(str(row.metadata["passages"])))
        ]
        by_paper: dict[str, list[RawRow]] = {}
        for row in (*first_rows, *vectors.raw_rows(more)):
            by_paper.setdefault(str(row.metadata["paper_id"]), []).append(row)
        yield from map(_read_paper, by_paper.values())


def _read_paper(rows: list[RawRow]) -> NewPaper:
    ordered = sorted(rows, key=lambda row: int(str(row.metadata["number"])))
    known = ordered[0].metadata
    title = str(known["title"])
    paper = Paper(
        paper_id=str(known["paper_id"]),
        title=title,
        abstract=_join(title, ordered),
        authors=tuple(json.loads(str(known.get("authors") or "[]"))),
        published=_text(known, "published"),
        url=_text(known, "url"),
        venue=_text(known, "venue"),
        source=_text(known, "source"),
    )
    spans = tuple((int(str(r.metadata["start"])), int(str(r.metadata["end"]))) for r in ordered)
    return NewPaper(paper, str(known["hash"]), spans)


def _join(title: str, ordered: list[RawRow]) -> str:
    """Join the passages to the abstract; between two of them lies a space or nothing."""
    text = ""
    for row in ordered:
        text = text.ljust(int(str(row.metadata["start"]))) + row.document[len(title) + 1 :]
    return text


def _text(known: Mapping[str, object], key: str) -> str | None:
    value = known.get(key)
    return None if value is None else str(value)
