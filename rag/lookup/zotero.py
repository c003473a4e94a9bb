"""Read a running Zotero over its local interface: items, collections, group libraries, tags.

Nothing is written to it. What was deleted is known by its absence from all that there is. Not
covered: full texts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from typing import Final

from rag.errors import SourceError, SourceUnavailableError
from rag.lookup.web import Manners, Parameters, Reply, Service
from rag.readers.json_items import records_of
from rag.readers.records import Record, RecordError
from rag.types import Inventory, Note

logger = logging.getLogger(__name__)

NAME: Final = "Zotero"
ADVICE: Final = (
    "Start Zotero on this machine, tick “Allow other applications on this computer to communicate "
    "with Zotero” in its settings (Advanced), and try again."
)
MANNERS: Final = Manners(headers={"Zotero-API-Version": "3"}, advice=ADVICE)
OWN_LIBRARY: Final = "/users/0"
OWN_NAME: Final = "my library"  # as Zotero shows it, in English
ITEMS_PER_REQUEST: Final = 1000  # on one's own machine; Zotero orders all of them each time
MOST_COLLECTIONS: Final = 20_000
NAMED: Final = 8  # collections, in a message
SEPARATOR: Final = "/"
SCHEME: Final = "zotero"  # of the identifiers of its items
KEY: Final = re.compile(r"^[A-Z0-9]{1,20}$")

Object = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of a library of Zotero's.

    Attributes:
        key: By which Zotero knows it.
        path: Its name behind those that it lies in: `Physics/Optics`.
        inside: The keys of the collections within it, at any depth.
    """

    key: str
    name: str
    path: str
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """What of Zotero is read.

    Attributes:
        library: Beginning of its addresses: the user's own library, or a group's.
        name: What the source of its papers is called.
        collections: All of the library, by key.
        chosen: The one that is read; None for the whole library.
    """

    library: str
    name: str
    collections: Mapping[str, Collection]
    chosen: Collection | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a library was read: what comes later is new.

    Zotero counts changes when it has synchronised them, and dates them when they are made.

    Attributes:
        version: The number of the last change.
        modified: When the item was changed that was changed last; an ISO date and time.
        latest: Items changed then, with their versions; others may follow in the same second.
    """

    version: int = 0
    modified: str = ""
    latest: frozenset[tuple[str, int]] = frozenset()


NOTHING_SEEN: Final = Seen()


@dataclass(frozen=True, slots=True)
class Changes:
    """What is on a shelf, or new there.

    Attributes:
        seen: How far its library was read.
        records: Of the items that are papers.
        inventory: All items of its library; None where it does not tell them.
    """

    seen: Seen
    records: Sequence[Record | RecordError]
    inventory: Inventory | None = None


def find_shelf(service: Service, name: str) -> Shelf:
    """Find what a name means: "" the user's library; a collection; a group, or a collection of it.

    A collection goes by its key, its path or its name, a collection of a group by
    `GROUP/COLLECTION`. Case does not count. "My Library" is the user's, unless a collection is
    called so.

    Raises:
        SourceError: Nothing, or more than one collection, is called so.
        SourceUnavailableError: Zotero does not run, or does not let itself be read.
    """
    own = Shelf(OWN_LIBRARY, NAME, _collections(service, OWN_LIBRARY))
    name = name.strip(f"{SEPARATOR} ")
    if not name:
        return own
    if found := _chosen(own, name):
        return found
    groups = _groups(service)
    places = [each.path for each in own.collections.values()]
    for path, group in groups.items():
        shelf = Shelf(path, f"{NAME}: {group}", {})
        if name.casefold() == group.casefold() or name == path.rpartition("/")[2]:
            return replace(shelf, collections=_collections(service, path))
        if name.casefold().startswith(f"{group.casefold()}{SEPARATOR}"):
            shelf = replace(shelf, collections=_collections(service, path))
            if found := _chosen(shelf, name[len(group) + 1 :]):
                return found
            places += [f"{group}{SEPARATOR}{each.path}" for each in shelf.collections.values()]
    if name.casefold() == OWN_NAME:
        return own
    raise SourceError(_nothing_called(name, [*places, *groups.values()]))


def tell_groups(service: Service) -> Iterator[Note]:
    """Say which libraries of groups there are besides, of which nothing is read unless named."""
    try:
        groups = list(_groups(service).values())
    except SourceUnavailableError as exc:
        logger.warning("groups are not known: %s", exc)
        return
    if groups:
        named = ", ".join(f"zotero:{each}" for each in groups[:NAMED])
        more = f" and {len(groups) - NAMED} more" if len(groups) > NAMED else ""
        yield Note(NAME, f"this is your own library; those of groups are {named}{more}")


def read_shelf(service: Service, shelf: Shelf, seen: Seen = NOTHING_SEEN) -> Changes:
    """Read the papers of a shelf, or those that are new or changed since it was read.

    Raises:
        SourceUnavailableError: Zotero does not run, or does not let itself be read.
    """
    at = shelf.library
    paths = [f"{at}/items/top"]
    if shelf.chosen:
        keys = (shelf.chosen.key, *shelf.chosen.inside)
        paths = [f"{at}/collections/{key}/items/top" for key in keys]
    found: dict[str, Object] = {}
    version = seen.version
    for path in paths:
        for items, at_version in _new_pages(service, path, seen):
            version = max(version, at_version)
            found.update({str(each.get("key")): each for each in items})
    new = [each for each in found.values() if _stamp(each) not in seen.latest]
    records = (record for each in new for record in _records(each, shelf))
    is_whole = shelf.chosen is None and seen == NOTHING_SEEN
    there = frozenset(found) if is_whole else _all_keys(service, shelf.library)
    return Changes(
        _seen(version, seen, new),
        [_with_source(record, shelf) for record in records],
        _inventory(shelf, there),
    )


def _all_keys(service: Service, library: str) -> frozenset[str]:
    """Read the keys of all items of a library that are not in its bin; none if it does not tell."""
    try:
        reply = service.fetch(f"{library}/items", {"format": "keys"})
    except SourceUnavailableError as exc:
        logger.warning("what was deleted is not known: %s", exc)
        return frozenset()
    keys = reply.content.decode("utf-8", "replace").split() if reply else []
    is_whole = reply is not None and len(keys) >= _number(reply, "total")
    return frozenset(keys) if is_whole else frozenset()


def _inventory(shelf: Shelf, keys: frozenset[str]) -> Inventory | None:
    """Return what there is; None where that is nothing, as in another profile, or unreadable."""
    if not (keys and all(map(KEY.match, keys))):
        return None
    prefix = f"{shelf.library.strip('/')}/"
    return Inventory(shelf.name, SCHEME, prefix, frozenset(f"{prefix}{key}" for key in keys))


def told(changes: Changes) -> Iterator[Record | RecordError | Inventory]:
    """Give what was read one by one, what there is at the end."""
    yield from changes.records
    if changes.inventory:
        yield changes.inventory


def _new_pages(service: Service, path: str, seen: Seen) -> Iterator[tuple[list[Object], int]]:
    """Read all items, or those that may be new, page by page."""
    if seen == NOTHING_SEEN:
        yield from _pages(service, path, {})
        return
    if seen.version:
        yield from _pages(service, path, {"since": seen.version})
    for items, version in _pages(service, path, {"sort": "dateModified", "direction": "desc"}):
        later = [each for each in items if _modified(each) >= seen.modified]
        yield later, version
        if len(later) < len(items):
            return


def _seen(version: int, before: Seen, new: Sequence[Object]) -> Seen:
    modified = max((before.modified, *map(_modified, new)))
    latest = frozenset(_stamp(each) for each in new if _modified(each) == modified)
    kept = before.latest if modified == before.modified else frozenset()
    return Seen(version, modified, latest | kept)


def _modified(item: Object) -> str:
    data = item.get("data")
    stamp = data.get("dateModified") if isinstance(data, Mapping) else ""
    return stamp if isinstance(stamp, str) else ""


def _stamp(item: Object) -> tuple[str, int]:
    version = item.get("version")
    return f"{item.get('key')} {_modified(item)}", version if isinstance(version, int) else 0


def _records(item: Object, shelf: Shelf) -> Iterator[Record | RecordError]:
    data = item.get("data")
    if not isinstance(data, Mapping):
        return
    keys = data.get("collections")
    inside = [str(key) for key in keys] if isinstance(keys, list) else []
    paths = [shelf.collections[key].path for key in inside if key in shelf.collections]
    for record in records_of(data):
        if isinstance(record, RecordError):
            yield record
            continue
        name = f"{shelf.library.strip('/')}/{item.get('key')}"
        yield {**record, "collections": paths, SCHEME: name}


def _with_source(record: Record | RecordError, shelf: Shelf) -> Record | RecordError:
    return record if isinstance(record, RecordError) else {**record, "source": shelf.name}


def _pages(service: Service, path: str, asked: Parameters) -> Iterator[tuple[list[Object], int]]:
    """Read lists of objects, each with the version of the library that it was read at."""
    start = 0
    while True:
        wanted = {"format": "json", "limit": ITEMS_PER_REQUEST, "start": start, **asked}
        reply = service.fetch(path, wanted)
        if reply is None:
            raise service.unavailable("it answered with 404, as Zotero before version 7 does")
        found = service.json_of(reply)
        if not isinstance(found, list):
            raise service.unavailable("its answer is not a list of items")
        yield [each for each in found if isinstance(each, Mapping)], _number(reply, "version")
        start += len(found)
        if not found or start >= _number(reply, "total"):
            return


HEADERS: Final = {"version": "last-modified-version", "total": "total-results"}


def _number(reply: Reply, name: str) -> int:
    value = reply.headers.get(HEADERS[name], "")
    return int(value) if value.isdecimal() and len(value) < 16 else 0


def _collections(service: Service, library: str) -> dict[str, Collection]:
    """Read all collections of a library, each with its path, in the order of Zotero."""
    known: dict[str, tuple[str, str]] = {}
    for page, _ in _pages(service, f"{library}/collections", {}):
        for each in page[: MOST_COLLECTIONS - len(known)]:
            data = each.get("data")
            if isinstance(data, Mapping):
                parent = data.get("parentCollection") or ""
                known[str(each.get("key"))] = (str(data.get("name") or ""), str(parent))
    above = {key: _above(key, known) for key in known}
    return {
        key: Collection(
            key,
            name,
            SEPARATOR.join(known[each][0] for each in (*above[key], key)),
            tuple(other for other in known if key in above[other]),
        )
        for key, (name, _) in known.items()
    }


def _above(key: str, known: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return the keys of the collections that one lies in, outermost first."""
    found: list[str] = []
    parent = known[key][1]
    while parent in known and parent not in found and parent != key:
        found.insert(0, parent)
        parent = known[parent][1]
    return found


def _chosen(shelf: Shelf, name: str) -> Shelf | None:
    """Find the shelf with the collection of this name, or None.

    Raises:
        SourceError: Several are.
    """
    all_of_them = shelf.collections.values()
    wanted = name.casefold()
    found = [c for c in all_of_them if c.key == name or c.path.casefold() == wanted]
    found = found or [c for c in all_of_them if c.name.casefold() == wanted]
    if len(found) > 1:
        paths = ", ".join(f"{c.path!r} ({c.key})" for c in found)
        raise SourceError(f"{len(found)} collections of {NAME} are called {name!r}: {paths}.")
    return Shelf(shelf.library, shelf.name, shelf.collections, found[0]) if found else None


def _groups(service: Service) -> dict[str, str]:
    """Read the names of the group libraries, by the beginning of their addresses."""
    found: dict[str, str] = {}
    for page, _ in _pages(service, f"{OWN_LIBRARY}/groups", {}):
        for each in page:
            data = each.get("data")
            name = data.get("name") if isinstance(data, Mapping) else each.get("name")
            found[f"/groups/{each.get('id')}"] = str(name or each.get("id"))
    return found


def _nothing_called(name: str, places: Sequence[str]) -> str:
    """Say that nothing is called so, and what there is, the most alike first."""
    most = sorted(places, key=partial(_unlikeness, name))[:NAMED]
    known = [each for each in places if each in most] if len(places) <= NAMED else most
    more = len(places) - len(known)
    choices = f"there are {', '.join(map(repr, known))}" if known else "there are no collections"
    return (
        f"{NAME} has no collection or group {name!r}; {choices}"
        f"{f' and {more} more' if more > 0 else ''}."
    )


def _unlikeness(name: str, place: str) -> float:
    """How unlike a place a name is, by the place's last part or all of it, in [0, 1]."""
    wanted = name.casefold()
    parts = (place.casefold(), place.casefold().rpartition(SEPARATOR)[2])
    return 1.0 - max(SequenceMatcher(None, each, wanted).ratio() for each in parts)
