"""Define what can be asked of a library's records as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rag.query.fields import Field

# What is asked of them.
LibraryAspect = Literal[
    "count",
    "list",
    "newest",
    "oldest",
    "topics",
    "sources",
    "added",
    "dates",
    "authors",
    "venues",
    "affiliations",
    "duplicates",
    "works",
    "rest",
]
Extreme = Literal["most", "fewest"]
# Kinds of paper, and the words by which titles say so.
KINDS: Final[Mapping[str, str]] = {
    "survey": "survey|review|overview|tutorial|primer",
    "review": "survey|review|overview",
    "overview": "survey|review|overview",
    "tutorial": "tutorial|introduction|primer|guide",
    "benchmark": "benchmark",
    "thesis": "thesis|dissertation",
    "these": "thesis|dissertation",
}


@dataclass(frozen=True, slots=True)
class LibraryQuestion:
    """A question about the library's records as a whole.

    Attributes:
        what: What is asked.
        topic: What the papers are to be about; empty for all of them.
        kind: Alternatives joined by "|", one of which their titles have: `survey|review`; or empty.
        field: What their records have, or lack; None for any.
        is_lacking: Whether they lack it.
        most: How many are asked for; 0 for all.
        unlike: What the papers are not to be about; empty for nothing.
        extreme: Whether the year, or venue, of most or of fewest papers is asked for.
        venues: Journals and conferences, one of which published them; empty for all.
        people: Whose works are asked for; empty for anybody's.
        has_both_ends: Whether the newest is asked for beside the oldest.
        is_of_list: Whether it is asked of those that a list before showed: "which of these …?"
    """

    what: LibraryAspect
    topic: str = ""
    kind: str = ""
    field: Field | None = None
    is_lacking: bool = False
    most: int = 0
    unlike: str = ""
    extreme: Extreme | None = None
    venues: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    has_both_ends: bool = False
    is_of_list: bool = False
