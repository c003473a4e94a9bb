"""Find the caveat of an extractive answer: why its text may be no answer, in one sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rag.answering.failures import lacks_failure
from rag.answering.gate import AnswerabilityModel, lacks_detail
from rag.answering.roles import lacks_limits
from rag.fitted import load_fitted
from rag.query.abbreviations import is_spelled_out
from rag.query.coined import unmentioned
from rag.query.comparing import compared_sides
from rag.query.evidence import lacks_term
from rag.query.focus import asks_for_several
from rag.query.follow_ups import COMPARES
from rag.query.premises import contradicted
from rag.query.query import Query
from rag.store.lexical import analyze
from rag.text import squeezed
from rag.types import Answer, Paper

LONGEST_NAME: Final = 4  # words of a side that is looked for in the papers word by word
LEAST_ALIKE: Final = 5  # letters that two stems of one word share
ACRONYM: Final = re.compile(r"(?<![\w-])[A-Z]{3,5}(?![\w-])")
JOINS: Final = re.compile(r"\s+(?:and|plus|with|\+|&)\s+", re.IGNORECASE)  # of two in one side
COMPARED_AT: Final = re.compile(r"(?<=\w)\s+(?:for|on|in|at|when|with|if)\s.*", re.IGNORECASE)

UNSURE: Final = "The library may not say this; these passages come nearest."
NOT_SAID: Final = "The abstract may not say exactly this; these passages come nearest."
UNMENTIONED: Final = "No abstract cited here mentions {names}; these passages come nearest."
UNKNOWN: Final = "No paper in this library mentions {names}; these passages come nearest."
MISSING_WORDS: Final = "The abstract does not speak of {words}; this is what it says."
NOT_APPLIED: Final = "The abstract of “{title}” does not speak of {words}."
IN_PART: Final = "The papers support no sentence of this in full; compare it with their quotes."
NO_SIDE: Final = "No abstract cited here mentions {side}; this is one side of the comparison only."
CONTRARY: Final = "The abstract does not say “{words}”, rather the contrary; this is what it says."
NO_FAILURE: Final = "The abstract does not say that this failed; this is what it says."
NO_LIMITS: Final = "The abstract names no limitation; this is what it says."


def find_caveat(answer: Answer, query: Query, answerability: AnswerabilityModel) -> str | None:
    """Return why the text may be no answer, if so.

    The words of a follow-up say too little to tell, so that only its names and papers count.
    """
    if _is_supported_in_part(answer):
        return IN_PART
    if answer.is_extractive and (unknown := _unknown_names(query, answer)):
        return UNKNOWN.format(names=_listed(unknown))
    if answer.is_extractive and (side := _missing_side(query, answer, answerability)):
        return NO_SIDE.format(side=side)
    if query.applied_to and answer.is_extractive:
        title = query.leading[0].title
        return NOT_APPLIED.format(title=title, words=_listed(query.applied_to))
    if query.about:
        return _missing_in_paper(answer, query, answerability)
    if answer.confidence < load_fitted().thresholds.unsure_below.value:
        return UNSURE
    if query.is_follow_up or not answer.is_extractive or not answer.papers:
        return None
    return _missing_in_found(query.topic, answer, answerability)


def _unknown_names(query: Query, answer: Answer) -> list[str]:
    """Return the names in a question that no paper has, nor a cited one spells out."""
    texts = [f"{paper.title}. {paper.abstract}" for paper in answer.papers]
    return [
        name
        for name in query.unknown_names
        if not any(_has_words(name, text) or is_spelled_out(name, text) for text in texts)
    ]


def _has_words(name: str, text: str) -> bool:
    """Return whether a text has all words of a name as they are written: "Zika", "Malawi"."""
    return all(word in text for word in name.split())


def _is_supported_in_part(answer: Answer) -> bool:
    """Return whether no sentence that a model wrote is supported in full, and one in part."""
    verdicts = {sentence.verdict for sentence in answer.sentences}
    return "partly" in verdicts and "supported" not in verdicts


def _missing_side(query: Query, answer: Answer, answerability: AnswerabilityModel) -> str:
    """Return the side of a comparison that no cited abstract has, where one has the other."""
    compared = compared_sides(query.standalone)
    sides = [JOINS.sub(" ", COMPARED_AT.sub("", side)) for side in compared or ()]
    if len(query.about) > 1 or not sides or max(len(side.split()) for side in sides) > LONGEST_NAME:
        return ""
    rarest = {side: answerability.rarest_stem(side) for side in sides}
    lacking = [
        side
        for side in sides
        if not any(_speaks_of(side, rarest[side], paper) for paper in answer.papers)
    ]
    return lacking[0] if len(lacking) == 1 else ""


def _speaks_of(side: str, rarest: str, paper: Paper) -> bool:
    """Return whether a paper has the rarest word of a side, or its name written otherwise.

    Stems that begin alike are the same word: "optimisation" and "optimization".
    """
    text = f"{paper.title} {paper.abstract}"
    if not rarest or squeezed(side) in squeezed(text):
        return True
    least = rarest[:LEAST_ALIKE]
    return any(
        stem == rarest or (len(least) == LEAST_ALIKE and stem.startswith(least))
        for stem in analyze(text)
    )


def _missing_in_paper(
    answer: Answer, query: Query, answerability: AnswerabilityModel
) -> str | None:
    """Name the words of a question about one paper that its abstract does not mention."""
    if len(query.about) != 1 or not answer.is_extractive:
        return None
    if lacks_limits(query.standalone, query.about[0]):
        return NO_LIMITS
    if lacks_failure(query.standalone, query.about[0]):
        return NO_FAILURE
    if claimed := contradicted(query.standalone, query.about[0].abstract):
        return CONTRARY.format(words=claimed)
    if query.is_follow_up or lacks_detail(query.standalone, query.about[0]) is False:
        return None
    words = answerability.missing_words(query.standalone, query.about[0])
    words = [word for word in words if not COMPARES.fullmatch(word)]
    words = words or missing_acronyms(query.standalone, query.about[0])
    return MISSING_WORDS.format(words=_listed(words)) if words else None


def missing_acronyms(question: str, paper: Paper) -> list[str]:
    """Return the acronyms of a question that a paper neither has nor spells out by initials."""
    text = f"{paper.title} {paper.abstract}"
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", text.lower()))
    return [
        acronym
        for acronym in dict.fromkeys(ACRONYM.findall(question))
        if acronym.lower() not in text.lower() and acronym.lower() not in initials
    ]


def _missing_in_found(topic: str, answer: Answer, answerability: AnswerabilityModel) -> str | None:
    """Say what of a question the papers found for it may lack."""
    papers = answer.papers
    if words := answerability.unheard_words(topic, answer.hits):
        return UNKNOWN.format(names=_listed(words))
    if names := unmentioned(topic, papers):
        return UNMENTIONED.format(names=_listed(names))
    if asks_for_several(topic):
        return None
    is_lacking = lacks_detail(topic, papers[0])
    if is_lacking or lacks_term(topic, papers):
        return NOT_SAID
    if is_lacking is False:
        return None
    missing = answerability.missing_detail(topic, papers[0])
    return NOT_SAID if missing >= load_fitted().thresholds.maybe_missing_from.value else None


def _listed(words: Sequence[str]) -> str:
    """Return the words as a list in prose: "a, b or c"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
