"""The services that papers are looked up at, each made from the settings, and what they answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Final

from rag.errors import SourceUnavailableError
from rag.lookup import arxiv, crossref, openalex, semantic_scholar, zotero
from rag.lookup.asked import Asked, Where
from rag.lookup.web import Manners, Service
from rag.readers.records import Record, RecordError
from rag.settings import Settings
from rag.types import Inventory, Note

DATED: Final[Mapping[Where, str]] = {"arxiv": arxiv.NAME, "openalex": openalex.NAME}
NEEDED: Final = {"doi": "a DOI (doi:10.1000/182)", "pmid": "a number (pmid:19872477)"}

Found = Iterator[Record | RecordError | Note | Inventory]
Find = Callable[[], Record | None]


class Services:
    """Where papers are looked up; nothing is contacted before something is read.

    Args:
        settings: Addresses, keys, and how long to wait.
        sleep: Waits so many seconds.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        contact = settings.contact or ""

        def service(name: str, address: str, manners: Manners) -> Service:
            return Service(
                name,
                address,
                manners,
                timeout_s=settings.lookup_timeout_s,
                contact=contact,
                sleep=sleep,
                clock=clock,
            )

        openalex_key, s2_key = (
            key.get_secret_value() if key else ""
            for key in (settings.openalex_key, settings.s2_key)
        )
        self.arxiv = service(arxiv.NAME, settings.arxiv_url, arxiv.MANNERS)
        self.crossref = service(crossref.NAME, settings.crossref_url, crossref.manners(contact))
        self.doi = service(crossref.DOI_NAME, settings.doi_url, crossref.DOI_MANNERS)
        self.openalex = service(
            openalex.NAME, settings.openalex_url, openalex.manners(openalex_key, contact)
        )
        self.s2 = service(semantic_scholar.NAME, settings.s2_url, semantic_scholar.manners(s2_key))
        self.zotero = service(zotero.NAME, settings.zotero_url, zotero.MANNERS)

    def read(self, asked: Asked, most: int) -> Found:
        """Read records of what is asked for, of a query at most so many; asked for when consumed.

        Raises:
            SourceUnavailableError: The service cannot be asked.
            SourceError: Zotero has nothing that is called so.
        """
        yield from self._read(asked, most)

    def _read(self, asked: Asked, most: int) -> Found:
        if not asked.name and asked.where != "zotero":
            needed = NEEDED.get(asked.where, "an id, or words to look for")
            return iter([RecordError(f"after {asked.where}: there must be {needed}")])
        if asked.is_query:
            return self._read_query(asked, most)
        if asked.where == "zotero":
            told = zotero.told(self.read_zotero(asked.name))
            return told if asked.name else chain(told, zotero.tell_groups(self.zotero))
        if asked.where == "arxiv":
            return arxiv.read_ids(self.arxiv, [asked.name])
        return iter([self._find(asked)])

    def read_newest(self, asked: Asked, most: int) -> Found:
        """Read the latest of what a query finds, the newest first; of a service in `DATED`.

        Raises:
            SourceUnavailableError: The service cannot be asked.
        """
        if asked.where == "arxiv":
            return arxiv.read_query(self.arxiv, asked.name, most, newest=True)
        return openalex.read_query(self.openalex, asked.name, most, newest=True)

    def read_arxiv(self, ids: Sequence[str]) -> Found:
        """Read records of arXiv's papers, as many with one request as it allows.

        Raises:
            SourceUnavailableError: arXiv cannot be asked.
        """
        return arxiv.read_ids(self.arxiv, ids)

    def read_zotero(self, name: str, seen: zotero.Seen = zotero.NOTHING_SEEN) -> zotero.Changes:
        """Read what is in a collection or library of Zotero's, or is new there.

        Raises:
            SourceUnavailableError: Zotero does not run.
            SourceError: It has nothing that is called so.
        """
        return zotero.read_shelf(self.zotero, zotero.find_shelf(self.zotero, name), seen)

    def find_doi(self, doi: str, *, is_whole: Callable[[Record], bool]) -> Record | None:
        """Find the record of a DOI, asking one service after the other until it is whole.

        Crossref seldom has abstracts, for which the other two are asked.

        Raises:
            SourceUnavailableError: None of them could be asked.
        """
        return _gathered(
            [
                lambda: (
                    crossref.find_doi(self.crossref, doi) or crossref.find_elsewhere(self.doi, doi)
                ),
                partial(openalex.find_work, self.openalex, f"doi:{doi}"),
                partial(semantic_scholar.find_paper, self.s2, f"DOI:{doi}"),
            ],
            is_whole,
        )

    def _read_query(self, asked: Asked, most: int) -> Found:
        if asked.where == "arxiv":
            return arxiv.read_query(self.arxiv, asked.name, most)
        if asked.where == "crossref":
            return crossref.read_query(self.crossref, asked.name, most)
        if asked.where == "openalex":
            return openalex.read_query(self.openalex, asked.name, most)
        return semantic_scholar.read_query(self.s2, asked.name, most)

    def _find(self, asked: Asked) -> Record | RecordError:
        finds: dict[str, Find] = {
            "doi": lambda: self.find_doi(asked.name, is_whole=has_abstract),
            "openalex": lambda: openalex.find_work(self.openalex, asked.name),
            "pmid": lambda: openalex.find_work(self.openalex, f"pmid:{asked.name}"),
            "s2": lambda: semantic_scholar.find_paper(self.s2, asked.name),
        }
        found = finds[asked.where]()
        return found or RecordError(f"no paper is known by {asked.where}:{asked.name}", "not known")


def has_abstract(record: Record) -> bool:
    """Return whether a record has title and abstract, without which it is no paper here."""
    return bool(record.get("title") and record.get("abstract"))


def _gathered(finds: Sequence[Find], is_whole: Callable[[Record], bool]) -> Record | None:
    """Merge what several places know; the first that has a field wins; None where none has any.

    Raises:
        SourceUnavailableError: No place could be asked; the first one's.
    """
    record: dict[str, object] = {}
    failed: list[SourceUnavailableError] = []
    for find in finds:
        try:
            found = find() or {}
        except SourceUnavailableError as exc:
            failed.append(exc)
            continue
        record |= {name: value for name, value in found.items() if value and not record.get(name)}
        if record and is_whole(record):
            break
    if not record and failed:
        raise failed[0]
    return record or None
