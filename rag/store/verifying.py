"""Compare the papers with what is derived from them, record by record, and repair it.

A batch of papers at a time is held in memory, with the ids of what is wrong.
Not covered: whether a sound vector is that of its text, which only embedding again could show.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar

from rag.errors import (
    DamagedLibraryError,
    EmbedderUnavailableError,
    LibraryError,
    LibraryUnavailableError,
)
from rag.identifiers import content_hash
from rag.passages import cut_spans
from rag.store.checks import DatabaseChecks
from rag.store.faults import EXAMPLES_NAMED, Fault, Part, Problem, VerifyReport
from rag.store.index import PaperIndex
from rag.store.papers import NewPaper, StoredPaper
from rag.store.sync import Follower, VectorsFollower, unavailable
from rag.types import NO_FILTERS, Paper, Passage, passage_place

logger = logging.getLogger(__name__)

BATCH: Final = 500  # papers or passages

T = TypeVar("T")
Mend = Callable[[], None]
Found = tuple[Fault, Mend]


def verify(index: PaperIndex, *, repair: bool = False) -> VerifyReport:
    """Report what is wrong with a library, and repair it if asked.

    Raises:
        LibraryError: Another process changes the library, or it is to be mended in a folder that
            cannot be written.
        DamagedLibraryError: The database cannot be read at all.
    """
    if index.database.is_read_only:
        return VerifyReport(index.count(), tuple(fault for fault, _ in _find(index)))
    with index.locked():
        index.refresh()
        faults = [Fault(part, "remade", is_mended=True) for part in index.remade]
        for fault, mend in _find(index):
            faults.append(_mended(fault, mend) if repair else fault)
    return VerifyReport(index.count(), tuple(faults))


def check_quickly(index: PaperIndex) -> tuple[Fault, ...]:
    """Find what is wrong with a library that shows quickly: in pages, revisions and counts."""
    faults = [Fault(part, "remade", is_mended=True) for part in index.remade]
    if damage := index.database.find_damage(is_quick=True):
        faults.append(Fault("papers", "damaged", detail=damage))
    words = index.words_follower()
    faults += [fault for fault, _ in _behind(index, "words", words)]
    if (short := index.count() - index.lexical.count()) > 0:
        faults.append(Fault("words", "missing", short))
    if index.has_vectors:
        vectors = index.vectors_follower()
        faults += [fault for fault, _ in _behind(index, "vectors", vectors)]
    return tuple(faults)


def _mended(fault: Fault, mend: Mend) -> Fault:
    try:
        mend()
    except (EmbedderUnavailableError, DamagedLibraryError) as exc:
        logger.warning("%s", exc)
        return fault
    return replace(fault, is_mended=True)


def _find(index: PaperIndex) -> Iterator[Found]:
    """Find what is wrong, the papers first: what is derived is compared with them as mended."""
    yield from _compare_papers(index)
    yield from _compare_or_remake(index, "words", _compare_words)
    if index.has_vectors:
        yield from _compare_or_remake(index, "vectors", _compare_vectors)


def _compare_papers(index: PaperIndex) -> Iterator[Found]:
    checks = DatabaseChecks(index.database)
    if damage := index.database.find_damage():
        yield Fault("papers", "damaged", detail=damage), index.database.mend_indexes
    if orphaned := len(index.database.orphaned_rows()):
        yield Fault("papers", "orphaned", orphaned), checks.remove_orphaned_rows
    if lost := checks.without_text():

        def take_title() -> None:
            checks.take_title_as_text()
            _write_anew(index, lost)

        yield _fault("papers", "without_text", lost), take_title
    yield from _compare_texts(index)


def _compare_texts(index: PaperIndex) -> Iterator[Found]:
    wrong_text: list[str] = []
    wrong_cut: list[str] = []
    for some in _batches(index.papers.all(), BATCH):
        hashes = index.papers.hashes([each.paper.paper_id for each in some])
        for each in some:
            if content_hash(each.paper) != hashes[each.paper.paper_id]:
                wrong_text.append(each.paper.paper_id)
            if not is_covered(each.paper, each.passages):
                wrong_cut.append(each.paper.paper_id)
    if wrong_text:
        yield _fault("papers", "wrong_text", wrong_text), lambda: _write_anew(index, wrong_text)
    if wrong_cut:
        yield _fault("papers", "wrong_passages", wrong_cut), lambda: _write_anew(index, wrong_cut)


def is_covered(paper: Paper, passages: Sequence[Passage]) -> bool:
    """Return whether passages lie in a paper's abstract, one after another, and miss nothing."""
    end = 0
    for each in passages:
        if not end <= each.start < each.end <= len(paper.abstract):
            return False
        if paper.abstract[end : each.start].strip():
            return False
        end = each.end
    return bool(passages) and not paper.abstract[end:].strip()


def _write_anew(index: PaperIndex, paper_ids: Sequence[str]) -> None:
    """Write papers as they stand; what is derived from them follows."""
    tokens = index.state.passage_tokens
    for some in _batches(paper_ids, BATCH):
        papers = [each.paper for each in index.papers.find(some).values()]
        index.papers.put([NewPaper(p, content_hash(p), cut_spans(p, tokens)) for p in papers])
    index.catch_up()


def _compare_or_remake(
    index: PaperIndex, part: Part, compare: Callable[[PaperIndex], Iterator[Found]]
) -> Iterator[Found]:
    """Find what is wrong with a derived store; one that cannot be read is made again."""
    try:
        yield from compare(index)
    except LibraryUnavailableError:
        raise
    except (LibraryError, ValueError) as exc:
        yield Fault(part, "damaged", detail=str(exc)), lambda: index.remake(part)


def _compare_words(index: PaperIndex) -> Iterator[Found]:
    follower = index.words_follower()
    yield from _behind(index, "words", follower)
    if missing := list(_without_words(index)):

        def write() -> None:
            for some in _batches(missing, BATCH):
                with index.lexical.changing() as change:
                    for each in index.papers.find(some).values():
                        change.put(each.paper)
            _mark(index, follower)

        yield _fault("words", "missing", missing), write
    if orphaned := list(_orphaned_words(index)):

        def delete() -> None:
            with index.lexical.changing() as change:
                for paper_id in orphaned:
                    change.remove(paper_id)
            _mark(index, follower)

        yield _fault("words", "orphaned", orphaned), delete


def _without_words(index: PaperIndex) -> Iterator[str]:
    for some in _batches(index.listing.paper_ids(), BATCH):
        there = index.lexical.admitted(NO_FILTERS, some)
        yield from (each for each in some if each not in there)


def _orphaned_words(index: PaperIndex) -> Iterator[str]:
    for some in _batches(index.lexical.paper_ids(), BATCH):
        known = index.papers.hashes(some)
        yield from (each for each in some if each not in known)


def _compare_vectors(index: PaperIndex) -> Iterator[Found]:
    follower = index.vectors_follower()
    yield from _behind(index, "vectors", follower)
    if others := index.vectors.other_collections():
        keep = index.vectors.name
        yield _fault("vectors", "left_over", others), lambda: index.vectors.keep_only(keep)
    missing, wrong = _missing_and_wrong(index)
    orphaned = list(_orphaned_passages(index))
    if missing:
        yield _fault("vectors", "missing", missing), lambda: _embed(index, follower, missing)
    if wrong:
        yield _fault("vectors", "wrong_vector", wrong), lambda: _embed(index, follower, wrong)
    if orphaned:

        def delete() -> None:
            index.vectors.delete(orphaned)
            _mark(index, follower)

        yield _fault("vectors", "orphaned", orphaned), delete


def _missing_and_wrong(index: PaperIndex) -> tuple[list[str], list[str]]:
    """Find passages without a vector, and those whose vector cannot be an embedder's."""
    from rag.store.vectors import is_unit

    missing: list[str] = []
    wrong: list[str] = []
    for some in _batches(index.papers.all(), BATCH):
        ids = [part.passage_id for each in some for part in each.passages]
        vectors = index.vectors.read(ids)
        missing += [each for each in ids if each not in vectors]
        for each, vector in vectors.items():
            if not is_unit(vector) or len(vector) != index.state.dimension:
                wrong.append(each)
    return missing, wrong


def _orphaned_passages(index: PaperIndex) -> Iterator[str]:
    for some in _batches(index.vectors.ids(), BATCH):
        papers = index.papers.find([passage_place(each)[0] for each in some])
        known = {part.passage_id for each in papers.values() for part in each.passages}
        yield from (each for each in some if each not in known)


def _embed(index: PaperIndex, follower: VectorsFollower, passage_ids: Iterable[str]) -> None:
    """Make the vectors of papers anew, of which some passages have none or a wrong one."""
    paper_ids = list(dict.fromkeys(passage_place(each)[0] for each in passage_ids))
    for some in _batches(paper_ids, follower.batch):
        papers: list[StoredPaper] = list(index.papers.find(some).values())
        follower.write(papers)
    _mark(index, follower)


def _behind(index: PaperIndex, part: Part, follower: Follower) -> Iterator[Found]:
    by = index.papers.revision() - follower.reached(index.state.library_id)

    def catch_up() -> None:
        index.catch_up()
        if follower.reached(index.state.library_id) < index.papers.revision():
            unavailable(index.state.embedder)(())

    if by > 0:
        yield Fault(part, "behind", by), catch_up


def _mark(index: PaperIndex, follower: Follower) -> None:
    """Note that the store is sound as it is now."""
    library_id = index.state.library_id
    follower.mark(library_id, follower.reached(library_id))
    index.seen()


def _fault(part: Part, problem: Problem, ids: Sequence[str]) -> Fault:
    return Fault(part, problem, len(ids), tuple(ids[:EXAMPLES_NAMED]))


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
