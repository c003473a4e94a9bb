"""Answer from the records of papers: who wrote one, when, where, its link.

Nothing is guessed: the answer says which field a record lacks, and how to complete it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.roles import lead_sentence
from rag.authors import names_of
from rag.export import export_papers
from rag.identifiers import arxiv_id_of
from rag.query.fields import Field
from rag.sentences import Sentence, split_sentences
from rag.types import Citation, Listed, Message, Paper
from rag.verification.numbering import Numbering

COMPLETE: Final = (
    "To complete the record, open the paper in the library and look it up or edit it "
    "(in a terminal: `paperchat papers enrich`, `paperchat papers edit`)."
)
NOTICES: Final = (
    "A later notice is found by looking the record up: open the paper in the library "
    "(in a terminal: `paperchat papers enrich`)."
)
RETRACTED: Final = re.compile(r"(?:retracted|withdrawn|removed)\b", re.IGNORECASE)
NEAREST: Final = "No paper here has that in its title; this one comes nearest."
MOST_AUTHORS: Final = 12


def cite_record(paper: Paper, numbering: Numbering, sentence: Sentence | None = None) -> Citation:
    """Cite a paper, with the sentence that is quoted beside its record, if any."""
    marker = numbering.number(paper)
    if sentence is None:
        return Citation(marker, paper, "", 0, 0, 1.0)
    return Citation(marker, paper, sentence.text, sentence.start, sentence.end, 1.0)


def describe_fields(
    papers: Sequence[Paper],
    fields: Sequence[Field],
    history: Sequence[Message],
    *,
    are_meant: bool = True,
) -> DirectAnswer:
    """Describe some fields of the records of papers, a paragraph a paper.

    Args:
        papers: Whose records are described.
        fields: The fields to describe.
        history: The conversation before, for its markers.
        are_meant: Whether these are surely the papers that are asked about.
    """
    numbering = Numbering(history)
    paragraphs, citations = [], []
    for paper in papers:
        citation = cite_record(paper, numbering, _quoted(paper, fields))
        said = describe_record(paper, fields, citation.marker)
        paragraphs.append(f"**{paper.title}**\n{said}")
        citations.append(citation)
    ordered = tuple(sorted(citations, key=lambda citation: citation.marker))
    shown = paragraphs if are_meant else [NEAREST, *paragraphs]
    names = dict.fromkeys(name for paper in papers for name in paper.authors)
    listed = Listed(authors=tuple(names)) if "authors" in fields and names else None
    return DirectAnswer("\n\n".join(shown), "records", ordered, listed=listed)


def _quoted(paper: Paper, fields: Sequence[Field]) -> Sentence | None:
    """Return what of a paper's abstract is quoted beside its record, if anything."""
    if "abstract" in fields and paper.abstract:
        return Sentence(paper.abstract, 0, len(paper.abstract))
    is_code = "code" in fields or ("link" in fields and not paper.address)
    return code_sentence(paper) if is_code else None


def describe_record(paper: Paper, fields: Sequence[Field], marker: int) -> str:
    """Describe some fields of a paper's record, with its marker."""
    return " ".join(DESCRIBE[field](paper, f"[{marker}]") for field in fields)


def _authors(paper: Paper, mark: str) -> str:
    names = paper.authors
    if not names:
        return f"No author is recorded for this paper {mark}. {COMPLETE}"
    shown = ", ".join(names[:MOST_AUTHORS])
    more = f" and {len(names) - MOST_AUTHORS} more" if len(names) > MOST_AUTHORS else ""
    return f"Written by {shown}{more} {mark}."


def _date(paper: Paper, mark: str) -> str:
    if not paper.published:
        return f"No date of publication is recorded for this paper {mark}. {COMPLETE}"
    return f"Published {paper.published} {mark}."


def _venue(paper: Paper, mark: str) -> str:
    if paper.venue:
        return f"Published in {paper.place} {mark}."
    arxiv = arxiv_id_of(paper)
    on = f" It is on arXiv as {arxiv}." if arxiv else ""
    return f"No journal or conference is recorded for this paper {mark}.{on} {COMPLETE}"


def _link(paper: Paper, mark: str) -> str:
    if paper.address:
        return f"{paper.address} {mark}"
    searched = f"this searches {paper.searched_at} for its title: {paper.link}"
    code = code_sentence(paper)
    said = f" The abstract says: {code.text} {mark}" if code else ""
    return f"No address is recorded for this paper {mark}; {searched}" + said


def _code(paper: Paper, mark: str) -> str:
    sentence = code_sentence(paper)
    if sentence:
        return f"{sentence.text} {mark}"
    return f"The abstract names no code {mark}. The paper itself may: {paper.link}"


def _bibtex(paper: Paper, mark: str) -> str:
    lacking = [
        name for name, value in (("author", paper.authors), ("year", paper.year)) if not value
    ]
    lacks = (
        f"\n\nNo {' and no '.join(lacking)} is recorded, so the entry has none." if lacking else ""
    )
    entry = export_papers([replace(paper, abstract="")], "bibtex").strip()
    return f"From its record {mark}:\n\n```bibtex\n{entry}\n```{lacks}"


def _abstract(paper: Paper, mark: str) -> str:
    if not paper.abstract:
        return f"No abstract is recorded for this paper {mark}. {COMPLETE}"
    about = "A summary, not the authors' abstract: " if paper.is_summary else ""
    return f"{about}{paper.abstract} {mark}"


def _retraction(paper: Paper, mark: str) -> str:
    if paper.retraction:
        return f"This paper was {said_of_retraction(paper)} {mark}."
    return f"Its record tells of no retraction {mark}. {NOTICES}"


def said_of_retraction(paper: Paper) -> str:
    """Return what is known of a paper's retraction, within a sentence; "" where nothing is."""
    told = (paper.retraction or "").rstrip(". ")
    if not told or RETRACTED.match(told):
        return told[:1].lower() + told[1:]
    return f"retracted: {told}"


DESCRIBE: Final[Mapping[Field, Callable[[Paper, str], str]]] = {
    "authors": _authors,
    "date": _date,
    "venue": _venue,
    "link": _link,
    "code": _code,
    "bibtex": _bibtex,
    "abstract": _abstract,
    "retraction": _retraction,
}


def has_field(paper: Paper, field: Field) -> bool:
    """Return whether a paper's record, or for code its abstract, has a field."""
    kept = {
        "authors": bool(paper.authors),
        "date": bool(paper.published),
        "venue": bool(paper.venue),
        "link": bool(paper.address),
        "abstract": bool(paper.abstract),
        "retraction": bool(paper.retraction),
    }
    return kept.get(field, code_sentence(paper) is not None)


def no_sentence(_: Paper) -> None:
    """Quote nothing of a paper, for a list of titles alone."""


def code_sentence(paper: Paper) -> Sentence | None:
    """Return the sentence of an abstract that says where code is, if any."""
    from rag.answering.extractive import LINK

    found = [s for s in split_sentences(paper.abstract) if LINK.search(s.text)]
    return found[-1] if found else None


def heading(paper: Paper) -> str:
    """Render a paper for a list: its title, and authors and year where known."""
    families = [name.whole_family for name in names_of(paper)]
    who = f"{families[0]} et al." if len(families) > 1 else "".join(families)
    details = ", ".join(filter(None, (who, str(paper.year or ""))))
    return f"**{paper.title}**" + (f" ({details})" if details else "")


def listed(
    papers: Sequence[Paper],
    numbering: Numbering,
    sentence_of: Callable[[Paper], Sentence | None] = lead_sentence,
    start: int = 1,
) -> tuple[str, list[Citation]]:
    """Render a numbered list of papers, each with a sentence, and citations.

    Args:
        papers: In the order of the list.
        numbering: The numbers of the conversation.
        sentence_of: Picks the sentence for a paper; by default the one that says what it does.
        start: The number of the first.
    """
    lines, citations = [], []
    for place, paper in enumerate(papers, start=start):
        sentence = sentence_of(paper)
        citation = cite_record(paper, numbering, sentence)
        said = f": {sentence.text}" if sentence else ""
        lines.append(f"{place}. {heading(paper)}{said} [{citation.marker}]")
        citations.append(citation)
    return "\n".join(lines), citations
