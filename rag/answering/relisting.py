"""Go on with a list of an answer before: show its rest, or say that there is none."""

from __future__ import annotations

from dataclasses import replace

from rag.answering.direct import DirectAnswer
from rag.answering.library_overview import MOST_LISTED, counted
from rag.answering.records import listed
from rag.query.filters import admits
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.types import Listed, Paper
from rag.verification.numbering import Numbering


def said_of_rest(left: int) -> str:
    """Say below a list how many papers it does not show; "" for none."""
    return (
        f"\n\nAnd {left:,} more: ask for the rest to see {'it' if left == 1 else 'them'}."
        if left > 0
        else ""
    )


def listed_papers(among: Listed, query: Query, lookup: PaperLookup) -> list[Paper]:
    """Return the papers of a list that are still there and pass the filters, in its order."""
    found = {p.paper_id: p for p in lookup.by_id(among.paper_ids)}
    kept = [found[paper_id] for paper_id in among.paper_ids if paper_id in found]
    return [paper for paper in kept if not query.filters or admits(query.filters, paper)]


def describe_rest(query: Query, among: Listed, lookup: PaperLookup) -> DirectAnswer:
    """List the papers of a list that are not shown yet; where there is none, say that."""
    papers = listed_papers(among, query, lookup)
    these = f"{counted(len(papers))}{f' {among.told}' if among.told else ''}"
    asked = query.library_question
    if asked and asked.what == "count":
        shown = "all" if among.shown >= len(papers) else f"{among.shown:,}"
        text = f"There are {these}; {shown} of them were shown."
        return DirectAnswer(text, "records", listed=among)
    most = (asked.most if asked else 0) or MOST_LISTED
    left = papers[among.shown :][: MOST_LISTED if most == len(papers) - among.shown else most]
    now = replace(among, shown=among.shown + len(left))
    if not left:
        text = f"That is all: these are the {these}."
        one = f"That is all: it is the only paper{f' {among.told}' if among.told else ''}."
        return DirectAnswer(one if len(papers) == 1 else text, "records", listed=now)
    lines, citations = listed(left, Numbering(query.history), start=among.shown + 1)
    span = f"are {among.shown + 1:,} to {now.shown:,}" if len(left) > 1 else "is the last"
    text = f"Here {span} of the {these}.\n\n{lines}{said_of_rest(len(papers) - now.shown)}"
    return DirectAnswer(text, "records", tuple(citations), found=tuple(left), listed=now)
