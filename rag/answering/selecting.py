"""Tell which of some papers have something: of a list before, or of all that pass the filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.library_overview import MOST_LISTED, counted
from rag.answering.records import code_sentence, has_field, listed, no_sentence
from rag.answering.relisting import said_of_rest
from rag.answering.roles import lead_sentence
from rag.answering.topic_papers import papers_on_topic
from rag.query.fields import Field
from rag.query.filters import describe_filters
from rag.query.library_question import LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.sentences import Sentence
from rag.types import NO_FILTERS, Listed, Paper
from rag.verification.numbering import Numbering

FIELD_NAMES: Final[Mapping[Field, str]] = {
    "authors": "a recorded author",
    "date": "a recorded date",
    "venue": "a recorded journal or conference",
    "link": "a recorded address",
    "code": "an abstract that says where code is",
    "bibtex": "a record",
}
NO_LIST: Final = "No list came before this, so it is asked of the whole library. "


def describe_selected(query: Query, asked: LibraryQuestion, lookup: PaperLookup) -> DirectAnswer:
    """Tell how many of some papers have what is asked for, and list them."""
    base, told = _base(query, asked, lookup)
    found = [paper for paper in _limited(base, query, asked, lookup) if _has(paper, asked)]
    number = f"{len(found):,}" if found else "None"
    has = _has_what(query, asked, is_one=len(found) < 2)
    said = f"{number} of the {counted(len(base))}{told} {has}.{_unknown(base, query, asked)}"
    if asked.is_of_list and query.among is None:
        said = NO_LIST + said
    if not found:
        return DirectAnswer(said, "records")
    sentence_of = _sentence_of(asked)
    lines, citations = listed(found[:MOST_LISTED], Numbering(query.history), sentence_of)
    more = said_of_rest(len(found) - len(citations))
    ids = tuple(paper.paper_id for paper in found)
    which = ", ".join(filter(None, (told.strip(), *_limits(query, asked))))
    return DirectAnswer(
        f"{said}\n\n{lines}{more}",
        "records",
        tuple(citations),
        found=tuple(found),
        listed=Listed(ids, len(citations), which),
    )


def _base(query: Query, asked: LibraryQuestion, lookup: PaperLookup) -> tuple[list[Paper], str]:
    """Return the papers of which is asked, and what they are, in words behind "papers"."""
    of_all = replace(asked, topic="", kind="", venues=())
    if query.among:
        papers, _ = papers_on_topic(replace(query, filters=NO_FILTERS), of_all, lookup)
        return papers, f" {query.among.told}" if query.among.told else ""
    return list(lookup.everything()), ""


def _limited(
    base: Sequence[Paper], query: Query, asked: LibraryQuestion, lookup: PaperLookup
) -> list[Paper]:
    """Return those of some papers that pass filters and venues and are on the topic."""
    titled, others = papers_on_topic(query, asked, lookup)
    passing = {paper.paper_id for paper in (*titled, *others)}
    return [paper for paper in base if paper.paper_id in passing]


def _has(paper: Paper, asked: LibraryQuestion) -> bool:
    return asked.field is None or has_field(paper, asked.field) != asked.is_lacking


def _has_what(query: Query, asked: LibraryQuestion, *, is_one: bool) -> str:
    """Return what papers have that are found, as the predicate of a sentence."""
    are = [describe_filters(query.filters)] if query.filters else []
    are += [f"recorded as published in {' or '.join(asked.venues)}"] if asked.venues else []
    have = [f"“{asked.topic}” in title or abstract"] if asked.topic else []
    have += [f"“{asked.kind.partition('|')[0]}” or the like in the title"] if asked.kind else []
    if asked.field:
        name = FIELD_NAMES[asked.field]
        have.append(f"no {name.partition(' ')[2]}" if asked.is_lacking else name)
    parts = [f"{'is' if is_one else 'are'} {' and '.join(are)}"] if are else []
    parts += [f"{'has' if is_one else 'have'} {' and '.join(have)}"] if have else []
    return " and ".join(parts)


def _limits(query: Query, asked: LibraryQuestion) -> list[str]:
    """Return what papers that are found are, in words behind "papers"."""
    limits = [describe_filters(query.filters)] if query.filters else []
    limits += [f"published in {' or '.join(asked.venues)}"] if asked.venues else []
    limits += [f"with “{asked.topic}” in title or abstract"] if asked.topic else []
    limits += (
        [f"with “{asked.kind.partition('|')[0]}” or the like in the title"] if asked.kind else []
    )
    if asked.field:
        name = FIELD_NAMES[asked.field]
        limits.append(f"{'without' if asked.is_lacking else 'with'} {name}")
    return limits


def _unknown(base: Sequence[Paper], query: Query, asked: LibraryQuestion) -> str:
    """Say of how many papers is not recorded what they are chosen by; begins with a space."""
    lacking = [
        (bool(query.filters.authors), "author", sum(not paper.authors for paper in base)),
        (query.filters.has_years, "date", sum(not paper.published for paper in base)),
        (bool(asked.venues), "journal or conference", sum(not paper.venue for paper in base)),
    ]
    return "".join(
        f" For {count:,} of them no {name} is recorded."
        for is_asked, name, count in lacking
        if is_asked and count
    )


def _sentence_of(asked: LibraryQuestion) -> Callable[[Paper], Sentence | None]:
    """Return what is quoted of each paper: where its code is, or what it does; of a count none."""
    if asked.field == "code" and not asked.is_lacking:
        return code_sentence
    is_bare = asked.what == "count" or asked.field is not None
    return no_sentence if is_bare else lead_sentence
