"""Split people's names as bibliographies want them; names that are no person's stay whole.

Not covered: which of two words without a particle is the family name. The last is taken, as
BibTeX does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SUFFIXES: Final = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
COMPANY: Final = frozenset({"inc", "inc.", "ltd", "ltd.", "llc", "gmbh", "corp", "corp.", "co."})
GROUP: Final = frozenset(
    {"collaboration", "consortium", "team", "group", "university", "institute", "committee"}
)
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
    def is_whole(self) -> bool:
        """Whether the name must not be taken apart."""
        return not self.given


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
    if parts[1].casefold() in SUFFIXES:
        if len(parts) == 2:  # John Smith, Jr.
            return _split_spoken([*parts[0].split(), parts[1]])
        return _split_sorted(parts[0].split(), parts[2], parts[1])
    return whole if len(parts) > 2 else _split_sorted(parts[0].split(), parts[1])


def _split_spoken(words: list[str]) -> Name:
    if not words or any(word.casefold() in GROUP for word in words):
        return Name(" ".join(words))
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
