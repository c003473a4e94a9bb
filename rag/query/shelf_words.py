"""Define the words in which a library's records are asked for, by what they stand for.

A question is one to the records where it has no word of another kind; see `library_facts`.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

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
    this to total up us ve was wasn we well were weren what whats which will with would you your
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
