"""Recognise questions that go on with a list before them: the rest of it, or some of its papers.

People word them in few words, all of one kind: "nothing else?", "and the others?", "which of those
have code?". The list itself is a field of the answer, never read from its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rag.query.shelf_words import PAPERS, POINTERS, SMALL, says_only, words_of
from rag.types import Listed, Message

# One of these asks for what a list has beyond what it showed.
_FURTHER: Final = words_of(
    """additional continue else further missing more next other others remainder remaining remains
    rest"""
)
# And these whether that was all, where they are said of it.
_WHOLE: Final = words_of("all complete entire everything full it just only whole")
_BESIDE: Final = words_of(
    """anything cover covers display everyone exist exists far keep left listing none nothing of off
    omitted page print something still until yet"""
)
_IT: Final = words_of("that this these those they them")
_GO_ON: Final = words_of("go going keep on ahead")


def asks_for_rest(question: str) -> bool:
    """Return whether, behind a list, the rest of it is asked for, or whether there is any."""
    words = words_of(question)
    if not says_only(
        question, SMALL, PAPERS, POINTERS, _FURTHER, _WHOLE, _BESIDE, _GO_ON, _numbers(words)
    ):
        return False
    if words & {"tell"} or question.rstrip(" ?.!").endswith("about"):
        return False
    is_of_whole = words & _WHOLE and words & _IT and not words & {"what", "which", "how"}
    is_going_on = {"go", "on"} <= words or {"keep", "going"} <= words or {"go", "ahead"} <= words
    return bool(words & _FURTHER or is_of_whole or is_going_on)


def _numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word.isdecimal())


def last_listed(history: Sequence[Message]) -> Listed | None:
    """Return what the last answer listed; None where it was no list."""
    last = next((m for m in reversed(history) if m.role == "assistant"), None)
    return last.listed if last else None


def may_follow_list(question: str) -> bool:
    """Return whether a question may go on with a list, if there is one before it."""
    return bool(words_of(question) & (POINTERS | _FURTHER | _IT)) or asks_for_rest(question)
