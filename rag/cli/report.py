"""Report what an ingest did beyond its counts: what was rejected and why, what was merged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rag.readers.sources import NO_PAPER, WHAT_CAN_BE_READ
from rag.types import FileCount, Gone, Merged, Note, Rejection, Updated

LISTED_ONE_BY_ONE: Final = 5  # records of a source with the same fault
EXAMPLES: Final = 3
GONE_LISTED: Final = 20
CHANGES_LISTED: Final = 10
FILES_LISTED: Final = 12
NOTES_LISTED: Final = 10  # of a source


def rejection_lines(rejected: Sequence[Rejection]) -> Iterator[str]:
    """Yield a line for each rejection; for many of one kind their number and the first."""
    groups: dict[tuple[str, str, str], list[Rejection]] = defaultdict(list)
    for each in rejected:
        reason = each.reason if each.record else each.why
        groups[each.within, each.source, reason].append(each)
    is_told = False  # what can be read
    places = Counter((within, source) for within, source, _ in groups)
    for (within, source, reason), some in groups.items():
        if reason == NO_PAPER and places[within, source] > 1:  # why not is told
            continue
        if len(some) <= LISTED_ONE_BY_ONE or not reason:
            for each in some:
                known = WHAT_CAN_BE_READ if is_told else ""
                yield f"{_place(each)}: {each.why.removesuffix(known)}"
                is_told |= each.why.endswith(WHAT_CAN_BE_READ)
        else:
            first = "; ".join(f"record {each.record}: {each.why}" for each in some[:EXAMPLES])
            place = _place(replace(some[0], record=0))
            yield f"{place}: {len(some):,} records for one reason ({reason}), first {first}"


def _place(rejection: Rejection) -> str:
    source, within = rejection.source, rejection.within
    if within and not source.startswith(f"{within}/"):  # as the files of archives do
        source = f"{within}/{source}"
    return f"{source}, record {rejection.record}" if rejection.record else source


def note_lines(notes: Sequence[Note]) -> Iterator[str]:
    """Yield the first notes on each source, and how many more there are."""
    by_source: dict[str, list[Note]] = defaultdict(list)
    for note in notes:
        by_source[note.source].append(note)
    for source, some in by_source.items():
        yield from (f"{source}: {note.text}" for note in some[:NOTES_LISTED])
        if len(some) > NOTES_LISTED:
            yield f"{source}: and {len(some) - NOTES_LISTED:,} more notes (--json has them all)"


def gone_lines(gone: Sequence[Gone]) -> Iterator[str]:
    """The papers that a source has no more, by title, and what became of them."""
    for each in gone[:GONE_LISTED]:
        also = f", stays: also from {', '.join(each.others)}" if each.others else ""
        removed = ", removed" if each.is_removed and not each.others else ""
        yield f"no longer in {each.source}: {each.title!r}{also or removed}"
    if len(gone) > GONE_LISTED:
        yield f"and {len(gone) - GONE_LISTED:,} more that are gone there"
    if any(not (each.is_removed or each.others) for each in gone):
        yield "They stay here; `paperchat ingest … --remove` takes them out."


def file_lines(files: Sequence[FileCount]) -> Iterator[str]:
    """Yield how many papers each of several files gave, those with the most first."""
    given = sorted((each for each in files if each.papers), key=lambda each: -each.papers)
    if len(given) < 2:
        return
    for each in given[:FILES_LISTED]:
        rejected = f", {each.rejected:,} rejected" if each.rejected else ""
        yield f"{each.papers:>7,}  {each.source}{rejected}"
    if more := given[FILES_LISTED:]:
        yield f"{sum(each.papers for each in more):>7,}  {len(more):,} more files"


def merged_lines(merged: Sequence[Merged]) -> Iterator[str]:
    """Yield the first merged records, by title, and how many more there are."""
    for each in merged[:EXAMPLES]:
        if each.source == each.into:
            yield f"given twice: {each.title!r} in {each.source}"
        else:
            yield f"one paper: {each.title!r} from {each.source} is the one from {each.into}"
    if len(merged) > EXAMPLES:
        yield f"and {len(merged) - EXAMPLES:,} more that were given more than once"


def change_lines(changes: Sequence[Updated]) -> Iterator[str]:
    """Yield the first papers that were updated, with what changed, and how many more there are."""
    for each in changes[:CHANGES_LISTED]:
        yield f"updated: {each.title!r} ({each.told})"
    if len(changes) > CHANGES_LISTED:
        yield f"and {len(changes) - CHANGES_LISTED:,} more that were updated (--json has them all)"
