"""Find the papers of before that a source which was read has no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rag.store.index import PaperIndex
from rag.store.joining import keys_of
from rag.types import Gone, Inventory, Paper, Rejection

MOST_AT_ONCE: Final = 500  # papers that are read for their titles and sources


@dataclass(slots=True)
class Unread:
    """What could not be read of the sources of a run.

    Attributes:
        unknown: Sources with a record of which it is not known what paper it is of.
        lacking: Records that only lack their abstracts, by source.
    """

    unknown: set[str] = field(default_factory=set)
    lacking: dict[str, list[Paper]] = field(default_factory=dict)

    def note(self, rejected: Iterable[Rejection]) -> None:
        """Note what was rejected."""
        for each in rejected:
            if each.paper is None:
                self.unknown.add(each.source)
            else:
                self.lacking.setdefault(each.source, []).append(each.paper)


def gone_of_files(
    index: PaperIndex, files: Iterable[str], met: Mapping[str, bool], unread: Unread
) -> Iterator[Gone]:
    """Yield the papers that are of a file which was read to its end, and were in nothing read.

    Nothing is told of a file that could be read in part alone, and of one that has less than half
    of the papers that came from its name: programs call all that they export `export.bib`.

    Args:
        index: The library's, with all that was read.
        files: Their names.
        met: The ids of the papers that the run read, and whether they are new.
        unread: What of them could not be read.
    """
    for source in files:
        known = [each for each in index.papers.of_source(source) if not met.get(each)]
        here = _ids_of(index, unread.lacking.get(source, ()))
        lacking = [each for each in known if each not in met and each not in here]
        is_same = 2 * len(lacking) <= len(known)
        if is_same and source not in unread.unknown:
            yield from _told(index, lacking, source)


def _ids_of(index: PaperIndex, papers: Sequence[Paper]) -> set[str]:
    found = index.papers.known_by([key for paper in papers for key in keys_of(paper)])
    return {paper_id for ids in found.values() for paper_id in ids}


def gone_of_inventory(index: PaperIndex, there: Inventory) -> Iterator[Gone]:
    """Yield the papers that a source which tells all that it has had, and has no more."""
    known = index.papers.identified(there.scheme, there.prefix)
    lacking = [each for each, values in known.items() if not there.values.intersection(values)]
    return _told(index, lacking, there.source, there.scheme)


def _told(
    index: PaperIndex, paper_ids: Sequence[str], source: str, scheme: str = ""
) -> Iterator[Gone]:
    for start in range(0, len(paper_ids), MOST_AT_ONCE):
        some = paper_ids[start : start + MOST_AT_ONCE]
        papers = index.papers.papers_of(some)
        for each in (papers[paper_id] for paper_id in some if paper_id in papers):
            others = _other_sources(each, source)
            yield Gone(each.paper_id, each.title, source, others, scheme=scheme)


def _other_sources(paper: Paper, source: str) -> tuple[str, ...]:
    return tuple(each for each in (paper.source, *paper.origins) if each and each != source)
