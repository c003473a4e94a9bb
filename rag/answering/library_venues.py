"""Tell in which journals and conferences a library's papers were published, as recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.library_dates import said_of_extreme
from rag.answering.library_overview import ENRICH, MOST_LISTED, counted, list_counts
from rag.query.library_question import LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.venues import UnknownPlace
from rag.types import NO_FILTERS

AFFILIATIONS: Final = (
    "Where authors work (universities, institutes, companies, countries) is not recorded in a "
    "library, so papers cannot be found by it. The page behind a paper's link usually tells it; "
    "papers can be listed here by author (“papers by …”), by journal or conference, and by year."
)


def describe_venues(asked: LibraryQuestion, lookup: PaperLookup) -> DirectAnswer:
    """Say how many papers each journal or conference has, the most frequent first."""
    counts = lookup.venues()
    total = counted(lookup.count(NO_FILTERS))
    if not counts:
        text = f"No journal or conference is recorded for any of the {total}; {ENRICH}"
        return DirectAnswer(text, "records")
    first = f"{said_of_extreme(counts, asked.extreme, 'from')} " if asked.extreme else ""
    text = f"{first}{_said_of(counts, total)}"
    return DirectAnswer(f"{text}:\n\n{list_counts(counts)}{_rest(counts)}", "records")


def _said_of(counts: Mapping[str, int], total: str) -> str:
    having = sum(counts.values())
    have = "has" if having == 1 else "have"
    several = f"{len(counts):,} different ones" if len(counts) > 1 else "all the same one"
    return f"{having:,} of the {total} {have} a recorded journal or conference, {several}"


def _rest(counts: Mapping[str, int]) -> str:
    rest = len(counts) - MOST_LISTED
    return f"\n\nAnd {rest:,} more." if rest > 0 else ""


def describe_affiliations() -> DirectAnswer:
    """Say that records do not tell where authors work, and what can be asked instead."""
    return DirectAnswer(AFFILIATIONS, "records")


def describe_unknown_place(place: UnknownPlace, lookup: PaperLookup) -> DirectAnswer:
    """Say that no paper is recorded as from a journal, or by an author, of a name."""
    having, total = sum(lookup.venues().values()), counted(lookup.count(NO_FILTERS))
    have = "has" if having == 1 else "have"
    recorded = f"{having:,} of the {total} {have} a recorded journal or conference."
    if place.is_venue:
        text = f"No paper is recorded as published in {place.name}. {recorded} {ENRICH}"
        return DirectAnswer(text, "records")
    text = (
        f"No author, journal or conference of this library is called {place.name}. {AFFILIATIONS}"
    )
    return DirectAnswer(text, "records")
