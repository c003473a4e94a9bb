"""Watch catalogues for new papers, and the library's own papers for what came out of them later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from filelock import FileLock, Timeout

from rag.embedding import OnProgress
from rag.errors import ConfigurationError, LibraryUnavailableError, RagError, SourceError
from rag.lookup import MOST_FOUND
from rag.lookup.asked import Asked, find_asked
from rag.lookup.catalogues import Catalogues
from rag.lookup.notices import find_notices
from rag.lookup.services import DATED, Services
from rag.readers import read_sources
from rag.readers.sources import Opened
from rag.store.joining import TITLE, are_near, keys_of
from rag.types import IngestReport, Note, Paper, Progress, Rejection
from rag.userdata.clock import now
from rag.userdata.watching import Offer, State, Watch, WatchStore

if TYPE_CHECKING:
    from rag.store.index import PaperIndex
    from rag.userdata.changes import Changing

LOCK: Final = "watches.lock"
LOCK_TIMEOUT_S: Final = 120.0
EVERY_S: Final = 6 * 3600.0
LEAST_EVERY_S: Final = 60.0
FIRST_OFFERED: Final = 25  # papers that the first look of a watch offers
MOST_CHECKED: Final = 500  # papers of the library of which one look asks for notices
STAGE: Final = "looking for new papers"


class Adds(Protocol):
    """Adds papers to a library."""

    def __call__(
        self, sources: Sequence[Paper], *, collections: Sequence[str], on_progress: OnProgress
    ) -> IngestReport:
        """Add them."""


@dataclass(frozen=True, slots=True)
class News:
    """What came out of a paper of the library.

    Attributes:
        title: The paper's.
        told: It, in words: `retracted on 2026-02-04: https://doi.org/…`, `version 3 of …`.
        is_retraction: Whether the paper was retracted or withdrawn.
    """

    paper_id: str
    title: str
    told: str
    is_retraction: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found.

    Attributes:
        offers: Papers that were not found before, by watch, the newest first.
        news: What was not known before of papers of the library.
        notes: What was not read, and why.
        failures: A sentence for each service that did not answer; the next look asks it again.
    """

    offers: tuple[Offer, ...] = ()
    news: tuple[News, ...] = ()
    notes: tuple[Note, ...] = ()
    failures: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything to tell."""
        return bool(self.offers or self.news or self.notes or self.failures)


class Watches:
    """What a library watches. Nothing that is found is added unasked.

    Args:
        index: The library's.
        build_services: Builds the services that are asked, for one look.
        add: Adds papers to the library.
        changing: Lets the library be changed, and notes it.
    """

    def __init__(
        self,
        index: PaperIndex,
        build_services: Callable[[], Services],
        add: Adds,
        changing: Changing,
    ) -> None:
        self._changing = changing
        self._index = index
        self._store = WatchStore(index.database)
        self._build_services = build_services
        self._add = add

    def all(self) -> list[Watch]:
        """Return the watches, in the order in which they were added."""
        return self._store.watches()

    def add(self, source: str) -> Watch:
        """Watch a query; the next look offers its newest papers, later ones what is new since.

        Args:
            source: Such as `arxiv:cat:cs.LG AND hopfield`, or `openalex:WORDS`.

        Raises:
            ConfigurationError: It is none, or of a service that does not give its newest papers.
            SourceError: It is watched already.
        """
        self._changing.require()
        asked = require_query(source)
        added = self._store.add(f"{asked.where}:{asked.name}")
        self._changing.note("watch", 0, [added.source])
        return added

    def remove(self, named: str | int) -> Watch:
        """Watch something no more; return what it was. Papers that were dismissed stay dismissed.

        Args:
            named: A watch's number, or its source.

        Raises:
            SourceError: There is none that is called so.
        """
        self._changing.require()
        asked = find_asked(str(named))
        names = {str(named), f"{asked.where}:{asked.name}" if asked else ""}
        for each in self._store.watches():
            if names & {str(each.watch_id), each.source}:
                self._store.remove(each.watch_id)
                self._changing.note("unwatch", 0, [each.source])
                return each
        raise SourceError(f"There is no watch {named!r}; `paperchat watch list` has them.")

    def offers(self, *, dismissed: bool = False) -> list[Offer]:
        """Return the papers that wait for an answer, the newest first; or those dismissed."""
        found = self._store.offers("dismissed" if dismissed else "new")
        held = self._held([each.paper for each in found])
        return [each for each in found if each.paper.paper_id not in held]

    def accept(
        self,
        paper_ids: Sequence[str],
        *,
        collections: Sequence[str] = (),
        on_progress: OnProgress = lambda _: None,
    ) -> IngestReport:
        """Add papers that were found to the library, also some that were dismissed.

        Raises:
            SourceError: One of them was not found by a watch; nothing is added.
            EmbedderUnavailableError: The library has vectors, and no more can be made now.
        """
        self._changing.require()
        chosen = self._chosen(paper_ids, "new", "dismissed")
        papers = [each.paper for each in chosen]
        report = self._add(papers, collections=collections, on_progress=on_progress)
        self._store.set_state([each.paper_id for each in papers], "accepted")
        return report

    def dismiss(self, paper_ids: Sequence[str]) -> int:
        """Have papers that were found never offered again; return how many.

        Raises:
            SourceError: One of them was not found by a watch; none is dismissed.
        """
        self._changing.require()
        chosen = self._chosen(paper_ids, "new", "dismissed")
        ids = [each.paper.paper_id for each in chosen]
        self._store.set_state(ids, "dismissed")
        self._changing.note("dismiss", len(ids), ids)
        return len(chosen)

    def look(self, *, most: int = MOST_FOUND, on_progress: OnProgress = lambda _: None) -> Look:
        """Ask for papers that are new, and for what came out of the library's papers.

        Notices are asked for up to 500 papers at a time, those first that were asked for longest
        ago. They are kept in the records: `Paper.retraction`, `Paper.notices`.

        Args:
            most: Papers that are read of each watch at the most.
            on_progress: Told what is done.

        Raises:
            LibraryError: The library cannot be written.
            LibraryUnavailableError: Another process looks, and takes long.
        """
        self._changing.require()
        self._store.require_writable()
        with self._alone():
            catalogues = Catalogues(self._build_services())
            offers: list[Offer] = []
            notes: list[Note] = []
            watches = self._store.watches()
            for number, each in enumerate(watches):
                on_progress(Progress(STAGE, number, len(watches)))
                offers += self._look(each, catalogues, most, notes)
            news = self._check(catalogues, on_progress)
        return Look(tuple(offers), tuple(news), tuple(notes), catalogues.failures)

    def follow(
        self,
        every_s: float = EVERY_S,
        *,
        most: int = MOST_FOUND,
        sleep: Callable[[float], None] = time.sleep,
        on_progress: OnProgress = lambda _: None,
    ) -> Iterator[Look]:
        """Look now and then, as long as the caller iterates; what fails is told, and tried again.

        Args:
            every_s: Seconds from one look to the next.
            most: As for `look`.
            sleep: Waits so many seconds.
            on_progress: Told what is done.
        """
        while True:
            try:
                found = self.look(most=most, on_progress=on_progress)
            except RagError as exc:
                if not exc.retryable:
                    raise
                found = Look(failures=(str(exc),))
            yield found
            sleep(every_s)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Have one process at a time ask, as services wish."""
        try:
            with FileLock(self._index.folder / LOCK, timeout=LOCK_TIMEOUT_S):
                yield
        except Timeout as exc:
            raise LibraryUnavailableError(
                "Another process is looking for new papers; `paperchat watch list` will have what "
                "it finds."
            ) from exc

    def _look(
        self,
        of: Watch,
        catalogues: Catalogues,
        most: int,
        notes: list[Note],
    ) -> list[Offer]:
        begun, asked, services = now(), require_query(of.source), catalogues.services
        service = services.arxiv if asked.where == "arxiv" else services.openalex
        found = catalogues.ask(service, lambda: list(services.read_newest(asked, most)))
        if found is None:
            return []
        items = read_sources([Opened(DATED[asked.where], iter(found))])
        read = [each for each in items if isinstance(each, Paper | Rejection)]
        papers = [each for each in read if isinstance(each, Paper)]
        is_whole = len(read) < most
        floor = of.floor
        if of.looked_at is None:
            floor = None if is_whole else _oldest(papers)
        recent = [each for each in papers if not (floor and (each.published or floor) < floor)]
        held = self._held(recent)
        offers = self._store.put_look(
            of,
            [each for each in recent if each.paper_id not in held],
            most if of.looked_at else FIRST_OFFERED,
            _are_one,
            looked_at=begun,
            floor=floor,
        )
        if of.looked_at and not is_whole and len(offers) == len(papers):
            told = f"all of the {most:,} newest papers are new; --most {2 * most} looks at more"
            notes.append(Note(of.source, told))
        return offers

    def _check(self, catalogues: Catalogues, on_progress: OnProgress) -> list[News]:
        from rag.store.writing import rewrite_papers

        due = self._store.due(MOST_CHECKED)
        papers = list(self._index.papers.papers_of(due).values())
        versions = self._store.versions(due)
        news: list[News] = []
        for some in find_notices(catalogues, papers, versions, on_progress):
            told = [each for each in some if each.retraction or each.notices]
            held = self._index.papers.papers_of([each.paper_id for each in told])
            known = [(held[each.paper_id], each) for each in told if each.paper_id in held]
            changed = [(old, each.applied_to(old)) for old, each in known]
            if fresh := [news for old, new in changed for news in _news(old, new)]:
                with self._changing.noted("look up", [old.paper_id for old, _ in changed]) as tally:
                    tally.papers = rewrite_papers(self._index, [new for _, new in changed])
                news += fresh
            self._store.put_checked({each.paper_id: each.version for each in some})
        return news

    def _held(self, papers: Sequence[Paper]) -> set[str]:
        """Return the ids of those papers that the library has, under whatever id."""
        by_key = self._index.papers.known_by([key for each in papers for key in keys_of(each)])
        ids = list({paper_id for some in by_key.values() for paper_id in some})
        known = self._index.papers.papers_of(ids)
        return {
            paper.paper_id
            for paper in papers
            for key in keys_of(paper)
            if any(_are_one(paper, known[each]) for each in by_key.get(key, ()) if each in known)
        }

    def _chosen(self, paper_ids: Sequence[str], *states: State) -> list[Offer]:
        known = {each.paper.paper_id: each for each in self._store.offers(*states)}
        if unknown := [each for each in paper_ids if each not in known]:
            named = ", ".join(map(repr, unknown))
            raise SourceError(f"No watch found {named}; `paperchat watch list` has what waits.")
        return [known[each] for each in dict.fromkeys(paper_ids)]


def require_query(source: str) -> Asked:
    """Return the query that a source is.

    Raises:
        ConfigurationError: It is none, or of a service that does not give its newest papers.
    """
    asked = find_asked(source)
    if asked and asked.where == "zotero":
        raise ConfigurationError(
            "Zotero is followed by `paperchat ingest zotero: --watch`, which adds what is new."
        )
    if asked is None or not asked.is_query or not asked.name or asked.where not in DATED:
        raise ConfigurationError(
            f"{source!r} cannot be watched: give a query of a service that tells its newest papers "
            'first, such as arxiv:"cat:cs.LG AND hopfield" or openalex:"hopfield networks".'
        )
    return asked


def _are_one(one: Paper, other: Paper) -> bool:
    """Whether two records that may be of one paper are: by an identifier, or title and abstract."""
    shared = set(keys_of(one)) & set(keys_of(other))
    return any(scheme != TITLE for scheme, _ in shared) or (bool(shared) and are_near(one, other))


def _oldest(papers: Sequence[Paper]) -> str | None:
    return min((each.published for each in papers if each.published), default=None)


def _news(old: Paper, new: Paper) -> Iterator[News]:
    if new.retraction and not old.retraction:
        yield News(new.paper_id, new.title, new.retraction, is_retraction=True)
    for told in new.notices:
        if told not in old.notices:
            yield News(new.paper_id, new.title, told, is_retraction=False)
