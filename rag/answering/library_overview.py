"""Describe the library as a whole, from its records: topics, sources, dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.phrases import shared_phrases
from rag.query.paper_lookup import PaperLookup
from rag.types import NO_FILTERS, Filters, Listed, Paper

MOST_LISTED: Final = 30
MOST_TOPICS: Final = 10
MOST_AUTHORS: Final = 10
ENRICH: Final = "`paperchat papers enrich` looks up what records lack."
SAMPLE: Final = 2000  # papers from whose titles topics are made


def describe_topics(lookup: PaperLookup) -> DirectAnswer | None:
    """Describe the topics that titles share; None where they share none."""
    topics = distinct_topics(shared_phrases(list(islice(lookup.everything(), SAMPLE))))
    if not topics:
        return None
    lines = "\n".join(
        f"- **{phrase}**: {counted(len(having))}, such as “{having[0].title}”"
        for phrase, having in topics
    )
    total = counted(lookup.count(NO_FILTERS))
    text = f"The library holds {total}. What their titles share most:"
    return DirectAnswer(f"{text}\n\n{lines}\n\nAsk for all papers on one of them.", "records")


def describe_sources(lookup: PaperLookup) -> DirectAnswer:
    """Describe the sources, collections and tags of the papers."""
    sources = lookup.sources()
    if not sources:
        return DirectAnswer("No source is recorded for the papers of this library.", "records")
    parts = [
        ("The papers come from:", sources),
        ("They lie in these collections:", lookup.groups("collection")),
        ("Their most frequent tags:", lookup.groups("tag")),
    ]
    told = [f"{said}\n\n{list_counts(groups)}" for said, groups in parts if groups]
    return DirectAnswer("\n\n".join(told), "records")


def describe_dates(lookup: PaperLookup) -> str:
    """Say how many papers have a recorded date, and the span of these; begins with a space."""
    years = lookup.years()
    total, dated = lookup.count(NO_FILTERS), sum(years.values())
    if not dated:
        return " None of them has a recorded date."
    span = f"{min(years)} to {max(years)}" if len(years) > 1 else str(min(years))
    if dated < total:
        return f" {dated:,} of them have a recorded date, from {span}."
    return f" They are from {span}."


@dataclass(frozen=True, slots=True)
class _Authors:
    """The authors of a library.

    Attributes:
        papers: How many papers name theirs.
        number: How many authors there are.
        most: Those with most papers, and how many.
    """

    papers: int
    number: int
    most: Mapping[str, int]


def describe_authors(lookup: PaperLookup) -> DirectAnswer:
    """Say how many authors the records name, and who has most papers."""
    known = lookup.derived("authors", lambda: _count_authors(lookup))
    total = counted(lookup.count(NO_FILTERS))
    if not known.papers:
        text = f"No author is recorded for any of the {total}; {ENRICH}"
        return DirectAnswer(text, "records")
    said = (
        f"{known.papers:,} of the {total} {'has' if known.papers == 1 else 'have'} recorded authors"
    )
    who = "These are they" if known.number <= MOST_AUTHORS else "Those with most papers"
    text = f"{said}, {known.number:,} in all. {who}:"
    listed = Listed(authors=tuple(known.most))
    return DirectAnswer(f"{text}\n\n{list_counts(known.most)}", "records", listed=listed)


def _count_authors(lookup: PaperLookup) -> _Authors:
    """Read all papers, which takes seconds for many: once a change."""
    named = [paper.authors for paper in lookup.everything() if paper.authors]
    counts = Counter(author for authors in named for author in dict.fromkeys(authors))
    return _Authors(len(named), len(counts), dict(counts.most_common(MOST_AUTHORS)))


def describe_undated(filters: Filters, lookup: PaperLookup) -> str:
    """Say how many papers a filter of years excludes for lack of a date; begins with a space.

    Empty where no year is filtered, or none is excluded so.
    """
    if not filters.has_years or filters.undated:
        return ""
    others = lookup.count(replace(filters, since=None, until=None))
    left = others - lookup.count(replace(filters, since=1, until=9999))
    if not left:
        return ""
    return f" {counted(left)} without a recorded date {'is' if left == 1 else 'are'} left out."


def list_counts(counts: Mapping[str, int]) -> str:
    """Render how many papers each has, a line each."""
    some = islice(counts.items(), MOST_LISTED)
    return "\n".join(f"- {name}: {counted(count)}" for name, count in some)


def counted(count: int) -> str:
    """Return "1 paper", "2 papers", "1,000 papers"."""
    return f"{count:,} paper{'' if count == 1 else 's'}"


def distinct_topics(
    phrases: Iterable[tuple[str, Sequence[Paper]]], most: int = MOST_TOPICS
) -> list[tuple[str, Sequence[Paper]]]:
    """Return the first phrases that share at most half of their papers with an earlier one.

    The one with most papers comes first.
    """
    chosen: list[tuple[str, Sequence[Paper]]] = []
    for phrase, having in phrases:
        ids = {paper.paper_id for paper in having}
        known = [{p.paper_id for p in earlier} for _, earlier in chosen]
        if all(2 * len(ids & other) <= len(ids) for other in known):
            chosen.append((phrase, having))
        if len(chosen) == most:
            break
    return sorted(chosen, key=lambda item: -len(item[1]))
