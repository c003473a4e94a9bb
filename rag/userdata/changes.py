"""Let a library be changed by those who may, and keep who changed what and when.

Noted is what papers were done to, never a question, an answer or what somebody typed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import insert, select

from rag.errors import LibraryError, NotAllowedError
from rag.store.database import Database
from rag.store.schema import change
from rag.text import one_line
from rag.types import Actor, Paper
from rag.userdata.clock import now

if TYPE_CHECKING:
    from rag.store.index import PaperIndex

Deed = Literal[
    "add",
    "edit",
    "look up",
    "merge",
    "remove",
    "collect",
    "tag",
    "undo",
    "watch",
    "unwatch",
    "dismiss",
]
MOST_NAMED: Final = 5  # papers, sources
MOST_CHARACTERS: Final = 300
READS_ALONE: Final = (
    "Your account reads: you can ask, export and rate. An editor can change the library's papers."
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a library.

    Attributes:
        changed_at: ISO time, UTC.
        who: Who did it; "" for whoever uses the library's folder without signing in.
        papers: How many it changed.
        what: Which, or from where: ids, sources, names of collections and tags.
    """

    changed_at: str
    who: str
    did: str
    papers: int
    what: str


class ChangeLog:
    """The changes of a library.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database is damaged or cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, who: str, did: Deed, papers: int, what: str) -> None:
        """Keep that somebody did something just now."""
        row = {"changed_at": now(), "who": who, "did": did, "papers": papers}
        with self._database.writing() as connection:
            connection.execute(insert(change).values({**row, "what": what[:MOST_CHARACTERS]}))

    def latest(self, most: int = 100) -> list[Change]:
        """Return the latest changes, the last one first."""
        columns = (change.c.changed_at, change.c.who, change.c.did, change.c.papers, change.c.what)
        found = select(*columns).order_by(change.c.number.desc()).limit(most)
        with self._database.reading() as connection:
            return [Change(*row) for row in connection.execute(found)]


@dataclass(slots=True)
class Tally:
    """What a change comes to: filled in while it is made."""

    papers: int = 0


class Changing:
    """Lets somebody change a library, where they may, and notes it.

    Args:
        index: The library's.
        actor: Who changes it.
    """

    def __init__(self, index: PaperIndex, actor: Actor) -> None:
        self._index = index
        self._actor = actor

    def require(self) -> None:
        """Refuse who may not change the library.

        Raises:
            NotAllowedError: They may not.
        """
        if not self._actor.may_change:
            raise NotAllowedError(READS_ALONE)

    @contextmanager
    def noted(self, did: Deed, what: Sequence[str] = ()) -> Iterator[Tally]:
        """Note what is done to papers inside, also where it is broken off in the middle.

        Args:
            did: What is done.
            what: Ids, sources or names that it is done with.

        Raises:
            NotAllowedError: The actor may not.
        """
        self.require()
        tally, before = Tally(), self._index.papers.revision()
        try:
            yield tally
        except BaseException:
            if self._index.papers.revision() != before:
                self.note(did, tally.papers, what, is_broken_off=True)
            raise
        if tally.papers:
            self.note(did, tally.papers, what)

    def note(
        self, did: Deed, papers: int, what: Sequence[str] = (), *, is_broken_off: bool = False
    ) -> None:
        """Note a change that was made; where that fails the change stands, and the log says so."""
        more = len(what) - MOST_NAMED
        told = [*what[:MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])]
        whole = ("broken off: " if is_broken_off else "") + ", ".join(told)
        try:
            ChangeLog(self._index.database).note(self._actor.name, did, papers, whole)
        except LibraryError as exc:
            logger.warning("%s (%d papers) was not noted: %s", did, papers, exc)


def names_of(sources: Iterable[object]) -> list[str]:
    """Return what sources are noted as: files by name, papers by id, queries as they are."""
    return [_name_of(each) for each in sources]


def _name_of(source: object) -> str:
    if isinstance(source, Paper):
        return source.paper_id
    if isinstance(source, Mapping):
        return str(source.get("id") or "a record")
    text = str(source)
    is_file = isinstance(source, Path) or os.path.exists(text)  # noqa: PTH110  takes any text
    return one_line(Path(text).name if is_file else text)
