"""Find the papers in what JSON holds: in lists, wrappings, tables and mappings by ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Final

from rag.identifiers import plain_arxiv_id, plain_doi
from rag.readers.json_shapes import Item, record_of
from rag.readers.named_values import Found, has_paper, key_of
from rag.readers.records import OwnRecord, Record, RecordError
from rag.readers.zotero_collections import with_collections
from rag.settings import APPLICATION
from rag.types import WRITTEN_BY

# Where lists of papers stand in answers and exports, and single ones in wrappings.
LISTS: Final = (
    *("items", "results", "data", "papers", "works", "references", "records", "docs", "entries"),
    *("hits", "articles", "publications", "documents", "list", "notes", "collection", "result"),
    *("hit", "entry", "REC", "feed", "rows", "@graph", "objects"),
)
WRAPPINGS: Final = (
    *("paper", "citingPaper", "citedPaper", "message", "response", "work", "_source", "data"),
    *("hits", "recommendedPapers", "search-results", "metadata", "article", "attributes"),
    *("content", "results", "resultList", "fields", "bibjson", "document", "result", "info"),
    *("records", "feed", "row", "doc", "_embedded", "searchResult", "indexableObject"),
)
DEEPEST_WRAPPING: Final = 9
NO_PAPERS: Final = frozenset(("attachment", "note", "annotation"))  # Zotero's items beside papers
TITLES: Final = frozenset(
    ("title", "titles", "displayname", "articletitle", "papertitle", "documenttitle", "headline")
)
KEYS_LOOKED_AT: Final = 3  # of what may be papers by their ids


def records_of(value: object, depth: int = 0) -> Iterator[Record | RecordError]:
    """Make records of a value: of itself, or of the list that it wraps."""
    if isinstance(value, RecordError):
        yield value
    elif not isinstance(value, dict):
        yield RecordError(f"a JSON object is needed, not {type(value).__name__}")
    elif value.get(WRITTEN_BY) == APPLICATION:
        yield OwnRecord(value)
    elif isinstance(value.get("title"), str) and isinstance(value.get("abstract"), str):
        if str(value.get("itemType", "")) not in NO_PAPERS:  # as nearly all are
            yield record_of(value)
    elif (rows := _rows_of(value)) is not None:
        yield from chain.from_iterable(records_of(each, DEEPEST_WRAPPING) for each in rows)
    else:
        yield from _unwrapped(value, depth)


def _unwrapped(value: Item, depth: int) -> Iterator[Record | RecordError]:
    if depth >= DEEPEST_WRAPPING or (_is_titled(value) and not _is_named_list(value)):
        yield from _record(value)
    elif isinstance(items := _list_in(value), list):
        items_there = with_collections(items, value.get("collections"))
        yield from chain.from_iterable(records_of(each, depth + 1) for each in items_there)
    elif (wrapping := _wrapping_in(value)) is not None and not _is_split(value, wrapping):
        yield from (_identified(each, value) for each in records_of(wrapping, depth + 1))
    elif _is_keyed(value):
        named = (_with_key(each, key) for key, each in value.items())
        yield from chain.from_iterable(records_of(each, depth + 1) for each in named)
    else:
        yield from _record(value)


def _rows_of(value: Item) -> Iterator[Item] | None:
    """Return the rows of a table that pandas wrote as columns and data, or column by column."""
    names, data = value.get("columns"), value.get("data")
    if isinstance(grid := value.get("values"), list) and value.get("majorDimension") == "ROWS":
        names, data = grid[0] if grid else None, grid[1:]  # Google Sheets'
    if isinstance(names, list) and isinstance(data, list) and data and isinstance(data[0], list):
        rows = (each for each in data if isinstance(each, list))
        return (dict(zip(map(str, names), row, strict=False)) for row in rows)
    columns = {str(name): each for name, each in value.items() if isinstance(each, Mapping)}
    first = next(iter(columns.values()), {})
    if len(columns) < len(value) or not first or not _is_titled(value):
        return None
    numbers = list(first)
    if not all(str(each).isdecimal() for each in numbers[:KEYS_LOOKED_AT]):
        return None
    return ({name: each.get(number) for name, each in columns.items()} for number in numbers)


def _list_in(value: Item) -> object:
    found = (each for key in LISTS for each in _spelled(value, key))
    lists = (each for each in found if isinstance(each, list))
    known = next((each for each in lists if not each or isinstance(each[0], Mapping)), None)
    return known if known is not None else _papers_in(value)


def _papers_in(value: Item) -> object:
    """Return the list of papers of an object that holds one under a name of its own."""
    lists = (each for each in value.values() if isinstance(each, list) and each)
    return next(
        (each for each in lists if isinstance(each[0], Mapping) and has_paper(each[0])), None
    )


def _spelled(value: Item, key: str) -> Iterator[object]:
    """Return the values of a key: as it is, and with a capital letter."""
    return (value[each] for each in (key, key.capitalize()) if each in value)


def _is_titled(value: Item) -> bool:
    return not TITLES.isdisjoint(key_of(str(key)) for key in value)


def _is_named_list(value: Item) -> bool:
    """Return whether a title is that of a list of papers."""
    if "abstract" in value or "references" in value:
        return False
    items = _list_in(value)
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, Mapping) and has_paper(first)


def _wrapping_in(value: Item) -> Item | None:
    """Return what is wrapped: a paper, or what wraps papers in its turn."""
    inside = (each for key in WRAPPINGS for each in _spelled(value, key))
    return next((each for each in inside if isinstance(each, Mapping) and each), None)


def _is_split(value: Item, wrapping: Item) -> bool:
    """Return whether a paper's title is wrapped, and its abstract stands beside what wraps it."""
    is_split = "abstract" in value and _is_titled(wrapping)
    return is_split and not has_paper(wrapping) and has_paper(value)


def _identified(record: Record | RecordError, wrapping: Item) -> Record | RecordError:
    """Return a record with the ids and the date that stand beside it and not inside."""
    if type(record) is not dict:
        return record
    known: dict[str, object] = {}
    if not any(record.get(key) for key in IDS):
        beside = Found(
            {key: value for key, value in wrapping.items() if not isinstance(value, list)}
        )
        known = {key: value for key in IDS if (value := beside.find(key))}
    if not record.get("published"):
        plain = {key: value for key, value in wrapping.items() if isinstance(value, str | int)}
        known["published"] = Found(plain).find("published")
    return {**record, **known}


IDS: Final = ("doi", "arxiv_id", "pmid")


def _is_keyed(value: Item) -> bool:
    """Return whether an object has papers by their ids, and nothing else."""
    some = list(islice(value.values(), KEYS_LOOKED_AT))
    return bool(some) and all(isinstance(each, Mapping) and has_paper(each) for each in some)


def _with_key(item: object, key: str) -> object:
    """Return an item with the key that it stands under, where that is an id everywhere."""
    name = "doi" if plain_doi(key) else "arxiv_id" if plain_arxiv_id(key) else ""
    return {name: key, **item} if name and isinstance(item, Mapping) else item


def _record(item: Item) -> Iterator[Record]:
    if str(item.get("itemType", "")) in NO_PAPERS:
        return
    yield record_of(item)
