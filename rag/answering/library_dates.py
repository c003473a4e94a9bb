"""Tell the dates of a library's papers: the oldest, the newest, how many each year has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.library_overview import counted, describe_dates, list_counts
from rag.answering.records import cite_record, heading
from rag.query.library_question import Extreme, LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.types import NO_FILTERS, Citation, Listed, Paper
from rag.verification.numbering import Numbering

DATED: Final = " with a recorded date"
MOST_DATED: Final = 5
MOST_NAMED: Final = 6  # years or venues in a sentence


def describe_oldest(
    papers: Sequence[Paper], query: Query, asked: LibraryQuestion, told: str
) -> DirectAnswer | None:
    """Tell which of some papers is the oldest, or the newest, and which are next, or both ends.

    None where none of them has a date.

    Args:
        papers: All that may be.
        query: What is asked.
        asked: Whether the oldest or the newest is.
        told: What the papers are, in words behind "papers".
    """
    dated = sorted((p for p in papers if p.published), key=lambda p: p.published or "")
    if not dated:
        return None
    ordered = dated if asked.what == "oldest" else dated[::-1]
    shown = ordered[: asked.most or MOST_DATED]
    if asked.has_both_ends:
        ordered = shown = [dated[0], dated[-1]]
    numbering = Numbering(query.history)
    first, *others = citations = [cite_record(paper, numbering) for paper in shown]
    have = "has" if len(dated) == 1 else "have"
    of = f"Of the {counted(len(papers))}{told}, {len(dated):,} {have} a recorded date"
    if told.endswith(DATED):  # "and the oldest?" behind "which is the newest?"
        of = f"{counted(len(dated))}{told.removesuffix(DATED)} {have} a recorded date"
    if asked.has_both_ends:
        said, others = f"{_dated('oldest', first)} {_dated('newest', others[0])} {of}.", []
    else:
        said = f"{_dated(asked.what, first)} {of}."
    lines = [
        f"{place}. {cited.paper.published}: **{cited.paper.title}** [{cited.marker}]"
        for place, cited in enumerate(others, start=2)
    ]
    after = "\n\nThe next:\n\n" + "\n".join(lines) if lines else ""
    return DirectAnswer(
        said + after,
        "records",
        tuple(citations),
        found=tuple(shown),
        listed=Listed(tuple(p.paper_id for p in ordered), len(shown), f"{told}{DATED}".strip()),
    )


def _dated(what: str, cited: Citation) -> str:
    """Say of a paper that it is the oldest, or the newest, and when it was published."""
    paper = cited.paper
    published = f"published {paper.published}{_age(paper)}"
    return f"The {what} is {heading(paper)}, {published} [{cited.marker}]."


def _age(paper: Paper) -> str:
    """Return how long ago a paper was published, where that is a year or more."""
    years = datetime.now(tz=UTC).year - (paper.year or 0)
    return f", {years} year{'' if years == 1 else 's'} ago" if years > 0 else ""


def describe_years(lookup: PaperLookup, extreme: Extreme | None = None) -> DirectAnswer:
    """Say how many papers each year has, the latest first, and how many have no date.

    Args:
        lookup: The library's papers.
        extreme: Whether the year of most papers, or of fewest, is told first.
    """
    years = lookup.years()
    total = counted(lookup.count(NO_FILTERS))
    first = (
        f"{said_of_extreme({str(y): n for y, n in years.items()}, extreme, 'in')} "
        if extreme and years
        else ""
    )
    text = f"{first}The library holds {total}.{describe_dates(lookup)}"
    lines = list_counts({str(year): count for year, count in years.items()})
    return DirectAnswer(f"{text}\n\n{lines}".rstrip(), "records")


def said_of_extreme(counts: Mapping[str, int], extreme: Extreme, where: str) -> str:
    """Say which of several has most papers, or fewest, all of them where they are equal."""
    number = max(counts.values()) if extreme == "most" else min(counts.values())
    named = [name for name, count in counts.items() if count == number]
    each = " each" if len(named) > 1 else ""
    if len(named) > MOST_NAMED:
        return (
            f"{extreme.capitalize()} papers, {number:,} each, are {where} {len(named):,} of them."
        )
    return f"{extreme.capitalize()} papers are {where} {', '.join(named)}: {number:,}{each}."
