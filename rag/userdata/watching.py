"""Store what a library watches, and the papers that were found so and wait for an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import (
    Connection,
    Row,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from rag.errors import LibraryError, SourceError
from rag.export.plain import exported_record
from rag.readers.records import OwnRecord, RecordError, paper_from_record
from rag.store.database import Database, insert_missing, put_row
from rag.store.joining import keys_of, suffixed_id
from rag.store.schema import checked, identifier, offer, offer_key, watch
from rag.store.schema import paper as held
from rag.types import Paper
from rag.userdata.clock import now

State = Literal["new", "accepted", "dismissed", "passed"]
VALUES_PER_QUERY: Final = 500
CHECKED_BY: Final = ("doi", "arxiv")  # what notices are looked for by


@dataclass(frozen=True, slots=True)
class Watch:
    """A query of a catalogue whose new papers are offered.

    Attributes:
        watch_id: Its number.
        source: As `ingest` takes it: `arxiv:cat:cs.LG AND hopfield`.
        added_at: ISO time, UTC.
        looked_at: When it was last looked for new papers; None for never.
        floor: The date of the oldest paper that the first look read, if more matched: what is older
            is not new.
    """

    watch_id: int
    source: str
    added_at: str
    looked_at: str | None = None
    floor: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A paper that a watch found, and that is not in the library.

    Attributes:
        paper: As it would be added.
        watch_id: Of the watch that found it first.
        found_at: ISO time, UTC.
        state: `new`, or what became of it; `passed` was there before the watch began.
    """

    paper: Paper
    watch_id: int
    found_at: str
    state: State = "new"


class WatchStore:
    """The watches in a library's database, and what they found.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database is damaged or cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def require_writable(self) -> None:
        """Raise `LibraryError` where nothing can be kept."""
        self._database.require_writable()

    def watches(self) -> list[Watch]:
        """Return the watches, in the order in which they were added."""
        with self._database.reading() as connection:
            rows = connection.execute(select(watch).order_by(watch.c.watch_id)).all()
        return [Watch(**row._asdict()) for row in rows]

    def add(self, source: str) -> Watch:
        """Keep a watch.

        Raises:
            SourceError: It is there already.
        """
        with self._database.writing() as connection:
            same = connection.execute(select(watch).where(watch.c.source == source)).first()
            if same:
                raise SourceError(f"{source!r} is watched already (watch {same.watch_id}).")
            row = {"source": source, "added_at": now()}
            made = connection.execute(insert(watch).values(row).returning(watch)).one()
        return Watch(**made._asdict())

    def remove(self, watch_id: int) -> None:
        """Drop a watch, and what it found that nobody has answered; what was dismissed stays so."""
        unanswered = offer.c.watch_id == watch_id, offer.c.state.in_(("new", "passed"))
        with self._database.writing() as connection:
            connection.execute(delete(offer).where(*unanswered))
            connection.execute(delete(watch).where(watch.c.watch_id == watch_id))

    def offers(self, *states: State) -> list[Offer]:
        """Return the papers of these states, the latest first."""
        wanted = select(offer).where(offer.c.state.in_(states))
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(offer.c.found_at, offer.c.paper_id)).all()
        offers = [_read(row) for row in rows]
        return sorted(offers, key=lambda each: each.paper.published or "", reverse=True)

    def set_state(self, paper_ids: Sequence[str], state: State) -> None:
        """Note what became of offers."""
        with self._database.writing() as connection:
            for some in _groups(paper_ids):
                chosen = update(offer).where(offer.c.paper_id.in_(some))
                connection.execute(chosen.values(state=state))

    def put_look(
        self,
        of: Watch,
        papers: Sequence[Paper],
        most_new: int,
        is_same: Callable[[Paper, Paper], bool],
        **noted: str | None,
    ) -> list[Offer]:
        """Keep what a look found and was not found before, in one transaction; return the offers.

        Args:
            of: The watch.
            papers: What it found, the newest first; none is in the library.
            most_new: How many of them are offered; the others are passed over.
            is_same: Whether two records with something in common are of one paper.
            noted: Values of the watch from now on.
        """
        with self._database.writing() as connection:
            here = select(watch).where(_is(of)).with_for_update()  # one look of it at a time
            if connection.execute(here).first() is None:
                return []  # removed meanwhile
            known = _known(connection, papers)
            fresh: list[Offer] = []
            for read in papers:
                alike = [each for key in keys_of(read) for each in known(key)]
                if any(is_same(read, each) for each in alike):
                    continue
                is_taken = any(each.paper_id == read.paper_id for each in alike)
                paper = replace(read, paper_id=suffixed_id(read)) if is_taken else read
                state: State = "new" if len(fresh) < most_new else "passed"
                made = Offer(paper, of.watch_id, now(), state)
                known.put(paper)
                if _put(connection, made):  # else another watch of a group's has just found it
                    fresh.append(made)
            connection.execute(update(watch).where(_is(of)).values(noted))
        return [each for each in fresh if each.state == "new"]

    def due(self, most: int) -> list[str]:
        """Return the ids of the papers of which notices were looked for longest ago, or never."""
        can_be = exists().where(
            identifier.c.paper_number == held.c.number, identifier.c.scheme.in_(CHECKED_BY)
        )
        wanted = select(held.c.paper_id).outerjoin(checked, checked.c.paper_id == held.c.paper_id)
        first = wanted.where(can_be).order_by(
            func.coalesce(checked.c.checked_at, ""), held.c.number
        )
        with self._database.reading() as connection:
            return list(connection.execute(first.limit(most)).scalars())

    def versions(self, paper_ids: Sequence[str]) -> dict[str, int]:
        """Return the versions at arXiv that papers had when they were last looked up."""
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for some in _groups(paper_ids):
                rows = select(checked.c.paper_id, checked.c.version).where(
                    checked.c.paper_id.in_(some), checked.c.version.is_not(None)
                )
                found |= dict(connection.execute(rows).all())
        return found

    def put_checked(self, versions: Mapping[str, int | None]) -> None:
        """Note that papers were looked up now, with their versions at arXiv."""
        at = now()
        with self._database.writing() as connection:
            for paper_id, version in versions.items():
                row = {"paper_id": paper_id, "checked_at": at, "version": version}
                put_row(connection, checked, row)


class _Known:
    """The papers that were found before, by what they are known by."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], list[Paper]] = {}

    def __call__(self, key: tuple[str, str]) -> Sequence[Paper]:
        return self._by_key.get(key, ())

    def put(self, paper: Paper) -> None:
        for key in keys_of(paper):
            self._by_key.setdefault(key, []).append(paper)


def _known(connection: Connection, papers: Sequence[Paper]) -> _Known:
    known = _Known()
    keys = {value for paper in papers for _, value in keys_of(paper)}
    rows: dict[str, Row[Any]] = {}
    for some in _groups(sorted(keys)):
        found = _OFFERED.where(offer_key.c.value.in_(some))
        rows |= {row.paper_id: row for row in connection.execute(found)}
    for row in rows.values():
        known.put(_read(row).paper)
    return known


_OFFERED: Final = select(offer).join(offer_key)


def _put(connection: Connection, made: Offer) -> bool:
    """Keep an offer; return whether it was not there."""
    record = json.dumps(exported_record(made.paper), ensure_ascii=False)
    row = {
        "paper_id": made.paper.paper_id,
        "watch_id": made.watch_id,
        "state": made.state,
        "found_at": made.found_at,
        "record": record,
    }
    is_new = insert_missing(connection, offer, row)
    for scheme, value in keys_of(made.paper):
        key = {"paper_id": made.paper.paper_id, "scheme": scheme, "value": value}
        insert_missing(connection, offer_key, key)
    return is_new


def _is(of: Watch) -> Any:  # noqa: ANN401  # a condition of SQL
    return watch.c.watch_id == of.watch_id


def _read(row: Row[Any]) -> Offer:
    try:
        paper = paper_from_record(OwnRecord(json.loads(row.record)), "")
    except (ValueError, TypeError, RecordError) as exc:
        raise LibraryError(f"A paper that was found cannot be read again ({exc}).") from exc
    return Offer(paper, row.watch_id, row.found_at, row.state)


def _groups(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), VALUES_PER_QUERY):
        yield values[start : start + VALUES_PER_QUERY]
