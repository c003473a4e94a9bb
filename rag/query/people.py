"""Recognise questions for what the people of an answer before wrote: "and their other papers?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.query.shelf_words import PAPERS, SMALL, without_topic, words_of
from rag.text import NUMBER_WORDS, count_of

_PRONOUNS: Final = words_of("they their theirs them he him his she her hers")
_NOUNS: Final = words_of(
    """author authors coauthor coauthors guy guys group groups lab man person people researcher
    researchers scientist scientists team teams woman women writer writers"""
)
_POINTING: Final = words_of("these those this that same such")
_FURTHER: Final = words_of("additional another else further more other others")
_WRITING: Final = words_of(
    "author authored contribute contributed publish published publishes write wrote written writing"
)
_DOING: Final = words_of("came come did do done does made make worked work works")
_BESIDE: Final = words_of(
    """anything by hold of one ones only research recent so something still
    then those which who whose produced produce"""
)
ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_PLACES: Final = frozenset((*ORDINALS, "last", "top"))
_NUMBERS: Final = frozenset(NUMBER_WORDS)


@dataclass(frozen=True, slots=True)
class PeopleQuestion:
    """A question for what people of the answer before wrote.

    Attributes:
        is_for_others: Whether for other papers than those that were shown, or by "the same".
        place: Whose, counted from 0; -1 for the last, None for all of them.
        first: How many of them, from the first; 0 for all.
        topic: What the papers are to be about; empty for anything.
    """

    is_for_others: bool = False
    place: int | None = None
    first: int = 0
    topic: str = ""

    def of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names of those that are meant."""
        if self.place is not None:
            return tuple(names[self.place :][:1])
        return tuple(names[: self.first or None])


def asked_of_people(question: str) -> PeopleQuestion | None:
    """Return what a question asks of people that an answer before named, if it does."""
    said = without_topic(question)
    words = words_of(said.bare)
    allowed = _PRONOUNS | _NOUNS | _POINTING | _FURTHER | _WRITING | _DOING | _BESIDE | _PLACES
    if not words <= allowed | SMALL | PAPERS | _NUMBERS:
        return None
    places, others = words & _PLACES, bool(words & (_FURTHER | {"same"}))
    named = words & (_NOUNS | _NUMBERS)
    points = words & _PRONOUNS or (named and words & (_POINTING | places))
    is_of_one = places and words & (_PRONOUNS | _NOUNS | {"one"})
    of_works = words & (_WRITING | (PAPERS - {"one"})) or (
        others and words & (_DOING | {"by", "from"})
    )
    if not (points or is_of_one) or not of_works:
        return None
    number = next((word for word in sorted(words & _NUMBERS)), "")
    first = count_of(number) if number and not places else 0
    return PeopleQuestion(others, _place(places), first, said.topic)


def _place(places: frozenset[str]) -> int | None:
    word = next(iter(sorted(places)), "")
    if not word:
        return None
    return {"last": -1, "top": 0}.get(word, ORDINALS.index(word) if word in ORDINALS else 0)
