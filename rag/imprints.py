"""Join what records of one paper tell of its publication, without mixing two publications."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rag.identifiers import doi_of, is_of_preprints
from rag.text import folded
from rag.types import Imprint, Paper

NUMBERS: Final = ("volume", "issue", "pages")  # which are those of one publication together
OTHERS: Final = ("kind", "publisher", "issn", "isbn")


def joined_imprint(first: Paper, other: Paper, *, keeps: bool = False) -> Imprint:
    """Return a record's imprint with what only the other one tells.

    Volume, issue and pages are those of one record where the two contradict each other: of the one
    that has more of them. Nothing is taken of what was published elsewhere, such as a preprint.

    Args:
        first: The record whose venue stays.
        other: Another of the same paper.
        keeps: Whether nothing that the first one tells is replaced.
    """
    own, more = first.imprint, other.imprint
    if own == more or not more or _are_elsewhere(first, other):
        return own
    numbers = own if keeps or _more_telling(own, more) else more
    values = {name: getattr(own, name) or getattr(more, name) for name in OTHERS}
    if not _contradict(own, more):
        values |= {name: getattr(own, name) or getattr(more, name) for name in NUMBERS}
    return replace(numbers, **values)


def _are_elsewhere(first: Paper, other: Paper) -> bool:
    """Whether two records are of different publications of a paper, as far as they tell."""
    venues = first.venue, other.venue
    if all(venues) and len({is_of_preprints(each or "") for each in venues}) > 1:
        return True
    if (doi := doi_of(first)) and doi == doi_of(other):
        return False
    return len({first.imprint.kind, other.imprint.kind} - {None}) > 1


def _contradict(own: Imprint, more: Imprint) -> bool:
    pairs = ((getattr(own, name), getattr(more, name)) for name in NUMBERS)
    return any(one and another and folded(one) != folded(another) for one, another in pairs)


def _more_telling(own: Imprint, more: Imprint) -> bool:
    """Whether the first of two imprints has no fewer numbers."""
    counts = [sum(bool(getattr(each, name)) for name in NUMBERS) for each in (own, more)]
    return counts[0] >= counts[1]
