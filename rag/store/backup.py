"""Back a library up into one file, while it is used, and restore it from there.

The file is a zip: the tables as an SQLite database, whatever database they came from, and the
vectors of the passages in parts, so that restoring embeds nothing. A backup of a group's servers
can be restored into a folder, and the other way round. Words and map are derived anew.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from filelock import FileLock
from sqlalchemy import Connection, Integer, Table, func, insert, select, text, update

from rag.embedding import OnProgress
from rag.errors import DamagedLibraryError, LibraryError
from rag.store.database import Database, translate_disk_full
from rag.store.index import LOCK, PaperIndex, collection_name
from rag.store.lexical import LexicalIndex
from rag.store.migration import finish_migration
from rag.store.papers import PaperStore
from rag.store.reached import CHROMA, VECTORS, WORDS, note_as_left, remove
from rag.store.schema import (
    SCHEMA,
    bucket,
    conversation,
    library,
    mark,
    metadata,
    paper,
    rating,
    share,
    sign_in,
    watch,
)
from rag.store.servers import Servers, open_database
from rag.store.sqlite import FILE, SqliteDatabase
from rag.store.sync import WordsFollower, follow
from rag.types import Passage, Progress

TABLES: Final = FILE
MANIFEST: Final = "backup.json"
PART: Final = "vectors/{number:06d}.npz"
PAPERS_PER_PART: Final = 1000
ROWS_PER_STEP: Final = 1000
LOCK_TIMEOUT_S: Final = 5.0
# What a server counts for a while, and what it tells others that vectors have changed by.
LEFT_OUT: Final = frozenset({bucket.name, sign_in.name, mark.name})
# What is not overwritten, as users call it.
USERS_OWN: Final = {
    "papers": paper,
    "conversations": conversation,
    "ratings": rating,
    "shared answers": share,
    "watches": watch,
}
ONE_OF: Final = {"watches": "watch"}  # the others lose an s
NO_BACKUP: Final = "{path!r} is no backup of a library, or is damaged: {why}."


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        made_at: ISO time, UTC.
        papers: How many there are.
        conversations: How many there are.
        revision: Of the library when it was made.
        parts: Files of vectors; 0 for a library without vectors.
    """

    made_at: str
    papers: int
    conversations: int
    revision: int
    parts: int


def back_up(index: PaperIndex, path: Path, on_progress: OnProgress) -> Backup:
    """Write a library into a file, in place of one of that name.

    Questions are answered meanwhile; who changes papers waits. A backup that is broken off leaves
    the file as it was.

    Raises:
        LibraryError: The file cannot be written, or another process changes papers for too long.
    """
    target = path.expanduser()
    made = target.with_name(f"{target.name}.part")
    try:
        made.touch(mode=0o600)  # what people asked, and the hashes of their passwords, are inside
        with index.locked(), translate_disk_full(), zipfile.ZipFile(made, "w") as file:
            index.refresh()
            index.catch_up()
            kept = _write(index, file, on_progress)
        made.replace(target)
    except OSError as exc:
        raise LibraryError(f"{str(target)!r} cannot be written: {exc.strerror}.") from exc
    finally:
        made.unlink(missing_ok=True)
    return kept


def _write(index: PaperIndex, file: zipfile.ZipFile, on_progress: OnProgress) -> Backup:
    with TemporaryDirectory() as work, closing(SqliteDatabase(Path(work) / FILE)) as tables:
        with index.database.reading() as source, tables.writing() as copy:
            _copy_tables(source, copy)
            conversations = source.execute(select(func.count()).select_from(conversation)).scalar()
        tables.close()
        file.write(Path(work) / FILE, TABLES, zipfile.ZIP_DEFLATED)
    papers, parts = index.count(), 0
    for part in _parts(index) if index.has_vectors else ():
        file.writestr(PART.format(number=parts), part)
        parts += 1
        on_progress(Progress("backing up", min(parts * PAPERS_PER_PART, papers), papers))
    kept = Backup(
        datetime.now(UTC).isoformat(timespec="seconds"),
        papers,
        conversations or 0,
        index.papers.revision(),
        parts,
    )
    file.writestr(MANIFEST, json.dumps(asdict(kept)))
    return kept


def _parts(index: PaperIndex) -> Iterator[bytes]:
    """Yield the vectors of some papers' passages at a time, in the order of the papers."""
    for passages in _passages(index.papers):
        found = index.vectors.read([each.passage_id for each in passages])
        rows = np.stack([found[each.passage_id] for each in passages])
        part = BytesIO()
        np.savez(part, ids=[each.passage_id for each in passages], vectors=rows)
        yield part.getvalue()


def _passages(papers: PaperStore) -> Iterator[list[Passage]]:
    stored = papers.all()
    while some := list(islice(stored, PAPERS_PER_PART)):
        if passages := [part for each in some for part in each.passages]:
            yield passages


def _copy_tables(source: Connection, target: Connection) -> None:
    """Copy all rows, of what others refer to first."""
    for table in metadata.sorted_tables:
        if table.name in LEFT_OUT:
            continue
        rows = source.execution_options(yield_per=ROWS_PER_STEP).execute(select(table)).mappings()
        for some in rows.partitions():
            target.execute(insert(table), [dict(row) for row in some])
    target.execute(update(library).values(schema_version=SCHEMA))
    if target.dialect.name == "postgresql":
        _count_on(target)


def _count_on(connection: Connection) -> None:
    """Have PostgreSQL number new rows after those that were copied with their numbers."""
    for table in metadata.sorted_tables:
        if column := _numbered(table):
            most = connection.execute(select(func.max(table.c[column]))).scalar()
            if most:
                sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :most)")
                of = {"table": table.name, "column": column, "most": most}
                connection.execute(sequence, of)


def _numbered(table: Table) -> str | None:
    columns = list(table.primary_key.columns)
    if len(columns) == 1 and isinstance(columns[0].type, Integer) and not columns[0].foreign_keys:
        return str(columns[0].name)
    return None


def read_backup(path: Path) -> Backup:
    """Read what a backup holds.

    Raises:
        LibraryError: The file is no backup, or is damaged.
    """
    try:
        with zipfile.ZipFile(path.expanduser()) as file:
            if (damaged := file.testzip()) is not None:
                raise LibraryError(NO_BACKUP.format(path=str(path), why=f"{damaged} is cut"))
            return Backup(**json.loads(file.read(MANIFEST)))
    except FileNotFoundError as exc:
        raise LibraryError(f"There is no file {str(path)!r}.") from exc
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as exc:
        raise LibraryError(NO_BACKUP.format(path=str(path), why=str(exc).rstrip("."))) from exc


def restore(path: Path, folder: Path, servers: Servers, on_progress: OnProgress) -> Backup:
    """Write what a backup holds into a library without papers and conversations.

    Papers, conversations and all else that is no vector come in one transaction; what is broken
    off after that is made whole by whoever opens the library, which embeds what lacks vectors.

    Raises:
        LibraryError: The file is no backup, or of a newer paperchat; or the library holds something
            already, or is used.
    """
    kept = read_backup(path)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        zipfile.ZipFile(path.expanduser()) as file,
        TemporaryDirectory() as work,
        closing(open_database(folder, servers)) as database,
        closing(SqliteDatabase(Path(file.extract(TABLES, work)))) as tables,
    ):
        if damage := tables.find_damage(is_quick=True):
            raise DamagedLibraryError(NO_BACKUP.format(path=str(path), why=damage))
        with _alone(database, folder), translate_disk_full():
            with tables.reading() as source, database.writing() as target:
                _require_empty(target, folder, database.place)
                _clear(target)
                _copy_tables(source, target)
            if not database.is_shared:
                finish_migration(folder)  # nobody takes the folder for one of an earlier version
            papers = PaperStore(database)
            for derived in (*VECTORS.values(), WORDS):
                remove(folder / derived)
            _restore_vectors(file, kept, papers, folder, servers, on_progress)
            _derive_words(papers, folder / WORDS, on_progress)
    note_as_left(folder / VECTORS[servers.vectors], folder / LOCK)
    return kept


@contextmanager
def _alone(database: Database, folder: Path) -> Iterator[None]:
    """Keep all others from changing the library meanwhile."""
    try:
        with (
            database.locked(LOCK_TIMEOUT_S),
            FileLock(folder / LOCK).acquire(timeout=LOCK_TIMEOUT_S),
        ):
            yield
    except TimeoutError as exc:
        raise LibraryError(
            f"Another process is changing {database.place}. Wait until it is done, or stop it."
        ) from exc


def _require_empty(connection: Connection, folder: Path, place: str) -> None:
    """Raise `LibraryError` where something would be overwritten."""
    counts = {
        name: connection.execute(select(func.count()).select_from(each)).scalar_one()
        for name, each in USERS_OWN.items()
    }
    is_begun = connection.execute(select(library.c.library_id)).first() is not None
    is_of_before = not is_begun and (folder / CHROMA).exists()  # as the released code left it
    if any(counts.values()) or is_of_before:
        held = [
            f"{count:,} {name if count > 1 else ONE_OF.get(name, name[:-1])}"
            for name, count in counts.items()
            if count
        ]
        said = " and ".join(filter(None, (", ".join(held[:-1]), *held[-1:])))
        raise LibraryError(
            f"{place} holds {said or 'papers'} already. Restore into a folder that "
            "is not there yet: `--library DIR`."
        )


def _clear(connection: Connection) -> None:
    """Remove what is left of things that are gone, such as collections without papers."""
    for table in reversed(metadata.sorted_tables):
        if table.name not in LEFT_OUT:
            connection.execute(table.delete())


def _restore_vectors(
    file: zipfile.ZipFile,
    kept: Backup,
    papers: PaperStore,
    folder: Path,
    servers: Servers,
    on_progress: OnProgress,
) -> None:
    """Write the vectors of all papers, and note that they are whole."""
    from rag.store.vectors import VectorStore

    state = papers.state()
    if state is None or not kept.parts:
        return
    name = collection_name(state, servers)
    papers.change_state(vectors=name)
    with closing(VectorStore(folder / VECTORS[servers.vectors], name, servers)) as vectors:
        vectors.empty()
        for number, passages in enumerate(_passages(papers)):
            with np.load(BytesIO(file.read(PART.format(number=number)))) as part:
                vectors.upsert(_by_paper(passages), part["vectors"])
            done = min((number + 1) * PAPERS_PER_PART, kept.papers)
            on_progress(Progress("restoring", done, kept.papers))
        vectors.mark(state.library_id, state.revision)


def _derive_words(papers: PaperStore, folder: Path, on_progress: OnProgress) -> None:
    """Make the index of words, so that whoever opens the library first need not wait for it."""
    if state := papers.state():
        words = WordsFollower(folder, LexicalIndex(folder, papers.members))
        follow(papers, state.library_id, words, on_progress)


def _by_paper(passages: Sequence[Passage]) -> list[list[Passage]]:
    return [list(some) for _, some in groupby(passages, key=lambda each: each.paper_id)]
