"""Look papers up at arXiv, by their ids or by a query in its own language; its answers are Atom.

Not covered: full texts, and queries of more than `MOST_FOUND` papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from xml.etree import ElementTree

from rag.identifiers import ARXIV_ID
from rag.lookup.web import Manners, Parameters, Service
from rag.readers.records import LatexRecord, Record, RecordError
from rag.text import one_line
from rag.types import Note

NAME: Final = "arXiv"
# "No more than one request every three seconds" (arXiv API, terms of use).
MANNERS: Final = Manners(
    pace_s=3.0,
    advice="Check the network and try again, or paste title and abstract instead.",
)
IDS_PER_REQUEST: Final = 100
FOUND_PER_REQUEST: Final = 200
MOST_FOUND: Final = 30_000  # arXiv gives no more to one query
DAY_CHARACTERS: Final = 10  # of a time in ISO format
ATOM: Final = "{http://www.w3.org/2005/Atom}"
EXTRA: Final = "{http://arxiv.org/schemas/atom}"
SEARCH: Final = "{http://a9.com/-/spec/opensearch/1.1/}"
NEWEST: Final[Parameters] = {"sortBy": "submittedDate", "sortOrder": "descending"}
NUMBERED: Final = re.compile(r"v([1-9]\d{0,3})$")  # the version behind an id
ADDRESS: Final = re.compile(
    r"^(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/(?P<id>[^\s?#]+?)(?:\.pdf)?/?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Version:
    """What arXiv has of a paper now.

    Attributes:
        number: Of the version, from 1.
        day: From which it is.
        record: The paper as it is in it.
    """

    number: int
    day: str
    record: Record


def plain_id(word: str) -> str:
    """Find an arXiv id without version, alone, behind `arXiv:` or in an address; or ""."""
    address = ADDRESS.match(word)
    bare = address["id"] if address else re.sub(r"^arxiv:\s*", "", word, flags=re.IGNORECASE)
    match = ARXIV_ID.match(bare)
    return match[1] if match else ""


def read_ids(service: Service, ids: Sequence[str]) -> Iterator[Record | RecordError]:
    """Read a record for every id, in their order, or what is wrong with it.

    Raises:
        SourceUnavailableError: arXiv cannot be reached, or does not answer as it should.
    """
    left = iter(ids)
    while some := list(islice(left, IDS_PER_REQUEST)):
        asked: dict[str, str | int] = {"id_list": ",".join(some), "max_results": len(some)}
        feed = _feed(service, asked)
        found = {str(record["id"]): record for record in _records(feed)}
        for each in some:
            yield found.get(each) or RecordError(f"arXiv knows no paper {each!r}")


def find_versions(service: Service, ids: Sequence[str]) -> dict[str, Version]:
    """Find the latest versions of up to `IDS_PER_REQUEST` papers, by id; unknown ones are left out.

    Raises:
        SourceUnavailableError: arXiv cannot be reached, or does not answer as it should.
    """
    if not ids:
        return {}
    feed = _feed(service, {"id_list": ",".join(ids), "max_results": len(ids)})
    found: dict[str, Version] = {}
    for entry in feed.iter(f"{ATOM}entry"):
        arxiv_id, numbered = plain_id(_id_in(entry)), NUMBERED.search(_id_in(entry))
        if arxiv_id and numbered:
            day = _text(entry, f"{ATOM}updated")[:DAY_CHARACTERS]
            found[arxiv_id] = Version(int(numbered[1]), day, _record(entry, arxiv_id))
    return found


def read_query(
    service: Service, query: str, most: int, *, newest: bool = False
) -> Iterator[Record | RecordError | Note]:
    """Read what a query in arXiv's language finds (`cat:cs.LG AND ti:hopfield`), best first.

    Args:
        service: arXiv.
        query: It.
        most: Papers to read at the most.
        newest: Whether the latest submissions come first instead.

    Raises:
        SourceUnavailableError: arXiv cannot be reached, or does not answer as it should.
    """
    wanted = min(most, MOST_FOUND)
    start = 0
    while start < wanted:
        size = min(FOUND_PER_REQUEST, wanted - start)
        asked: Parameters = {"search_query": query, "start": start, "max_results": size}
        feed = _feed(service, {**asked, **(NEWEST if newest else {})})
        records = list(_records(feed))
        yield from records
        start += size
        total = _total(feed)
        if len(records) < size or start >= total:
            return
    yield Note(NAME, f"{total:,} papers match {query!r}; these are the first {wanted:,}")


def _feed(service: Service, asked: Parameters) -> ElementTree.Element:
    reply = service.fetch("", asked)
    if reply is None:
        raise service.unavailable("it answered with 404")
    return service.xml_of(reply, f"{ATOM}feed")


def _total(feed: ElementTree.Element) -> int:
    total = feed.findtext(f"{SEARCH}totalResults") or ""
    return int(total) if total.isdecimal() and len(total) < 12 else 0


def _records(feed: ElementTree.Element) -> Iterator[Record]:
    """Read the entries that are papers; arXiv reports a wrong id or query as an entry, too."""
    for entry in feed.iter(f"{ATOM}entry"):
        if arxiv_id := plain_id(_id_in(entry)):
            yield _record(entry, arxiv_id)


def _id_in(entry: ElementTree.Element) -> str:
    return _text(entry, f"{ATOM}id")


def _record(entry: ElementTree.Element, arxiv_id: str) -> Record:
    return LatexRecord(
        id=arxiv_id,
        title=_text(entry, f"{ATOM}title"),
        abstract=_text(entry, f"{ATOM}summary"),
        authors=[_text(author, f"{ATOM}name") for author in entry.iter(f"{ATOM}author")],
        published=_text(entry, f"{ATOM}published"),
        venue=_text(entry, f"{EXTRA}journal_ref"),
        doi=_text(entry, f"{EXTRA}doi"),
        keywords=[each.get("term", "") for each in entry.iter(f"{ATOM}category")],
        source=NAME,
    )


def _text(element: ElementTree.Element, tag: str) -> str:
    return one_line(element.findtext(tag) or "")
