"""Look papers up at OpenAlex: by its own ids, DOIs and PubMed numbers, by titles and by words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from rag.lookup.web import Manners, Parameters, Service
from rag.readers.json_items import records_of
from rag.readers.records import Record, RecordError
from rag.types import Note

NAME: Final = "OpenAlex"
PACE_S: Final = 0.1  # ten requests a second
FOUND_PER_REQUEST: Final = 100
ID: Final = re.compile(r"^(?:https?://(?:api\.)?openalex\.org/(?:works/)?)?(W\d{1,12})$", re.I)
DOIS_PER_REQUEST: Final = 50
NEWEST: Final[Parameters] = {"sort": "publication_date:desc"}
NO_DOI: Final = re.compile(r"[,|]")  # what a filter would take for its own
NO_SEARCH: Final = re.compile(r"[,|!\"]+")  # what separates and negates in a filter


def manners(key: str, contact: str) -> Manners:
    """Build how OpenAlex is asked with a user's key and address, either of which may be ""."""
    known = {"api_key": key, "mailto": contact}
    given = {name: text for name, text in known.items() if text}
    return Manners(
        PACE_S,
        parameters=given,
        advice="Check the network and try again; a free key in RAG_OPENALEX_KEY allows more.",
    )


def plain_id(word: str) -> str:
    """OpenAlex's id of a work, alone or in an address; "" for none."""
    match = ID.match(word)
    return match[1].upper() if match else ""


def find_work(service: Service, name: str) -> Record | None:
    """Find the work by an id (`W…`, `doi:10…`, `pmid:…`); None where there is none.

    Raises:
        SourceUnavailableError: OpenAlex cannot be reached, or does not answer as it should.
    """
    answer = service.fetch_json(f"/works/{quote(name, safe=':/')}")
    if answer is None:
        return None
    if not isinstance(answer, Mapping) or "id" not in answer:
        raise service.unavailable("its answer is no paper")
    return next((_with_source(each) for each in _records(answer)), None)


def find_works(service: Service, dois: Sequence[str]) -> list[Record]:
    """Find the works of up to `DOIS_PER_REQUEST` DOIs, in any order; unknown ones are left out.

    Raises:
        SourceUnavailableError: As for `find_work`.
    """
    plain = [doi for doi in dois if not NO_DOI.search(doi)]
    if not plain:
        return []
    asked: Parameters = {"filter": f"doi:{'|'.join(plain)}", "per-page": FOUND_PER_REQUEST}
    answer = service.fetch_json("/works", asked)
    if not isinstance(answer, Mapping) or not isinstance(answer.get("results"), list):
        raise service.unavailable("its answer is not a list of papers")
    return [_with_source(each) for each in _records(answer)]


def find_title(service: Service, title: str, most: int = 5) -> list[Record]:
    """Works whose titles have the words of one, best first.

    Raises:
        SourceUnavailableError: As for `find_work`.
    """
    words = NO_SEARCH.sub(" ", title)
    asked: Parameters = {"filter": f"title.search:{words}", "per-page": most}
    return [_with_source(each) for each in _records(service.fetch_json("/works", asked))]


def read_query(
    service: Service, query: str, most: int, *, newest: bool = False
) -> Iterator[Record | RecordError | Note]:
    """Read the works that words find, best first; or those that were published last.

    Raises:
        SourceUnavailableError: As for `find_work`.
    """
    cursor, left = "*", most
    while left > 0:
        size = min(FOUND_PER_REQUEST, left)
        asked: Parameters = {"search": query, "per-page": size, "cursor": cursor}
        answer = service.fetch_json("/works", {**asked, **(NEWEST if newest else {})})
        if not isinstance(answer, Mapping) or not isinstance(answer.get("results"), list):
            raise service.unavailable("its answer is not a list of papers")
        records = _records(answer)
        yield from (_with_source(each) for each in records)
        left -= size
        cursor = _cursor(answer)
        if len(answer["results"]) < size or not cursor:
            return
    yield Note(NAME, f"more papers may match {query!r}; these are the first {most:,}")


def _with_source(record: Record) -> Record:
    return {**record, "source": NAME}


def _records(answer: object) -> list[Record]:
    return [each for each in records_of(answer) if not isinstance(each, RecordError)]


def _cursor(answer: Mapping[str, object]) -> str:
    meta = answer.get("meta")
    found = meta.get("next_cursor") if isinstance(meta, Mapping) else None
    return found if isinstance(found, str) else ""
