"""Find authors in a question: "papers by Ramsauer", "What did Ada Byron write?".

A name counts only where an author of the library has it, and where authors are usually named:
not in "trained by Adam" or "the Hopfield network".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from rag.query.questions import STOP_WORDS
from rag.query.years import PUBLICATIONS, Years
from rag.store.names import name_words

FindAuthors = Callable[[str], Collection[str]]

MOST_NAME_WORDS: Final = 5
WORD: Final = re.compile(r"(?P<word>[^\W\d_][\w'’-]*\.?)(?P<space>\s*)")
ENDING: Final = re.compile(r"['’]s$|[.'’]+$")
SMALL_INITIAL: Final = re.compile(r"(?<!\w)[a-z](?!\w)")  # more likely a word: "a Wang tile"
AND: Final = re.compile(r"\s*(?:,\s*(?:and\s+)?|&\s*|\b(?:and|or|with)\s+)", re.IGNORECASE)
ET_AL: Final = re.compile(r"\s+et\s+al\b\.?", re.IGNORECASE)
_WRITTEN: Final = (
    r"(?:written|authored|co-?authored|published|proposed|introduced|presented|developed|invented)"
)
WRITES: Final = re.compile(
    r"\s+(?:(?:also|together|ever|jointly)\s+)?(?:write|written|wrote|publish|published|authore?d?"
    r"|co-?author(?:ed)?|proposed?|introduced?|present(?:ed)?|develop(?:ed)?|invent(?:ed)?"
    r"|work(?:ed)?\s+on|have(?=\W*$|\s+(?:here|in)\b)|contributed?|find|found|say|said|show|shown|argued?|prove[dn]?|stud(?:y|ied))\b",
    re.IGNORECASE,
)
# A family name is enough after the first of these; after the second, names must be whole.
BEHIND_PAPERS: Final = re.compile(
    rf"(?:\b(?:{PUBLICATIONS}|anything|something|{_WRITTEN}|authors?)\s+|^\W*)(?:by|from|of)\s+"
    r"|\bauthors?(?:\s+(?:is|are|named|called)|:)?\s+",
    re.IGNORECASE,
)
BEHIND_OTHERS: Final = re.compile(r"\b(?:by|from)\s+", re.IGNORECASE)
BEFORE_WRITES: Final = re.compile(r"\b(?:did|has|have|do|does)\s+", re.IGNORECASE)
OWNED: Final = re.compile(
    rf"(?P<name>(?:[\w.'’-]+\s+){{0,4}}?[\w.-]+)(?:['’]s?\s+(?:\w+\s+)?(?:{PUBLICATIONS})\b"
    r"|\s+et\s+al\b\.?)",
    re.IGNORECASE,
)
# A reference by itself: "Okoye & Lind, 2022", "Sutskever", "(Vaswani et al., 2017)".
REFERENCE: Final = re.compile(
    r"^\W*(?P<name>[A-Z][\w'’-]+)(?:\s+et\s+al\.?|(?:\s*(?:,|&|\band\b)\s*[A-Z][\w'’-]+)+)?"
    r"(?:\W{1,3}(?P<year>(?:19|20)\d\d)[a-z]?)?\W*$"
)
CITED: Final = re.compile(
    r"\b(?P<name>[A-Z][\w'’-]+)(?:\s+et\s+al\.?|(?:\s*(?:&|\band\b)\s*[A-Z][\w'’-]+))?"
    r"(?=,?\s*\(?(?:19|20)\d\d\b)"
)
REFERENCE_YEAR: Final = re.compile(r"[\s,.]*\(?(?P<year>(?:19|20)\d\d)[a-z]?\)?")
LEAD: Final = re.compile(r"(?:by|from|of)\s+\Z", re.IGNORECASE)


# The place of a name, also of one that the library lacks: "papers by Geoffrey Hinton".
BY_SOMEBODY: Final = re.compile(
    rf"(?:\b(?:{PUBLICATIONS}|anything|something|everything|{_WRITTEN})\s+(?:that\s+(?:is|was|were|are)\s+)?"
    rf"(?:{_WRITTEN}\s+)?by|\bauthors?\s+(?:is|named|called|:))\s+(?P<name>[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){{0,3}})"
    r"|\b(?:did|has|have)\s+(?P<writer>[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){0,3})\s+(?:(?:also|ever)\s+)?"
    r"(?:write|written|wrote|publish(?:ed)?|author(?:ed)?|co-?author(?:ed)?)\b",
    re.IGNORECASE,
)
# After these a name may lack capitals; "it works by sampling" names nobody.
SURELY_BY: Final = re.compile(
    r"\b(?:papers?|articles?|publications?|preprints?|anything|everything)\s+(?:\w+\s+)?by\b",
    re.IGNORECASE,
)
_AMONG: Final = (
    r"(?:(?:is|are|was|were)\s+)?(?:(?:listed|named)\s+)?(?:among|as|one\s+of|an?|the|in)\s+"
    r"(?:an?\s+|the\s+|its\s+|their\s+|list\s+of\s+)*(?:first\s+|last\s+|senior\s+)?(?:co-?)?authors?"
)
# "Papers with Ada Byron among the authors", with or without capitals.
AMONG_AUTHORS: Final = re.compile(
    rf"\b(?:with|where|that\s+ha(?:s|ve)|having|has|have|is|are|was)\s+"
    rf"(?=(?P<name>[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){{0,3}}?)(?P<tail>\s+{_AMONG})\b)",
    re.IGNORECASE,
)
# "Something from Ada Byron": two words with capitals, as a place or a year may be meant.
FROM_SOMEBODY: Final = re.compile(
    rf"\b(?i:{PUBLICATIONS}|anything|something|everything)\s+from\s+"
    r"(?P<name>[A-Z][a-z]+(?:\s+[A-Z]\.)?\s+[A-Z][a-z’'-]+)\W*$"
)
# "What does Ada Byron say?" of a name that no paper has.
SAID_BY: Final = re.compile(
    r"\b(?:do|does|did)\s+(?P<name>[A-Z][a-z][\w.'’-]*(?:\s+(?:(?:and|&)\s+)?[A-Z][\w.'’-]*){0,3})(?:\s+et\s+al\.?)?"
    r"\s+(?:say|think|argue|claim|find|propose|show|suggest|write|report|conclude|work\s+on)\b",
)
# A word with a capital inside is no family name but a method's: "TideNet", unlike "McBride".
COINED_WORD: Final = re.compile(
    r"\b(?!(?:Mc|Mac|Di|De|Da|Du|La|Le|Van|Von|Fitz|O['’])[A-Z][a-z]+\b)[A-Z][a-z]+[A-Z]"
)
# "Who is Ada Byron?", with or without capitals.
WHO_IS: Final = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|but)\W+)*who(?:\s*['’]?s|\s+(?:is|are|was|were))\s+(?!the\b|an?\b)",
    re.IGNORECASE,
)
NAME_ALONE: Final = re.compile(r"(?P<name>[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){0,2})\W*$")
NO_NAME: Final = re.compile(
    r"\b(?:topics?|years?|dates?|titles?|authors?|relevance|name|the|this|that|an?|using|means|how|which|whom?|"
    r"it|them|him|her|someone|anyone|everyone|people|researchers?|same)\b",
    re.IGNORECASE,
)
NAME_END: Final = re.compile(
    r"\s+(?:in|on|about|from|since|before|after|here|do|does|did|is|are|there|please|and|or|at|of|for|with|to)\b.*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Authors:
    """Authors' names, and where a question says them."""

    names: tuple[str, ...]
    start: int
    end: int


def read_authors(question: str, find_authors: FindAuthors) -> list[Authors]:
    """Return the authors that a question asks for, in its order.

    Args:
        question: What is asked.
        find_authors: Gives the library's authors that have a name.
    """
    found: list[Authors] = []
    for each in _named(question, find_authors):
        if all(each.end <= other.start or each.start >= other.end for other in found):
            found.append(each)
    return sorted(found, key=lambda each: each.start)


def unknown_author(question: str) -> str:
    """Return the name in the place of an author's, known or not; empty where there is none."""
    alone = REFERENCE.match(question)
    if alone and alone["year"]:
        return alone["name"]
    if cited := next(filter(_is_of_people, CITED.finditer(question)), None):
        return cited["name"]
    if someone := _asked_who(question):
        return someone
    if (among := AMONG_AUTHORS.search(question)) and not NO_NAME.search(among["name"]):
        return _capitalised(among["name"])
    if (sent := FROM_SOMEBODY.search(question)) and not NO_NAME.search(sent["name"]):
        return sent["name"]
    for match in BY_SOMEBODY.finditer(question):
        name = NAME_END.sub("", match["name"] or match["writer"] or "").strip(" .'’")
        is_sure = SURELY_BY.search(match[0]) is not None or name[:1].isupper()
        if name and is_sure and not NO_NAME.search(name):
            return _capitalised(name)
    return ""


def said_by(question: str) -> str:
    """Return the name of whom a question asks what they say, or of a paper; empty for none."""
    match = SAID_BY.search(question)
    if match is None or NO_NAME.search(match["name"]) or COINED_WORD.search(match["name"]):
        return ""
    return match["name"]


def _capitalised(name: str) -> str:
    return name if any(map(str.isupper, name)) else name.title()


def _is_of_people(match: re.Match[str]) -> bool:
    """Return whether a name before a year is a person's: "Tan and Le 2019"."""
    return match[0] != match["name"]


def _asked_who(question: str) -> str:
    """Return the name in "who is Ada Byron?"; empty where something else is asked."""
    begun = WHO_IS.match(question)
    match = NAME_ALONE.match(question, begun.end()) if begun else None
    if match is None or NO_NAME.search(match["name"]):
        return ""
    words = match["name"].lower().split()
    if not STOP_WORDS.isdisjoint(words) or words[0].endswith(("ing", "ed")):
        return ""
    return _capitalised(match["name"].strip(" .'’"))


def _named(question: str, find_authors: FindAuthors) -> Iterator[Authors]:
    yield from _behind(question, find_authors)
    yield from _surely_named(question, find_authors)
    yield from _among_authors(question, find_authors)
    yield from _referred(question, find_authors)
    for match in BEFORE_WRITES.finditer(question):
        named = _names_at(question, match.end(), find_authors, family=True)
        if named and WRITES.match(question, named.end):
            yield named
    for match in OWNED.finditer(question):
        if named := _name_before(match, find_authors):
            yield named


def _behind(question: str, find_authors: FindAuthors) -> Iterator[Authors]:
    """Return the authors that follow "by" or "from"."""
    for place, family in ((BEHIND_PAPERS, True), (BEHIND_OTHERS, False)):
        for match in place.finditer(question):
            if named := _names_at(question, match.end(), find_authors, family=family):
                lead = LEAD.search(question[: match.end()])
                yield Authors(named.names, lead.start() if lead else named.start, named.end)


def _surely_named(question: str, find_authors: FindAuthors) -> Iterator[Authors]:
    """Return the authors where only a name can stand, so that it may lack capitals."""
    for match in (*SURELY_BY.finditer(question), *WHO_IS.finditer(question)):
        start = len(question) - len(question[match.end() :].lstrip())
        if named := _names_at(question, start, find_authors, family=True, small=True):
            lead = LEAD.search(question[:start])
            yield Authors(named.names, lead.start() if lead else named.start, named.end)


def _among_authors(question: str, find_authors: FindAuthors) -> Iterator[Authors]:
    """Return the authors that are said to be among those of a paper."""
    for match in AMONG_AUTHORS.finditer(question):
        start = match.start("name")
        if named := _names_at(question, start, find_authors, family=True, small=True):
            yield Authors(named.names, match.start(), max(named.end, match.end("tail")))


def _referred(question: str, find_authors: FindAuthors) -> Iterator[Authors]:
    """Return the authors of a reference: a name alone, or with a year behind it."""
    alone = REFERENCE.match(question)
    for match in [*([alone] if alone else []), *CITED.finditer(question)]:
        if named := _names_at(question, match.start("name"), find_authors, family=True):
            yield named


def year_behind(question: str, authors: Authors) -> Years | None:
    """Return the year right behind authors, as in "(2022)"; None where there is none."""
    match = REFERENCE_YEAR.match(question, authors.end)
    if match is None:
        return None
    year = int(match["year"])
    return Years(year, year, authors.end, match.end())


def _names_at(
    text: str, start: int, find_authors: FindAuthors, *, family: bool, small: bool = False
) -> Authors | None:
    """Return the names from a place on, joined by commas or "and"; `small` allows lower case."""
    names: list[str] = []
    end = at = start
    while name := _longest_name(text, at, find_authors, family=family, small=small):
        names.append(name)
        end = at + len(name)
        if others := ET_AL.match(text, end):
            end = others.end()
        joint = AND.match(text, end)
        if joint is None:
            break
        at = joint.end()
    return Authors(tuple(names), start, end) if names else None


def _longest_name(
    text: str, start: int, find_authors: FindAuthors, *, family: bool, small: bool
) -> str | None:
    words: list[re.Match[str]] = []
    at = start
    while len(words) < MOST_NAME_WORDS and (word := WORD.match(text, at)):
        words.append(word)
        at = word.end()
        if not word["space"]:
            break
    for last in reversed(words):
        name = ENDING.sub("", text[start : last.end("word")])
        if _is_author(name, find_authors, family=family, small=small):
            return name
    return None


def _name_before(match: re.Match[str], find_authors: FindAuthors) -> Authors | None:
    words = list(re.finditer(r"\S+", match["name"]))
    for first in words:
        name = match["name"][first.start() :]
        if _is_author(name, find_authors, family=True):
            return Authors((name,), match.start("name") + first.start(), match.end())
    return None


def _is_author(name: str, find_authors: FindAuthors, *, family: bool, small: bool = False) -> bool:
    """Return whether an author has a name: the whole one, or where allowed the family name."""
    words = name_words(name)
    if SMALL_INITIAL.search(name):
        return False
    if len(words) > 1:
        return bool(find_authors(name))
    if not family or not (name[0].isupper() or small) or name.lower() in STOP_WORDS:
        return False
    return any(name_words(author)[-1:] == words for author in find_authors(name))
