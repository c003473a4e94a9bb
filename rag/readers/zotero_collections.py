"""Name the collections of the items of a Better BibTeX JSON file, where they stand beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Item = Mapping[str, object]

NAMED: Final = "collectionNames"  # not `collections`, which has keys in what Zotero answers
ITEM_IDS: Final = ("itemID", "itemKey", "key")
DEEPEST: Final = 20  # collections within collections


def with_collections(items: Sequence[object], beside: object) -> Iterable[object]:
    """Give items with the names of the collections that have them, nested ones behind `/`."""
    known = _collections(beside)
    if not known:
        return items
    inside: dict[str, list[str]] = defaultdict(list)
    for key, each in known.items():
        ids = each.get("items")
        for item_id in ids if isinstance(ids, list) else ():
            inside[str(item_id)].append(_path(key, known))
    return (_named(each, inside) for each in items)


def _collections(beside: object) -> dict[str, Item]:
    """Return the collections by key that have a name and items; {} where they are none."""
    if not isinstance(beside, Mapping):
        return {}
    return {
        str(key): each
        for key, each in beside.items()
        if isinstance(each, Mapping) and isinstance(each.get("name"), str) and "items" in each
    }


def _path(key: str, known: Mapping[str, Item]) -> str:
    names: list[str] = []
    while key in known and len(names) < DEEPEST:
        names.insert(0, str(known[key]["name"]).replace("/", " "))
        key = str(known[key].get("parent") or "")
    return "/".join(names)


def _named(item: object, inside: Mapping[str, list[str]]) -> object:
    if not isinstance(item, Mapping):
        return item
    ids = dict.fromkeys(str(item[key]) for key in ITEM_IDS if key in item)
    names = [name for each in ids for name in inside.get(each, ())]
    return {**item, NAMED: names} if names else item
