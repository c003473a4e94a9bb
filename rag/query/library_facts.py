"""Recognise questions for the dates, or for the authors, of a library as a whole.

People word them in endless ways, and yet all in few words: a question is one where it has a word
for what is asked, one for the library, and no word of another kind. "From when to when are the
papers?", "how many papers per year", "who is the author with most papers here?"
"""

from __future__ import annotations

import re
from typing import Final, Literal

LibraryFact = Literal["dates", "authors"]

WORD: Final = re.compile(r"[^\W_]+")
_SMALL: Final = frozenset(
    re.findall(
        r"\w+",
        """a all an and any are at can could d different do does for from give go has have how i in
        is it know known list many me much my of on our please pls s show tell that the there this
        to was we were what which with you your name names us""",
    )
)
_LIBRARY: Final = frozenset(
    re.findall(
        r"\w+",
        """archive articles collection corpus database entries here library papers publications
        records works documents studies""",
    )
)
DATE: Final = re.compile(
    r"\b(?:years?|dates?|(?:time\s?)?(?:span|frame|range|period)s?|timespan|timeframe|decades?"
    r"|when|far\s+back)\b"
    r"|^\W*(?:how|are|is)\b.*\b(?:old|recent|up\s?-?to\s?-?date|current|outdated)\b(?!\s+papers)",
    re.IGNORECASE,
)
_OF_DATES: Final = frozenset(
    re.findall(
        r"\w+",
        """current cover covered covers date dated dates decade decades distributed distribution
        each far frame go goes group grouped most number old outdated over per period periods
        publication publications published range ranges reach recent spread span spanned spans time
        timeframe timespan up when year years back by between come fewest""",
    )
)
_COVERS: Final = frozenset(("cover", "covers", "covered"))
AUTHOR: Final = re.compile(
    r"\b(?:(?:co)?authors?|writers?|researchers?|people|who|scientists?)\b", re.IGNORECASE
)
_OF_AUTHORS: Final = frozenset(
    re.findall(
        r"\w+",
        """author authors coauthors fewest frequent frequently has highest most number often
        productive prolific published publishes represented researcher researchers scientist
        scientists top writer writers written wrote who people appear appears by""",
    )
)
# Says that all authors are asked about, not those of a paper.
OF_ALL: Final = re.compile(
    r"\b(?:most|top|prolific|productive|frequent(?:ly)?|fewest|represented|you\s+know"
    r"|(?:library|collection|corpus|database|archive|here|you\s+have|do\s+you\s+have))\b",
    re.IGNORECASE,
)
# "These papers" are those of the conversation.
POINTS: Final = re.compile(r"\b(?:these|those|them|they|their|its)\b", re.IGNORECASE)


def library_fact(question: str) -> LibraryFact | None:
    """Return which fact of all records is asked for, if one is."""
    words = {word.lower() for word in WORD.findall(question)}
    if POINTS.search(question):
        return None
    is_of_all = words & (_LIBRARY | _COVERS)
    if is_of_all and DATE.search(question) and words <= _SMALL | _LIBRARY | _OF_DATES:
        return "dates"
    is_of_authors = AUTHOR.search(question) and OF_ALL.search(question)
    return "authors" if is_of_authors and words <= _SMALL | _LIBRARY | _OF_AUTHORS else None
