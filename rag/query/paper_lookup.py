"""Look up papers of a library by words, names, ids, years and groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rag.identifiers import arxiv_id_in, find_arxiv_id
from rag.query.groups import GroupKind
from rag.query.locators import Locators
from rag.query.venues import count_venues
from rag.store.index import PaperIndex
from rag.store.twins import find_twins
from rag.types import Filters, Paper

T = TypeVar("T")

KnowsWord = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Titled:
    """A paper by its title alone: reading whole papers takes ten times as long."""

    paper_id: str
    title: str


@dataclass(frozen=True, slots=True)
class PaperLookup:
    """Look up papers of one library.

    Attributes:
        index: The library's index.
        knows_word: Whether the dictionary has a word, in lower case.
    """

    index: PaperIndex
    knows_word: KnowsWord

    def frequency(self, stem: str) -> int:
        """Return how many papers have a stem."""
        return self.index.lexical.paper_frequency(stem)

    def having(self, stems: Sequence[str], most: int) -> list[Paper]:
        """Return up to `most` papers that have all of the stems."""
        return self._papers(self.index.lexical.having(stems, most))

    def is_had(self, stems: Sequence[str]) -> bool:
        """Return whether any paper has all of the stems."""
        return bool(self.index.lexical.having(stems, 1))

    def only(self, stems: Sequence[str]) -> Paper | None:
        """Return the one paper that has all of the stems; None where none or several have."""
        found = self.index.lexical.having(stems, 2)
        return next(iter(self._papers(found)), None) if len(found) == 1 else None

    def few(self, stems: Sequence[str], most: int) -> list[Paper]:
        """Return the papers that have all of the stems; none where more than `most` have."""
        found = self.index.lexical.having(stems, most + 1)
        return self._papers(found) if len(found) <= most else []

    def titled(self, stems: Sequence[str], most: int) -> list[Titled]:
        """Return the titles of up to `most` papers that have all of the stems."""
        found = self.index.titles(self.index.lexical.having(stems, most))
        return [Titled(paper_id, title) for paper_id, title in found.items()]

    def alike(self, word: str, wrong: int, most: int) -> list[Paper]:
        """Return up to `most` papers with a word whose stem differs by up to `wrong` letters."""
        return self._papers(self.index.lexical.alike(word, wrong, most))

    def count(self, filters: Filters) -> int:
        """Return how many papers pass."""
        return self.index.lexical.count(filters)

    def newest(self, filters: Filters, most: int) -> list[Paper]:
        """Return up to `most` papers that pass, the latest first, undated ones last."""
        papers = self._papers(self.index.lexical.newest(filters, most))
        return sorted(papers, key=lambda paper: paper.published or "", reverse=True)

    def years(self) -> Mapping[int, int]:
        """Return how many papers each year has, latest first."""
        return self.index.facets().years

    def sources(self) -> Mapping[str, int]:
        """Return how many papers came from each source, the most frequent first."""
        return self.index.facets().sources

    def venues(self) -> Mapping[str, int]:
        """Return how many papers each journal or conference has, the most frequent first."""
        return self.derived("venues", lambda: count_venues(self.everything()))

    def groups(self, kind: GroupKind) -> Mapping[str, int]:
        """Return the number of papers of each collection, or of each tag."""
        return self.index.collections() if kind == "collection" else self.index.tags()

    def find_authors(self, name: str) -> list[str]:
        """Return the authors that have a name, or a part of one."""
        return self.index.lexical.find_authors(name)

    def by_id(self, paper_ids: Iterable[str]) -> list[Paper]:
        """Return those of the papers that the library has."""
        return self._papers(list(paper_ids))

    def located(self, locators: Locators) -> list[Paper]:
        """Return the papers that ids and addresses identify."""
        arxiv = [*locators.arxiv, *filter(None, map(arxiv_id_in, locators.addresses))]
        arxiv += filter(None, map(find_arxiv_id, locators.dois))
        found = self.by_id([*arxiv, *locators.dois, *locators.addresses])
        wanted = {_address_key(each) for each in (*locators.addresses, *locators.dois)}
        if found or not wanted:
            return found
        return [p for p in self.everything() if p.url and _address_key(p.url) in wanted]

    def twins(self) -> list[list[str]]:
        """Return the ids of papers that may be one, group by group."""
        return self.derived("twins", lambda: find_twins(self.index))

    def derived(self, name: str, make: Callable[[], T]) -> T:
        """Return what is made of the papers, made again after a change only."""
        return self.index.derived(name, make)

    def everything(self) -> Iterator[Paper]:
        """Yield every paper, in the order of ingestion."""
        return (stored.paper for stored in self.index.papers.all())

    def _papers(self, paper_ids: Sequence[str]) -> list[Paper]:
        return [stored.paper for stored in self.index.find(paper_ids).values()]


def _address_key(address: str) -> str:
    """Return what spellings of one address share: without scheme, resolver and closing slash."""
    bare = re.sub(r"^(?:https?://)?(?:www\.)?(?:(?:dx\.)?doi\.org/)?", "", address.strip().lower())
    return bare.rstrip("/")
