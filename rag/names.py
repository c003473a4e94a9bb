"""Split people's names as bibliographies want them; names that are no person's stay whole.

Which of two words without a particle is the family name is known where a record states it; else
the last is taken, as BibTeX does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

FamilyNames = tuple[tuple[str, str], ...]

SUFFIXES: Final = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
COMPANY: Final = frozenset({"inc", "inc.", "ltd", "ltd.", "llc", "gmbh", "corp", "corp.", "co."})
# What only the names of bodies have: a word for what they are, or one that joins words.
BODY: Final = re.compile(
    r"\b(?:collaboration|consortium|team|group|universit(?:y|[äàé]t?|ies)|institut[eo]?|committee"
    r"|society|association|organi[sz]ation|agency|network|initiative|laborator(?:y|ies)|foundation"
    r"|council|ministry|department|project|investigators|panel|commission|programme|federation"
    r"|academy|cent(?:er|re)s?|authority|alliance|task\sforce|working\sparty|inc|ltd|llc"
    r"|gmbh|corp)\b\.?",
    re.IGNORECASE,
)
JOINS: Final = re.compile(r"\s(?:of|for|on|and|the|&)\s")  # but not `Tran The Anh`
MOST_COMMAS: Final = 2  # Family, Suffix, Given


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its parts; one without `given` is a single word, or no person's.

    Attributes:
        family: The family name, or the whole name.
        particle: What stands before the family name in small letters, such as `van der`.
        suffix: `Jr.`, `III` and the like.
    """

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        """Return the name as it is spoken: given name first."""
        return " ".join(filter(None, (self.given, self.particle, self.family, self.suffix)))

    @property
    def whole_family(self) -> str:
        """The family name with its particle in front."""
        return " ".join(filter(None, (self.particle, self.family)))

    @property
    def in_order(self) -> str:
        """The name as lists are ordered by it: `van der Berg, Jr., Jan`."""
        return ", ".join(filter(None, (self.whole_family, self.suffix, self.given)))

    @property
    def is_whole(self) -> bool:
        """Whether the name must not be taken apart."""
        return not self.given


def is_body(text: str) -> bool:
    """Return whether a name is a body's: `Peatland Panel`, `Centers for Disease Control`."""
    return bool(BODY.search(text) or JOINS.search(text))


def split_name(text: str) -> Name:
    """Return the parts of a name written `Given Family` or `Family, Given`."""
    parts = [" ".join(part.split()) for part in text.split(",")]
    whole = Name(" ".join(text.split()))
    if len(parts) > MOST_COMMAS + 1 or not all(parts):
        return whole
    if len(parts) == 1:
        return _split_spoken(parts[0].split())
    if parts[1].casefold() in COMPANY:
        return whole
    if is_body(whole.family):
        return whole
    before, _, last = parts[1].rpartition(" ")
    if len(parts) == 2 and before and last.casefold() in SUFFIXES:  # Smith, John Jr, as PubMed has
        return _split_sorted(parts[0].split(), before, last)
    if parts[1].casefold() in SUFFIXES:
        if len(parts) == 2:  # John Smith, Jr.
            return _split_spoken([*parts[0].split(), parts[1]])
        return _split_sorted(parts[0].split(), parts[2], parts[1])
    return whole if len(parts) > 2 else _split_sorted(parts[0].split(), parts[1])


def _split_spoken(words: list[str]) -> Name:
    if is_body(text := " ".join(words)):
        return Name(text)
    suffix = words[-1] if len(words) > 2 and words[-1].casefold() in SUFFIXES else ""
    named = words[:-1] if suffix else words
    start = next((n for n in range(1, len(named) - 1) if named[n].islower()), len(named) - 1)
    sorted_name = _split_sorted(named[start:], " ".join(named[:start]), suffix)
    return sorted_name if sorted_name.given else Name(" ".join(words))


def _split_sorted(family: list[str], given: str, suffix: str = "") -> Name:
    at = 0
    while at < len(family) - 1 and family[at].islower():
        at += 1
    return Name(" ".join(family[at:]), given, " ".join(family[:at]), suffix)


def stated_name(text: str, family: str) -> Name:
    """Return the parts of a name `Given Family` whose family name is known, or that is whole."""
    words, known = text.split(), family.split()
    if words == known:
        return Name(" ".join(words))
    suffix = words[-1] if words and words[-1].casefold() in SUFFIXES else ""
    for named, behind in ((words, ""), (words[:-1], suffix)):
        if known and len(named) > len(known) and named[-len(known) :] == known:
            return _split_sorted(known, " ".join(named[: -len(known)]), behind)
    return split_name(text)


def is_telling(text: str, family: str) -> bool:
    """Return whether a family name is another than the one that is found in the name itself."""
    return stated_name(text, family) != split_name(text)
