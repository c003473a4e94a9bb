"""Look papers up where they are catalogued: arXiv, Crossref, OpenAlex, Semantic Scholar, Zotero.

One module a service; each asks over `web` and has its answers read by `rag.readers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rag.lookup import arxiv
from rag.lookup.asked import Asked, find_asked, find_ids
from rag.lookup.enriching import Change, Enrichment, find_enrichments
from rag.lookup.services import MOST_FOUND, Services
from rag.lookup.watching import EVERY_S, watch_zotero
from rag.readers.sources import Opened, Source

# What users may type, for the help.
LOOKUPS: Final = (
    'a DOI, an arXiv id, doi:10…, arxiv:ID or arxiv:"cat:cs.LG AND ti:hopfield", crossref:WORDS, '
    "openalex:ID or WORDS, s2:ID or WORDS, pmid:NUMBER, zotero: or zotero:COLLECTION"
)

__all__ = [
    "EVERY_S",
    "LOOKUPS",
    "MOST_FOUND",
    "Change",
    "Enrichment",
    "Services",
    "find_asked",
    "find_enrichments",
    "find_ids",
    "open_sources",
    "watch_zotero",
]


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
