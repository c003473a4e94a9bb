"""Write papers into a library: what is new, what has changed, what goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TypeVar

from rag.embedding import OnProgress
from rag.errors import EmbedderUnavailableError
from rag.identifiers import content_hash
from rag.passages import build_passages, cut_spans
from rag.store.gone import Unread, gone_of_files, gone_of_inventory
from rag.store.index import PaperIndex
from rag.store.joining import Joined, Joiner, is_noted_anew, is_read_anew
from rag.store.papers import NewPaper, StoredPaper
from rag.store.sync import PAPERS_PER_BATCH, WORDS_PER_BATCH
from rag.store.trailing import MOST_BEHIND, Trailing
from rag.types import (
    FileCount,
    Gone,
    IngestReport,
    Inventory,
    Merged,
    Note,
    Paper,
    Progress,
    Rejection,
)

T = TypeVar("T")


def write_papers(
    index: PaperIndex,
    items: Iterable[Paper | Rejection | Note | Inventory],
    on_progress: OnProgress,
    *,
    share_read: Callable[[], float] = float,
    files_read: Callable[[], Iterable[str]] = tuple,
    dry_run: bool = False,
) -> IngestReport:
    """Add and update the papers among the items; what is unchanged costs a look-up only.

    Args:
        index: The library's.
        items: What was read.
        on_progress: Told how many papers have been read, and about how many there are.
        share_read: The part of the sources that has been read, in [0, 1]; 0 where not known.
        files_read: The names of the files that were read to their ends, once all items were given.
        dry_run: Only report what would happen.

    Raises:
        EmbedderUnavailableError: The library has vectors, and no more can be made now.
        LibraryError: The library cannot be written, or there is no room left.
    """
    report = IngestReport()
    rejected: list[Rejection] = []
    notes: list[Note] = []
    merged: list[Merged] = []
    gone: list[Gone] = []
    unread = Unread()
    counts: Counter[tuple[str, bool]] = Counter()  # by source, and whether it is a paper
    read = 0
    joiner = Joiner(index.papers, is_dry=dry_run)
    with _changing(index, dry_run=dry_run), _trailing(index) as trailing:
        for batch in _batches(items):
            papers = [item for item in batch if isinstance(item, Paper)]
            refused = [item for item in batch if isinstance(item, Rejection)]
            rejected += refused
            unread.note(refused)
            counts.update((each.source, False) for each in refused)
            notes += [item for item in batch if isinstance(item, Note)]
            inventories = [item for item in batch if isinstance(item, Inventory)]
            joined = joiner.join(papers)
            if not dry_run and _put_batch(index, list(joined.changed.values()), joined.noted):
                trailing.go_on()
            report = _add(report, joined)
            merged += joined.merged
            notes += joined.notes
            gone += [each for some in inventories for each in gone_of_inventory(index, some)]
            counts.update((paper.source or "", True) for paper in papers)
            read += len(papers)
            share = share_read()
            total = round(read / share) if share else 0
            on_progress(Progress("reading papers", read, total, is_estimate=share < 1.0))
    if not dry_run:
        index.likeness.catch_up(index.state.library_id)
    gone += gone_of_files(index, files_read(), joiner.met, unread)
    return replace(
        report,
        rejected=tuple(rejected),
        notes=tuple(notes),
        merged=tuple(merged),
        gone=tuple(gone),
        files=_files(counts),
        changes=joiner.changes,
    )


def _files(counts: Counter[tuple[str, bool]]) -> tuple[FileCount, ...]:
    sources = dict.fromkeys(source for source, _ in counts)
    return tuple(FileCount(each, counts[each, True], counts[each, False]) for each in sources)


def remove_gone(index: PaperIndex, gone: Sequence[Gone]) -> list[Gone]:
    """Delete papers that their source has no more; one of another source, too, stays as that's."""
    with _changing(index):
        papers = index.papers.papers_of([each.paper_id for each in gone])
        staying = [
            replace(
                papers[each.paper_id],
                source=each.others[0],
                origins=each.others[1:],
                identifiers=tuple(
                    key for key in papers[each.paper_id].identifiers if key[0] != each.scheme
                ),
            )
            for each in gone
            if each.others and each.paper_id in papers
        ]
        rewrite_papers(index, staying)
        index.papers.remove([each.paper_id for each in gone if not each.others])
    return [replace(each, is_removed=True) for each in gone]


def _write_batch(index: PaperIndex, papers: Sequence[Paper], noted: Set[str]) -> None:
    if _put_batch(index, papers, noted):
        _catch_up(index)


def _trailing(index: PaperIndex) -> Trailing:
    """Have vectors and words follow, as many batches behind as workers are busy with."""
    most = max(MOST_BEHIND, index.workers.most if index.workers else 0)
    return Trailing(partial(_catch_up, index), most)


def _catch_up(index: PaperIndex) -> None:
    index.catch_up(words_lag=WORDS_PER_BATCH)


def _put_batch(index: PaperIndex, papers: Sequence[Paper], noted: Set[str]) -> bool:
    """Write papers, and say whether there were any; what is derived has not followed."""
    if not papers:
        return False
    if len(noted) < len(papers):
        index.require_embedder()
    tokens = index.state.passage_tokens
    index.papers.put(
        [NewPaper(each, content_hash(each), cut_spans(each, tokens)) for each in papers], noted
    )
    return True


def rewrite_papers(index: PaperIndex, papers: Sequence[Paper]) -> int:
    """Write papers of the library as they are now to be; how many were other before.

    Raises:
        EmbedderUnavailableError: Their texts change, and no vectors can be made now.
    """
    with _changing(index):
        before = index.papers.papers_of([each.paper_id for each in papers])
        held = [(each, before[each.paper_id]) for each in papers if each.paper_id in before]
        read = {new.paper_id for new, old in held if is_read_anew(new, old)}
        other = [new for new, old in held if new.paper_id in read or is_noted_anew(new, old)]
        _write_batch(index, other, {each.paper_id for each in other} - read)
    return len(other)


def restore_papers(index: PaperIndex, papers: Sequence[Paper]) -> int:
    """Write papers just as they were once, whether they are here now or not; how many it changes.

    Raises:
        EmbedderUnavailableError: Texts change, and no vectors can be made now.
    """
    with _changing(index):
        now = index.papers.papers_of([each.paper_id for each in papers])
        held = {
            each.paper_id: (each, now[each.paper_id]) for each in papers if each.paper_id in now
        }
        kept = {name for name, (each, old) in held.items() if not is_read_anew(each, old)}
        same = {name for name in kept if not is_noted_anew(*held[name])}
        other = [each for each in papers if each.paper_id not in same]
        _write_batch(index, other, kept - same)
    return len(other)


def merge_papers(index: PaperIndex, whole: Paper, gone: Sequence[str]) -> None:
    """Write what papers are together in the place of one, and delete the others."""
    with _changing(index):
        rewrite_papers(index, [whole])
        index.papers.remove(list(gone))


@contextmanager
def _changing(index: PaperIndex, *, dry_run: bool = False) -> Iterator[None]:
    """Have the library to oneself; what is derived has followed at the end, also after an error."""
    if dry_run:
        yield
        return
    with index.locked():
        index.refresh()
        try:
            yield
        finally:
            index.catch_up()


def remove_papers(index: PaperIndex, paper_ids: Sequence[str]) -> int:
    """Delete papers from the whole library; how many there were."""
    if not index.papers.hashes(paper_ids):
        return 0
    with index.locked():
        index.refresh()
        removed = index.papers.remove(list(dict.fromkeys(paper_ids)))
        index.catch_up()
    return removed


def make_lexical_only(index: PaperIndex) -> None:
    """Give up vectors; for a library that is still empty."""
    with index.locked():
        index.papers.change_state(embedder=None, dimension=1)
        index.use_vectors(None)


def rebuild(index: PaperIndex, on_progress: OnProgress) -> None:
    """Embed every paper anew into a new collection, which then takes the old one's place.

    The old one serves until then. What an interruption leaves is removed by the next rebuild.
    """
    if index.embedder is None:
        raise EmbedderUnavailableError("An embedder is needed to embed a library again.")
    with index.locked():
        index.refresh()
        wanted = replace(index.wanted, dimension=index.dimension())
        collection = _next_collection(index.state.vectors)
        interrupted = index.open_vectors(collection)
        interrupted.keep_only(index.state.vectors if index.has_vectors else "")
        interrupted.close()
        fresh = index.open_vectors(collection)
        total = index.count()
        follower = index.vectors_follower(fresh)
        for number, batch in enumerate(_batches(index.papers.all())):
            on_progress(Progress("embedding papers", number * PAPERS_PER_BATCH, total))
            follower.write([_cut_anew(each, wanted.passage_tokens) for each in batch])
        index.papers.respan(
            ((each.paper_id, cut_spans(each, wanted.passage_tokens)) for each in _papers(index)),
            is_cut_anew=wanted.passage_tokens != index.state.passage_tokens,
            embedder=str(wanted.embedder),
            dimension=wanted.dimension,
            passage_tokens=wanted.passage_tokens,
            vectors=collection,
        )
        follower.mark(index.state.library_id, index.papers.revision())
        index.use_vectors(fresh)
        fresh.keep_only(collection)


def _papers(index: PaperIndex) -> Iterator[Paper]:
    return (each.paper for each in index.papers.all())


def _cut_anew(stored: StoredPaper, passage_tokens: int) -> StoredPaper:
    return StoredPaper(stored.paper, build_passages(stored.paper, passage_tokens))


def _next_collection(collection: str) -> str:
    """Return the name of the collection that takes another's place."""
    stem, _, number = collection.rpartition("-")
    return f"{stem}-{int(number) + 1}"


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, PAPERS_PER_BATCH)):
        yield batch


def _add(report: IngestReport, batch: Joined) -> IngestReport:
    return IngestReport(
        report.added + batch.added,
        report.updated + batch.updated,
        report.unchanged + batch.unchanged,
        report.duplicates + batch.duplicates,
    )
