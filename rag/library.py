"""Open a library of papers, fill it, search it and ask it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, Self

from rag.catalog import Catalog
from rag.embedding import OnProgress, build_embedder, build_reading_embedder
from rag.errors import ConfigurationError, EmbedderUnavailableError, SourceError
from rag.given import require_parts
from rag.listed import Hits, Papers
from rag.lookup import EVERY_S, MOST_FOUND
from rag.provenance import made_with
from rag.query.messages import (
    History,
    require_depth,
    require_filters,
    require_k,
    require_question,
    to_messages,
)
from rag.settings import Settings, read_settings
from rag.traces import build_traces
from rag.types import (
    EXTRACTIVE,
    NO_FILTERS,
    Actor,
    Answer,
    Depth,
    Filters,
    Hit,
    IngestReport,
    Paper,
    Preview,
    Progress,
    Reason,
)

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.llms import LLM

    from rag.answering.drafts import Writer
    from rag.assembly import OnAnswer, Parts
    from rag.embedding.workers import Workers
    from rag.engine import AnswerEngine
    from rag.faces import PaperChatEngine, PaperQueryEngine, PaperRetriever
    from rag.faces.asked import Asked
    from rag.lookup.enriching import Enrichment
    from rag.query.query import Query
    from rag.query.understanding import QueryParser
    from rag.readers import Item, Meter, Source
    from rag.retrieval.protocols import PaperFinder, Retriever
    from rag.store.backup import Backup
    from rag.store.faults import VerifyReport
    from rag.store.index import PaperIndex
    from rag.userdata.changes import ChangeLog
    from rag.userdata.conversations import Conversations
    from rag.userdata.feedback import Feedback
    from rag.userdata.program_tokens import ProgramTokens
    from rag.userdata.shares import Shares
    from rag.verification.support import Verifier
    from rag.watches import Watches

DRAFT: Final = "draft"  # the status of an answer that is being written
PASTED: Final = "pasted text"  # as a source that is noted
MOST_PREVIEWED: Final = 20  # papers; nobody checks more before they are stored
logger = logging.getLogger(__name__)


def _quietly(progress: Progress) -> None:
    """Report progress to nobody."""
    logger.debug("%s: %d of %d", progress.stage, progress.done, progress.total)


class Library:
    """Papers in a folder, and everything that can be asked of them. Make one with `open`.

    Args:
        index: The library's index.
        settings: What the user set.
        llm: Writes the answers; None for extractive ones.
        parts: What takes the place of the library's own parts.
    """

    def __init__(
        self, index: PaperIndex, settings: Settings, llm: LLM | None, parts: Parts
    ) -> None:
        from rag.userdata.changes import Changing

        self._index = index
        self._settings = settings
        self._llm = llm
        self._parts = parts
        self._reading = build_reading_embedder(settings, index.embedder)
        self._changing = Changing(index, parts.actor)
        self._catalog = Catalog(index, self._changing)

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        *,
        embedder: BaseEmbedding | None = None,
        llm: LLM | str | None = None,
        retriever: Retriever | None = None,
        verifier: Verifier | None = None,
        writer: Writer | None = None,
        on_answer: OnAnswer | None = None,
        settings: Settings | None = None,
        rebuild: bool = False,
        on_progress: OnProgress = _quietly,
    ) -> Self:
        """Return the library in a folder; an empty one is made when there is none.

        Args:
            path: The folder; else `RAG_LIBRARY`, else the per-user data folder.
            embedder: A LlamaIndex embedding in place of the one that the settings name.
            llm: A LlamaIndex model, a model's name, or "extractive"; else what the settings say.
            retriever: Scores the papers of a question in place of hybrid retrieval.
            verifier: Checks what a model writes in place of the library's own comparison of words
                and meaning.
            writer: Writes the answers in place of the model; it vouches for its own citations.
            on_answer: Told each whole answer and the seconds that it took, by whoever asked.
            settings: In place of those in the environment and `.env`.
            rebuild: Embed all papers anew when the library was made with another embedder.
            on_progress: Told about long work.

        Raises:
            ConfigurationError: A setting is wrong, or a part that is given is none.
            EmbedderMismatchError: The library was made with another embedder.
            LibraryError: The folder cannot be used.
        """
        from rag.assembly import Parts, both, build_llm
        from rag.store.index import PaperIndex
        from rag.store.servers import find_servers

        require_parts(
            embedder=embedder, llm=llm, retriever=retriever, verifier=verifier, writer=writer
        )
        settings = settings or read_settings()
        traces = build_traces(settings)
        told = both(on_answer, traces.note if traces else None)
        folder = Path(path).expanduser() if path else settings.library.expanduser()
        index = PaperIndex(
            folder,
            build_embedder(settings, embedder),
            settings.passage_tokens,
            rebuild=rebuild,
            servers=find_servers(settings),
            on_progress=on_progress,
        )
        if rebuild and not index.is_made_as_wanted():
            from rag.store.writing import rebuild as embed_anew

            embed_anew(index, on_progress)
        parts = Parts(retriever, verifier, writer, told)
        return cls(index, settings, build_llm(settings, llm), parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the library's files."""
        self._index.close()

    @property
    def folder(self) -> Path:
        """The library's folder."""
        return self._index.folder

    @property
    def place(self) -> str:
        """Where its papers are: the library's folder, or a group's server."""
        database = self._index.database
        return database.place if database.is_shared else str(self.folder)

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written, or the starter papers not completely.

        Reading it changes nothing.
        """
        self._index.refresh()
        return not self._index.revision or self._index.state.starter_begun

    @property
    def mode(self) -> str:
        """`extractive`, or the name of the model that writes the answers."""
        if self._parts.writer:
            return self._parts.writer.mode
        return self._llm.metadata.model_name if self._llm else EXTRACTIVE

    @property
    def is_extractive(self) -> bool:
        """Whether answers are made of the papers' own sentences, without a language model."""
        if self._parts.writer:
            return self._parts.writer.is_extractive
        return self._llm is None

    @property
    def revision(self) -> int:
        """A number that changes with every completed change of the papers, whoever made it."""
        self._index.refresh()
        return self._index.revision

    @property
    def is_lexical_only(self) -> bool:
        """Whether papers are found by words alone, for lack of an embedder."""
        from rag.assembly import find_embedder

        return find_embedder(self._index) is None

    def __repr__(self) -> str:
        return f"<Library {str(self.folder)!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Library cannot be copied or pickled. Give the other process its folder, and open it "
            f"there: Library.open({str(self.folder)!r})."
        )

    def __len__(self) -> int:
        """Return how many papers the library holds."""
        self._index.refresh()
        return self._index.count()

    def prepare(self, on_progress: OnProgress = _quietly) -> str | None:
        """Load the embedder, fetching its weights the first time.

        A library whose papers have no vectors yet gets them.

        Returns:
            None, or one sentence on why papers are found by words alone.
        """
        from rag.store.writing import make_lexical_only, rebuild

        embedder = self._index.embedder
        if embedder is None:
            return "Papers are found by their words alone, as RAG_EMBEDDER=none asks."
        try:
            embedder.prepare(on_progress, retry=True)
        except EmbedderUnavailableError as exc:
            if not (len(self) or self._index.is_read_only):
                make_lexical_only(self._index)
            return f"Papers are found by their words alone. {exc}"
        if not self._index.has_vectors:
            if self._index.is_read_only:
                return "Papers are found by their words alone: the folder cannot be written."
            rebuild(self._index, on_progress)
        return None

    def ingest(
        self,
        sources: Source | Iterable[Source],
        *,
        collections: Sequence[str] = (),
        dry_run: bool = False,
        removes_gone: bool = False,
        looks_up: bool = False,
        most: int = MOST_FOUND,
        workers: Workers | None = None,
        on_progress: OnProgress = _quietly,
    ) -> IngestReport:
        """Read files, folders, `Paper`s, records, ids or queries into the library.

        What is already there and has not changed is left alone; the rest is added or updated.

        Args:
            sources: One source or several. A text that is not the name of a file may be a DOI, an
                arXiv id, or `arxiv:`, `doi:`, `crossref:`, `openalex:`, `s2:`, `pmid:` or
                `zotero:` before what is to be looked up there.
            collections: Names of collections that all that is read is put into.
            dry_run: Only report what would happen.
            removes_gone: Whether papers go that were deleted in Zotero, or in a file that was read
                before; else they are only told.
            looks_up: Whether OpenAlex, arXiv and Semantic Scholar are asked for the abstracts that
                records lack, once all others are stored.
            most: Papers that a query of a service brings at the most.
            workers: Embed in the place of this process: `rag.embedding.workers.ray_workers(…)`.
            on_progress: Told how many papers have been read.

        Raises:
            SourceError: None of the sources holds a paper.
            SourceUnavailableError: A service cannot be asked, and no other source holds a paper.
            EmbedderUnavailableError: The library has vectors, and no more can be made now.
        """
        from rag.lookup.abstracts import with_abstracts
        from rag.lookup.opening import open_sources
        from rag.lookup.services import Services
        from rag.readers import Meter, collected, read_sources, require_paper
        from rag.store.writing import write_papers
        from rag.userdata.changes import names_of

        given = [sources] if isinstance(sources, str | Path | Paper | Mapping) else sources
        given = given if isinstance(given, Iterator) else list(given)
        meter = Meter(() if isinstance(given, Iterator) else given)
        services = Services(self._settings)
        read = collected(read_sources(open_sources(given, services, most), meter), collections)
        items = require_paper(with_abstracts(read, services, on_progress) if looks_up else read)
        if dry_run:
            return write_papers(
                self._index,
                items,
                on_progress,
                share_read=meter.share,
                files_read=meter.ended,
                dry_run=True,
            )
        sources = [] if isinstance(given, Iterator) else names_of(given)
        with self._index.embedded_by(workers):
            report = self._added(items, meter, on_progress, sources)
        return self.remove_gone(report) if removes_gone else report

    def _added(
        self,
        items: Iterator[Item],
        meter: Meter,
        on_progress: OnProgress,
        sources: Sequence[str],
    ) -> IngestReport:
        """Write papers that were read, and note from where."""
        from rag.store.writing import write_papers

        with self._changing.noted("add", sources) as tally:
            self.prepare(on_progress)
            report = write_papers(
                self._index, items, on_progress, share_read=meter.share, files_read=meter.ended
            )
            tally.papers = report.added + report.updated
        return report

    def preview(
        self,
        sources: Source | Iterable[Source],
        *,
        looks_up: bool = False,
        most: int = MOST_PREVIEWED,
        on_progress: OnProgress = _quietly,
    ) -> Preview:
        """Say what an ingest would do, with the first papers as they are understood.

        Nothing is written. Takes and raises the same as `ingest`, but that it is no error where
        all records lack their abstracts.
        """
        from rag.lookup.opening import open_sources
        from rag.lookup.services import Services
        from rag.readers import Meter, read_sources

        given = [sources] if isinstance(sources, str | Path | Paper | Mapping) else list(sources)
        meter = Meter(given)
        items = read_sources(open_sources(given, Services(self._settings), MOST_FOUND), meter)
        return self._preview(items, meter, looks_up=looks_up, most=most, on_progress=on_progress)

    def preview_text(
        self,
        text: str,
        *,
        looks_up: bool = False,
        most: int = MOST_PREVIEWED,
        on_progress: OnProgress = _quietly,
    ) -> Preview:
        """Say what `ingest_text` would do, as `preview` does; ids are looked up."""
        from rag.lookup.asked import find_ids
        from rag.readers import Meter, read_text

        if not text.strip():
            raise SourceError("There is nothing to add. Paste a title and an abstract, or ids.")
        if ids := find_ids(text):
            return self.preview(ids, looks_up=looks_up, most=len(ids), on_progress=on_progress)
        items = read_text(text, {})
        return self._preview(
            items, Meter(()), looks_up=looks_up, most=most, on_progress=on_progress
        )

    def _preview(
        self,
        items: Iterator[Item],
        meter: Meter,
        *,
        looks_up: bool,
        most: int,
        on_progress: OnProgress,
    ) -> Preview:
        from rag.lookup.abstracts import with_abstracts
        from rag.lookup.services import Services
        from rag.readers import noting, require_paper
        from rag.store.writing import write_papers

        if looks_up:
            items = with_abstracts(items, Services(self._settings), on_progress)
        papers: list[Paper] = []
        wanted = require_paper(noting(items, papers, most), lets_lacking=True)
        report = write_papers(
            self._index,
            wanted,
            on_progress,
            share_read=meter.share,
            files_read=meter.ended,
            dry_run=True,
        )
        return Preview(report, tuple(papers))

    def remove_gone(self, report: IngestReport) -> IngestReport:
        """Delete the papers that a source has no more; those of other sources, too, stay.

        Returns:
            The report, which now says so.
        """
        from rag.store.writing import remove_gone

        ids = [each.paper_id for each in report.gone]
        with self._changing.noted("remove", ids) as tally:
            gone = tuple(remove_gone(self._index, report.gone))
            tally.papers = len(gone)
        return replace(report, gone=gone)

    def ingest_text(
        self,
        text: str,
        given: Mapping[str, object] | None = None,
        *,
        on_progress: OnProgress = _quietly,
    ) -> IngestReport:
        """Add what was typed or pasted: ids, which are looked up; an export; papers written out.

        A paper written out has its title first, then people, places and ids, then its abstract;
        each may have its label ("Title:", "Abstract"), and labelled papers may follow one another.

        Args:
            text: It.
            given: Fields of the paper, by a record's keys, in the place of those of the text.
            on_progress: Told how many papers have been read.

        Raises:
            SourceError: It holds no paper.
            SourceUnavailableError: The place where ids are looked up could not be asked.
            EmbedderUnavailableError: The library has vectors, and no more can be made now.
        """
        from rag.lookup.asked import find_ids
        from rag.readers import Meter, read_text, require_paper

        if not text.strip():
            raise SourceError("There is nothing to add. Paste a title and an abstract, or ids.")
        if ids := find_ids(text):
            return self.ingest(ids, on_progress=on_progress)
        items = require_paper(read_text(text, given or {}))
        return self._added(items, Meter(()), on_progress, [PASTED])

    def watch(
        self,
        source: str = "zotero:",
        *,
        collections: Sequence[str] = (),
        removes_gone: bool = False,
        every_s: float = EVERY_S,
        on_progress: OnProgress = _quietly,
    ) -> Iterator[IngestReport]:
        """Ingest from a running Zotero, then whatever is new there, as long as the caller iterates.

        Args:
            source: `zotero:` or `zotero:COLLECTION`.
            collections: As for `ingest`.
            removes_gone: As for `ingest`.
            every_s: Seconds from one look to the next.
            on_progress: Told how many papers have been read.

        Yields:
            What each reading did; the first one is of all that is there.

        Raises:
            ConfigurationError: The source is none of Zotero's.
            SourceUnavailableError: Zotero does not run.
        """
        from rag.lookup.services import Services
        from rag.lookup.watching import watch_zotero
        from rag.readers import Meter, collected, read_sources

        self.prepare(on_progress)
        for opened in watch_zotero(source, Services(self._settings), every_s):
            items = collected(read_sources([opened]), collections)
            report = self._added(items, Meter(()), on_progress, [source])
            yield self.remove_gone(report) if removes_gone else report

    def fill_new(self, *, is_wanted: bool, on_progress: OnProgress = _quietly) -> None:
        """Add the starter papers to a new library, if wanted or begun before."""
        if self.is_new and (is_wanted or self._index.state.starter_begun):
            report = self.ingest_starter(on_progress)
            logger.info("starter library: %s", report)

    def ingest_starter(self, on_progress: OnProgress = _quietly) -> IngestReport:
        """Add the papers that come with paperchat, as summaries written for this project."""
        from rag.starter import starter_file

        self._index.change_state(starter_begun=True)
        with starter_file() as path:
            report = self.ingest(path, on_progress=on_progress)
        self._index.change_state(starter_begun=False)
        return report

    def enrich(
        self,
        paper_ids: Sequence[str] | None = None,
        *,
        on_progress: OnProgress = _quietly,
    ) -> list[Enrichment]:
        """Return what public catalogues know of papers beyond their records; `apply` writes it.

        Authors, dates, venues, volumes, pages and the like, addresses, identifiers and retractions
        are looked up by DOI, arXiv id, else by exactly the title. Nothing that is there is
        overwritten, but for a date that becomes more precise.

        Args:
            paper_ids: Which papers to look up; None for all.
            on_progress: Told how many papers have been looked up.

        Raises:
            SourceError: The library lacks one of the papers.
            SourceUnavailableError: No catalogue can be asked.
        """
        from rag.lookup.enriching import find_enrichments
        from rag.lookup.services import Services

        papers = self.papers() if paper_ids is None else self._catalog.require(paper_ids)
        return list(find_enrichments(Services(self._settings), papers, on_progress))

    def apply(self, enrichments: Iterable[Enrichment]) -> int:
        """Write what `enrich` found into the library; return how many papers it changes."""
        from rag.store.writing import rewrite_papers

        given = list(enrichments)
        held = self._index.papers.papers_of([each.paper.paper_id for each in given])
        known = [(held[each.paper.paper_id], each) for each in given if each.paper.paper_id in held]
        with self._changing.noted("look up", [paper.paper_id for paper, _ in known]) as tally:
            changed = [each.applied_to(paper) for paper, each in known]
            tally.papers = rewrite_papers(self._index, changed)
        return tally.papers

    @property
    def catalog(self) -> Catalog:
        """The library's papers: lists, counts, edits, collections, tags."""
        return self._catalog

    def papers(self) -> list[Paper]:
        """Return all papers, in the order of ingestion; a notebook shows them as a table."""
        return Papers(stored.paper for stored in self._index.papers.all())

    def get(self, paper_id: str) -> Paper | None:
        """Return the paper with an id, or None."""
        self._index.refresh()
        found = self._index.find([paper_id]).get(paper_id)
        return found.paper if found else None

    def remove(self, paper_ids: str | Sequence[str]) -> int:
        """Delete papers from the whole library; return how many there were."""
        from rag.store.writing import remove_papers

        ids = [paper_ids] if isinstance(paper_ids, str) else list(paper_ids)
        with self._changing.noted("remove", ids) as tally:
            tally.papers = remove_papers(self._index, ids)
        return tally.papers

    def back_up(self, path: str | Path, on_progress: OnProgress = _quietly) -> Backup:
        """Write papers, vectors, conversations and all else into one file, while they are used.

        Raises:
            LibraryError: The file cannot be written, or another process changes papers too long.
        """
        from rag.store.backup import back_up

        return back_up(self._index, Path(path), on_progress)

    @staticmethod
    def restore(
        path: str | Path,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        on_progress: OnProgress = _quietly,
    ) -> Backup:
        """Restore a library from a backup into a folder, or a group's servers; open it then.

        Args:
            path: The file that `back_up` wrote.
            folder: As for `open`; it may not hold papers or conversations.
            settings: In place of those in the environment and `.env`.
            on_progress: Told about long work.

        Raises:
            LibraryError: The file is no backup, or of a newer paperchat; or the folder holds
                something already, or cannot be written.
        """
        from rag.store.backup import restore
        from rag.store.servers import find_servers

        settings = settings or read_settings()
        where = Path(folder).expanduser() if folder else settings.library.expanduser()
        return restore(Path(path), where, find_servers(settings), on_progress)

    def unavailable_parts(self) -> tuple[str, ...]:
        """Return which parts cannot be read now, of "papers" and "vectors": servers may be down."""
        return self._index.unavailable_parts()

    def check_quickly(self) -> VerifyReport:
        """Look for the most frequent kinds of damage without reading every record."""
        from rag.store.faults import VerifyReport
        from rag.store.verifying import check_quickly

        return VerifyReport(len(self), check_quickly(self._index))

    def verify(self, *, repair: bool = False) -> VerifyReport:
        """Compare papers, vectors and words, record by record, and say what is wrong.

        Args:
            repair: Mend it: write what is missing, delete what belongs to no paper, and make
                again what cannot be read.

        Raises:
            LibraryError: Another process changes the library.
            DamagedLibraryError: The papers themselves cannot be read.
        """
        from rag.store.verifying import verify

        if repair:
            self._changing.require()
        return verify(self._index, repair=repair)

    def search(
        self,
        question: str,
        k: int = 10,
        history: History = (),
        filters: Filters | None = None,
    ) -> list[Hit]:
        """Return the k papers that match a question best within its conversation, best first.

        A notebook shows them as a table.

        Args:
            question: What is looked for; of "" with filters, the latest papers that pass.
            k: Most papers to find.
            history: The conversation before the question, oldest first.
            filters: Which papers may be found; None for those that the question says ("since
                2022"). A paper without a known date passes no filter of years.
        """
        require_k(k)
        require_question(question, filters)
        query = self._parser.understand_search(question, to_messages(history), filters)
        # Only now, when the library was looked at anew: vectors may have come meanwhile.
        return Hits(self._finder().find(query, k))

    def _finder(self) -> PaperFinder:
        from rag.assembly import build_finder, build_model_reranker

        encoder = self._reading.find_encoder() if self._reading else None
        chooser = build_model_reranker(self._index, self._settings, self._llm, encoder)
        return build_finder(self._index, self._settings, self._parts.retriever, chooser)

    def understand(
        self, question: str, history: History = (), filters: Filters | None = None
    ) -> Query:
        """Return the query that a question becomes; arguments as for `ask`."""
        require_question(question, filters)
        return self._parser.understand(question, to_messages(history), filters)

    def understood_filters(self, question: str) -> Filters:
        """Return the filters in a question: years, groups, and authors that the library has."""
        require_question(question)
        return self._parser.understand_search(question).filters

    def ask(
        self,
        question: str,
        history: History = (),
        filters: Filters | None = None,
        depth: Depth | None = None,
    ) -> Answer:
        """Return the final answer to a question within its conversation.

        Args:
            question: What is asked.
            history: The conversation before the question, oldest first.
            filters: Which papers may answer, as for `search`.
            depth: `quick`, or `thorough`: several searches, among whose papers a model chooses
                where there is one, within `RAG_THOROUGH_TOKENS` and `RAG_THOROUGH_S`;
                `answer.research` says what was done. None for what `RAG_DEPTH` says, quick.

        Raises:
            TypeError: An argument is of another kind.
            ValueError: A message is neither the user's nor the assistant's, or there is no such
                depth.

        When the language model fails, the papers' own sentences answer, and `failure` says why.
        """
        *_, final = self.stream(question, history, filters, depth)
        return final

    async def aask(
        self,
        question: str,
        history: History = (),
        filters: Filters | None = None,
        depth: Depth | None = None,
    ) -> Answer:
        """Return the same as `ask`, without blocking the event loop."""
        import asyncio

        return await asyncio.to_thread(self.ask, question, history, filters, depth)

    def stream(
        self,
        question: str,
        history: History = (),
        filters: Filters | None = None,
        depth: Depth | None = None,
    ) -> Iterator[Answer]:
        """Yield the answer as it is written: each replaces the one before, the last is final.

        Takes the same as `ask`. To stop early, close the generator; the connection to the language
        model is closed with it.
        """
        require_question(question, filters)
        depth = depth or self._settings.depth
        require_depth(depth)
        messages = to_messages(history)
        began, answer = time.monotonic(), None
        if reason := self._reason_not_to_search(question):
            from rag.answering.abstention import describe_abstention

            text = describe_abstention(reason).markdown
            answer = Answer(question, text, "abstained", reason, filters=filters or NO_FILTERS)
            yield self._with_receipt(answer)
        else:
            for answer in self._build_engine().stream(question, messages, filters, depth):
                yield answer if answer.status == DRAFT else self._with_receipt(answer)
        if self._parts.on_answer and answer:
            self._parts.on_answer(answer, time.monotonic() - began)

    def _with_receipt(self, answer: Answer) -> Answer:
        """Return an answer with what it was made with."""
        return replace(answer, made_with=made_with(self._settings, self.revision, len(self)))

    def tabulate(
        self,
        paper_ids: Sequence[str],
        columns: Sequence[str] = (),
        history: History = (),
    ) -> Answer:
        """Lay papers side by side: `answer.table` has a sentence of each for every column.

        Where there is a language model, a cell is a sentence of the model's if the paper's
        abstract supports it (`cell.sentence`), else a quote; `RAG_TABLE_TOKENS` and
        `RAG_TABLE_S` bound it. A cell is None where the abstract does not say it.

        Args:
            paper_ids: The rows, in order; at most 50.
            columns: "Problem", "Method", "Data", "Result", "Limits", or questions of one's own,
                at most 8; without any the first four.
            history: The conversation so far; papers that it cites keep their numbers.

        Raises:
            SourceError: A paper is not there, or there are none or too many of them or of columns.
        """
        *_, final = self.stream_table(paper_ids, columns, history)
        return final

    def stream_table(
        self,
        paper_ids: Sequence[str],
        columns: Sequence[str] = (),
        history: History = (),
    ) -> Iterator[Answer]:
        """Yield the table as it grows: row by row in quotes, then in the model's words.

        Takes and raises the same as `tabulate`.
        """
        from rag.answering.columns import STANDARD
        from rag.answering.tabulating import MOST_COLUMNS, MOST_PAPERS
        from rag.assembly import build_tabulator

        ids = list(dict.fromkeys(paper_ids))
        wanted = list(dict.fromkeys(filter(None, map(str.strip, columns)))) or list(STANDARD)
        if not 0 < len(ids) <= MOST_PAPERS:
            raise SourceError(f"A table takes 1 to {MOST_PAPERS} papers, not {len(ids):,}.")
        if len(wanted) > MOST_COLUMNS:
            raise SourceError(f"A table has at most {MOST_COLUMNS} columns, not {len(wanted)}.")
        known = {each.paper_id: each for each in self._catalog.require(ids)}
        encoder = self._reading.find_encoder() if self._reading else None
        tabulator = build_tabulator(
            self._index, self._settings, self._llm, encoder, self._parts.verifier
        )
        yield from tabulator.stream([known[each] for each in ids], wanted, to_messages(history))

    @property
    def embedder_name(self) -> str | None:
        """The name of the embedder of the library's papers; None where words alone find them."""
        return self._index.embedder.name if self._index.embedder else None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of texts by the library's embedder, in order, each of length 1.

        Raises:
            ConfigurationError: The library has no embedder.
            EmbedderUnavailableError: Its weights cannot be had.
        """
        embedder = self._index.embedder
        if embedder is None:
            raise ConfigurationError("This library has no embedder: RAG_EMBEDDER is none.")
        embedder.prepare()
        return [[float(value) for value in row] for row in embedder.embed_texts(texts)]

    def _reason_not_to_search(self, question: str) -> Reason | None:
        if not len(self):
            return "empty_library"
        return None if question.strip() else "not_a_question_for_papers"

    @property
    def _parser(self) -> QueryParser:
        from rag.assembly import build_parser

        return build_parser(self._index)

    def as_retriever(self, k: int | None = None, filters: Filters | None = None) -> PaperRetriever:
        """Return the library as a LlamaIndex retriever.

        Args:
            k: Most papers to find; None for `RAG_TOP_K`.
            filters: Which papers may be found, as for `search`.

        Raises:
            TypeError: The filters are of another kind.
            ValueError: k is less than 1.
        """
        from rag.faces import PaperRetriever

        require_k(k := self._settings.top_k if k is None else k)
        return PaperRetriever(self._asked(filters), k)

    def as_query_engine(
        self,
        filters: Filters | None = None,
        depth: Depth | None = None,
        *,
        streaming: bool = False,
    ) -> PaperQueryEngine:
        """Return the library as a LlamaIndex query engine.

        Args:
            filters: Which papers may answer, as for `ask`.
            depth: As for `ask`.
            streaming: Whether responses come as they are written, a checked sentence after the
                other.

        Raises:
            TypeError: The filters are of another kind.
            ValueError: There is no such depth.
        """
        from rag.faces import PaperQueryEngine

        asked = self._asked(filters, depth)
        return PaperQueryEngine(asked, self._settings.top_k, streaming=streaming)

    def as_chat_engine(
        self, filters: Filters | None = None, depth: Depth | None = None
    ) -> PaperChatEngine:
        """Return the library as a LlamaIndex chat engine that remembers its conversation.

        Takes and raises the same as `as_query_engine`; `stream_chat` streams.
        """
        from rag.faces import PaperChatEngine

        return PaperChatEngine(self._asked(filters, depth))

    def _asked(self, filters: Filters | None, depth: Depth | None = None) -> Asked:
        from rag.faces.asked import Asked

        require_filters(filters)
        require_depth(depth or self._settings.depth)
        return Asked(self, filters, depth)

    def _build_engine(self) -> AnswerEngine:
        from rag.assembly import build_engine

        encoder = self._reading.find_encoder() if self._reading else None
        return build_engine(self._index, self._settings, self._llm, encoder, self._parts)

    @cached_property
    def conversations(self) -> Conversations:
        """The conversations kept in the library's folder, separate for each owner."""
        from rag.userdata.conversations import Conversations

        return Conversations(self._index.database)

    @cached_property
    def feedback(self) -> Feedback:
        """The users' ratings of answers, kept in the library's folder."""
        from rag.userdata.feedback import Feedback

        return Feedback(self._index.database)

    @cached_property
    def watches(self) -> Watches:
        """Queries of catalogues, the new papers that they found, and notices of papers here."""
        from rag.lookup.services import Services
        from rag.watches import Watches

        return Watches(self._index, lambda: Services(self._settings), self.ingest, self._changing)

    @cached_property
    def shares(self) -> Shares:
        """The answers that whoever has their link may read."""
        from rag.userdata.shares import Shares

        return Shares(self._index.database)

    @cached_property
    def program_tokens(self) -> ProgramTokens:
        """The tokens by which the page lets programs in for its users."""
        from rag.userdata.program_tokens import ProgramTokens

        return ProgramTokens(self._index.database)

    @property
    def changes(self) -> ChangeLog:
        """Who changed the library, when, and what."""
        from rag.userdata.changes import ChangeLog

        return ChangeLog(self._index.database)

    def acting_for(self, actor: Actor) -> Library:
        """Return the same library, as somebody uses it: what they may not change is refused.

        The changes are noted under the actor's name. Refused is by `NotAllowedError`.
        """
        return Library(self._index, self._settings, self._llm, replace(self._parts, actor=actor))

    def require_change(self) -> None:
        """Raise `NotAllowedError` where the library may not be changed by who uses it."""
        self._changing.require()

    @property
    def settings(self) -> Settings:
        """The settings of this library."""
        return self._settings

    def with_llm(self, llm: LLM | str | None) -> Library:
        """Return the same library, answering with another model, or extractively."""
        return self.with_settings(self._settings, llm)

    def with_settings(self, settings: Settings, llm: LLM | str | None = None) -> Library:
        """Return the same papers under other settings of retrieval and answering.

        Args:
            settings: Those of the folder, the embedder and the passages are not looked at.
            llm: As for `open`; None keeps a writer that the library was opened with.

        Raises:
            ConfigurationError: The model needs an endpoint, and none is set.
        """
        from rag.assembly import build_llm

        parts = self._parts if llm is None else replace(self._parts, writer=None)
        return Library(self._index, settings, build_llm(settings, llm), parts)


_default: Library | None = None
_opening = threading.Lock()


def ask(
    question: str,
    history: History = (),
    filters: Filters | None = None,
    depth: Depth | None = None,
) -> Answer:
    """Answer from the default library, opened once; a new one gets the starter papers.

    Takes the same as `Library.ask`, also from several threads at once.
    """
    return _default_library().ask(question, history, filters, depth)


def _default_library() -> Library:
    global _default
    with _opening:
        if _default is None:
            library = Library.open()
            library.fill_new(is_wanted=True)
            _default = library
        return _default
