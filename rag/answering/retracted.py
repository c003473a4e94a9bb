"""Tell which papers of a library are recorded as retracted, and what is known of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.library_overview import MOST_LISTED, counted
from rag.answering.records import cite_record, heading, said_of_retraction
from rag.answering.relisting import said_of_rest
from rag.answering.selecting import NO_LIST
from rag.answering.topic_papers import papers_on_topic
from rag.query.filters import admits, describe_filters
from rag.query.library_question import LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.types import Listed, Paper
from rag.verification.numbering import Numbering

LATER_NOTICES: Final = "`paperchat papers enrich` looks for notices that came later."


def describe_retracted(query: Query, asked: LibraryQuestion, lookup: PaperLookup) -> DirectAnswer:
    """List the papers that were retracted, or that were not, of all that pass."""
    passing = _passing(query, asked, lookup)
    found = [paper for paper in passing if bool(paper.retraction) != asked.is_lacking]
    number = f"{len(found):,}" if found else "None"
    are = "are" if len(found) > 1 else "is"
    among = f"of the {counted(len(passing))}{_limits(query, asked)}"
    said = f"{number} {among} {are}{' not' if asked.is_lacking else ''} recorded as retracted"
    said = f"{NO_LIST if asked.is_of_list and query.among is None else ''}{said}"
    said = f"{said} or withdrawn." if passing else f"There is no paper{_limits(query, asked)} here."
    if not found:
        hint = f" {LATER_NOTICES}" if passing and not asked.is_lacking else ""
        return DirectAnswer(f"{said}{hint}", "records")
    kept = "not recorded" if asked.is_lacking else "recorded"
    told = f"{kept} as retracted or withdrawn{_limits(query, asked)}"
    return _listed(said, found, query, told)


def _passing(query: Query, asked: LibraryQuestion, lookup: PaperLookup) -> list[Paper]:
    if asked.topic or query.among:
        titled, others = papers_on_topic(query, asked, lookup)
        return [*titled, *others]
    return [p for p in lookup.everything() if not query.filters or admits(query.filters, p)]


def _limits(query: Query, asked: LibraryQuestion) -> str:
    before = f" {query.among.told}" if query.among and query.among.told else ""
    on = f"{before} on “{asked.topic}”" if asked.topic else before
    return on + (f" {describe_filters(query.filters)}" if query.filters else "")


def _listed(said: str, found: Sequence[Paper], query: Query, told: str) -> DirectAnswer:
    numbering = Numbering(query.history)
    citations = [cite_record(paper, numbering) for paper in found[:MOST_LISTED]]
    lines = []
    for place, cited in enumerate(citations, start=1):
        why = said_of_retraction(cited.paper)
        line = f"{place}. {heading(cited.paper)}{f': {why}' if why else ''} [{cited.marker}]"
        lines.append(line)
    more = said_of_rest(len(found) - len(citations))
    text = f"{said}\n\n" + "\n".join(lines) + more
    return DirectAnswer(
        text,
        "records",
        tuple(citations),
        found=tuple(found),
        listed=Listed(tuple(p.paper_id for p in found), len(citations), told),
    )
