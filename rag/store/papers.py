"""The papers of a library in SQL: the truth that everything else is derived from."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from rag.authors import names_of
from rag.store.collecting import (
    count_collections,
    count_tags,
    find_alike,
    find_members,
    write_order,
)
from rag.store.database import Database, put_row
from rag.store.joining import TITLE, keys_of
from rag.store.schema import (
    SCHEMA,
    abstract,
    author,
    collection,
    edit,
    family_name,
    identifier,
    imprint,
    library,
    mark,
    notice,
    origin,
    paper,
    paper_collection,
    retraction,
    superseded,
    tag,
)
from rag.text import folded
from rag.types import NO_IMPRINT, STARTER_SOURCE, Imprint, Paper, Passage

VARIABLES_PER_QUERY: Final = 500  # SQLite's limit is far above; a longer list is no faster
PAPERS_PER_PAGE: Final = 500
VECTORS_MARK: Final = "vectors"
ABSTRACTS_PER_PAGE: Final = 5000

Span = tuple[int, int]
Beside = tuple[int, str, str]  # place, kind and text of what stands beside a paper
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LibraryState:
    """What a library remembers of itself.

    Attributes:
        library_id: Tells its derived stores from another library's.
        revision: Grows with every change of the papers.
        embedder: Name of what its vectors were made with; None for a library without vectors.
        dimension: Length of its vectors; 1 without an embedder, 0 while it is not known.
        passage_tokens: Longest passage, tokens.
        vectors: Name of the collection of its vectors.
        starter_begun: Whether adding the starter papers was begun, and not finished.
    """

    embedder: str | None
    dimension: int
    passage_tokens: int
    library_id: str = ""
    revision: int = 0
    vectors: str = "passages-1"
    starter_begun: bool = False


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper with the passages that its abstract is cut into, in order."""

    paper: Paper
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A paper to be written: its content hash, and its passages as spans of the abstract."""

    paper: Paper
    content_hash: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a derived store has to do to reach a revision.

    Attributes:
        until: The revision.
        removed: Papers of which an earlier version had so many passages.
        written: Papers as they are now.
    """

    until: int
    removed: Mapping[str, int]
    written: Sequence[StoredPaper]


class PaperStore:
    """The papers in a library's database.

    Every method that changes papers is one transaction, and raises the revision by 1.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database cannot be used, or is full.
        DamagedLibraryError: The database is damaged.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> LibraryState | None:
        """Read what the library remembers; None before `create`."""
        with self._database.reading() as connection:
            row = connection.execute(select(library)).first()
        return _read_state(row) if row else None

    def revision(self) -> int:
        """Return the number of the last change."""
        return int(self._database.peek("SELECT revision FROM library")[0])

    def stamps(self) -> tuple[int, str]:
        """Return the number of the last change, and a stamp of the vectors that a server keeps."""
        change = select(mark.c.change).where(mark.c.part == VECTORS_MARK).scalar_subquery()
        with self._database.reading() as connection:
            row = connection.execute(select(library.c.revision, library.c.vectors, change)).one()
        return int(row[0]), f"{row[1]} {row[2] or ''}"

    def mark_vectors(self) -> None:
        """Have others see that the vectors on a server have changed."""
        with self._database.writing() as connection:
            put_row(connection, mark, {"part": VECTORS_MARK, "change": uuid.uuid4().hex})

    def create(self, state: LibraryState, papers: Iterable[NewPaper] = ()) -> LibraryState:
        """Begin the library, with papers or none, in one transaction."""
        fresh = asdict(state) | {
            "library_id": state.library_id or uuid.uuid4().hex,
            "schema_version": SCHEMA,
            "written_by": version("paperchat"),
        }
        with self._database.writing() as connection:
            found = connection.execute(select(library)).first()
            if found:  # another process was faster
                return _read_state(found)
            connection.execute(insert(library).values(fresh))
            for some in _groups(papers, PAPERS_PER_PAGE):
                _write(connection, some, state.revision)
            return _read_state(connection.execute(select(library)).one())

    def change_state(self, **values: str | int | bool | None) -> None:
        """Remember other values of `LibraryState`."""
        with self._database.writing() as connection:
            connection.execute(update(library).values(values))

    def hashes(self, paper_ids: Sequence[str]) -> dict[str, str]:
        """Return the content hashes of papers by id; unknown ids are left out."""
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for some in _groups(paper_ids, VARIABLES_PER_QUERY):
                rows = select(paper.c.paper_id, paper.c.content_hash)
                chosen = rows.where(paper.c.paper_id.in_(some))
                found |= dict(connection.execute(chosen).all())
        return found

    def known_by(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        """Find the ids of the papers that have the identifiers: pairs of a scheme and a value."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        by_scheme: dict[str, list[str]] = defaultdict(list)
        for scheme, value in keys:
            by_scheme[scheme].append(value)
        with self._database.reading() as connection:
            for scheme, values in by_scheme.items():
                for some in _groups(values, VARIABLES_PER_QUERY):
                    rows = select(identifier.c.value, paper.c.paper_id).join(paper)
                    chosen = rows.where(
                        identifier.c.scheme == scheme, identifier.c.value.in_(some)
                    ).order_by(paper.c.number)
                    for value, paper_id in connection.execute(chosen):
                        found[scheme, value].append(paper_id)
        return found

    def of_source(self, source: str) -> list[str]:
        """Find the ids of the papers of a source, also as another origin, in order of ingestion."""
        also = select(origin.c.paper_number).where(origin.c.source == source)
        chosen = select(paper.c.paper_id).where(
            or_(paper.c.source == source, paper.c.number.in_(also))
        )
        with self._database.reading() as connection:
            return list(connection.execute(chosen.order_by(paper.c.number)).scalars())

    def identified(self, scheme: str, prefix: str) -> dict[str, list[str]]:
        """Find the papers with identifiers of a scheme that begin so, and these, by paper id."""
        found: dict[str, list[str]] = defaultdict(list)
        rows = select(paper.c.paper_id, identifier.c.value).join(identifier)
        begins = identifier.c.value.startswith(prefix, autoescape=True)
        chosen = rows.where(identifier.c.scheme == scheme, begins).order_by(paper.c.number)
        with self._database.reading() as connection:
            for paper_id, value in connection.execute(chosen):
                found[paper_id].append(value)
        return found

    def papers_of(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        """Find papers by id, without their passages; unknown ids are left out."""
        return {each: stored.paper for each, stored in self.find(paper_ids).items()}

    def put(self, papers: Sequence[NewPaper], noted: Set[str] = frozenset()) -> None:
        """Add papers at the end, or in the place of earlier versions of them.

        Args:
            papers: As they are from now on.
            noted: Ids of those of which nothing changes that is derived from: neither texts nor
                what they are searched by. They are not embedded again.
        """
        if not papers:
            return
        with self._database.writing() as connection:
            revision = _next_revision(connection)
            changed = [each.paper.paper_id for each in papers if each.paper.paper_id not in noted]
            _supersede(connection, changed, revision)
            _write(connection, papers, revision, noted)

    def members(self, collections: Sequence[str], tags: Sequence[str]) -> list[str] | None:
        """Return the ids of the papers in one of the collections and with one of the tags.

        None of either limits nothing; without both, None.
        """
        with self._database.reading() as connection:
            return find_members(connection, collections, tags)

    def collections(self) -> dict[str, int]:
        """Count the papers of each collection that holds any, by its name."""
        with self._database.reading() as connection:
            return count_collections(connection)

    def tags(self) -> dict[str, int]:
        """Count the papers that have each tag, the most frequent first."""
        with self._database.reading() as connection:
            return count_tags(connection)

    def alike(self) -> list[list[str]]:
        """Find the ids of papers of one title or identifier, each group in order of ingestion."""
        with self._database.reading() as connection:
            return find_alike(connection)

    def remove(self, paper_ids: Sequence[str]) -> int:
        """Delete papers; how many there were."""
        with self._database.writing() as connection:
            there = _passage_counts(connection, paper_ids)
            if not there:
                return 0
            _supersede(connection, list(there), _next_revision(connection))
            for some in _groups(list(there), VARIABLES_PER_QUERY):
                connection.execute(delete(paper).where(paper.c.paper_id.in_(some)))
        return len(there)

    def respan(
        self, papers: Iterable[tuple[str, Sequence[Span]]], *, is_cut_anew: bool, **state: str | int
    ) -> None:
        """Remember what the vectors are made with, and how papers are cut, in one transaction."""
        with self._database.writing() as connection:
            for paper_id, spans in papers if is_cut_anew else ():
                number = select(paper.c.number).where(paper.c.paper_id == paper_id)
                connection.execute(
                    update(abstract)
                    .where(abstract.c.paper_number == number.scalar_subquery())
                    .values(passages=list(spans))
                )
            connection.execute(update(library).values(state))

    def find(self, paper_ids: Sequence[str]) -> dict[str, StoredPaper]:
        """Find papers by id, in the order asked for; unknown ids are left out."""
        found: dict[str, StoredPaper] = {}
        with self._database.reading() as connection:
            for some in _groups(paper_ids, VARIABLES_PER_QUERY):
                rows = connection.execute(_WHOLE_BY_ID, {"ids": some}).all()
                found |= {each.paper.paper_id: each for each in _read(connection, rows)}
        return {each: found[each] for each in dict.fromkeys(paper_ids) if each in found}

    def titles(self, paper_ids: Sequence[str]) -> dict[str, str]:
        """Find the titles of papers, in the order asked for; unknown ids are left out."""
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for some in _groups(paper_ids, VARIABLES_PER_QUERY):
                found |= dict(connection.execute(_TITLES_BY_ID, {"ids": some}).all())
        return {each: found[each] for each in dict.fromkeys(paper_ids) if each in found}

    def all(self) -> Iterator[StoredPaper]:
        """Yield every paper, in the order of ingestion."""
        last = 0
        while True:
            page = _WHOLE.where(paper.c.number > last).order_by(paper.c.number)
            with self._database.reading() as connection:
                rows = connection.execute(page.limit(PAPERS_PER_PAGE)).all()
                papers = _read(connection, rows)
            yield from papers
            if len(rows) < PAPERS_PER_PAGE:
                return
            last = rows[-1].number

    def abstracts_after(self, revision: int) -> Iterator[tuple[int, bool, str]]:
        """Yield number, whether it is a summary, and abstract of papers written after a revision.

        They come in the order of ingestion, and nothing else of them is read.
        """
        texts = select(paper.c.number, paper.c.source, abstract.c.text).join(abstract)
        last = 0
        while True:
            later = texts.where(paper.c.revision > revision, paper.c.number > last)
            with self._database.reading() as connection:
                page = connection.execute(
                    later.order_by(paper.c.number).limit(ABSTRACTS_PER_PAGE)
                ).all()
            yield from ((number, source == STARTER_SOURCE, text) for number, source, text in page)
            if len(page) < ABSTRACTS_PER_PAGE:
                return
            last = page[-1].number

    def ids_of(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the ids of papers by their numbers; unknown numbers are left out."""
        found: dict[int, str] = {}
        with self._database.reading() as connection:
            for some in _groups(numbers, VARIABLES_PER_QUERY):
                rows = select(paper.c.number, paper.c.paper_id).where(paper.c.number.in_(some))
                found |= dict(connection.execute(rows).all())
        return found

    def lead(self, count: int) -> tuple[int, int, int]:
        """Return a stamp that changes with the first papers, and only with these."""
        first = select(paper.c.number, paper.c.revision).order_by(paper.c.number).limit(count)
        some = first.subquery()
        of_some = func.count(), func.coalesce(func.sum(some.c.number), 0), func.max(some.c.revision)
        with self._database.reading() as connection:
            counted, summed, last = connection.execute(select(*of_some)).one()
        return int(counted), int(summed), int(last or 0)

    def count(self) -> int:
        """Count the papers."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(paper)).scalar_one())

    def changes_after(self, revision: int, most: int) -> Changes:
        """Read what came after a revision: whole revisions, of about so many papers at the most."""
        with self._database.reading() as connection:
            until = _reachable(connection, revision, most)
            removed = connection.execute(
                select(superseded.c.paper_id, func.max(superseded.c.passages))
                .where(superseded.c.revision > revision, superseded.c.revision <= until)
                .group_by(superseded.c.paper_id)
            )
            changed = paper.c.revision.between(revision + 1, until)
            rows = connection.execute(_WHOLE.where(changed).order_by(paper.c.number)).all()
            return Changes(until, dict(removed.all()), _read(connection, rows))

    def count_after(self, revision: int, most: int) -> int:
        """Count the papers that were written after a revision, up to so many."""
        later = select(paper.c.number).where(paper.c.revision > revision).limit(most)
        with self._database.reading() as connection:
            counted = select(func.count()).select_from(later.subquery())
            return int(connection.execute(counted).scalar_one())

    def forget_superseded(self, until: int) -> None:
        """Drop what every derived store has followed."""
        old = superseded.c.revision <= until
        with self._database.reading() as connection:
            some = connection.execute(select(superseded.c.revision).where(old).limit(1)).first()
        if some is not None:
            with self._database.writing() as connection:
                connection.execute(delete(superseded).where(old))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


OF_IMPRINT: Final = tuple(each.name for each in fields(Imprint))
_WHOLE: Final[Select[Any]] = (
    select(paper, abstract.c.text, abstract.c.passages, *(imprint.c[name] for name in OF_IMPRINT))
    .join(abstract)
    .outerjoin(imprint, imprint.c.paper_number == paper.c.number)
)
_REVISION: Final = select(library.c.revision)
_WHOLE_BY_ID: Final = _WHOLE.where(paper.c.paper_id.in_(bindparam("ids", expanding=True)))
_TITLES_BY_ID: Final = select(paper.c.paper_id, paper.c.title).where(
    paper.c.paper_id.in_(bindparam("ids", expanding=True))
)


IDENTIFIERS: Final = "identifiers"
RETRACTION: Final = "retraction"
FAMILY_NAMES: Final = "family_names"


def _beside_papers() -> CompoundSelect[Any]:
    """Select all that stands beside papers: a field of `Paper`, a number, place, kind, and text.

    One query for all: on small tables the queries themselves are what costs.
    """
    some = select(paper.c.number).where(paper.c.number.in_(bindparam("numbers", expanding=True)))
    chosen = some.cte("chosen")

    first: ColumnElement[int] = literal_column("0")
    none: ColumnElement[str] = literal_column("''")

    def of(
        field: str,
        table: Table,
        text: Column[str],
        *,
        place: ColumnElement[int] = first,
        kind: ColumnElement[str] = none,
    ) -> Select[Any]:
        chosen_too = table.join(chosen, table.c.paper_number == chosen.c.number)
        name: ColumnElement[str] = literal_column(f"'{field}'")
        columns = select(name, table.c.paper_number, place, kind, text)
        return columns.select_from(chosen_too)

    named = select(
        literal_column("'collections'"),
        paper_collection.c.paper_number,
        first,
        none,
        collection.c.name,
    ).select_from(
        paper_collection.join(chosen, paper_collection.c.paper_number == chosen.c.number).join(
            collection
        )
    )
    return union_all(
        of("authors", author, author.c.name, place=author.c.position),
        of(IDENTIFIERS, identifier, identifier.c.value, kind=identifier.c.scheme).where(
            identifier.c.scheme != TITLE
        ),
        of("tags", tag, tag.c.name),
        of("origins", origin, origin.c.source),
        of("edited", edit, edit.c.field),
        of("notices", notice, notice.c.told),
        of(FAMILY_NAMES, family_name, family_name.c.name, place=family_name.c.position),
        of(RETRACTION, retraction, retraction.c.told),
        named,
    )


_BESIDE: Final = _beside_papers()


def _read_state(row: Row[Any]) -> LibraryState:
    known = {name: getattr(row, name) for name in LibraryState.__dataclass_fields__}
    return LibraryState(**known)


def _next_revision(connection: Connection) -> int:
    connection.execute(update(library).values(revision=library.c.revision + 1))
    return int(connection.execute(_REVISION).scalar_one())


def _passage_counts(connection: Connection, paper_ids: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for some in _groups(paper_ids, VARIABLES_PER_QUERY):
        rows = select(paper.c.paper_id, abstract.c.passages).join(abstract)
        found = connection.execute(rows.where(paper.c.paper_id.in_(some)))
        counts |= {paper_id: len(passages) for paper_id, passages in found}
    return counts


def _supersede(connection: Connection, paper_ids: Sequence[str], revision: int) -> None:
    """Note which passages the derived stores may hold of the papers' versions until now."""
    counts = _passage_counts(connection, paper_ids)
    rows = [
        {"paper_id": paper_id, "passages": passages, "revision": revision}
        for paper_id, passages in counts.items()
    ]
    if rows:
        connection.execute(insert(superseded), rows)


BESIDE_PAPERS: Final = (
    *(author, abstract, identifier, tag, origin, paper_collection, retraction, edit, imprint),
    notice,
    family_name,
)


def _write(
    connection: Connection,
    papers: Sequence[NewPaper],
    revision: int,
    noted: Set[str] = frozenset(),
) -> None:
    known = _numbers(connection, [each.paper.paper_id for each in papers])
    old = list(known.values())
    for table in BESIDE_PAPERS:
        for some in _groups(old, VARIABLES_PER_QUERY):
            connection.execute(delete(table).where(table.c.paper_number.in_(some)))
    fresh = [_paper_row(each, revision) for each in papers if each.paper.paper_id not in known]
    if fresh:
        connection.execute(insert(paper), fresh)
    for each in papers:
        if each.paper.paper_id in known:
            row = _paper_row(each, revision)
            if each.paper.paper_id in noted:
                del row["revision"]
            connection.execute(
                update(paper).where(paper.c.paper_id == each.paper.paper_id).values(row)
            )
    numbers = _numbers(connection, [each.paper.paper_id for each in papers])
    _write_parts(connection, papers, numbers)


def _write_parts(
    connection: Connection, papers: Sequence[NewPaper], numbers: Mapping[str, int]
) -> None:
    texts, names, known, tags, origins = [], [], [], [], []
    for each in papers:
        number = numbers[each.paper.paper_id]
        spans = [list(span) for span in each.spans]
        texts.append({"paper_number": number, "text": each.paper.abstract, "passages": spans})
        names += [
            {"paper_number": number, "position": position, "name": name}
            for position, name in enumerate(each.paper.authors)
        ]
        known += [
            {"paper_number": number, "scheme": scheme, "value": value}
            for scheme, value in dict.fromkeys((*each.paper.identifiers, *keys_of(each.paper)))
        ]
        tags += [{"paper_number": number, "name": name} for name in each.paper.tags]
        origins += [{"paper_number": number, "source": source} for source in each.paper.origins]
    written = {abstract: texts, author: names, identifier: known, tag: tags, origin: origins}
    for table, rows in written.items():
        if rows:
            connection.execute(insert(table), rows)
    write_order(connection, [(numbers[each.paper.paper_id], each.paper) for each in papers])


def _paper_row(new: NewPaper, revision: int) -> dict[str, str | int | None]:
    each = new.paper
    searched = (each.title, *each.authors, each.published or "", each.source or "")
    return {
        "paper_id": each.paper_id,
        "title": each.title,
        "published": each.published,
        "url": each.url,
        "venue": each.venue,
        "source": each.source,
        "content_hash": new.content_hash,
        "revision": revision,
        "title_key": folded(each.title),
        "author_key": folded(_first_family(each)) or None,
        "source_key": folded(each.source or "") or None,
        "words": folded(" ".join(searched)),
    }


def _first_family(paper: Paper) -> str:
    """Return the first author's family name: the stated one, else the last word of the name."""
    first = paper.authors[0] if paper.authors else ""
    if first in dict(paper.family_names):
        return names_of(paper)[0].family
    return first.partition(",")[0].rpartition(" ")[2]


def _numbers(connection: Connection, paper_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _groups(paper_ids, VARIABLES_PER_QUERY):
        rows = select(paper.c.paper_id, paper.c.number).where(paper.c.paper_id.in_(some))
        found |= dict(connection.execute(rows).all())
    return found


def _reachable(connection: Connection, revision: int, most: int) -> int:
    """Find the last revision that changed at most `most` papers since; the next one at least."""
    later = select(paper.c.revision).where(paper.c.revision > revision)
    rows = connection.execute(later.order_by(paper.c.revision).limit(most + 1)).scalars().all()
    if len(rows) <= most:
        return int(connection.execute(_REVISION).scalar_one())
    return max(int(rows[0]), int(rows[-1]) - 1)


def _read(connection: Connection, rows: Sequence[Row[Any]]) -> list[StoredPaper]:
    """Return papers of whole rows, in their order."""
    beside: dict[int, dict[str, list[Beside]]] = {row.number: {} for row in rows}
    for some in _groups(beside, VARIABLES_PER_QUERY):
        for field, number, *fact in connection.execute(_BESIDE, {"numbers": some}).all():
            beside[number].setdefault(field, []).append(tuple(fact))
    return [_read_paper(row, beside[row.number]) for row in rows]


def _read_paper(row: Row[Any], beside: Mapping[str, list[Beside]]) -> StoredPaper:
    facts: dict[str, Any] = {}
    for field, some in beside.items():
        some.sort()
        is_named = field == IDENTIFIERS
        facts[field] = tuple([each[1:] if is_named else each[2] for each in some])
    if told := facts.get(RETRACTION):
        facts[RETRACTION] = told[0]
    if FAMILY_NAMES in facts:
        named = dict(enumerate(facts.get("authors", ())))
        stated = ((named.get(place), family) for place, _, family in beside[FAMILY_NAMES])
        facts[FAMILY_NAMES] = tuple((name, family) for name, family in stated if name)
    read = Paper(
        paper_id=row.paper_id,
        title=row.title,
        abstract=row.text,
        published=row.published,
        url=row.url,
        venue=row.venue,
        source=row.source,
        imprint=_read_imprint(row),
        **facts,
    )
    passages = [
        Passage(row.paper_id, number, start, end)
        for number, (start, end) in enumerate(row.passages)
    ]
    return StoredPaper(read, tuple(passages))


def _read_imprint(row: Row[Any]) -> Imprint:
    known = [getattr(row, name) for name in OF_IMPRINT]
    return Imprint(*known) if any(known) else NO_IMPRINT


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    group: list[T] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
