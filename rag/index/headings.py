"""The short part of every paper in SQLite: a list to search, order and leaf through.

Derived from the collection, as the lexical index is, and like it complete for one revision of the
library. Reading 100,000 headings from the collection takes 13 s and 700 MB; a page of them from
here a few milliseconds.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from rag.errors import LibraryError
from rag.text import without_accents
from rag.types import Heading, Listing, Order, Paper

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_S: Final = 30.0
MOST_WORDS: Final = 16  # of a search
# The version of the table is part of the file's name: another version makes a file of its own.
FILE: Final = "headings-1.sqlite"
SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS heading (
        number INTEGER PRIMARY KEY,
        paper_id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        authors TEXT NOT NULL,
        published TEXT,
        source TEXT,
        title_key TEXT,
        author_key TEXT,
        source_key TEXT,
        words TEXT NOT NULL
    ) STRICT
"""
FIELDS: Final = "paper_id, title, authors, published, source"
KEYS: Final[dict[Order, str]] = {
    "title": "title_key",
    "authors": "author_key",
    "year": "published",
    "source": "source_key",
}


class HeadingChange:
    """Headings on their way into and out of the table; nothing counts before it is committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def clear(self) -> None:
        """Take everything out."""
        self._connection.execute("DELETE FROM heading")

    def remove(self, paper_id: str) -> None:
        """Take a paper out; nothing happens when it is not in."""
        self._connection.execute("DELETE FROM heading WHERE paper_id = ?", (paper_id,))

    def put(self, paper: Heading | Paper) -> None:
        """Write a paper at the end, or in the place of an earlier version of it."""
        parts = (paper.title, *paper.authors, paper.published or "", paper.source or "")
        self._connection.execute(
            f"INSERT INTO heading ({FIELDS}, title_key, author_key, source_key, words)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (paper_id) DO UPDATE SET"
            " title = excluded.title, authors = excluded.authors, published = excluded.published,"
            " source = excluded.source, title_key = excluded.title_key,"
            " author_key = excluded.author_key, source_key = excluded.source_key,"
            " words = excluded.words",
            (
                paper.paper_id,
                paper.title,
                json.dumps(paper.authors, ensure_ascii=False),
                paper.published,
                paper.source,
                folded(paper.title),
                folded(_last_name(paper.authors)) or None,
                folded(paper.source or "") or None,
                folded(" ".join(parts)),
            ),
        )


class HeadingTable:
    """The table of one library; each use opens the file anew, so threads need not wait.

    Args:
        folder: Of the library; the file is made when absent, and anew when unreadable.

    Raises (every method):
        LibraryError: The file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        try:
            self._prepare()
        except sqlite3.DatabaseError:
            logger.info("list of papers: it cannot be read and is made anew")
            for name in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
                (folder / name).unlink(missing_ok=True)
            with self._told():
                self._prepare()

    def _prepare(self) -> None:
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise LibraryError(
                f"{str(self._path)!r} cannot be used: {exc}. Check that the folder can be written; "
                "the file may be deleted, it is made anew from the papers."
            ) from exc

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._told(), closing(self._connect()) as connection:
            yield connection

    @property
    def revision(self) -> int:
        """The library's revision that the table is complete for; 0 when it is new."""
        with self._reading() as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def changing(self, revision: int) -> Iterator[HeadingChange]:
        """Collect changes and commit them together; the table is then complete for `revision`."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")  # closing without a commit undoes it
            yield HeadingChange(connection)
            connection.execute(f"PRAGMA user_version = {revision:d}")
            connection.execute("COMMIT")

    def browse(
        self, query: str, order: Order, first: int, count: int, *, is_reversed: bool = False
    ) -> Listing:
        """A part of the list of papers; the arguments are those of `Library.browse`."""
        words = folded(query).split()[:MOST_WORDS]
        where = " AND ".join(["instr(words, ?)"] * len(words)) or "1"
        ordering = _ordering(order, is_reversed=is_reversed)
        # Only the numbers are put in order: whole rows take eight times as long at 100,000.
        chosen = f"SELECT number FROM heading WHERE {where} ORDER BY {ordering} LIMIT ? OFFSET ?"
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {FIELDS} FROM heading WHERE number IN ({chosen}) ORDER BY {ordering}",
                (*words, count, first),
            ).fetchall()
            total = _count(connection, "1", ())
            found = _count(connection, where, words) if words else total
            columns = frozenset(each for each in KEYS if _is_filled(connection, KEYS[each]))
        return Listing(tuple(map(_read, rows)), found, total, columns)

    def find(self, paper_ids: Sequence[str]) -> list[Heading]:
        """Those of the papers that are here, in the order of ingestion."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {FIELDS} FROM heading"
                " WHERE paper_id IN (SELECT value FROM json_each(?)) ORDER BY number",
                (json.dumps(list(paper_ids)),),
            ).fetchall()
        return list(map(_read, rows))

    def paper_ids(self) -> list[str]:
        """The ids of all papers, in the order of ingestion."""
        with self._reading() as connection:
            rows = connection.execute("SELECT paper_id FROM heading ORDER BY number").fetchall()
        return [paper_id for (paper_id,) in rows]


def folded(text: str) -> str:
    """The text as a search compares it: without case and accents."""
    return without_accents(text.casefold())


def _last_name(authors: Sequence[str]) -> str:
    return authors[0].partition(",")[0].rpartition(" ")[2] if authors else ""


def _ordering(order: Order, *, is_reversed: bool) -> str:
    """What has no value comes last either way, and equals stay in the order of ingestion."""
    way = "DESC" if is_reversed else "ASC"
    if order == "added":
        return f"number {way}"
    return f"{KEYS[order]} IS NULL, {KEYS[order]} {way}, number"


def _count(connection: sqlite3.Connection, where: str, values: Sequence[str]) -> int:
    counted = connection.execute(f"SELECT count(*) FROM heading WHERE {where}", values)
    return int(counted.fetchone()[0])


def _is_filled(connection: sqlite3.Connection, key: str) -> bool:
    some = connection.execute(f"SELECT 1 FROM heading WHERE {key} > '' LIMIT 1")
    return some.fetchone() is not None


def _read(row: tuple[str, str, str, str | None, str | None]) -> Heading:
    paper_id, title, authors, published, source = row
    return Heading(paper_id, title, tuple(json.loads(authors)), published, source)
