"""Complete records from public catalogues: by DOI, by arXiv id, else by exactly their title.

Only what is missing is filled; what a user set by hand stays, also where it is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from rag.authors import joined_family_names
from rag.identifiers import arxiv_id_of, doi_of
from rag.imprints import joined_imprint
from rag.lookup import arxiv, crossref, openalex
from rag.lookup.catalogues import Catalogues
from rag.lookup.services import Services
from rag.names import split_name
from rag.readers.records import Record, RecordError, paper_from_record
from rag.text import folded, title_key
from rag.types import Imprint, Paper, Progress

STAGE: Final = "looking papers up"
FILLED: Final = ("authors", "published", "venue", "url")
IMPRINT: Final = "imprint"
FAMILY_NAMES: Final = "family_names"
PAPERS_AT_ONCE: Final = openalex.DOIS_PER_REQUEST
YEARS_APART: Final = 1  # from a preprint to its journal
# What publishers write before the title of what they took back.
MARKED: Final = re.compile(r"^\W*(?:retracted|withdrawn|removed)(?:\s+\w+)?\s*:\s*", re.IGNORECASE)

LABELS: Final = {
    **{"url": "link", "published": "date", "identifiers": "ids", IMPRINT: "published as"},
    FAMILY_NAMES: "family names",
}
NOTHING: Final = "(nothing)"
MOST_SHOWN: Final = 60  # authors, of which some papers have thousands

Value = str | tuple[str, ...] | tuple[tuple[str, str], ...] | Imprint | None


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a paper as it is and as it would be, and which catalogue says so."""

    field: str
    old: Value
    new: Value
    source: str

    def __str__(self) -> str:
        """Return one line for people."""
        name = LABELS.get(self.field, self.field)
        return f"{name}: {_in_words(self.old)} → {_in_words(self.new)}  ({self.source})"


def _in_words(value: Value) -> str:
    if not value:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, Imprint):
        return ", ".join(f"{name} {told}" for name, told in asdict(value).items() if told)
    words = [each if isinstance(each, str) else ":".join(each) for each in value]
    more = len(words) - MOST_SHOWN
    return ", ".join(words[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What is known of a paper elsewhere and missing here.

    Attributes:
        paper: As it would be.
        changes: What would be other, a field each.
    """

    paper: Paper
    changes: tuple[Change, ...]

    def applied_to(self, paper: Paper) -> Paper:
        """Apply the changes to the paper as it is now; what was changed meanwhile stays."""
        new = {each.field: each.new for each in self.changes}
        old = {each.field: each.old for each in reversed(self.changes)}
        untouched = {n: v for n, v in new.items() if getattr(paper, n) == old[n]}
        return replace(paper, **untouched)  # type: ignore[arg-type]  # fields of a Paper


def find_enrichments(
    services: Services, papers: Sequence[Paper], on_progress: Callable[[Progress], None]
) -> Iterator[Enrichment]:
    """Find what catalogues know of papers beyond their records; only papers with news, in order.

    A catalogue that cannot be asked is left out while another answers.

    Raises:
        SourceUnavailableError: None of them answers.
    """
    catalogues, left, done = Catalogues(services), iter(papers), 0
    asking = _Asking(catalogues)
    while some := list(islice(left, PAPERS_AT_ONCE)):
        works, preprints = asking.works(some), asking.preprints(some)
        for paper in some:
            found = [*works.get(doi_of(paper), ()), *preprints.get(arxiv_id_of(paper), ())]
            enriched = enrich(paper, asking.with_notices(found or asking.titled(paper)))
            if enriched.changes:
                yield enriched
            done += 1
            on_progress(Progress(STAGE, done, len(papers)))
        catalogues.require_answers()


def is_incomplete(paper: Paper) -> bool:
    """Return whether a record lacks what catalogues commonly know, and may take it."""
    return any(not getattr(paper, name) and name not in paper.edited for name in FILLED)


def is_same(paper: Paper, found: Paper) -> bool:
    """Tell whether a catalogue's record is of a paper: the same title, nothing against it."""
    if title_key(MARKED.sub("", found.title)) != title_key(MARKED.sub("", paper.title)):
        return False
    if paper.year and found.year and abs(paper.year - found.year) > YEARS_APART:
        return False
    families = _families(paper), _families(found)
    return not all(families) or bool(families[0] & families[1])


def _families(paper: Paper) -> set[str]:
    return {folded(split_name(name).family) for name in paper.authors}


def enrich(paper: Paper, found: Sequence[Paper]) -> Enrichment:
    """Fill in what a paper lacks from records of it; the first that has a field wins."""
    changes: list[Change] = []
    for each in found:
        before = paper
        values = {name: getattr(each, name) for name in FILLED if _may_take(paper, each, name)}
        paper = replace(
            paper,
            **values,
            identifiers=(*paper.identifiers, *_more_identifiers(paper, each)),
            imprint=paper.imprint
            if IMPRINT in paper.edited
            else joined_imprint(paper, each, keeps=True),
            retraction=paper.retraction or each.retraction,
        )
        if "authors" not in paper.edited:
            stated = joined_family_names(paper.authors, paper, each)
            paper = replace(paper, family_names=stated)
        changes += [
            Change(name, getattr(before, name), getattr(paper, name), each.source or "")
            for name in (*FILLED, FAMILY_NAMES, IMPRINT, "identifiers", "retraction")
            if getattr(before, name) != getattr(paper, name)
        ]
    return Enrichment(paper, tuple(changes))


def _may_take(paper: Paper, found: Paper, name: str) -> bool:
    """Tell whether a field is empty, and not by hand; a date may become more precise."""
    if name in paper.edited or not getattr(found, name):
        return False
    if name == "published" and paper.published and found.published:
        return found.published != paper.published and found.published.startswith(paper.published)
    return not getattr(paper, name)


def _more_identifiers(paper: Paper, found: Paper) -> tuple[tuple[str, str], ...]:
    schemes = {scheme for scheme, _ in paper.identifiers}
    if arxiv_id_of(paper):
        schemes.add("arxiv")
    return tuple(key for key in found.identifiers if key[0] not in schemes)


class _Asking:
    """Asks the catalogues for records of papers."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues
        self._services = catalogues.services

    def works(self, papers: Sequence[Paper]) -> dict[str, list[Paper]]:
        """Ask OpenAlex, else Crossref, for the papers that have a DOI; records by DOI."""
        service = self._services.openalex
        dois = {doi: is_incomplete(paper) for paper in papers if (doi := doi_of(paper))}
        if not dois:
            return {}
        found = self._catalogues.ask(service, partial(openalex.find_works, service, list(dois)))
        known = {doi_of(each): [each] for each in _read(found or [])}
        for doi, is_lacking in dois.items():
            if doi not in known and is_lacking:
                known[doi] = self._at_crossref(doi)
        return known

    def preprints(self, papers: Sequence[Paper]) -> dict[str, list[Paper]]:
        """Ask arXiv for those of its papers that lack something; records by arXiv id."""
        service = self._services.arxiv
        ids = [each for paper in papers if is_incomplete(paper) and (each := arxiv_id_of(paper))]
        if not ids:
            return {}
        found = self._catalogues.ask(service, lambda: list(arxiv.read_ids(service, ids)))
        return {arxiv_id_of(each): [each] for each in _read(found or [])}

    def titled(self, paper: Paper) -> list[Paper]:
        """Ask for the record of exactly a paper's title, where it has no id and lacks something."""
        if doi_of(paper) or arxiv_id_of(paper) or not is_incomplete(paper):
            return []
        for service, find in (
            (self._services.openalex, openalex.find_title),
            (self._services.crossref, crossref.find_title),
        ):
            found = self._catalogues.ask(service, partial(find, service, paper.title)) or []
            same = [each for each in _read(found) if is_same(paper, each)]
            if same:
                return same[:1]
        return []

    def with_notices(self, found: list[Paper]) -> list[Paper]:
        """Return the records, preceded by the retraction notices that Crossref has for them."""
        dois = [doi_of(each) for each in found if each.retraction]
        notices = [
            each for doi in dois if doi for each in self._at_crossref(doi) if each.retraction
        ]
        return [*notices, *found]

    def _at_crossref(self, doi: str) -> list[Paper]:
        service = self._services.crossref
        found = self._catalogues.ask(service, partial(crossref.find_doi, service, doi))
        return _read([found] if found else [])


def _read(records: Sequence[Record | RecordError]) -> list[Paper]:
    """Make papers of records, which need no abstract here."""
    papers = []
    for record in records:
        if isinstance(record, RecordError):
            continue
        try:
            papers.append(paper_from_record({**record, "abstract": record.get("title")}, ""))
        except RecordError:
            continue
    return papers
