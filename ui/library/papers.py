"""Adds papers to a library, removes them and brings them back; no layout, no HTML."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from rag.embedding import OnProgress
from rag.errors import SourceError
from rag.library import Library
from rag.lookup import find_ids
from rag.types import IngestReport, Paper, Rejection

MOST_FILES: Final = 20
MOST_UNPACKED_BYTES: Final = 500_000_000
BYTES_AT_ONCE: Final = 1 << 20
MOST_IDS: Final = 100  # that are looked up at once
MOST_PASTED_CHARACTERS: Final = 200_000


def add_files(library: Library, files: Sequence[str], on_progress: OnProgress) -> IngestReport:
    """Read uploaded files into the library and delete them.

    Raises:
        SourceError: None of them holds a paper, or there are too many.
    """
    paths = [Path(file) for file in files]
    try:
        if len(paths) > MOST_FILES:
            raise SourceError(f"{len(paths)} files are too many; add at most {MOST_FILES} at once.")
        too_large = [path for path in paths if _is_bomb(path)]
        refused = tuple(
            Rejection(path.name, 0, f"unpacked it is larger than {MOST_UNPACKED_BYTES // 10**6} MB")
            for path in too_large
        )
        readable = [path for path in paths if path not in too_large]
        report = library.ingest(readable, on_progress=on_progress) if readable else IngestReport()
        return replace(report, rejected=(*refused, *report.rejected))
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _is_bomb(path: Path) -> bool:
    """Whether a file unpacks to more than any list of papers has."""
    unpacked = 0
    with suppress(OSError, EOFError, zlib.error), gzip.open(path) as file:
        while piece := file.read(BYTES_AT_ONCE):
            unpacked += len(piece)
            if unpacked > MOST_UNPACKED_BYTES:
                return True
    return False


def add_pasted(library: Library, text: str, on_progress: OnProgress) -> IngestReport:
    """Add what was pasted: ids, which are looked up; a form that files have; or one paper.

    Raises:
        SourceError: It holds no paper, or there are too many ids.
        SourceUnavailableError: The place where ids are looked up could not be asked.
    """
    text = text[:MOST_PASTED_CHARACTERS]
    if (ids := len(find_ids(text))) > MOST_IDS:
        raise SourceError(f"{ids} ids are too many; paste at most {MOST_IDS} at once.")
    return library.ingest_text(text, on_progress=on_progress)


def remove(library: Library, paper_ids: Iterable[str]) -> tuple[Paper, ...]:
    """Remove papers; those that were there, so that they can be brought back."""
    wanted = dict.fromkeys(paper_ids)
    found = tuple(paper for each in wanted if (paper := library.get(each)) is not None)
    library.remove([paper.paper_id for paper in found])
    return found


def bring_back(
    library: Library, papers: Sequence[Paper], on_progress: OnProgress = lambda _: None
) -> int:
    """Add removed papers again, with the same ids and records; how many they are."""
    if papers:
        library.ingest(papers, on_progress=on_progress)
    return len(papers)
