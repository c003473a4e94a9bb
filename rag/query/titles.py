"""Find the papers that a question names by their whole titles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol, TypeVar

from rag.text import title_key

LEAST_TITLE_WORDS: Final = 3  # a shorter title is also a topic, such as "Dropout"


class HasTitle(Protocol):
    """A paper, or what stands for one."""

    @property
    def paper_id(self) -> str:
        """The paper's id."""

    @property
    def title(self) -> str:
        """The paper's title."""


P = TypeVar("P", bound=HasTitle)


def titled_papers(question: str, papers: Sequence[P]) -> list[P]:
    """Return the papers whose whole title is in a question, in any spelling.

    A title within another one that is named does not count.
    """
    asked = title_key(question)
    keys = {paper.paper_id: _distinctive_key(paper.title) for paper in papers}
    named = {paper_id: key for paper_id, key in keys.items() if key and key in asked}
    longest = {
        key
        for key in named.values()
        if not any(key != other and key in other for other in named.values())
    }
    return [paper for paper in papers if named.get(paper.paper_id) in longest]


@lru_cache(4096)  # titles of found papers come again and again
def _distinctive_key(title: str) -> str:
    """Return what spellings of a title share; empty where the title could be ordinary words."""
    return title_key(title) if len(title.split()) >= LEAST_TITLE_WORDS else ""
