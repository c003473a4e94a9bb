"""Find the journals and conferences that a question names: "papers at ICML", "the NeurIPS ones"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from rag.query.library_question import LibraryAspect, LibraryQuestion
from rag.query.shelf_words import (
    LIBRARY,
    PAPERS,
    PUBLISHED,
    SMALL,
    VENUES,
    topic_before_noun,
    without_topic,
    words_of,
)
from rag.text import folded
from rag.types import Paper

_PEOPLE: Final = words_of(
    """author authors researcher researchers people person somebody someone scientists group groups
    team teams who whose written wrote work works working"""
)
_PRINTED: Final = words_of("published appeared presented")
_THINGS: Final = PAPERS - words_of("work works record records entry entries item items")
_JOINTS: Final = words_of("and or the at in from")
_ASKING: Final = (
    PAPERS | VENUES | PUBLISHED | words_of("anything something any many count list show have")
) - words_of("from come came")
_WORDS: Final = (
    SMALL
    | PAPERS
    | VENUES
    | PUBLISHED
    | LIBRARY
    | words_of("anything something count ones year accepted paper number there")
)
HOW_MANY: Final = re.compile(r"\b(?:how\s+many|count|number\s+of)\b", re.IGNORECASE)
YEAR_BEHIND: Final = re.compile(r"\s*,?\s*['’]?((?:19|20)\d\d)\b")
MONTHS: Final = words_of(
    """january february march april may june july august september october november december"""
)
_NAME: Final = r"(?P<name>[A-Z][\w&.’'-]*(?:\s+(?:(?:of|and|on|for|the|in)\s+)?[A-Z][\w&.’'-]*)*)"
NAME_OF_PLACE: Final = re.compile(
    r"\b(?i:(?P<lead>from|at|in|journal|conference|magazine)\s+(?:the\s+)?"
    rf"(?:journal\s+|conference\s+|magazine\s+)?){_NAME}(?=\W*$|\s)"
)
# Names of one venue, as records have them.
SAME: Final[Mapping[str, str]] = {
    "nips": "neurips",
    "advances in neural information processing systems": "neurips",
    "conference on neural information processing systems": "neurips",
    "international conference on machine learning": "icml",
    "international conference on learning representations": "iclr",
    "transactions on machine learning research": "tmlr",
    "journal of machine learning research": "jmlr",
    "proceedings of the national academy of sciences": "pnas",
}


class NamedVenue(NamedTuple):
    """A venue of the library, and where a question names it."""

    name: str
    start: int
    end: int


class UnknownPlace(NamedTuple):
    """A name that no record has.

    Attributes:
        is_venue: Whether it is said to be one, and not where authors may work.
        is_sure: Whether it is surely no word of a topic, as "papers in English" may be.
    """

    name: str
    is_venue: bool
    is_sure: bool = True


def venue_key(name: str) -> str:
    """Return what the spellings of a venue's name share."""
    bare = re.sub(r"^(?:the|proceedings of the)\s+", "", " ".join(folded(name).split()))
    bare = re.sub(r"\s*\b(?:19|20)\d\d\b\s*", " ", bare).strip()
    return SAME.get(bare, bare)


def is_in_venue(paper: Paper, venues: Sequence[str]) -> bool:
    """Return whether a paper is recorded as published in one of the venues."""
    return bool(paper.venue) and venue_key(paper.venue or "") in map(venue_key, venues)


@dataclass(frozen=True, slots=True)
class AskedVenues:
    """What a question asks of the papers of certain venues.

    Attributes:
        asked: The question, its venues among it.
        year: That of the venue, `ICLR 2023`; None where none stands behind it.
    """

    asked: LibraryQuestion
    year: int | None = None


def asked_of_venues(
    question: str, named: Sequence[NamedVenue], *, is_limited: bool = False
) -> AskedVenues | None:
    """Return what a question asks of the papers of the venues that it names, if anything.

    Args:
        question: What is asked, without its filters.
        named: The venues in it.
        is_limited: Whether it has filters, which need no word for papers beside them.
    """
    if not named:
        return None
    year = YEAR_BEHIND.match(question, named[-1].end)
    bare = question[: named[0].start] + question[year.end() if year else named[-1].end :]
    between = [question[a.end : b.start] for a, b in pairwise(named)]
    said = without_topic(bare)
    if not said.topic:
        said = topic_before_noun(bare, _WORDS)
    words = words_of(said.bare)
    is_asked = (words & _ASKING or is_limited) and all(
        words_of(text) <= _JOINTS for text in between
    )
    if not (is_asked and words <= _WORDS):
        return None
    what: LibraryAspect = "count" if HOW_MANY.search(bare) else "list"
    venues = tuple(dict.fromkeys(each.name for each in named))
    return AskedVenues(LibraryQuestion(what, said.topic, venues=venues), year and int(year[1]))


def read_venues(
    question: str, names: Iterable[str], is_word: Callable[[str], bool]
) -> list[NamedVenue]:
    """Return the venues of a library that a question names, in its order."""
    known = {venue_key(name): name for name in names}
    spellings = {name: name for name in known.values()} | {key: name for key, name in known.items()}
    spellings |= {long: known[key] for long, key in SAME.items() if key in known}
    found: list[NamedVenue] = []
    for spelled in sorted(spellings, key=len, reverse=True):
        needs_case = is_word(spelled.lower())
        if needs_case and spelled.islower():
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(spelled)}(?!\w)", 0 if needs_case else re.I)
        for match in pattern.finditer(question):
            if all(match.end() <= each.start or match.start() >= each.end for each in found):
                found.append(NamedVenue(spellings[spelled], *match.span()))
    return sorted(found, key=lambda each: each.start)


def only_venues(question: str, named: Sequence[NamedVenue]) -> bool:
    """Return whether a question says only venues, to ask the last one of them: "and ICML?"."""
    left = words_of(without_venues(question, named))
    return bool(named) and left <= (SMALL | words_of("ones")) - words_of("is are was were do does")


def without_venues(question: str, named: Sequence[NamedVenue]) -> str:
    """Return a question without the venues that it names."""
    for each in reversed(named):
        question = f"{question[: each.start]} {question[each.end :]}"
    return question


def unknown_place(question: str) -> UnknownPlace | None:
    """Return a name in the place of a venue's, or of where authors work, that no record has.

    "Papers published in Nature", "who is from Stanford?"
    """
    match = NAME_OF_PLACE.search(question)
    if match is None or words_of(match["name"]) & MONTHS:
        return None
    words = words_of(f"{question[: match.start()]} {question[match.end() :]}")
    said = words & (VENUES | _PRINTED) or words_of(match["lead"]) & VENUES
    is_in = match["lead"].lower() == "in"
    is_asked = said or words & (_THINGS if is_in else _THINGS | _PEOPLE)
    if not is_asked or not words <= _WORDS | _PEOPLE:
        return None
    return UnknownPlace(
        match["name"], is_venue=bool(said) or is_in, is_sure=bool(said) or not is_in
    )


def count_venues(papers: Iterable[Paper]) -> dict[str, int]:
    """Return how many papers each venue has, the most frequent first, by its commonest name."""
    names: dict[str, Counter[str]] = {}
    for paper in papers:
        if paper.venue:
            names.setdefault(venue_key(paper.venue), Counter())[paper.venue] += 1
    counts = {each.most_common(1)[0][0]: each.total() for each in names.values()}
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
