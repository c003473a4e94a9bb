"""Tell sources that are looked up from files, and open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rag.lookup import arxiv
from rag.lookup.asked import Asked, find_asked
from rag.lookup.services import Services
from rag.readers.sources import Opened, Source


def open_sources(
    sources: Iterable[Source], services: Services, most: int
) -> Iterator[Source | Opened]:
    """Replace each source that names no file by records from its service; the order stays.

    Nothing is asked before those records are read. arXiv's ids that stand side by side are asked
    for together.
    """
    ids: list[str] = []
    for source in sources:
        asked = _asked(source)
        if asked and asked.where == "arxiv" and not asked.is_query and asked.name:
            ids.append(asked.name)
            continue
        if ids:
            yield Opened(arxiv.NAME, services.read_arxiv(ids))
            ids = []
        if asked is None:
            yield source
        else:
            yield Opened(str(source), services.read(asked, most))
    if ids:
        yield Opened(arxiv.NAME, services.read_arxiv(ids))


def _asked(source: Source) -> Asked | None:
    """Read what a source asks for, where it is text that is not the name of a file."""
    if not isinstance(source, str):
        return None
    asked = find_asked(source)
    return None if asked is None or _is_file(source) else asked


def _is_file(name: str) -> bool:
    try:
        return Path(name).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False
