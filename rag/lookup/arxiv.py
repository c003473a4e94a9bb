"""Look papers up at arXiv, by their ids or by a query in its own language; its answers are Atom.

Not covered: full texts, and queries of more than `MOST_FOUND` papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final
from xml.etree import ElementTree

from rag.identifiers import ARXIV_ID
from rag.lookup.web import Manners, Service
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
ATOM: Final = "{http://www.w3.org/2005/Atom}"
EXTRA: Final = "{http://arxiv.org/schemas/atom}"
SEARCH: Final = "{http://a9.com/-/spec/opensearch/1.1/}"
ADDRESS: Final = re.compile(
    r"^(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/(?P<id>[^\s?#]+?)(?:\.pdf)?/?$",
    re.IGNORECASE,
)


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


def read_query(service: Service, query: str, most: int) -> Iterator[Record | RecordError | Note]:
    """Read what a query in arXiv's language finds (`cat:cs.LG AND ti:hopfield`), best first.

    Raises:
        SourceUnavailableError: arXiv cannot be reached, or does not answer as it should.
    """
    wanted = min(most, MOST_FOUND)
    start = 0
    while start < wanted:
        size = min(FOUND_PER_REQUEST, wanted - start)
        feed = _feed(service, {"search_query": query, "start": start, "max_results": size})
        records = list(_records(feed))
        yield from records
        start += size
        total = _total(feed)
        if len(records) < size or start >= total:
            return
    yield Note(NAME, f"{total:,} papers match {query!r}; these are the first {wanted:,}")


def _feed(service: Service, asked: dict[str, str | int]) -> ElementTree.Element:
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
        arxiv_id = plain_id(_text(entry, f"{ATOM}id"))
        if arxiv_id:
            yield LatexRecord(
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
