"""Look for the abstracts that records lack: by DOI, arXiv id or PubMed number, else by the title.

Exports of reference managers often lack them, and so do most files that are written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Final

from rag.errors import SourceUnavailableError
from rag.identifiers import arxiv_id_of, doi_of
from rag.lookup import arxiv, openalex, semantic_scholar
from rag.lookup.catalogues import Catalogues
from rag.lookup.enriching import enrich, is_same
from rag.lookup.services import Services
from rag.lookup.web import Service
from rag.readers.records import Record, RecordError, paper_from_record
from rag.readers.sources import NO_PAPER, UNREACHED, Item
from rag.text import folded
from rag.types import Paper, Progress, Rejection

STAGE: Final = "looking abstracts up"
PAPERS_AT_ONCE: Final = openalex.DOIS_PER_REQUEST
SHARED_WORDS: Final = 0.5  # of the shorter title; publishers change titles, ids are mistyped

WORD: Final = re.compile(r"\w+")


def with_abstracts(
    items: Iterator[Item], services: Services, on_progress: Callable[[Progress], None]
) -> Iterator[Item]:
    """Give the same items, and last the papers whose abstracts were found in a catalogue.

    Nothing is asked before everything else was given. A catalogue that cannot be asked is left out
    while another answers; where none does, that is given as a rejection.
    """
    lacking: list[Rejection] = []
    empty: list[Rejection] = []  # sources without a paper, so far
    for item in items:
        if isinstance(item, Rejection) and item.paper:
            lacking.append(item)
        elif isinstance(item, Rejection) and item.why == NO_PAPER:
            empty.append(item)
        else:
            yield item
    catalogues, left, done = Catalogues(services), iter(lacking), 0
    completed: set[str] = set()
    while some := list(islice(left, PAPERS_AT_ONCE)):
        papers = [each.paper for each in some if each.paper]
        listed = _Listed(catalogues, papers)
        for rejection, paper in zip(some, papers, strict=True):
            found = _find(catalogues, listed, paper)
            yield found or rejection
            completed |= {rejection.source} if found else set()
            done += 1
            on_progress(Progress(STAGE, done, len(lacking)))
    yield from (each for each in empty if each.source not in completed)
    try:
        catalogues.require_answers()
    except SourceUnavailableError as exc:
        yield Rejection(openalex.NAME, 0, str(exc), UNREACHED)


class _Listed:
    """What OpenAlex and arXiv have of several papers, each asked for all of them at once."""

    def __init__(self, catalogues: Catalogues, papers: Sequence[Paper]) -> None:
        services = catalogues.services
        dois = [doi for paper in papers if (doi := doi_of(paper))]
        ids = [arxiv_id for paper in papers if (arxiv_id := arxiv_id_of(paper))]
        find_works = partial(openalex.find_works, services.openalex, dois)
        works = (catalogues.ask(services.openalex, find_works) if dois else None) or ()
        found: Sequence[Record | RecordError] = ()
        if ids:
            read = partial(arxiv.read_ids, services.arxiv, ids)
            found = catalogues.ask(services.arxiv, lambda: tuple(read())) or ()
        self._works = {doi_of(each): each for each in _papers(works)}
        self._preprints = {arxiv_id_of(each): each for each in _papers(found)}

    def find(self, paper: Paper) -> list[Paper]:
        """Return the records of a paper that are known by its ids."""
        found = (self._preprints.get(arxiv_id_of(paper)), self._works.get(doi_of(paper)))
        return [each for each in found if each]


def _find(catalogues: Catalogues, listed: _Listed, paper: Paper) -> Paper | None:
    """Return the paper with its abstract, and what else it lacked; None where no one has it."""
    by_id = chain(listed.find(paper), _asked_by_id(catalogues, paper))
    found = next((each for each in by_id if _is_titled_alike(each, paper)), None)
    if not found and not (doi_of(paper) or arxiv_id_of(paper)):
        find = partial(openalex.find_title, catalogues.services.openalex, paper.title)
        records = catalogues.ask(catalogues.services.openalex, find) or ()
        found = next((each for each in _papers(records) if is_same(paper, each)), None)
    if not found:
        return None
    origins = dict.fromkeys(filter(None, (*paper.origins, found.source)))
    return replace(enrich(paper, [found]).paper, abstract=found.abstract, origins=tuple(origins))


def _asked_by_id(catalogues: Catalogues, paper: Paper) -> Iterator[Paper]:
    """Yield what those who take single ids have of a paper, by one of its ids after the other."""
    services, known = catalogues.services, dict(paper.identifiers)
    asked: list[tuple[Service, Callable[[], Record | None]]] = []
    if pmid := known.get("pmid"):
        find_work = partial(openalex.find_work, services.openalex, f"pmid:{pmid}")
        asked.append((services.openalex, find_work))
    for scheme, name in (("DOI", doi_of(paper)), ("PMID", pmid), ("ARXIV", arxiv_id_of(paper))):
        if name:
            find_paper = partial(semantic_scholar.find_paper, services.s2, f"{scheme}:{name}")
            asked.append((services.s2, find_paper))
    for service, find in asked:
        found = catalogues.ask(service, find)
        yield from _papers([found] if found else ())


def _is_titled_alike(found: Paper, paper: Paper) -> bool:
    """Return whether two titles share half of the words of the shorter one."""
    one, other = (set(WORD.findall(folded(each.title))) for each in (found, paper))
    return len(one & other) >= SHARED_WORDS * min(len(one), len(other))


def _papers(records: Sequence[Record | RecordError]) -> Iterator[Paper]:
    """Yield the papers of those records that have an abstract."""
    for record in records:
        if isinstance(record, RecordError):
            continue
        try:
            yield paper_from_record(record, "")
        except RecordError:
            continue
