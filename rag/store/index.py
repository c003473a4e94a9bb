"""The papers of one library, with the vectors and the words that are derived from them."""

from __future__ import annotations

import logging
import os
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from rag.embedding import Embedder, OnProgress
from rag.errors import (
    ConfigurationError,
    EmbedderMismatchError,
    EmbedderUnavailableError,
    LibraryError,
)
from rag.store.copies import copy_derived
from rag.store.faults import Part
from rag.store.lexical import LexicalIndex
from rag.store.likeness import Likeness
from rag.store.listing import PaperList
from rag.store.migration import finish_migration, migrate, require_migrated
from rag.store.papers import LibraryState, PaperStore, StoredPaper
from rag.store.reached import VECTORS, WORDS, note_as_left, read_reached, remove, stamp
from rag.store.servers import NO_SERVERS, Servers, open_database
from rag.store.sqlite import FILE
from rag.store.sync import (
    VectorsFollower,
    WordsFollower,
    drop_unsound,
    embedding,
    follow,
    is_behind,
    unavailable,
)
from rag.types import NO_FILTERS, Facets, Paper, Progress

if TYPE_CHECKING:
    from rag.embedding.workers import Workers
    from rag.store.vectors import VectorStore

logger = logging.getLogger(__name__)

LOCK: Final = "lock"  # the file in a library's folder that a writer locks
LOCK_TIMEOUT_S: Final = 30.0
SILENT_S: Final = 1.0  # a wait that nobody need be told of
T = TypeVar("T")
PAPERS_KEPT: Final = 5000  # that were read before; about 10 MB, and 1 MB for titles alone
MOST_TAGS: Final = 10_000  # that are counted
# Of the past, that processes of a group may come back with; older words are made anew.
KEPT_REVISIONS: Final = 10_000
UNKNOWN_DIMENSION: Final = 0  # of an embedder that has not embedded anything yet


def _quietly(progress: Progress) -> None:
    """Report no progress."""


def _nobody() -> None:
    """Tell nobody: the stamp of a folder tells who looks."""


class PaperIndex:
    """The papers of the library in a folder, their vectors and their words; made when absent.

    Args:
        folder: The library's folder.
        embedder: What embeds passages and questions; None for lexical retrieval only.
        passage_tokens: Longest passage, tokens.
        rebuild: Whether the library may have been made with other settings, since it is embedded
            anew next. Without it a library without vectors stays as it is.
        servers: What keeps the papers and the vectors where the folder does not; the folder then
            holds the words, which each process derives for itself.
        on_progress: Told about long work.

    Raises:
        EmbedderMismatchError: It was made with other settings, and `rebuild` is not set.
        LibraryError: The folder cannot be used.
        DamagedLibraryError: The papers themselves are damaged.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder | None,
        passage_tokens: int,
        *,
        rebuild: bool = False,
        servers: Servers = NO_SERVERS,
        on_progress: OnProgress = _quietly,
    ) -> None:
        self.folder = folder
        self._servers = servers
        self.embedder = embedder
        self._kept: dict[str, StoredPaper] = {}
        self._kept_titles: dict[str, str] = {}
        self._made: dict[str, tuple[int, object]] = {}
        self._members: tuple[tuple[object, ...], list[str] | None] | None = None
        self._reopening = threading.Lock()
        self._vectors: VectorStore | None = None
        self.workers: Workers | None = None  # embed many papers in the place of this process
        self.remade: tuple[Part, ...] = ()  # what was made again at opening
        self._is_behind = False  # the words, which another process of the folder brings on
        self._is_taken_over = False  # from files of an earlier version, which made its own words
        _make_folder(folder)
        self._lock = FileLock(folder / LOCK, timeout=LOCK_TIMEOUT_S)
        self.database = open_database(folder, servers)
        if self.database.is_shared:
            _require_writable(folder)
        self._copy = copy_derived(folder) if self.is_read_only else None
        self.papers = PaperStore(self.database)
        self.listing = PaperList(self.database)
        self.likeness = Likeness(self.papers, folder, is_read_only=self.is_read_only)
        self.state = self._open_state(passage_tokens, on_progress)
        self.wanted = _wanted(embedder, passage_tokens)
        if not (rebuild or self.state.embedder is None or self.is_made_as_wanted()):
            raise EmbedderMismatchError(_explain_mismatch(folder, self.state, self.wanted))
        self._open_derived(on_progress)
        self._leave = weakref.finalize(self, note_as_left, self.vectors_folder, folder / LOCK)

    def _open_state(self, passage_tokens: int, on_progress: OnProgress) -> LibraryState:
        if self.is_read_only:
            require_migrated(self.folder)
        found = self.papers.state()
        if found is None and self.is_read_only:
            found = self._begin(passage_tokens)
        elif found is None:
            with self.locked():
                found = self.papers.state() or self._take_over(on_progress)
                found = found or self._begin(passage_tokens)
        if not (self.is_read_only or self.database.is_shared):
            finish_migration(self.folder)
        return found

    def _take_over(self, on_progress: OnProgress) -> LibraryState | None:
        """Take over what the released code left in the folder; None where it left nothing."""
        if self.database.is_shared:
            return None
        found = migrate(self.folder, self.papers, on_progress)
        self._is_taken_over = found is not None
        return found

    def _begin(self, passage_tokens: int) -> LibraryState:
        if not self.database.is_shared:
            self._require_nothing_derived()
        wanted, library_id = _wanted(self.embedder, passage_tokens), uuid.uuid4().hex
        self._require_servers(wanted)
        return self.papers.create(
            replace(
                wanted,
                dimension=self.dimension(),
                library_id=library_id,
                vectors=_first_collection(library_id, self._servers),
            )
        )

    def _require_nothing_derived(self) -> None:
        """Raise `LibraryError` where papers were once: nobody has asked for an empty library."""
        reached = [read_reached(at) for at in (self.words_folder, self.vectors_folder)]
        if any(each and each.revision > 0 for each in reached):
            raise LibraryError(
                f"{FILE}, which holds the papers, is gone from {str(self.folder)!r}. Put it back "
                "from a backup, or delete the folder and ingest the papers again."
            )

    def _open_derived(self, on_progress: OnProgress) -> None:
        """Open vectors and words; what is unsound is dropped, unless another process writes."""
        self._require_servers(self.state)
        try:
            with nullcontext() if self.is_read_only else self._acquired(0):
                self._drop_unsound()
                self._open_stores()
                self.remade = self._tell_remade()
                self.catch_up(on_progress)
        except TimeoutError:
            logger.info("another process is writing the library")
            self._open_stores()
            if self.database.is_shared:
                self._follow_words()

    def _require_servers(self, state: LibraryState) -> None:
        """Raise `ConfigurationError` where processes of one library would each have vectors."""
        if self.database.is_shared and state.embedder and not self._servers.chroma:
            raise ConfigurationError(
                "RAG_DATABASE_URL names what the group's papers are kept in; set RAG_CHROMA_URL "
                "too, the Chroma server that keeps their vectors (`chroma run` starts one)."
            )

    def _drop_unsound(self) -> None:
        revision = self.papers.revision()
        drop_unsound(self.words_folder, self.state.library_id, revision)
        if self.has_vectors and self._servers.chroma:
            self._drop_unsound_on_server(revision)
        elif self.has_vectors:
            known = self.state.library_id, revision, self.state.vectors
            drop_unsound(self.vectors_folder, *known, tries=self._servers.vectors)

    def _drop_unsound_on_server(self, revision: int) -> None:
        """Have a collection of the library's own, none that is ahead of its papers."""
        if (name := collection_name(self.state, self._servers)) != self.state.vectors:
            self.papers.change_state(vectors=name)
            self.state = self.papers.state() or self.state
        with closing(self.open_vectors(self.state.vectors)) as vectors:
            found = vectors.reached()
            if found and found.revision > revision:
                logger.info("the vectors are ahead of the papers, and are made again")
                vectors.empty()

    def _tell_remade(self) -> tuple[Part, ...]:
        """Say in one sentence each which derived stores are made again now."""
        if not self.papers.count() or self._is_taken_over:
            return ()
        remade: list[Part] = []
        # Of a group's processes each new one makes its words.
        if read_reached(self.words_folder) is None and not self.database.is_shared:
            remade.append("words")
        if self.has_vectors and self.vectors.reached() is None:
            remade.append("vectors")
        for part in remade:
            logger.warning(
                "The %s of %s were missing, incomplete or damaged, and are made again from the "
                "papers; nothing is lost.",
                part,
                self.database.place,
            )
        return tuple(remade)

    def require_embedder(self) -> None:
        """Raise `EmbedderUnavailableError` where a library with vectors cannot get more of them."""
        if not self.has_vectors:
            return
        if self.embedder is None:
            unavailable(self.state.embedder)(())
        else:
            self.embedder.prepare()

    def remake(self, part: Part) -> None:
        """Throw a derived store away and make it again; the caller holds the lock.

        Raises:
            EmbedderUnavailableError: The vectors cannot be made now; they stay as they are.
        """
        if part == "words":
            remove(self.words_folder)
            self.lexical = LexicalIndex(self.words_folder, self.members)
        else:
            self.require_embedder()
            self.vectors.empty()
        self.catch_up()

    def _open_stores(self) -> None:
        self.lexical = LexicalIndex(self.words_folder, self.members)
        if self.has_vectors:
            self._vectors = self.open_vectors(self.state.vectors)
        self._seen = self._stamps()

    def open_vectors(self, collection: str) -> VectorStore:
        """Open a collection of vectors in the library's folder."""
        from rag.store.vectors import VectorStore

        return VectorStore(self.vectors_folder, collection, self._servers)

    def words_follower(self) -> WordsFollower:
        """Return what brings the words to a revision of the papers."""
        return WordsFollower(self.words_folder, self.lexical)

    def vectors_follower(self, store: VectorStore | None = None) -> VectorsFollower:
        """Return what brings the vectors, or those of another collection, to a revision."""
        embedder = self.embedder if self.is_made_as_wanted() or store else None
        tell = self.papers.mark_vectors if self._servers.chroma else _nobody
        embed = embedding(embedder, self.state.embedder)
        return VectorsFollower(store or self.vectors, embed, tell, self.workers)

    @contextmanager
    def embedded_by(self, workers: Workers | None) -> Iterator[None]:
        """Have others embed what is added meanwhile; None for nobody else."""
        self.workers = workers
        try:
            yield
        finally:
            self.workers = None

    @property
    def is_read_only(self) -> bool:
        """Whether the library's folder cannot be written: it can be searched and asked only."""
        return self.database.is_read_only

    @property
    def _derived(self) -> Path:
        """Where the derived stores lie: in the library's folder, where that can be written."""
        return Path(self._copy.name) if self._copy else self.folder

    @property
    def vectors_folder(self) -> Path:
        """Where the engine of the vectors keeps its files."""
        return self._derived / VECTORS[self._servers.vectors]

    @property
    def words_folder(self) -> Path:
        """Where tantivy keeps its files."""
        return self._derived / WORDS

    @property
    def has_vectors(self) -> bool:
        """Whether the papers were embedded, so that dense retrieval can work."""
        return self.state.embedder is not None

    @property
    def vectors(self) -> VectorStore:
        """The vectors of a library that has some.

        Raises:
            ValueError: It has none; see `has_vectors`.
        """
        if self._vectors is None:
            raise ValueError("this library has no vectors")
        return self._vectors

    def is_made_as_wanted(self) -> bool:
        """Return whether the library can be used with these settings; words always work."""
        made, wanted = self.state, self.wanted
        if wanted.embedder is None:
            return True
        has_length = wanted.dimension in (UNKNOWN_DIMENSION, made.dimension)
        same = (made.embedder, made.passage_tokens) == (wanted.embedder, wanted.passage_tokens)
        return has_length and same

    def dimension(self) -> int:
        """Return the length of the embedder's vectors; 1 without one."""
        if self.embedder is None:
            return 1
        if self.embedder.dimension is None:
            self.embedder.dimension = len(self.embedder.embed_query("dimension"))
        return self.embedder.dimension

    def refresh(self) -> None:
        """See what another process has changed since the last look."""
        if self._stamps() == self._seen and not self._is_behind:
            return
        with self._reopening:
            now, seen = self._stamps(), self._seen
            if now != seen:
                self._kept, self._kept_titles = {}, {}
                self.state = self.papers.state() or self.state
            if (now[0] != seen[0] or self._is_behind) and self._follows_itself:
                self._follow_itself()
                now = now[0], *self._stamps()[1:]  # what came meanwhile is for the next look
            if now[1] != seen[1]:
                self.lexical.reload()
            if self._vectors and (now[2], self.state.vectors) != (seen[2], self._vectors.name):
                self._vectors.reopen(self.state.vectors)
            elif self.has_vectors and self._vectors is None:
                self._vectors = self.open_vectors(self.state.vectors)
            self._seen = now

    @property
    def _follows_itself(self) -> bool:
        """Whether nobody who writes the papers brings on what this process has derived."""
        return self._copy is not None or self.database.is_shared

    def _follow_itself(self) -> None:
        if self._copy:
            self._follow(_quietly, 0)
        else:
            self._follow_words()

    def _follow_words(self) -> None:
        """Bring the folder's own words to the group's papers, or leave it to who does so now."""
        try:
            with self._lock.acquire(timeout=0):
                words = self.words_follower()
                if self.papers.revision() - words.reached(self.state.library_id) > KEPT_REVISIONS:
                    remove(self.words_folder)
                    self.lexical = LexicalIndex(self.words_folder, self.members)
                    words = self.words_follower()
                follow(self.papers, self.state.library_id, words, _quietly)
                self._is_behind = False
        except Timeout:
            self._is_behind = True

    def _stamps(self) -> tuple[int, str, str]:
        """Return stamps that change with the papers, the words and the vectors."""
        words = stamp(self.words_folder)
        if self._servers.chroma:
            revision, vectors = self.papers.stamps()
            return revision, words, vectors
        return self.papers.revision(), words, stamp(self.vectors_folder)

    def seen(self) -> None:
        """Take what this object has itself written as known."""
        with self._reopening:
            self._kept, self._kept_titles = {}, {}
            self.state = self.papers.state() or self.state
            self._seen = self._stamps()

    @property
    def revision(self) -> int:
        """A number that changes with the papers."""
        return self._seen[0]

    def count(self) -> int:
        """Count the papers of the library."""
        return self.papers.count()

    def unavailable_parts(self) -> tuple[str, ...]:
        """Return which of "papers" and "vectors" cannot be read now."""
        parts = {"papers": self.papers.revision}
        if self.has_vectors:
            parts["vectors"] = self.vectors.count
        return tuple(name for name, read in parts.items() if not _can_be_read(read))

    def find(self, paper_ids: Sequence[str]) -> dict[str, StoredPaper]:
        """Find papers by id, with passages, in the order asked for; unknown ids are left out."""
        return _found(paper_ids, self._kept, self.papers.find)

    def members(self, collections: Sequence[str], tags: Sequence[str]) -> list[str] | None:
        """Return what `PaperStore.members` does; a search asks for the same several times."""
        asked = self.revision, tuple(collections), tuple(tags)
        if self._members is None or self._members[0] != asked:
            self._members = asked, self.papers.members(collections, tags)
        return self._members[1]

    def titles(self, paper_ids: Sequence[str]) -> dict[str, str]:
        """Find the titles of papers by id, in the order asked for; unknown ids are left out."""
        return _found(paper_ids, self._kept_titles, self.papers.titles)

    def facets(self) -> Facets:
        """Count what the papers could be filtered by; counted again after a change only."""
        return self.derived("facets", self._count_facets)

    def _count_facets(self) -> Facets:
        return replace(
            self.lexical.facets(),
            collections=self.collections(),
            tags=dict(islice(self.tags().items(), MOST_TAGS)),
        )

    def collections(self) -> Mapping[str, int]:
        """Return the number of papers of each collection; counted again after a change only."""
        return self.derived("collections", self.papers.collections)

    def tags(self) -> Mapping[str, int]:
        """Return the number of papers of each tag; counted again after a change only."""
        return self.derived("tags", self.papers.tags)

    def derived(self, name: str, make: Callable[[], T]) -> T:
        """Return what somebody makes of the papers, made again after a change only."""
        if name not in self._made or self._made[name][0] != self.revision:
            self._made[name] = self.revision, make()
        return cast("T", self._made[name][1])

    def sample(self, k: int) -> list[Paper]:
        """Return up to k papers, the latest; the same ones until something changes."""
        found = self.find(self.lexical.newest(NO_FILTERS, k)) if k else {}
        return [each.paper for each in found.values()]

    def paper_vectors(self, paper_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the mean vector of each paper's passages; unknown ids are left out."""
        papers = self.find(paper_ids)
        ids = {key: [part.passage_id for part in each.passages] for key, each in papers.items()}
        vectors = self.vectors.find([each for some in ids.values() for each in some])
        return {
            paper_id: np.mean([vectors[each] for each in some], axis=0, dtype=np.float32)
            for paper_id, some in ids.items()
            if all(each in vectors for each in some)
        }

    def catch_up(self, on_progress: OnProgress = _quietly, *, words_lag: int = 0) -> None:
        """Have vectors and words follow the papers; the caller holds the lock.

        Args:
            on_progress: Told how many papers have followed.
            words_lag: Papers that the words may be behind.
        """
        self._follow(on_progress, words_lag)
        if not self.is_read_only:
            self._forget_superseded()
        self.seen()

    def _follow(self, on_progress: OnProgress, words_lag: int) -> None:
        library_id = self.state.library_id
        words = self.words_follower()
        if not words_lag or is_behind(self.papers, library_id, words, words_lag):
            follow(self.papers, library_id, words, on_progress)
        if self._vectors is not None:
            try:
                follow(self.papers, library_id, self.vectors_follower(), on_progress)
            except EmbedderUnavailableError as exc:
                logger.warning("some papers have no vectors yet: %s", exc)

    def _forget_superseded(self) -> None:
        """Drop what is known of earlier versions once nothing derived can hold them."""
        library_id = self.state.library_id
        reached = [self.words_follower().reached(library_id)]
        if self._vectors:
            reached.append(self.vectors_follower().reached(library_id))
        if self.database.is_shared:  # processes that follow later have words too
            reached.append(self.papers.revision() - KEPT_REVISIONS)
        self.papers.forget_superseded(min(reached))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing.

        Raises:
            LibraryError: Another one does, and has for a while; or the folder cannot be written.
        """
        self.database.require_writable()
        try:
            held = self._acquired(SILENT_S)
        except TimeoutError:
            logger.warning(
                "another process is changing %s; waiting for it for up to %.0f s",
                self.database.place,
                LOCK_TIMEOUT_S,
            )
            try:
                held = self._acquired(LOCK_TIMEOUT_S - SILENT_S)
            except TimeoutError as exc:
                raise LibraryError(
                    f"Another process has been changing {self.database.place} for "
                    f"{LOCK_TIMEOUT_S:.0f} s. Wait until it is done and try again."
                ) from exc
        with held:
            yield

    def _acquired(self, timeout_s: float) -> ExitStack:
        """Take the lock of the papers, then that of the folder.

        Raises:
            TimeoutError: Another process has one of them for so long.
        """
        with ExitStack() as held:
            held.enter_context(self.database.locked(timeout_s))
            held.enter_context(self._lock.acquire(timeout=timeout_s))
            return held.pop_all()

    def change_state(self, **values: str | int | bool | None) -> None:
        """Remember other values of `LibraryState`."""
        with self.locked():
            self.papers.change_state(**values)
        self.seen()

    def use_vectors(self, opened: VectorStore | None) -> None:
        """Search another collection from now on, or none."""
        before, self._vectors = self._vectors, opened
        if before is not None:
            before.close()
        self.seen()

    def close(self) -> None:
        """Close the files."""
        if self._vectors is not None:
            self._vectors.close()
        self._leave()
        self.database.close()
        if self._copy:
            self._copy.cleanup()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as exc:
        raise LibraryError(
            f"The library folder {str(folder)!r} cannot be used: {exc.strerror}. "
            "Name another with --library or RAG_LIBRARY."
        ) from exc


def _require_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise LibraryError(
            f"The folder {str(folder)!r} cannot be written, and each process of a group keeps its "
            "own index of words in one. Name another with --library or RAG_LIBRARY."
        )


def _wanted(embedder: Embedder | None, passage_tokens: int) -> LibraryState:
    if embedder is None:
        return LibraryState(None, 1, passage_tokens)
    return LibraryState(embedder.name, embedder.dimension or UNKNOWN_DIMENSION, passage_tokens)


def _explain_mismatch(folder: Path, found: LibraryState, wanted: LibraryState) -> str:
    """Describe what the library was made with, what is asked for, and the two ways out."""

    def describe(made: LibraryState) -> str:
        length = f" ({made.dimension} dimensions)" if made.dimension > 1 else ""
        return f"{made.embedder}{length} and passages of {made.passage_tokens} tokens"

    return (
        f"The library in {str(folder)!r} was made with {describe(found)}, not with "
        f"{describe(wanted)}. Either open it as it was made (RAG_EMBEDDER, RAG_PASSAGE_TOKENS, or "
        "the same embedding instance), or embed it again: `paperchat ingest --rebuild`, "
        "Library.open(…, rebuild=True)."
    )


def _found(
    paper_ids: Sequence[str], kept: dict[str, T], read: Callable[[Sequence[str]], Mapping[str, T]]
) -> dict[str, T]:
    """Return what belongs to papers, in their order; what is not kept is read, and then kept.

    Of a large library the latest few thousand are.
    """
    different = dict.fromkeys(paper_ids)
    found = {each: kept[each] for each in different if each in kept}
    if missing := [each for each in different if each not in found]:
        new = read(missing)
        if len(kept) + len(new) > PAPERS_KEPT:
            for each in list(kept)[: len(new)]:
                kept.pop(each, None)
        kept.update(new)
        found |= new
    return {each: found[each] for each in different if each in found}


def collection_name(state: LibraryState, servers: Servers) -> str:
    """Return what a library's vectors are called where they are kept now."""
    if servers.chroma and state.library_id not in state.vectors:  # they were in a folder before
        return _first_collection(state.library_id, servers)
    return state.vectors


def _first_collection(library_id: str, servers: Servers) -> str:
    """Return what a new library calls its vectors; on a server others have theirs."""
    return f"passages-{library_id}-1" if servers.chroma else "passages-1"


def _can_be_read(read: Callable[[], object]) -> bool:
    try:
        read()
    except LibraryError:
        return False
    return True
