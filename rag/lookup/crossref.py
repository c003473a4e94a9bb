"""Look papers up at Crossref, which registers most DOIs, and at doi.org for all the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from rag.lookup.web import Manners, Parameters, Service
from rag.readers.json_items import records_of
from rag.readers.json_shapes import Update, updates_in
from rag.readers.records import Record, RecordError
from rag.types import Note

NAME: Final = "Crossref"
DOI_NAME: Final = "doi.org"
# Crossref's public pool takes 5 requests a second; those who give an address are let have more.
MANNERS: Final = Manners(pace_s=0.2)
DOI_MANNERS: Final = Manners(
    pace_s=0.2, headers={"Accept": "application/vnd.citationstyles.csl+json"}
)
FOUND_PER_REQUEST: Final = 100
DOIS_PER_REQUEST: Final = 20
BETWEEN_FILTERS: Final = ","  # which a DOI that is asked for cannot have
MOST_FOUND: Final = 10_000  # beyond, Crossref wants another way of paging


def manners(contact: str) -> Manners:
    """Build how Crossref is asked on behalf of a user, whose address it likes to know."""
    return Manners(MANNERS.pace_s, parameters={"mailto": contact} if contact else None)


def find_doi(service: Service, doi: str) -> Record | None:
    """Crossref's record of a DOI; None for one that it did not register.

    Raises:
        SourceUnavailableError: Crossref cannot be reached, or does not answer as it should.
    """
    answer = service.fetch_json(f"/works/{quote(doi, safe='')}")
    return _single(service, answer)


def find_elsewhere(resolver: Service, doi: str) -> Record | None:
    """Find the record of a DOI at its own agency (DataCite, mEDRA, …); None for an unknown DOI.

    Raises:
        SourceUnavailableError: doi.org cannot be reached, or does not answer as it should.
    """
    return _single(resolver, resolver.fetch_json(f"/{quote(doi, safe='/')}"))


def find_title(service: Service, title: str, most: int = 5) -> list[Record]:
    """Find records whose titles come near to one, nearest first.

    Raises:
        SourceUnavailableError: As for `find_doi`.
    """
    answer = service.fetch_json("/works", {"query.bibliographic": title, "rows": most})
    found = (each for each in records_of(answer) if not isinstance(each, RecordError))
    return [{**each, "source": NAME} for each in found]


def find_updates(service: Service, dois: Sequence[str]) -> list[Update]:
    """Find the notices of up to `DOIS_PER_REQUEST` papers: retractions, corrections, new versions.

    Raises:
        SourceUnavailableError: As for `find_doi`.
    """
    plain = [doi for doi in dois if BETWEEN_FILTERS not in doi]
    if not plain:
        return []
    filters = BETWEEN_FILTERS.join(f"updates:{doi}" for doi in plain)
    answer = service.fetch_json("/works", {"filter": filters, "rows": FOUND_PER_REQUEST})
    message = answer.get("message") if isinstance(answer, Mapping) else None
    items = message.get("items") if isinstance(message, Mapping) else None
    if not isinstance(items, list):
        raise service.unavailable("its answer is not a list of papers")
    return [update for each in items for update in updates_in(each)]


def read_query(service: Service, query: str, most: int) -> Iterator[Record | RecordError | Note]:
    """Read the papers that words find, best first.

    Raises:
        SourceUnavailableError: As for `find_doi`.
    """
    wanted = min(most, MOST_FOUND)
    for start in range(0, wanted, FOUND_PER_REQUEST):
        size = min(FOUND_PER_REQUEST, wanted - start)
        asked: Parameters = {"query.bibliographic": query, "rows": size, "offset": start}
        answer = service.fetch_json("/works", asked)
        message = answer.get("message") if isinstance(answer, Mapping) else None
        if not isinstance(message, Mapping) or not isinstance(message.get("items"), list):
            raise service.unavailable("its answer is not a list of papers")
        for record in records_of(answer):
            yield record if isinstance(record, RecordError) else {**record, "source": NAME}
        total = message.get("total-results")
        if not isinstance(total, int) or start + size >= total:
            return
    yield Note(NAME, f"more papers match {query!r}; these are the first {wanted:,}")


def _single(service: Service, answer: object | None) -> Record | None:
    if answer is None:
        return None
    if not isinstance(answer, Mapping):
        raise service.unavailable("its answer is no paper")
    found = next((each for each in records_of(answer) if not isinstance(each, RecordError)), None)
    return None if found is None else {**found, "source": service.name}
