"""Define the words in which a library's records are asked for, by what they stand for.

A question is one to the records where it has no word of another kind; see `library_facts`.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final, NamedTuple

WORD: Final = re.compile(r"[^\W_]+")


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, in lower case, each once."""
    return frozenset(word.lower() for word in WORD.findall(text))


def says_only(text: str, *allowed: Set[str]) -> bool:
    """Return whether all words of a text, and at least one, are of the allowed ones."""
    words = words_of(text)
    return bool(words) and words <= frozenset().union(*allowed)


SMALL: Final = words_of(
    """a about among all also am an and any anyone are aren as at be been but by can could d did
    didn do does doesn don different each else ever for from get give go got had has hasn have
    haven here how i if in into is isn it just know let list ll many me much my no not now of ok
    okay on or our out please pls re s see shall should show so some t tell that the then there
    this to too total up us ve was wasn we well were weren what whats which will with would you your
    yours m name names altogether overall exactly actually really currently"""
)
LIBRARY: Final = words_of(
    """archive articles collection corpus database entries here library papers publications records
    works documents studies"""
)
PAPERS: Final = words_of(
    """article articles documents entries entry item items paper papers preprint preprints
    publication publications record records studies study stuff thing things titles work works"""
)
# They point to what a list before showed, or to one of it.
POINTERS: Final = words_of("these those them they ones")
OLDEST: Final = words_of("oldest earliest first")
NEWEST: Final = words_of("newest latest recent youngest")
FEWEST: Final = words_of("fewest least lowest smallest rarest")
MOST: Final = words_of(
    """most busiest best highest top largest biggest strongest common frequent frequently often
    prolific popular productive represented main maximum peak"""
)
DATES: Final = words_of(
    """ago appear appeared appears came come comes current date dated dates decade decades far
    month old out publication published publish released released year years when written wrote
    young recent new time number"""
)
CODES: Final = words_of(
    """code codebase codes github gitlab implementation implementations repo repos repositories
    repository opensource opensourced sourced"""
)
PUBLISHED: Final = words_of(
    "appear appeared came come from published publish publication presented released written"
)
CODE: Final = CODES | words_of(
    """available code codebase codes come comes coming downloadable free freely github gitlab
    implementation implementations link linked links online open opensource opensourced provide
    provided provides public publicly publish published release released releases repo repos
    repositories repository share shared shares software source sourced"""
)
RETRACTED: Final = words_of(
    "retract retracted retraction retractions withdraw withdrawn withdrawal withdrawals"
)
VENUES: Final = words_of(
    """conference conferences journal journals outlet outlets proceedings venue venues workshop
    workshops magazine magazines"""
)
PLACES: Final = words_of(
    """affiliated affiliation affiliations college colleges companies company countries country
    department departments employer employers institute institutes institution institutions lab
    laboratories laboratory labs nationalities nationality universities university"""
)
_ABOUT: Final = re.compile(
    r"(?:(?<=\s)|^)(?<!what\s)(?<!how\s)(?:(?:that|which)\s+)?(?:(?:are|is|deals?|dealing)\s+)?"
    r"(?:on|about|regarding|concerning|(?<=dealing\s)with|(?<=deals\s)with)\s+(?=\S)",
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
