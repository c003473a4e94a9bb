"""Recognise questions to the records of a library as a whole, by their words alone.

People word them in endless ways, and yet all in few words: a question is one where it has a word
for what is asked, and no word of another kind beside its topic. "From when to when are the
papers?", "how old is the oldest?", "which year has most papers", "list the conferences".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

from rag.query.focus import asked_count
from rag.query.library_question import Extreme, LibraryAspect, LibraryQuestion
from rag.query.shelf_words import (
    DATES,
    FEWEST,
    LIBRARY,
    MOST,
    NEWEST,
    OLDEST,
    PAPERS,
    PLACES,
    SMALL,
    VENUES,
    WORD,
    words_of,
)
from rag.text import NUMBER_WORDS

DATE: Final = re.compile(
    r"\b(?:years?|dates?|(?:time\s?)?(?:span|frame|range|period)s?|timespan|timeframe|decades?"
    r"|when|far\s+back)\b"
    r"|^\W*(?:how|are|is)\b.*\b(?:old|recent|up\s?-?to\s?-?date|current|outdated)\b(?!\s+papers)",
    re.IGNORECASE,
)
_OF_SPANS: Final = words_of(
    """cover covers covered distributed distribution frame goes group grouped most outdated over per
    period periods range ranges reach back by between come fewest back spread span spanned spans
    timeframe timespan year"""
)
_COVERS: Final = words_of("cover covers covered")
AUTHOR: Final = re.compile(
    r"\b(?:(?:co)?authors?|writers?|researchers?|people|who|scientists?)\b", re.IGNORECASE
)
_OF_AUTHORS: Final = words_of(
    """author authors coauthors has number published publishes researcher researchers scientist
    scientists writer writers written wrote who people appear appears by"""
)
# Says that all authors are asked about, not those of a paper.
OF_ALL: Final = re.compile(
    r"\b(?:most|top|prolific|productive|frequent(?:ly)?|fewest|represented|you\s+know"
    r"|(?:library|collection|corpus|database|archive|here|you\s+have|do\s+you\s+have))\b",
    re.IGNORECASE,
)
_OF_AGE: Final = words_of("additions ever most news one ones single very") | frozenset(NUMBER_WORDS)
_OF_VENUES: Final = words_of(
    """appear appeared appears come comes cover covered covers from number present published
    publish publishes recorded where"""
)
_OF_PLACES: Final = words_of(
    """at based behind by come comes from located represented where work working works who wrote
    people"""
)
_OF_EXTREMES: Final = words_of("appear by come came from number published were with")
_PLURAL: Final = words_of("papers articles publications studies works preprints records entries")
# "These papers" are those of the conversation.
POINTS: Final = re.compile(r"\b(?:these|those|them|they|their|its)\b", re.IGNORECASE)
_ABOUT: Final = re.compile(
    r"(?:(?<=\s)|^)(?:(?:that|which)\s+)?(?:(?:are|is|deals?|dealing)\s+)?"
    r"(?:on|about|regarding|concerning|with)\s+(?=\S)",
    re.IGNORECASE,
)
# What may stand behind a topic: "the first paper on moss that was published here".
_BEHIND_TOPIC: Final = (SMALL | DATES | LIBRARY) - words_of("on about new young papers works")


LONGEST_BEFORE: Final = 4  # words of a topic before a noun


class Topical(NamedTuple):
    """A question without its topic, and that; empty where it has none."""

    bare: str
    topic: str


def without_topic(question: str) -> Topical:
    """Separate what papers are to be about, behind "on", from the rest of a question."""
    match = _ABOUT.search(question)
    if match is None:
        return Topical(question, "")
    said = question[match.end() :]
    end = re.search(r"[?.!,;:]", said)
    topic = (said[: end.start()] if end else said).split()
    behind = said[end.start() :] if end else ""
    while topic and words_of(topic[-1]) <= _BEHIND_TOPIC:
        behind = f"{topic.pop()} {behind}"
    if not topic:
        return Topical(question, "")
    return Topical(f"{question[: match.start()]} {behind}".strip(), " ".join(topic))


def topic_before_noun(question: str, allowed: Set[str]) -> Topical:
    """Separate the words before "papers" that are of no allowed kind: "the newest moss papers"."""
    words = list(WORD.finditer(question))
    unknown = [n for n, word in enumerate(words) if word[0].lower() not in allowed]
    if not unknown or unknown[-1] - unknown[0] >= LONGEST_BEFORE:
        return Topical(question, "")
    first, behind = words[unknown[0]], words[unknown[-1] + 1 :][:1]
    if not behind or behind[0][0].lower() not in PAPERS:
        return Topical(question, "")
    start, end = first.start(), words[unknown[-1]].end()
    return Topical(f"{question[:start]}{question[end:]}", question[start:end])


@dataclass(frozen=True, slots=True)
class _Fact:
    """A kind of question: what says that it is asked, and the words that it may have.

    Attributes:
        is_asked: Whether a question asks for it.
        words: Those that it may have, beside small ones and those for the library and papers.
        is_topical: Whether it may be asked of the papers on a topic.
    """

    what: LibraryAspect
    is_asked: Callable[[frozenset[str], Topical], bool]
    words: frozenset[str]
    is_topical: bool = False

    def read(self, question: str) -> LibraryQuestion | None:
        """Return the question for it, if one is."""
        allowed = SMALL | LIBRARY | PAPERS | self.words
        ways = [Topical(question, "")]
        if self.is_topical:
            apart = (without_topic(question), topic_before_noun(question, allowed))
            ways += [way for way in apart if way.topic]
        for said in ways:
            words = frozenset(w for w in words_of(said.bare) if not w.isdecimal())
            if words <= allowed and self.is_asked(words, said):
                extreme = _extreme(words, self.what)
                return LibraryQuestion(
                    self.what, said.topic, most=asked_count(question), extreme=extreme
                )
        return None


def _asks_for_oldest(words: frozenset[str], said: Topical) -> bool:
    """Return whether the oldest is asked for; "the first paper" may be that of a list."""
    is_first = "first" in words and (said.topic or "ever" in words)
    return bool(words & (OLDEST - {"first"}) or is_first)


def _asks_for_newest(words: frozenset[str], _: Topical) -> bool:
    is_of_dates = "most" not in words and words & words_of("how are is")
    return bool(words & (NEWEST - {"recent"}) or ("recent" in words and not is_of_dates))


def _asks_for_dates(words: frozenset[str], said: Topical) -> bool:
    is_extreme = words & (MOST | FEWEST) and words & words_of("year years decade")
    return bool((words & (LIBRARY | _COVERS) and DATE.search(said.bare)) or is_extreme)


def _asks_for_authors(_: frozenset[str], said: Topical) -> bool:
    return bool(AUTHOR.search(said.bare) and OF_ALL.search(said.bare))


def _asks_for_venues(words: frozenset[str], _: Topical) -> bool:
    is_of_all = words & (LIBRARY | MOST | FEWEST) or any(w.endswith("s") for w in words & VENUES)
    published = words & words_of("published appear appeared")
    return bool(
        (words & VENUES and is_of_all) or ("where" in words and words & _PLURAL and published)
    )


def _asks_for_affiliations(words: frozenset[str], _: Topical) -> bool:
    is_of_all = words & LIBRARY or any(word.endswith("s") for word in words & PLACES)
    is_where = "where" in words and words & words_of("authors people researchers")
    return bool((words & PLACES and is_of_all) or is_where)


FACTS: Final = (
    _Fact("affiliations", _asks_for_affiliations, PLACES | _OF_AUTHORS | _OF_PLACES),
    _Fact("venues", _asks_for_venues, VENUES | MOST | FEWEST | _OF_VENUES),
    _Fact("oldest", _asks_for_oldest, OLDEST | DATES | _OF_AGE, is_topical=True),
    _Fact("newest", _asks_for_newest, NEWEST | DATES | _OF_AGE, is_topical=True),
    _Fact("dates", _asks_for_dates, DATES | MOST | FEWEST | _OF_SPANS | _OF_EXTREMES),
    _Fact("authors", _asks_for_authors, MOST | FEWEST | _OF_AUTHORS),
)


def library_fact(question: str, *, is_of_list: bool = False) -> LibraryQuestion | None:
    """Return what a question asks of all records, if it does.

    Args:
        question: What is asked.
        is_of_list: Whether it may be asked of those that a list before showed: "of these".
    """
    if POINTS.search(question) and not is_of_list:
        return None
    return next(filter(None, (fact.read(question) for fact in FACTS)), None)


def _extreme(words: frozenset[str], what: LibraryAspect) -> Extreme | None:
    if what not in ("dates", "venues"):
        return None
    if words & FEWEST:
        return "fewest"
    return "most" if words & (MOST - words_of("main maximum")) else None
