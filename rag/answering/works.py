"""Tell what people of an answer before wrote, of what a library has: author by author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.library_overview import MOST_LISTED, counted
from rag.answering.records import cite_record, heading, listed
from rag.answering.relisting import said_of_rest
from rag.answering.topic_papers import papers_on_topic
from rag.query.filters import describe_filters
from rag.query.library_question import LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.types import Citation, Filters, Listed, Paper
from rag.verification.numbering import Numbering

MOST_NAMED: Final = 6  # people in a sentence


def describe_works(query: Query, asked: LibraryQuestion, lookup: PaperLookup) -> DirectAnswer:
    """List the papers of people, grouped by who wrote them where there are several.

    Each paper stands once, with the first of them that it is by.
    """
    by = {name: _works(name, query, asked, lookup) for name in asked.people}
    papers = list({p.paper_id: p for each in by.values() for p in each}.values())
    other = "other " if query.excluded else ""
    limits = _limits(query, asked)
    if not papers:
        text = f"No {other}paper by {_either(asked.people)}{limits} is in this library."
        return DirectAnswer(text, "records", reason="not_in_library")
    number = f"{len(papers):,} {other}paper{'' if len(papers) == 1 else 's'}"
    is_are = "is" if len(papers) == 1 else "are"
    said = f"{number}{limits} {is_are} by {_either([n for n in by if by[n]])}."
    numbering = Numbering(query.history)
    if len(asked.people) == 1:
        lines, citations = listed(papers[:MOST_LISTED], numbering)
    else:
        lines, citations = _grouped(by, numbering)
    told = f"by {_either(asked.people)}{limits}"
    ids = tuple(citation.paper.paper_id for citation in citations)
    left = tuple(p.paper_id for p in papers if p.paper_id not in ids)
    return DirectAnswer(
        f"{said}\n\n{lines}{said_of_rest(len(left))}",
        "records",
        tuple(citations),
        found=tuple(papers),
        listed=Listed((*ids, *left), len(ids), told, asked.people),
    )


def _works(name: str, query: Query, asked: LibraryQuestion, lookup: PaperLookup) -> list[Paper]:
    """Return the papers of a person that are asked for, the latest first."""
    own = replace(query, filters=Filters(authors=(name,)).over(query.filters))
    titled, others = papers_on_topic(own, replace(asked, people=()), lookup)
    return [*titled, *others]


def _limits(query: Query, asked: LibraryQuestion) -> str:
    """Return what the papers are to be beside by whom; begins with a space where not ""."""
    on = f" with “{asked.topic}” in title or abstract" if asked.topic else ""
    return (f" {describe_filters(query.filters)}" if query.filters else "") + on


def _either(names: Sequence[str]) -> str:
    """Return names as alternatives; of many only how many they are."""
    if len(names) > MOST_NAMED:
        return f"these {len(names)} people"
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _grouped(by: Mapping[str, Sequence[Paper]], numbering: Numbering) -> tuple[str, list[Citation]]:
    """Render the papers of several people, a group each; those without any come last."""
    parts: list[str] = []
    citations: dict[str, Citation] = {}
    for name, papers in by.items():
        fresh = [p for p in papers if p.paper_id not in citations]
        fresh = fresh[: MOST_LISTED - len(citations)]
        above = sum(p.paper_id in citations for p in papers)
        among = f", {above} of them above" if above and above < len(papers) else ""
        among = " above" if above and above == len(papers) else among
        lines = [f"**{name}**: {counted(len(papers))}{among}"] if papers else []
        for paper in fresh:
            cited = citations[paper.paper_id] = cite_record(paper, numbering)
            lines.append(f"{len(citations)}. {heading(paper)} [{cited.marker}]")
        parts += ["\n".join([lines[0], "", *lines[1:]]).rstrip()] if lines else []
    if without := [name for name, papers in by.items() if not papers]:
        parts.append(f"None is by {_either(without)}.")
    return "\n\n".join(parts), list(citations.values())
