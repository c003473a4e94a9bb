"""Find ids and addresses of papers anywhere in a question: arXiv ids, DOIs, web addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rag.identifiers import NEW_ARXIV

ADDRESS: Final = re.compile(
    r"(?:https?://|www\.|\b(?:github\.com|arxiv\.org|openreview\.net|(?:dx\.)?doi\.org)/)[^\s<>\"“”]+",
    re.IGNORECASE,
)
DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s<>\"“”]+", re.IGNORECASE)
ARXIV: Final = re.compile(
    rf"(?<![\d./])({NEW_ARXIV}|(?:[a-z-]+(?:\.[A-Z]{{2}})?/\d{{7}}))(?:v\d+)?(?!\d)"
)
CLOSING: Final = ".,;:!?)]}'\"”"


@dataclass(frozen=True, slots=True)
class Locators:
    """Ids and addresses that identify papers.

    Attributes:
        arxiv: Ids without versions.
        dois: Without a resolver in front.
        addresses: Of pages, as they were typed.
    """

    arxiv: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.arxiv or self.dois or self.addresses)

    @property
    def first(self) -> str:
        """The first one, as it was typed."""
        return (*self.addresses, *self.dois, *self.arxiv)[0]


NO_LOCATORS: Final = Locators()


def find_locators(question: str) -> Locators:
    """Return the ids and addresses in a question."""
    addresses = tuple(match.rstrip(CLOSING) for match in ADDRESS.findall(question))
    dois = tuple(match.rstrip(CLOSING) for match in DOI.findall(question))
    outside = DOI.sub(" ", question)
    return Locators(tuple(ARXIV.findall(outside)), dois, addresses)
