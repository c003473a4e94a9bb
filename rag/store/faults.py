"""What `Library.verify` finds wrong, in a researcher's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["papers", "vectors", "words"]
Problem = Literal[
    "damaged",
    "without_text",
    "wrong_text",
    "wrong_passages",
    "missing",
    "orphaned",
    "wrong_vector",
    "left_over",
    "behind",
    "remade",
]
EXAMPLES_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of thing that is wrong with one part of a library.

    Attributes:
        part: `papers` are the truth; `vectors` and `words` are derived from them.
        problem: What is wrong.
        count: How many papers or passages it concerns.
        examples: Ids of some of them.
        detail: What the store itself says.
        is_mended: Whether it is wrong no more.
    """

    part: Part
    problem: Problem
    count: int = 1
    examples: tuple[str, ...] = ()
    detail: str = ""
    is_mended: bool = False

    def __str__(self) -> str:
        """Say in one line what is wrong, with which papers, and whether it is mended."""
        one, many = DESCRIPTIONS[self.part, self.problem]
        text = one if self.count == 1 else many.format(count=f"{self.count:,}")
        named = ", ".join(self.examples[:EXAMPLES_NAMED])
        more = ", …" if self.count > EXAMPLES_NAMED else ""
        if named or self.detail:
            text += f" ({named + more if named else self.detail})"
        return f"{self.part}: {text}{' – mended' if self.is_mended else ''}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a library was found to be.

    Attributes:
        papers: How many papers were compared.
        faults: What is wrong, or was and has been mended; nothing in a sound library.
    """

    papers: int
    faults: tuple[Fault, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong any more."""
        return all(fault.is_mended for fault in self.faults)


# Of one, of several.
DESCRIPTIONS: Final[Mapping[tuple[Part, Problem], tuple[str, str]]] = {
    ("papers", "damaged"): ("the database is damaged", "the database is damaged"),
    ("papers", "without_text"): (
        "1 paper has lost its abstract; read its source again with `paperchat ingest`",
        "{count} papers have lost their abstract; read their sources again with `paperchat ingest`",
    ),
    ("papers", "wrong_text"): (
        "1 paper is not as it was read; read its source again with `paperchat ingest`",
        "{count} papers are not as they were read; read their sources again with `paperchat "
        "ingest`",
    ),
    ("papers", "wrong_passages"): (
        "1 paper is cut into passages that do not cover its abstract",
        "{count} papers are cut into passages that do not cover their abstracts",
    ),
    ("papers", "orphaned"): ("1 row belongs to no paper", "{count} rows belong to no paper"),
    ("vectors", "damaged"): ("they cannot be read", "they cannot be read"),
    ("vectors", "missing"): (
        "1 passage has none, so only its words find it",
        "{count} passages have none, so only their words find them",
    ),
    ("vectors", "orphaned"): (
        "1 belongs to no passage of a paper",
        "{count} belong to no passage of a paper",
    ),
    ("vectors", "wrong_vector"): (
        "1 is no vector that an embedder could have made",
        "{count} are no vectors that an embedder could have made",
    ),
    ("vectors", "left_over"): (
        "an interrupted rebuild has left a collection",
        "interrupted rebuilds have left {count} collections",
    ),
    ("vectors", "behind"): (
        "they are 1 change behind the papers",
        "they are {count} changes behind the papers",
    ),
    ("vectors", "remade"): (
        "they were missing, incomplete or damaged, and were made again at opening",
        "they were missing, incomplete or damaged, and were made again at opening",
    ),
    ("words", "damaged"): ("their index cannot be read", "their index cannot be read"),
    ("words", "missing"): (
        "1 paper is not found by its words",
        "{count} papers are not found by their words",
    ),
    ("words", "orphaned"): (
        "1 paper is found that is not in the library",
        "{count} papers are found that are not in the library",
    ),
    ("words", "behind"): (
        "their index is 1 change behind the papers",
        "their index is {count} changes behind the papers",
    ),
    ("words", "remade"): (
        "their index was missing, incomplete or damaged, and was made again at opening",
        "their index was missing, incomplete or damaged, and was made again at opening",
    ),
}
