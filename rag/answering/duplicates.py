"""Tell which papers of a library may be in it twice."""

from __future__ import annotations

from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.library_overview import counted
from rag.answering.records import cite_record, heading
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.types import NO_FILTERS, Citation
from rag.verification.numbering import Numbering

MOST_GROUPS: Final = 10
HOW_TO_MERGE: Final = (
    "In the Library tab “may be twice” shows them, to be ticked and merged; in a terminal "
    "`paperchat papers duplicates --merge` asks of each."
)


def describe_duplicates(query: Query, lookup: PaperLookup) -> DirectAnswer:
    """List the papers that share a title, an identifier or an abstract, a line for each group."""
    groups = lookup.twins()
    total = counted(lookup.count(NO_FILTERS))
    if not groups:
        text = f"No two of the {total} in this library share a title, an identifier or an abstract."
        return DirectAnswer(text, "records")
    numbering = Numbering(query.history)
    cited: list[Citation] = []
    lines = []
    for group in groups[:MOST_GROUPS]:
        found = [cite_record(paper, numbering) for paper in lookup.by_id(group)]
        cited += found
        lines.append("- " + "; ".join(f"{heading(c.paper)} [{c.marker}]" for c in found))
    count = sum(map(len, groups))
    said = f"{count:,} of the {total} share a title, an identifier or an abstract with another one"
    more = f"\n\nAnd {len(groups) - MOST_GROUPS:,} more." if len(groups) > MOST_GROUPS else ""
    listing = "\n".join(lines)
    text = f"{said}:\n\n{listing}{more}\n\n{HOW_TO_MERGE}"
    return DirectAnswer(text, "records", tuple(cited), found=tuple(c.paper for c in cited))
