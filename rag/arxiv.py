"""Look papers up at arXiv by their ids: the one module that speaks to arXiv's export API.

Nothing here is contacted before `look_up` is called. Not covered: searching arXiv, full texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree

import httpx

from rag.errors import SourceError, SourceUnavailableError
from rag.identifiers import ARXIV_ID
from rag.readers.records import Record, RecordError
from rag.text import one_line

EXPORT_API: Final = "https://export.arxiv.org/api/query"
SOURCE: Final = "arXiv"
TIMEOUT_S: Final = 20.0  # the API often takes several seconds
# One request holds so many; more would need the 3 s between requests that arXiv asks for.
MOST_IDS: Final = 100
MOST_BYTES: Final = 5_000_000  # 100 entries have about 250,000
ATOM: Final = "{http://www.w3.org/2005/Atom}"
EXTRA: Final = "{http://arxiv.org/schemas/atom}"
ADDRESS: Final = re.compile(
    r"^(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/(?P<id>[^\s?#]+?)(?:\.pdf)?/?$",
    re.IGNORECASE,
)
BETWEEN: Final = re.compile(r"[\s,;]+")


def find_arxiv_ids(text: str) -> list[str]:
    """List the arXiv ids that a text is made of, without version; none if it holds anything else.

    Ids may stand alone, behind `arXiv:` or in an address, with spaces, commas or lines between.
    """
    words = [word for word in BETWEEN.split(text.strip()) if word]
    found = [_plain_id(word) for word in words]
    return list(dict.fromkeys(found)) if all(found) else []


def _plain_id(word: str) -> str:
    address = ADDRESS.match(word)
    bare = address["id"] if address else re.sub(r"^arxiv:", "", word, flags=re.IGNORECASE)
    match = ARXIV_ID.match(bare)
    return match[1] if match else ""


def look_up(
    ids: Sequence[str], *, address: str = EXPORT_API, timeout_s: float = TIMEOUT_S
) -> list[Record | RecordError]:
    """Fetch a record for every id, in their order, or what is wrong with it.

    Raises:
        SourceError: There are more than `MOST_IDS` ids.
        SourceUnavailableError: arXiv cannot be reached, or does not answer as it should.
    """
    if len(ids) > MOST_IDS:
        raise SourceError(
            f"{len(ids)} arXiv ids are too many for one look-up. Paste at most {MOST_IDS} at once."
        )
    if not ids:
        return []
    feed = _parsed(_fetched(address, ids, timeout_s))
    found = {str(record["id"]): record for record in _records(feed)}
    return [found.get(each) or RecordError(f"arXiv knows no paper {each!r}") for each in ids]


def _fetched(address: str, ids: Sequence[str], timeout_s: float) -> bytes:
    query = {"id_list": ",".join(ids), "max_results": str(len(ids))}
    try:
        with httpx.stream(
            "GET", address, params=query, timeout=timeout_s, follow_redirects=True
        ) as reply:
            reply.raise_for_status()
            return _limited(reply)
    except httpx.TimeoutException as exc:
        raise _unavailable(f"it did not answer within {timeout_s:.0f} s") from exc
    except httpx.HTTPStatusError as exc:
        raise _unavailable(f"it answered with {exc.response.status_code}") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise _unavailable(str(exc).splitlines()[0] if str(exc) else type(exc).__name__) from exc


def _limited(reply: httpx.Response) -> bytes:
    content = b""
    for piece in reply.iter_bytes():
        content += piece
        if len(content) > MOST_BYTES:
            raise _unavailable("its answer is longer than any list of papers")
    return content


def _parsed(content: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # a feed has none; entities can explode
        raise _unavailable("its answer is no list of papers")
    try:
        feed = ElementTree.fromstring(content)
    except ElementTree.ParseError as exc:
        raise _unavailable("its answer is no list of papers") from exc
    if feed.tag != f"{ATOM}feed":
        raise _unavailable("its answer is no list of papers")
    return feed


def _records(feed: ElementTree.Element) -> Iterator[Mapping[str, object]]:
    """Yield the entries that are papers; arXiv tells of a wrong id in an entry that is none."""
    for entry in feed.iter(f"{ATOM}entry"):
        arxiv_id = _plain_id(_text(entry, f"{ATOM}id"))
        if not arxiv_id:
            continue
        yield {
            "id": arxiv_id,
            "title": _text(entry, f"{ATOM}title"),
            "abstract": _text(entry, f"{ATOM}summary"),
            "authors": [_text(author, f"{ATOM}name") for author in entry.iter(f"{ATOM}author")],
            "published": _text(entry, f"{ATOM}published"),
            "venue": _text(entry, f"{EXTRA}journal_ref"),
            "source": SOURCE,
        }


def _text(element: ElementTree.Element, tag: str) -> str:
    return one_line(element.findtext(tag) or "")


def _unavailable(why: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"arXiv could not be asked ({why.rstrip('.')}). Check the network and try again, or paste "
        "title and abstract instead."
    )
