"""Separate the filters of a question from its topic, and apply them; pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rag.query.authors import WRITES, FindAuthors, read_authors, year_behind
from rag.query.groups import FindGroups, find_groups, names_among
from rag.query.questions import LEANS_BACK, STOP_WORDS, WORD, earlier_questions
from rag.query.years import read_years
from rag.store.names import is_called
from rag.text import folded
from rag.types import Filters, Message, Paper

# A question of these words and a filter asks for whatever passes: "papers by Ada Byron?"
UNTOPICAL: Final = STOP_WORDS | frozenset(
    re.findall(
        r"\w+",
        """anything everything appeared article articles author authored authors available came
        collection contain contribute contributed date dated develop developed display
        find found get give hold holds include introduce introduced jointly known
        library limit list name narrow new newer newest now older ones paper papers please preprint
        preprints present propose proposed publication publications publish published read recent
        released research restrict show something stored studies study stuff tell title titles
        together work worked works write written wrote year years""",
    )
)
QUOTED: Final = re.compile('“[^”]*”|"[^"]*"|«[^»]*»')  # words of a title are no filters
# "Including undated ones", "add those without a date".
WITH_UNDATED: Final = re.compile(
    r"\b(?:(?:and|but|please)\s+)*(?:including|includes?|plus|add|also|with)\s+(?:also\s+)?(?:the\s+|those\s+)?"
    r"(?:undated|(?:papers\s+|ones\s+)?without\s+(?:an?\s+)?(?:known\s+|recorded\s+)?(?:date|year)s?)(?:\s+(?:ones|papers))?\b",
    re.IGNORECASE,
)
NARROWS: Final = re.compile(
    r"^\W*(?:(?:how\s+many|which)(?:\s+ones?)?(?:\s+(?:are|were|is))?\s+"
    r"(?:from|in|since|before|after|until|by)\b"
    r"|(?:now\s+)?(?:please\s+)?(?:include|including|plus|add|with|only|just|any(?:thing)?|limit|restrict|narrow|from|in|since|before|after|until)\b)",
    re.IGNORECASE,
)
SPACES: Final = re.compile(r"\s{2,}|\s+(?=[,;:.?!])")
LOOSE: Final = re.compile(r"^[\s,;:]+|[\s,;:]+(?=[.?!]*\s*$)|([,;:])\s*(?=[,;:.?!])")


@dataclass(frozen=True, slots=True)
class Understood:
    """A question separated from its filters.

    Attributes:
        question: What is asked of the papers' texts; empty when all that pass are asked for.
        filters: Which papers may answer.
    """

    question: str
    filters: Filters


def understood_filters(
    question: str,
    find_authors: FindAuthors,
    this_year: int,
    names_of: FindGroups = lambda _: (),
) -> Understood:
    """Separate the years, authors, collections and tags in a question from its topic.

    Years that contradict each other ("before 2010 and after 2020") limit nothing.

    Args:
        question: What is asked.
        find_authors: Gives the library's authors that have a name.
        this_year: For "the last three years"; no paper is later than the next year.
        names_of: The names of the library's collections, or of its tags.
    """
    said = QUOTED.sub(
        lambda quote: quote[0][0] + "_" * (len(quote[0]) - 2) + quote[0][-1], question
    )
    authors = read_authors(said, find_authors)
    years = read_years(said, this_year) or [
        years for each in authors if (years := year_behind(said, each))
    ]
    since = max((each.since for each in years if each.since), default=None)
    until = min((each.until for each in years if each.until), default=None)
    if since and until and since > until:
        since, until, years = None, None, []
    undated = WITH_UNDATED.search(said)
    names = dict.fromkeys(name for each in authors for name in each.names)
    groups = find_groups(question, names_of)
    filters = Filters(
        since,
        until,
        tuple(names),
        collections=names_among(groups, "collection"),
        tags=names_among(groups, "tag"),
        undated=undated is not None,
    )
    places = [(each.start, each.end) for each in years]
    places += [(each.start, each.end) for each in authors]
    places += [(each.start, each.end) for each in groups]
    places += [undated.span()] if undated else []
    return Understood(_without(question, places), filters)


def _without(question: str, places: Sequence[tuple[int, int]]) -> str:
    if not places:
        return question
    for start, end in sorted(places, reverse=True):
        question = f"{question[:start]} {question[end:]}"
    return LOOSE.sub("", SPACES.sub(lambda gap: gap[0][:1] if len(gap[0]) > 1 else "", question))


def asked_of_papers(understood: Understood, asked: str, history: Sequence[Message]) -> Understood:
    """Add the topic of a question that consists of nothing but filters.

    Within a conversation "and since 2020?" asks the last question again; else all papers that pass
    are asked for.
    """
    if not understood.filters or not is_untopical(understood.question):
        return understood
    earlier = earlier_questions(history)
    is_own = understood.filters.authors and WRITES.search(asked)  # "what else did Ada write?"
    again = earlier[0] if earlier and only_filters(asked) and not is_own else ""
    return replace(understood, question=again)


def only_filters(question: str) -> bool:
    """Return whether a question without a topic limits the last one: "only 2022"."""
    return bool(LEANS_BACK.search(question) or NARROWS.match(question))


def is_untopical(question: str) -> bool:
    """Return whether no word of a question says what papers are about."""
    return all(word in UNTOPICAL for word in WORD.findall(question.lower()))


def admits(filters: Filters, paper: Paper) -> bool:
    """Return whether a paper passes; one without a known date passes no filter of years."""
    if filters.paper_ids and paper.paper_id not in filters.paper_ids:
        return False
    if filters.sources and paper.source not in filters.sources:
        return False
    if filters.authors and not count_named(filters, paper):
        return False
    if filters.collections and not _is_in(filters.collections, paper):
        return False
    if filters.tags and not {folded(t) for t in paper.tags} & {folded(t) for t in filters.tags}:
        return False
    return _is_within(filters, paper.year)


def _is_in(collections: Sequence[str], paper: Paper) -> bool:
    """Return whether a paper is in one of the collections, or in one nested in them."""
    wanted = [f"{folded(name)}/" for name in collections]
    return any(f"{folded(name)}/".startswith(tuple(wanted)) for name in paper.collections)


def _is_within(filters: Filters, year: int | None) -> bool:
    if not filters.has_years:
        return True
    if year is None:
        return filters.undated
    return (filters.since or year) <= year <= (filters.until or year)


def count_named(filters: Filters, paper: Paper) -> int:
    """Return how many of the filtered authors a paper has."""
    return sum(any(is_called(a, name) for a in paper.authors) for name in filters.authors)


def describe_filters(filters: Filters) -> str:
    """Return the filters in words: "from 2020 to 2022, by Ada Byron"; empty for none."""
    undated = " or undated" if filters.undated and filters.has_years else ""
    parts = [_describe_years(filters.since, filters.until) + undated]
    parts += [f"by {' or '.join(filters.authors)}"] if filters.authors else []
    parts += [f"from {' or '.join(map(repr, filters.sources))}"] if filters.sources else []
    parts += [f"in {' or '.join(map(repr, filters.collections))}"] if filters.collections else []
    parts += [f"tagged {' or '.join(map(repr, filters.tags))}"] if filters.tags else []
    parts += ["among those you chose"] if filters.paper_ids else []
    return ", ".join(filter(None, parts))


def _describe_years(since: int | None, until: int | None) -> str:
    if since and until:
        return f"from {since}" if since == until else f"from {since} to {until}"
    if since:
        return f"from {since} on"
    return f"until {until}" if until else ""
