"""Recognise questions to the records of a library as a whole, by their words alone.

People word them in endless ways, and yet all in few words: a question is one where it has a word
for what is asked, and no word of another kind beside its topic. "From when to when are the
papers?", "how old is the oldest?", "which year has most papers", "list the conferences".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rag.query.fields import Field
from rag.query.focus import asked_count
from rag.query.library_question import KINDS, Extreme, LibraryAspect, LibraryQuestion
from rag.query.shelf_words import (
    CODE,
    CODES,
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
    Topical,
    topic_before_noun,
    without_topic,
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
    scientists writer writers written wrote who people appear appears by
    more than one two several multiple"""
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
    publish publishes recorded where per"""
)
_OF_PLACES: Final = words_of(
    """at based behind by come comes from located represented where work working works who wrote
    people"""
)
_OF_EXTREMES: Final = words_of("appear by come came from number published were with")
_SOURCES: Final = words_of("collections sources files tags labels keywords folders")
_WHICH: Final = words_of("what which list show how have there all any your my last recently")
_DUPLICATES: Final = words_of(
    "duplicate duplicates duplicated duplication doubled doubles doublets twice"
)
_OF_DUPLICATES: Final = words_of(
    """check contain contains copies could entries exist exists find has look looks might occur
    occurs possible potential stored there times was were"""
)
_ADDING: Final = words_of("add added imported uploaded ingested")
_OF_ADDING: Final = NEWEST | words_of(
    """day days did hour hours lately last month months newly new night recently since today week
    weeks year yesterday first monday tuesday wednesday thursday friday saturday sunday"""
)
_PLURAL: Final = words_of("papers articles publications studies works preprints records entries")
# "These papers" are those of the conversation.
POINTS: Final = re.compile(r"\b(?:these|those|them|they|their|its)\b", re.IGNORECASE)


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
                return LibraryQuestion(
                    self.what,
                    said.topic,
                    most=asked_count(question),
                    extreme=_extreme(words, self.what),
                    has_both_ends=self.what == "oldest" and bool(words & NEWEST),
                )
        return None


# "Papers with code", "which papers have no date", "undated papers".
_HAVING: Final = r"with(?:out)?|have|has|having|lack\w*|miss\w*|includ\w+"
_GIVING: Final = r"releas\w+|publish\w*|provid\w+|shar\w+"
_OF_FIELDS: Final[Mapping[Field, frozenset[str]]] = {
    "code": CODES,
    "authors": words_of("author authors"),
    "date": words_of("date dates dated undated year years"),
    "venue": words_of("venue venues journal journals conference conferences"),
    "link": words_of("link links url urls doi dois address addresses"),
}
_FIELD_WORDS: Final = frozenset().union(*_OF_FIELDS.values())
_NOUN: Final = rf"\b(?:{'|'.join(PAPERS)})\b"
BY_FIELD: Final = re.compile(
    rf"{_NOUN}.*\b(?:{_HAVING})\b.*\b(?:{'|'.join(_FIELD_WORDS)})\b|\bundated\s+{_NOUN}"
    rf"|{_NOUN}.*\b(?:{_GIVING})\b.*\b(?:{'|'.join(CODES)})\b|{_NOUN}.*\bopen[\s-]?sourced?\b",
    re.IGNORECASE,
)
_LACKING: Final = words_of("without no not t lack lacks lacking miss misses missing undated")
_BESIDE_FIELDS: Final = (
    CODE
    | _LACKING
    | words_of(
        "having include includes including known number official publication recorded any their"
    )
)


def _by_field(question: str) -> LibraryQuestion | None:
    """Return the question for the papers whose records have a field, or lack it, if it is one."""
    said = without_topic(question)
    if words_of(said.topic) <= CODE:  # "code on github"
        said = Topical(question, "")
    words = words_of(said.bare)
    field = next((field for field, named in _OF_FIELDS.items() if words & named), None)
    allowed = SMALL | LIBRARY | PAPERS | _FIELD_WORDS | _BESIDE_FIELDS
    if field is None or not BY_FIELD.search(said.bare) or not words <= allowed:
        return None
    is_lacking = bool(words & _LACKING)
    return LibraryQuestion("list", said.topic, field=field, is_lacking=is_lacking)


def _asks_for_sources(words: frozenset[str], _: Topical) -> bool:
    return bool(words & _SOURCES and words & _WHICH)


def _asks_what_was_added(words: frozenset[str], _: Topical) -> bool:
    is_past = words & (_ADDING - {"add"}) or words & words_of("did added")
    is_how = "how" in words and "many" not in words
    return bool(words & _ADDING and is_past and words & _WHICH) and not is_how


def _by_kind(question: str) -> LibraryQuestion | None:
    """Return the question for all papers of a kind, where it says nothing else: "surveys?"."""
    words = words_of(question)
    kinds = [word for word in words if word.endswith("s") and word.removesuffix("s") in KINDS]
    if not kinds or not words <= SMALL | PAPERS | {*kinds}:
        return None
    return LibraryQuestion("list", kind=KINDS[min(kinds).removesuffix("s")])


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


def _asks_for_duplicates(words: frozenset[str], _: Topical) -> bool:
    return bool(words & _DUPLICATES)


FACTS: Final = (
    _Fact("duplicates", _asks_for_duplicates, _DUPLICATES | _OF_DUPLICATES),
    _Fact("sources", _asks_for_sources, _SOURCES | words_of("come comes from used different")),
    _Fact("added", _asks_what_was_added, _ADDING | _OF_ADDING),
    _Fact("affiliations", _asks_for_affiliations, PLACES | _OF_AUTHORS | _OF_PLACES),
    _Fact("venues", _asks_for_venues, VENUES | MOST | FEWEST | _OF_VENUES),
    _Fact("oldest", _asks_for_oldest, OLDEST | NEWEST | DATES | _OF_AGE, is_topical=True),
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
    chosen = None if is_of_list else _by_field(question) or _by_kind(question)
    return chosen or next(filter(None, (fact.read(question) for fact in FACTS)), None)


def _extreme(words: frozenset[str], what: LibraryAspect) -> Extreme | None:
    if what not in ("dates", "venues"):
        return None
    if words & FEWEST:
        return "fewest"
    return "most" if words & (MOST - words_of("main maximum")) else None
