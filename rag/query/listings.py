"""Recognise questions that go on with a list before them: the rest of it, or some of its papers.

People word them in few words, all of one kind: "nothing else?", "and the others?", "which of those
have code?". The list itself is a field of the answer, never read from its text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rag.query.fields import Field
from rag.query.library_facts import library_fact
from rag.query.library_question import KINDS, LibraryQuestion
from rag.query.people import asked_of_people
from rag.query.retractions import BESIDE
from rag.query.shelf_words import (
    CODE,
    CODES,
    PAPERS,
    POINTERS,
    PUBLISHED,
    RETRACTED,
    SMALL,
    Topical,
    says_only,
    without_topic,
    words_of,
)
from rag.text import NUMBER_WORDS, count_of
from rag.types import Listed, Message

# One of these asks for what a list has beyond what it showed.
_FURTHER: Final = words_of(
    """additional continue else further missing more next other others remainder remaining remains
    rest"""
)
# And these whether that was all, where they are said of it.
_WHOLE: Final = words_of("all complete entire everything full it just only whole")
_BESIDE: Final = words_of(
    """anything both cover covers every everyone exist exists far keep left listing none
    nothing of off omitted only something still until yet"""
)
_PAGE: Final = words_of("page print display")
_IT: Final = words_of("that this these those they them")
_GO_ON: Final = words_of("go going keep on ahead")


def asks_for_rest(question: str) -> bool:
    """Return whether, behind a list, the rest of it is asked for, or whether there is any."""
    words = words_of(question)
    if not says_only(
        question, SMALL, PAPERS, POINTERS, _FURTHER, _WHOLE, _BESIDE, _PAGE, _GO_ON, _numbers(words)
    ):
        return False
    if words & {"tell"} or question.rstrip(" ?.!").endswith("about"):
        return False
    is_of_whole = words & _WHOLE and words & _IT and not words & {"what", "which", "how"}
    is_going_on = {"go", "on"} <= words or {"keep", "going"} <= words or {"go", "ahead"} <= words
    return bool(words & _FURTHER or is_of_whole or is_going_on)


# Nothing else than the papers of a list is meant without one of these.
_OF_LIBRARY: Final = words_of(
    """library collection corpus database archive here my your our altogether overall you have"""
) - words_of("have")
_THESE: Final = re.compile(
    r"\b(?:(?:any|some|all|none|one|which|each)\s+(?:ones\s+)?(?:of|among)\s+)?"
    r"(?:these|those|them|they|(?:the\s+)?ones)\b(?:\s+papers\b)?",
    re.IGNORECASE,
)
_PLURAL: Final = words_of("papers articles publications studies works preprints")
_OF_ONE: Final = words_of("it its this he she him her his")
_LACK: Final = words_of("without no not lack lacks lacking t")
_COUNT: Final = re.compile(r"\bhow\s+many\b|\bnumber\s+of\b", re.IGNORECASE)
_KIND_WORDS: Final = words_of(
    "survey surveys review reviews overview overviews tutorial tutorials benchmark benchmarks"
)


# "Any by Byron?", "and without code?": nothing else than the papers of a list is left out.
_LEFT_OUT: Final = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?)\W+)*(?:(?:are|is|were)\s+there\s+)?"
    r"(?:any|some|none|only|just|which|how\s+many|and|with(?=\s+code))(?:\s+ones?)?"
    r"(?:\s+(?:are|were|is))?(?=\s+(?:by|from|with|without|in|at|on|about|have|has)\b)",
    re.IGNORECASE,
)
# "And about speech?" behind a list on another topic.
_OTHER_TOPIC: Final = re.compile(
    r"^\W*and\s+(?:on|about|regarding|concerning)\s+(?P<topic>[\w-]+(?:\s[\w-]+){0,3})\W*$",
    re.IGNORECASE,
)
_COUNT_ALL: Final = words_of("how many")


def other_topic(question: str) -> str:
    """Return the topic that a few words put in the place of another: "and about speech?"."""
    match = _OTHER_TOPIC.match(question)
    is_one = match and not words_of(match["topic"]) & (POINTERS | _IT | _FURTHER | _OF_ONE | CODES)
    return match["topic"] if match and is_one else ""


def asks_how_many(question: str) -> bool:
    """Return whether, behind a list, it is asked how many papers it has."""
    words = words_of(question)
    is_of_it = bool(words & (_IT | {"there", "it", "total", "altogether"}))
    is_asked = words >= _COUNT_ALL and (is_of_it or words == _COUNT_ALL)
    return is_asked and says_only(question, SMALL, POINTERS, _IT)


def leaves_list_out(question: str) -> bool:
    """Return whether a question leaves out that it is asked of a list: "any by Byron?"."""
    return _LEFT_OUT.match(question) is not None


def points_to_list(question: str) -> bool:
    """Return whether a question says that it is asked of several papers shown before."""
    return bool(words_of(question) & POINTERS)


def with_papers_named(question: str) -> str:
    """Return a question with "papers" in the place of "these", beside which filters are read."""
    return _LEFT_OUT.sub(r"\g<0> papers", _THESE.sub("papers", question))


def asked_of_list(question: str, *, points: bool, is_limited: bool) -> LibraryQuestion | None:
    """Return what is asked of the papers of a list, if anything: "which of these have code?".

    Args:
        question: What is asked, without its filters.
        points: Whether it says that it is asked of them.
        is_limited: Whether it has filters.
    """
    topic = Topical(question, "")
    if points and not says_only(without_topic(question).topic, CODE, RETRACTED):
        topic = without_topic(question)
    words = words_of(topic.bare)
    is_of_all = words & _OF_LIBRARY or (words & _PLURAL and not points)
    if is_of_all or words & _OF_ONE or (words & {"that"} and not points):
        return None
    if (age := library_fact(question, is_of_list=True)) and age.what in ("newest", "oldest"):
        return replace(age, is_of_list=True)
    if points and (by_field := library_fact(with_papers_named(question))) and by_field.field:
        return replace(by_field, is_of_list=True)
    kinds = words & _KIND_WORDS
    field = _asked_field(words)
    allowed = (SMALL, PAPERS, POINTERS, _KIND_WORDS, _BESIDE, *_words_of_field(field))
    is_asked = field or kinds or ((topic.topic or is_limited) and points)
    if not (is_asked and says_only(topic.bare, *allowed)):
        return None
    return LibraryQuestion(
        "count" if _COUNT.search(question) else "list",
        topic.topic,
        KINDS[min(kinds).removesuffix("s")] if kinds else "",
        field,
        is_lacking=bool(field and words & _LACK),
        is_of_list=True,
    )


def _asked_field(words: frozenset[str]) -> Field | None:
    if words & RETRACTED:
        return "retraction"
    return "code" if words & CODES else None


def _words_of_field(field: Field | None) -> tuple[frozenset[str], ...]:
    if field == "retraction":
        return (RETRACTED, BESIDE)
    return (CODE, _LACK) if field == "code" else (PUBLISHED,)


def _numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word.isdecimal() or word in NUMBER_WORDS)


def last_listed(history: Sequence[Message]) -> Listed | None:
    """Return what the last answer with papers listed; None where it was no list."""
    answers = (m for m in reversed(history) if m.role == "assistant")
    last = next((m for m in answers if m.listed or m.citations), None)
    return last.listed if last else None


def asked_number(question: str) -> int:
    """Return how many more are asked for: 5 in "5 more"; 0 where no number is said."""
    said = words_of(question)
    numbers = [int(word) for word in said if word.isdecimal()]
    numbers += [count_of(word) for word in said & frozenset(NUMBER_WORDS)]
    return numbers[0] if len(numbers) == 1 else 0


def may_follow_list(question: str) -> bool:
    """Return whether a question may go on with a list, if there is one before it."""
    if words_of(question) & (POINTERS | _FURTHER | _IT) or asked_of_people(question):
        return True
    if leaves_list_out(question) or asks_how_many(question) or asks_for_rest(question):
        return True
    return asked_of_list(question, points=False, is_limited=False) is not None
