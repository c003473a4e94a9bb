"""What the faces ask: a library, as far as they need one, under settings of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag.types import Answer, Depth, Filters, Hit, Message


class Searched(Protocol):
    """A library: where papers are found and questions answered."""

    @property
    def folder(self) -> Path:
        """The library's folder."""

    def search(
        self,
        question: str,
        k: int = 10,
        history: Sequence[Message] = (),
        filters: Filters | None = None,
    ) -> list[Hit]:
        """Return the papers that match best, best first."""

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        filters: Filters | None = None,
        depth: Depth | None = None,
    ) -> Iterator[Answer]:
        """Yield drafts of an answer, each in the place of the one before; the last is final."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A library, and how each question is asked of it.

    Attributes:
        filters: Which papers may answer; None for those that a question says.
        depth: How long a question is worked at; None for what the settings say.
    """

    library: Searched
    filters: Filters | None = None
    depth: Depth | None = None

    def drafts(self, question: str, history: Sequence[Message] = ()) -> Iterator[Answer]:
        """Yield the answer as it is written; the last one is final."""
        return self.library.stream(question, history, self.filters, self.depth)

    def answer(self, question: str, history: Sequence[Message] = ()) -> Answer:
        """Return the final answer."""
        *_, final = self.drafts(question, history)
        return final

    def __str__(self) -> str:
        """Return which library it is, and what limits it, for a `repr`."""
        limits = [repr(each) for each in (self.filters, self.depth) if each]
        return ", ".join([repr(str(self.library.folder)), *limits])
