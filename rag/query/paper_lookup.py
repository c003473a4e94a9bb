"""Looks papers of a library up by what a question says of them: words, names, ids, years."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.identifiers import arxiv_id_in, find_arxiv_id
from rag.query.groups import GroupKind
from rag.query.locators import Locators
from rag.store.index import PaperIndex
from rag.types import Filters, Paper

KnowsWord = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class PaperLookup:
    """The papers of one library, to be looked up.

    Attributes:
        index: The library's.
        knows_word: Whether a word, in lower case, is one of the language, whatever the library.
    """

    index: PaperIndex
    knows_word: KnowsWord

    def frequency(self, stem: str) -> int:
        """In how many papers a stem stands."""
        return self.index.lexical.paper_frequency(stem)

    def having(self, stems: Sequence[str], most: int) -> list[Paper]:
        """Up to `most` papers that have all of the stems."""
        return self._papers(self.index.lexical.having(stems, most))

    def alike(self, word: str, wrong: int, most: int) -> list[Paper]:
        """Up to `most` papers with a word that differs from one by so many letters of its stem."""
        return self._papers(self.index.lexical.alike(word, wrong, most))

    def count(self, filters: Filters) -> int:
        """How many papers pass."""
        return self.index.lexical.count(filters)

    def newest(self, filters: Filters, most: int) -> list[Paper]:
        """Up to `most` papers that pass, the latest first, undated ones last."""
        papers = self._papers(self.index.lexical.newest(filters, most))
        return sorted(papers, key=lambda paper: paper.published or "", reverse=True)

    def years(self) -> Mapping[int, int]:
        """How many papers each year has, latest first."""
        return self.index.facets().years

    def sources(self) -> Mapping[str, int]:
        """How many papers came from each source, the most frequent first."""
        return self.index.facets().sources

    def groups(self, kind: GroupKind) -> Mapping[str, int]:
        """How many papers each collection holds, or have each tag."""
        return self.index.papers.collections() if kind == "collection" else self.index.papers.tags()

    def find_authors(self, name: str) -> list[str]:
        """The authors that bear a name or a part of one."""
        return self.index.lexical.find_authors(name)

    def by_id(self, paper_ids: Iterable[str]) -> list[Paper]:
        """Those of the papers that are here."""
        return self._papers(list(paper_ids))

    def located(self, locators: Locators) -> list[Paper]:
        """The papers that ids and addresses lead to."""
        arxiv = [*locators.arxiv, *filter(None, map(arxiv_id_in, locators.addresses))]
        arxiv += filter(None, map(find_arxiv_id, locators.dois))
        found = self.by_id([*arxiv, *locators.dois, *locators.addresses])
        wanted = {_address_key(each) for each in (*locators.addresses, *locators.dois)}
        if found or not wanted:
            return found
        return [p for p in self.everything() if p.url and _address_key(p.url) in wanted]

    def everything(self) -> Iterator[Paper]:
        """Every paper, in the order of ingestion."""
        return (stored.paper for stored in self.index.papers.all())

    def _papers(self, paper_ids: Sequence[str]) -> list[Paper]:
        return [stored.paper for stored in self.index.find(paper_ids).values()]


def _address_key(address: str) -> str:
    """What two spellings of an address share: no scheme, no resolver, no closing slash."""
    bare = re.sub(r"^(?:https?://)?(?:www\.)?(?:(?:dx\.)?doi\.org/)?", "", address.strip().lower())
    return bare.rstrip("/")
