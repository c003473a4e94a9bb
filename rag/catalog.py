"""Look through the papers of a library: lists, counts, edits, collections, tags, duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rag.errors import SourceError
from rag.text import folded, one_line
from rag.types import (
    NO_FILTERS,
    Facets,
    Filters,
    Gap,
    Heading,
    Listing,
    Order,
    Paper,
    Topic,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.store.index import PaperIndex
    from rag.userdata.changes import Changing


GROUPS_NAMED: Final = 20  # of the collections or tags that there are

SCHEME_NAMES: Final = {"doi": "DOI", "arxiv": "arXiv id"}  # of what can be set by hand


class Catalog:
    """Look through the papers of a library, and edit them.

    Args:
        index: The library's index.
        changing: Lets the papers be changed, and notes it.
    """

    def __init__(self, index: PaperIndex, changing: Changing) -> None:
        self._index = index
        self._changing = changing
        self._examples: tuple[tuple[int, ...], list[str]] | None = None
        self._duplicates: tuple[int, list[list[Heading]]] | None = None
        self._topics: tuple[tuple[int, ...], list[Topic]] | None = None

    def paper_ids(self) -> list[str]:
        """Return the ids of all papers, in the order of ingestion."""
        return self._index.listing.paper_ids()

    def headings(self, paper_ids: Sequence[str]) -> list[Heading]:
        """Return the headings of known papers, in the order of ingestion."""
        return self._index.listing.find(paper_ids)

    def known_by(self, keys: Sequence[tuple[str, str]]) -> list[Heading]:
        """Return the headings of the papers with one of the identifiers, in order of ingestion.

        Args:
            keys: Pairs of a scheme and a value, as in `Paper.identifiers`.
        """
        found = self._index.papers.known_by(keys).values()
        return self.headings(list({paper_id for ids in found for paper_id in ids}))

    def require(self, paper_ids: Sequence[str]) -> list[Paper]:
        """Return papers by their ids.

        Raises:
            SourceError: One of them is not there.
        """
        found = self._index.papers.papers_of(paper_ids)
        if missing := [each for each in paper_ids if each not in found]:
            named = ", ".join(map(repr, missing))
            raise SourceError(f"The library has no paper {named}.")
        return list(found.values())

    def browse(
        self,
        query: str = "",
        order: Order = "added",
        first: int = 0,
        count: int = 25,
        *,
        is_reversed: bool = False,
        collections: Sequence[str] = (),
        tags: Sequence[str] = (),
        filters: Filters = NO_FILTERS,
        lacking: Sequence[Gap] = (),
    ) -> Listing:
        """Return a part of the list of papers.

        Args:
            query: Words that all occur in a paper's title, authors, date or source, in any case,
                with or without accents; a word may be part of a longer one.
            order: What the list is ordered by; a paper without a value comes last.
            first: How many papers to pass over.
            count: Most papers to list.
            is_reversed: Whether the order runs backwards.
            collections: Only papers in one of them, or in one that lies in it.
            tags: Only papers with one of them.
            filters: Only papers that pass; authors are taken by their whole names.
            lacking: Only papers whose records lack all of these.
        """
        return self._index.listing.browse(
            query,
            order,
            first,
            count,
            is_reversed=is_reversed,
            filters=Filters(collections=tuple(collections), tags=tuple(tags)).over(filters),
            lacking=lacking,
        )

    def topics(self, most: int = 30) -> list[Topic]:
        """Return what titles share, the topic of most papers first."""
        from itertools import islice

        from rag.answering.library_overview import SAMPLE, distinct_topics
        from rag.answering.phrases import shared_phrases

        made = (*self._index.papers.lead(SAMPLE), most)
        if self._topics is None or self._topics[0] != made:
            papers = [each.paper for each in islice(self._index.papers.all(), SAMPLE)]
            found = distinct_topics(shared_phrases(papers), most)
            topics = [
                Topic(name, tuple(each.paper_id for each in having)) for name, having in found
            ]
            self._topics = made, topics
        return list(self._topics[1])

    def facets(self) -> Facets:
        """Return what the papers could be filtered by, with how many papers each has."""
        self._index.refresh()
        return self._index.facets()

    def examples(self, n: int = 4) -> list[str]:
        """Return up to n questions that the library answers, made from its latest papers."""
        from rag.answering.suggestions import SAMPLE, example_questions

        self._index.refresh()
        made = (self._index.revision, n)
        if self._examples is None or self._examples[0] != made:
            self._examples = (made, example_questions(self._index.sample(SAMPLE), n))
        return list(self._examples[1])

    def collections(self) -> dict[str, int]:
        """Return how many papers each collection holds, without nested ones, by name."""
        return self._index.papers.collections()

    def tags(self) -> dict[str, int]:
        """Return the tags with how many papers have each, the most frequent first."""
        return self._index.papers.tags()

    def edit(self, paper_id: str, **values: object) -> Paper:
        """Set fields of a paper by hand; nothing that is read later overwrites them.

        Args:
            paper_id: The paper's.
            values: `title`, `abstract`, `authors`, `published`, `venue`, `url`, `tags` or `doi`;
                `kind`, `volume`, `issue`, `pages`, `publisher`, `issn` or `isbn`, of which all
                stay as they are once one is set. An empty value clears what need not be there.

        Raises:
            SourceError: There is no such paper, a value cannot be taken as it is, or another paper
                has the DOI.
        """
        from rag.readers.records import RecordError, edited_paper
        from rag.store.writing import rewrite_papers

        paper = self.require([paper_id])[0]
        try:
            edited = edited_paper(paper, values)
        except RecordError as exc:
            raise SourceError(f"Nothing was changed: {exc}.") from exc
        self._require_own_identifiers(paper, edited)
        with self._changing.noted("edit", [paper.paper_id, *values]) as tally:
            tally.papers = rewrite_papers(self._index, [edited])
        return edited

    def _require_own_identifiers(self, before: Paper, edited: Paper) -> None:
        """Refuse identifiers that a paper has anew and another paper of the library has too."""
        new = [key for key in edited.identifiers if key not in before.identifiers]
        known = self._index.papers.known_by(new)
        for scheme, value in new:
            for other in self.require(known.get((scheme, value), [])):
                if other.paper_id != edited.paper_id:
                    raise SourceError(_told_of_other(SCHEME_NAMES[scheme], value, edited, other))

    def restore(self, papers: Sequence[Paper]) -> int:
        """Put papers back as they once were, also removed ones; how many it changes."""
        from rag.store.writing import restore_papers

        with self._changing.noted("undo", [each.paper_id for each in papers]) as tally:
            tally.papers = restore_papers(self._index, papers)
        return tally.papers

    def merge(self, paper_ids: Sequence[str]) -> Paper:
        """Make one paper of several: of each field the better value, all sources kept.

        What a user set by hand goes before other values. The paper has the first one's id.

        Raises:
            SourceError: There are not two of them, or one is not there.
        """
        from rag.store.joining import merge_all
        from rag.store.writing import merge_papers

        ids = list(dict.fromkeys(paper_ids))
        if len(ids) < 2:
            raise SourceError("Merging takes at least two papers.")
        found = {each.paper_id: each for each in self.require(ids)}
        whole = merge_all([found[each] for each in ids])
        with self._changing.noted("merge", ids) as tally:
            merge_papers(self._index, whole, ids[1:])
            tally.papers = len(ids)
        return whole

    def are_surely_one(self, paper_ids: Sequence[str]) -> bool:
        """Whether nothing speaks against papers being one: near abstracts, no ids that differ."""
        from rag.store.joining import are_surely_one

        return are_surely_one(self.require(paper_ids))

    def collect(
        self, paper_ids: Sequence[str], *, into: Sequence[str] = (), out_of: Sequence[str] = ()
    ) -> int:
        """Put papers into collections and take them out of others; return how many it changes.

        Raises:
            SourceError: One of the papers is not there, or a collection has no name.
        """
        from rag.readers.records import collection_name
        from rag.store.writing import rewrite_papers

        names = [collection_name(name) for name in into]
        if not all(names):
            raise SourceError("A collection needs a name.")
        gone = {folded(name) for name in out_of}
        changed = [
            replace(paper, collections=tuple(dict.fromkeys((*kept, *names))))
            for paper in self.require(paper_ids)
            for kept in [[name for name in paper.collections if folded(name) not in gone]]
        ]
        what = _grouped("collection", names, out_of)
        with self._changing.noted("collect", what) as tally:
            tally.papers = rewrite_papers(self._index, changed)
        return tally.papers

    def inside(self, collections: Sequence[str] = (), tags: Sequence[str] = ()) -> list[str]:
        """Return the ids of the papers in one of the collections and with one of the tags."""
        return self._index.papers.members(collections, tags) or []

    def require_groups(self, collections: Sequence[str] = (), tags: Sequence[str] = ()) -> None:
        """Refuse collections and tags that no paper has; a collection holds what lies in it.

        Raises:
            SourceError: One of them is not there; the message says which there are.
        """
        for kind, names, known in (
            ("collection", collections, self.collections),
            ("tag", tags, self.tags),
        ):
            for name in names:
                if not (self.inside([name]) if kind == "collection" else self.inside((), [name])):
                    there = list(known())
                    some = ", ".join(there[:GROUPS_NAMED])
                    more = f" and {len(there) - GROUPS_NAMED:,} more"
                    told = f"There are {some}{more if len(there) > GROUPS_NAMED else ''}."
                    raise SourceError(
                        f"No {kind} of this library is called {name!r}. "
                        f"{told if there else 'There is none yet.'}"
                    )

    def changed_after(self, revision: int, most: int = 1000) -> list[Paper]:
        """Return the papers that were written after a revision of the library, at most so many."""
        return [each.paper for each in self._index.papers.changes_after(revision, most).written]

    def tag(
        self, paper_ids: Sequence[str], *, add: Sequence[str] = (), drop: Sequence[str] = ()
    ) -> int:
        """Give papers tags and take others from them; return how many it changes.

        Raises:
            SourceError: One of the papers is not there.
        """
        from rag.store.writing import rewrite_papers

        fresh = [name for tag in add if (name := one_line(tag))]
        gone = {folded(name) for name in drop}
        changed = [
            replace(
                paper,
                tags=tuple(dict.fromkeys((*kept, *fresh))),
                edited=tuple(dict.fromkeys((*paper.edited, "tags"))),
            )
            for paper in self.require(paper_ids)
            for kept in [[name for name in paper.tags if folded(name) not in gone]]
        ]
        with self._changing.noted("tag", _grouped("tag", fresh, drop)) as tally:
            tally.papers = rewrite_papers(self._index, changed)
        return tally.papers

    def duplicates(self) -> list[list[Heading]]:
        """Return papers that may be one, group by group: of a title, an id or a near abstract."""
        from rag.store.twins import find_twins

        self._index.refresh()
        if self._duplicates is None or self._duplicates[0] != self._index.revision:
            revision = self._index.revision
            self._duplicates = revision, self._grouped_headings(find_twins(self._index))
        return [list(group) for group in self._duplicates[1]]

    def _grouped_headings(self, groups: Sequence[Sequence[str]]) -> list[list[Heading]]:
        places = {paper_id: n for n, group in enumerate(groups) for paper_id in group}
        found: list[list[Heading]] = [[] for _ in groups]
        for each in self.headings(list(places)):
            found[places[each.paper_id]].append(each)
        return found

    def paper_vectors(self, paper_ids: Sequence[str]) -> dict[str, NDArray[np.float32]] | None:
        """Return the mean vector of each paper's passages, shape (dimension,), of known papers.

        Returns:
            None where papers are found by words alone and have no vectors.
        """
        self._index.refresh()
        return self._index.paper_vectors(paper_ids) if self._index.has_vectors else None


def _grouped(kind: str, into: Sequence[str], out_of: Sequence[str]) -> list[str]:
    """Tell which groups papers went into and came out of."""
    return [*(f"into {kind} “{name}”" for name in into), *(f"out of “{name}”" for name in out_of)]


def _told_of_other(scheme: str, value: str, edited: Paper, other: Paper) -> str:
    """Say that a paper has an identifier already that was to be set of another one."""
    return (
        f"Nothing was changed: “{other.title}” ({other.paper_id}) has the {scheme} {value} "
        "already; if the two are one paper, merge them: tick both on the page and press “Merge”, "
        f"or run `paperchat papers merge {other.paper_id} {edited.paper_id}`."
    )
