"""What papers are put in order by: collections and tags in SQL, and what stands beside a paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection, Select, Table, and_, func, insert, or_, select

from rag.store.schema import (
    collection,
    edit,
    family_name,
    identifier,
    imprint,
    notice,
    paper,
    paper_collection,
    retraction,
    tag,
)
from rag.text import folded
from rag.types import CITE_ALIAS, CITE_KEY, Paper

NUMBERS_PER_QUERY: Final = 500
OWN: Final = (CITE_KEY, CITE_ALIAS)  # one person's, so they identify no paper

Rows = list[dict[str, int | str]]


def find_members(
    connection: Connection, collections: Sequence[str], tags: Sequence[str]
) -> list[str] | None:
    """Find the papers in one of the collections and with one of the tags; None for no limit.

    What lies in a collection is in it. Case does not count.
    """
    if not (collections or tags):
        return None
    found = select(paper.c.paper_id).order_by(paper.c.number)
    for numbers in members_only(connection, collections, tags):
        found = found.where(paper.c.number.in_(numbers))
    return list(connection.execute(found).scalars())


def members_only(
    connection: Connection, collections: Sequence[str], tags: Sequence[str]
) -> list[Select[tuple[int]]]:
    """Select the numbers of the papers in one of the collections, and of those with a tag."""
    limits: list[Select[tuple[int]]] = []
    if collections:
        ids = _called(connection, collections)
        inside = select(paper_collection.c.paper_number)
        limits.append(inside.where(paper_collection.c.collection_id.in_(ids)))
    if tags:
        wanted = {each for name in tags for each in (name, name.lower())}
        either = or_(tag.c.name.in_(wanted), func.lower(tag.c.name).in_(wanted))
        limits.append(select(tag.c.paper_number).where(either))
    return limits


def _called(connection: Connection, names: Sequence[str]) -> list[int]:
    """Return the numbers of the collections of these names, and of those within them."""
    wanted = tuple(f"{folded(name)}/" for name in names)
    rows = connection.execute(select(collection.c.collection_id, collection.c.name)).all()
    return [number for number, name in rows if f"{folded(name)}/".startswith(wanted)]


def count_collections(connection: Connection) -> dict[str, int]:
    """Count the papers of each collection that holds any, by its name."""
    counted = select(collection.c.name, func.count()).join(paper_collection)
    rows = connection.execute(counted.group_by(collection.c.name)).all()
    return dict(sorted((name, int(count)) for name, count in rows))


def count_tags(connection: Connection) -> dict[str, int]:
    """Count the papers that have each tag, the most frequent first."""
    counted = select(tag.c.name, func.count()).group_by(tag.c.name)
    rows = connection.execute(counted.order_by(func.count().desc(), tag.c.name)).all()
    return {name: int(count) for name, count in rows}


def find_alike(connection: Connection) -> list[list[str]]:
    """Find the ids of papers that share a title or an identifier, group by group."""
    key = identifier.c.scheme, identifier.c.value
    grouped = select(*key).where(identifier.c.scheme.not_in(OWN)).group_by(*key)
    shared = grouped.having(func.count() > 1).subquery()
    rows = connection.execute(
        select(*key, paper.c.paper_id)
        .join(paper)
        .join(shared, and_(shared.c.scheme == key[0], shared.c.value == key[1]))
        .order_by(paper.c.number)
    )
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for scheme, value, paper_id in rows:
        groups[scheme, value].append(paper_id)
    return [list(group) for group in dict.fromkeys(map(tuple, groups.values()))]


def read_collections(connection: Connection, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    """Return the names of the collections that papers are in, by the papers' numbers."""
    found: dict[int, list[str]] = defaultdict(list)
    joined = select(paper_collection.c.paper_number, collection.c.name).join(collection)
    for start in range(0, len(numbers), NUMBERS_PER_QUERY):
        some = numbers[start : start + NUMBERS_PER_QUERY]
        rows = joined.where(paper_collection.c.paper_number.in_(some)).order_by(collection.c.name)
        for number, name in connection.execute(rows):
            found[number].append(name)
    return found


def write_order(connection: Connection, papers: Sequence[tuple[int, Paper]]) -> None:
    """Write what users put papers into and set by hand, what was retracted, and other facts."""
    known = _numbers(connection, {name for _, each in papers for name in each.collections})
    rows: list[tuple[Table, Rows]] = [
        (
            paper_collection,
            [
                {"paper_number": number, "collection_id": known[name]}
                for number, each in papers
                for name in dict.fromkeys(each.collections)
            ],
        ),
        (
            edit,
            [
                {"paper_number": number, "field": name}
                for number, each in papers
                for name in dict.fromkeys(each.edited)
            ],
        ),
        (
            retraction,
            [{"paper_number": n, "told": each.retraction} for n, each in papers if each.retraction],
        ),
        (
            notice,
            [
                {"paper_number": number, "told": told}
                for number, each in papers
                for told in dict.fromkeys(each.notices)
            ],
        ),
        (
            imprint,
            [{"paper_number": n, **asdict(each.imprint)} for n, each in papers if each.imprint],
        ),
        (
            family_name,
            [
                {"paper_number": n, "position": each.authors.index(name), "name": family}
                for n, each in papers
                for name, family in dict(each.family_names).items()
                if name in each.authors
            ],
        ),
    ]
    for table, some in rows:
        if some:
            connection.execute(insert(table), some)


def _numbers(connection: Connection, names: Set[str]) -> dict[str, int]:
    """Return the numbers of collections by name; missing ones are created."""
    if not names:
        return {}
    wanted = select(collection.c.name, collection.c.collection_id)
    known: dict[str, int] = dict(connection.execute(wanted).all())
    new = [{"name": name} for name in sorted(names - known.keys())]
    if new:
        connection.execute(insert(collection), new)
        known = dict(connection.execute(wanted).all())
    return {name: known[name] for name in names}
