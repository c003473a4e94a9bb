"""Suggest questions that a library answers, without a model: to begin with, and as follow-ups.

Each is made from a title or a sentence of an abstract; pure functions.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rag.answering.phrases import shared_phrases, stem, stems
from rag.answering.roles import ASSUMES, FINDS, LIMITS, PROPOSES, RESULTS
from rag.query.intent import question_for_papers
from rag.query.questions import content_words
from rag.types import Hit, Paper

MOST_FOLLOW_UPS: Final = 3
SAMPLE: Final = 1000  # papers that example questions are drawn from
MOST_TITLE: Final = 110  # a longer title makes an unwieldy question
LEAST_TITLE_WORDS: Final = 3  # a shorter one could be any
LEAST_ABSTRACT: Final = 150

# What a paper calls its contribution, before the colon of its title.
NAMED: Final = re.compile(r"^(?=[^\s:]*[a-z])([A-Z][^\s:]+|[a-z][^\s:]*[A-Z0-9][^\s:]*)\s?:\s")
# A topic has a word that fewer papers have; else its papers do not stand out.
COMMON_SHARE: Final = 0.15
# An uncited paper is suggested when its score is near the best; below, it was found by chance.
RELATED: Final = 0.6
OF_FORMS: Final = frozenset(["paper", "work", "propose", "show", "result", "report"])
COMMON_BEFORE_COLON: Final = frozenset(
    ["survey", "review", "comment", "reply", "abstract", "invited", "introduction", "tutorial"]
)


def example_questions(papers: Sequence[Paper], n: int = 4) -> list[str]:
    """Propose up to n questions that the papers answer, of different kinds, on different papers.

    The same papers give the same questions.
    """
    ordered = sorted(papers, key=_shuffled)
    kinds = [_topics(ordered), _titles(ordered), _names(ordered), _results(ordered)]
    chosen: list[_Made] = []
    while len(chosen) < n and kinds:
        for kind in list(kinds):
            found = _next(kind, chosen, again=len(papers) < n)
            if found is None:
                kinds.remove(kind)
            elif len(chosen) < n:
                chosen.append(found)
    return [question for question, _ in chosen]


def suggest_follow_ups(
    question: str,
    hits: Sequence[Hit],
    cited: Sequence[Paper],
    is_discriminative: Callable[[str], bool],
    asked: Iterable[str] = (),
) -> tuple[str, ...]:
    """Propose up to three questions that could follow an answer and that these papers answer.

    Args:
        question: What was answered.
        hits: The papers that were found for it.
        cited: Those that the answer cites.
        is_discriminative: Whether a phrase sets its papers apart from the others of the library.
        asked: Earlier questions, which are not suggested again.
    """
    known = {paper.paper_id for paper in cited}
    best = max((hit.score for hit in hits if not hit.is_named), default=0.0)
    near = [hit.paper for hit in hits if hit.score >= RELATED * best]
    others = [paper for paper in near if paper.paper_id not in known]
    found = [
        next(_about_paper(others, question), None),
        next(_deeper(cited, question), None),
        next(_shared(question, near, is_discriminative), None),
        *_about_paper(others[1:], question),
    ]
    before = {question, *asked}
    fresh = [each for each in dict.fromkeys(found) if each and each not in before]
    return tuple(fresh[:MOST_FOLLOW_UPS])


_Made = tuple[str, Sequence[Paper]]


def _next(kind: Iterator[_Made], chosen: Sequence[_Made], *, again: bool) -> _Made | None:
    """Return the next question on other topics and papers; on the same ones if `again`."""
    said = {word for question, _ in chosen for word in _topical(question)}
    used = {paper.paper_id for _, about in chosen for paper in about}
    for question, about in kind:
        words = _topical(question)
        is_new = 2 * len(words & said) < len(words) and about[0].paper_id not in used
        if is_new or again:
            return question, about
    return None


def _topical(question: str) -> set[str]:
    """Return the stems of a question without those of its template."""
    return {stem(word) for word in content_words(question)} - OF_FORMS


def _shuffled(paper: Paper) -> str:
    """Return a sort key that is fixed for a paper, and independent of when it was added."""
    return hashlib.sha256(paper.paper_id.encode()).hexdigest()


def _topics(papers: Sequence[Paper]) -> Iterator[_Made]:
    spread = Counter(
        word for paper in papers for word in set(stems(f"{paper.title} {paper.abstract}"))
    )
    for phrase, having in shared_phrases(papers):
        rarest = min(spread[word] for word in stems(phrase))
        if rarest > max(len(having), len(papers) * COMMON_SHARE):
            continue
        yield from _asked(f"Which papers work on {phrase}?", having)


def _titles(papers: Iterable[Paper]) -> Iterator[_Made]:
    for paper in filter(_is_specific, papers):
        if PROPOSES.search(paper.abstract):
            yield from _asked(f"What does “{paper.title}” propose?", [paper])
        elif FINDS.search(paper.abstract):
            yield from _asked(f"What does “{paper.title}” show?", [paper])
        else:
            yield from _asked(f"What is “{paper.title}” about?", [paper])


def _names(papers: Iterable[Paper]) -> Iterator[_Made]:
    for paper in papers:
        if name := find_name(paper):
            yield from _asked(f"What is {name} and how does it work?", [paper])


def _results(papers: Iterable[Paper]) -> Iterator[_Made]:
    for paper in filter(_is_specific, papers):
        if RESULTS.search(paper.abstract):
            yield from _asked(f"What results does “{paper.title}” report?", [paper])


def _about_paper(papers: Sequence[Paper], question: str) -> Iterator[str]:
    for made, _ in _titles(papers):
        if made != question:
            yield made


def _deeper(cited: Sequence[Paper], question: str) -> Iterator[str]:
    """Yield questions for other things in the abstract of a cited paper: results, limits."""
    ways: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
        (RESULTS, lambda title: f"What results does “{title}” report?"),
        (LIMITS, lambda title: f"Which limitations does “{title}” speak of?"),
        (ASSUMES, lambda title: f"What does “{title}” assume?"),
    )
    for paper in filter(_is_specific, cited):
        for says, asks in ways:
            if says.search(paper.abstract) and not says.search(question):
                yield from (made for made, _ in _asked(asks(paper.title), [paper]))


def _shared(
    question: str, papers: Sequence[Paper], is_discriminative: Callable[[str], bool]
) -> Iterator[str]:
    asked = set(stems(question))
    for phrase, having in shared_phrases(papers):
        if not set(stems(phrase)) <= asked and is_discriminative(phrase):
            yield from (made for made, _ in _asked(f"Which papers work on {phrase}?", having))


def find_name(paper: Paper) -> str | None:
    """Return the name before the colon of a title, where the abstract uses it too."""
    match = NAMED.match(paper.title)
    if not match or match[1].lower() in COMMON_BEFORE_COLON:
        return None
    return match[1] if re.search(rf"\b{re.escape(match[1])}\b", paper.abstract) else None


def _is_specific(paper: Paper) -> bool:
    """Return whether a title alone identifies its paper, and the abstract says something."""
    words = {stem(word) for word in content_words(paper.title)}
    is_title = len(words) >= LEAST_TITLE_WORDS and len(paper.title) <= MOST_TITLE
    return is_title and len(paper.abstract) >= LEAST_ABSTRACT


def _asked(question: str, papers: Sequence[Paper]) -> Iterator[_Made]:
    """Yield the question, unless a title in it would be taken for an instruction."""
    if question_for_papers(question) == question:
        yield question, papers
