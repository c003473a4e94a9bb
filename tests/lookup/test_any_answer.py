"""Whatever a service answers: records, or one sentence; never a traceback, never without end."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.lookup.opening import open_sources
from rag.lookup.services import Services
from rag.lookup.web import Reply
from rag.readers import read_sources
from rag.settings import Settings
from rag.types import Inventory, Note, Paper, Rejection

SETTINGS = Settings(embedder="none")
KEYS = st.sampled_from(
    [
        *("message", "items", "total-results", "title", "abstract", "author", "DOI", "updated-by"),
        *("results", "meta", "next_cursor", "id", "doi", "authorships", "abstract_inverted_index"),
        *("data", "total", "next", "paperId", "externalIds", "key", "version", "collections"),
        *("name", "parentCollection", "itemType", "abstractNote", "creators", "type", "updated"),
        *("issued", "date-parts", "is_retracted", "dateModified", "tags", "tag"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
SOURCES = (
    *("doi:10.1000/1", "openalex:W7", "openalex:otters", "s2:otters", "crossref:otters"),
    *("zotero:", "zotero:A", "s2:CorpusId:7", "pmid:7"),
)


def services_that_answer(value, headers):
    """Services that answer everything with one value."""
    made = Services(SETTINGS)
    for service in (made.crossref, made.doi, made.openalex, made.s2, made.zotero):
        service.fetch = lambda *_: Reply(json.dumps(value).encode(), headers)
    return made


@given(VALUES, st.sampled_from(["", "1", "3", "x", "9" * 30]))
@examples(max_examples=60, deadline=None)
def test_any_json_is_read_or_refused(value, number):
    headers = {"total-results": number, "last-modified-version": number}
    services = services_that_answer(value, headers)
    for source in SOURCES:
        for item in read_sources(open_sources([source], services, 150)):
            assert isinstance(item, Paper | Rejection | Note | Inventory)


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: f"<feed>{text}</feed>".encode())
)
@examples(max_examples=50, deadline=None)
def test_any_bytes_in_the_place_of_a_feed_are_refused(content):
    services = Services(SETTINGS)
    services.arxiv.fetch = lambda *_: Reply(content, {})
    items = list(read_sources(open_sources(["2101.00001", "arxiv:otters"], services, 5)))
    assert all(isinstance(item, Rejection) for item in items)
