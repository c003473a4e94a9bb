"""Look papers up at Semantic Scholar: by any id that it knows (its own, DOI, arXiv, PubMed, …)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from rag.lookup.web import Manners, Parameters, Service
from rag.readers.json_items import records_of
from rag.readers.records import Record, RecordError
from rag.types import Note

NAME: Final = "Semantic Scholar"
PACE_S: Final = 1.0  # one request a second, which is what a key allows
FIELDS: Final = (
    "title,abstract,authors,venue,journal,publicationDate,year,externalIds,url,fieldsOfStudy,"
    "publicationTypes,publicationVenue"
)
FOUND_PER_REQUEST: Final = 100
MOST_FOUND: Final = 1000  # more are not given to one query
OWN_ID: Final = re.compile(r"(?:^|/)([0-9a-f]{40})$")
NAMED_ID: Final = re.compile(r"^(CorpusId|DOI|ARXIV|PMID|PMCID|ACL|MAG|URL):(\S+)$", re.IGNORECASE)
ADDRESS: Final = re.compile(r"^https?://(?:www\.|api\.)?semanticscholar\.org/\S+$", re.IGNORECASE)
SPELLED: Final = {"corpusid": "CorpusId"}


def manners(key: str) -> Manners:
    """Build how Semantic Scholar is asked with a user's key, which may be ""."""
    return Manners(
        PACE_S,
        headers={"x-api-key": key} if key else None,
        advice="Check the network and try again; without a key in RAG_S2_KEY it is often busy.",
    )


def plain_id(word: str) -> str:
    """Find an id in the form of Semantic Scholar, alone or in its own address; "" for none."""
    if named := NAMED_ID.match(word):
        scheme = SPELLED.get(named[1].lower(), named[1].upper())
        return f"{scheme}:{named[2]}"
    if "/" in word and not ADDRESS.match(word):
        return ""
    own = OWN_ID.search(word.lower())
    return own[1] if own else ""


def find_paper(service: Service, name: str) -> Record | None:
    """Find the paper by an id; None where there is none.

    Raises:
        SourceUnavailableError: Semantic Scholar cannot be reached, or answers otherwise.
    """
    answer = service.fetch_json(f"/paper/{quote(name, safe=':/')}", {"fields": FIELDS})
    if answer is None:
        return None
    if not isinstance(answer, Mapping) or "paperId" not in answer:
        raise service.unavailable("its answer is no paper")
    found = (each for each in records_of(answer) if not isinstance(each, RecordError))
    return next(({**each, "source": NAME} for each in found), None)


def read_query(service: Service, query: str, most: int) -> Iterator[Record | RecordError | Note]:
    """Read the papers that words find, best first.

    Raises:
        SourceUnavailableError: As for `find_paper`.
    """
    wanted = min(most, MOST_FOUND)
    for start in range(0, wanted, FOUND_PER_REQUEST):
        size = min(FOUND_PER_REQUEST, wanted - start)
        asked: Parameters = {"query": query, "offset": start, "limit": size, "fields": FIELDS}
        answer = service.fetch_json("/paper/search", asked)
        if not isinstance(answer, Mapping) or "total" not in answer:
            raise service.unavailable("its answer is not a list of papers")
        if not answer.get("data"):
            return
        yield from (_with_source(each) for each in records_of(answer))
        if not isinstance(answer.get("next"), int):
            return
    yield Note(NAME, f"more papers may match {query!r}; these are the first {wanted:,}")


def _with_source(record: Record | RecordError) -> Record | RecordError:
    return record if isinstance(record, RecordError) else {**record, "source": NAME}
