"""Choose the papers that answer a question, their sentences, and the order of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.query.evidence import (
    asked_term,
    dangles,
    needs_context,
)
from rag.query.titles import titled_papers
from rag.sentences import Sentence
from rag.types import Hit, Paper

# How good a paper is: the mean of its score and its match with the question, as shares of the best.
# Those nearly as good as the first are cited beside it; where several papers are asked for, also
# those that stand out from the rest of the retrieved ones. Questions of dev.jsonl that several
# papers answer: 0.80 of the cited papers are right, 0.73 of the right ones cited (0.74 and 0.70
# with a fixed share of 0.76 for them, and at most two papers for the others).
CLOSE: Final = 0.88  # with 0.80 one more of ten cited papers is wrong, in a sixth more words
# Without it 0.791 of dev.jsonl's facts are said (0.840), and 0.855 of the right papers cited
# (0.910).
STANDS_OUT: Final = 0.2  # of the way from the median of the retrieved papers to the best
LEAST_TO_COMPARE: Final = 6  # of fewer papers the median says little, and all that are CLOSE_OF_FEW
CLOSE_OF_FEW: Final = 0.76
SELECTED: Final = 0.9  # of the match of the best, where some of the cited papers are asked for
MOST_WHEN_SEVERAL: Final = 10  # with 5 papers 0.658 of the facts of multi-paper questions (0.676)
MOST_OTHERWISE: Final = 3  # with two 0.543 of the right papers of such questions are cited (0.63)
# Papers that are read where the meaning of a term is asked: the one that defines it may rank lower.
# No question of dev.jsonl depends on these two; they serve terms that no paper coined.
READ_FOR_MEANING: Final = 5
CLOSE_FOR_MEANING: Final = 0.6

# A sentence scores its match with the words of the question, and a little for standing late, where
# findings are; redundancy with a chosen sentence lowers it. Dev set, `single`, 110 words of
# the best paper: 0.90 of the facts, against 0.74 by cosine and 0.82 by cosine and word coverage.
# The same two signals find the rationale sentences of SciFact.
REDUNDANCY: Final = 0.4  # without it 0.776 of the facts
# Taken from the first of an answer if it refers to the sentence before it; without it 0.805.
DANGLING_COST: Final = 0.18
GAP: Final = 3  # characters between two consecutive sentences


@dataclass(frozen=True, slots=True)
class ScoredPaper:
    """A retrieved paper compared with the question.

    Attributes:
        sentences: Those that may be quoted, in reading order, n of them.
        scores: Of each sentence as a part of the answer, shape (n,).
        similarities: Cosine of each two sentences, shape (n, n).
        match: Mean cosine of the question's words, each with the title or sentence closest to it.
        defines_term: Whether a sentence defines the term that is asked for.
        min_score: What a sentence must score to follow the first.
        wanted: Which sentence says most of each part of the question, where it has several.
    """

    hit: Hit
    sentences: Sequence[Sentence]
    scores: NDArray[np.float64]
    similarities: NDArray[np.float64]
    match: float
    defines_term: bool = False
    min_score: float = 0.0
    wanted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotedPaper:
    """A paper and the sentences chosen from it, in the order in which they are quoted."""

    paper: Paper
    sentences: tuple[Sentence, ...]


def named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that the question names; only these are asked about then."""
    titled = {paper.paper_id for paper in titled_papers(question, [hit.paper for hit in hits])}
    known = [hit for hit in hits if hit.is_named and hit.paper.paper_id not in titled]
    named = [hit for hit in hits if hit.paper.paper_id in titled]
    return hits_in_order(hits, [*named, *known])


def hits_in_order(hits: Sequence[Hit], some: Sequence[Hit]) -> list[Hit]:
    """Return some of the hits, in the order of all."""
    ids = {hit.paper.paper_id for hit in some}
    return [hit for hit in hits if hit.paper.paper_id in ids]


def papers_to_cite(
    question: str, compared: Sequence[ScoredPaper], *, several: bool
) -> list[ScoredPaper]:
    """Return the first paper, and those others that match the question nearly as well.

    Where the meaning of a term is asked, papers that define it come before the others.
    """
    if asked_term(question) and not several:
        defining = [each for each in compared if each.defines_term]
        compared = (defining or compared)[:MOST_OTHERWISE]
    relevance = _relevance(compared)
    least = _min_relevance(relevance) if several else CLOSE
    return [each for n, each in enumerate(compared) if n == 0 or relevance[n] >= least]


def best_matches(compared: Sequence[ScoredPaper]) -> list[ScoredPaper]:
    """Return those of the cited papers that match the question best, the best first."""
    best = max(each.match for each in compared)
    kept = [each for each in compared if each.match >= SELECTED * best]
    return sorted(kept, key=lambda each: -each.match)


def _relevance(compared: Sequence[ScoredPaper]) -> NDArray[np.float64]:
    """Return the mean of each paper's score and match, as shares of the best, shape (n,)."""
    score = np.array([each.hit.score for each in compared])
    match = np.array([each.match for each in compared])
    return np.asarray((score / (score.max() or 1.0) + match / (match.max() or 1.0)) / 2)


def _min_relevance(relevance: NDArray[np.float64]) -> float:
    """Return how relevant a paper must be to be cited where several are asked for."""
    if len(relevance) < LEAST_TO_COMPARE:
        return CLOSE_OF_FEW
    rest = float(np.median(relevance))
    return min(CLOSE, rest + STANDS_OUT * (float(relevance[0]) - rest))


def hits_to_read(question: str, hits: Sequence[Hit], *, several: bool) -> list[Hit]:
    """Return the hits whose papers are read: those with nearly the best score."""
    if several:
        return list(hits[:MOST_WHEN_SEVERAL])
    most = READ_FOR_MEANING if asked_term(question) else MOST_OTHERWISE
    share = 2 * CLOSE - 1 if most == MOST_OTHERWISE else CLOSE_FOR_MEANING
    return [hit for hit in hits[:most] if hit.score >= hits[0].score * share]


def select_sentences(compared: ScoredPaper, most_words: int, most: int) -> QuotedPaper:
    """Return the sentences that answer: the best, what adds most to it, others in reading order."""
    sentences = compared.sentences
    lengths = [len(each.text.split()) + 1 for each in sentences]  # with its marker
    left = most_words - len(compared.hit.paper.title.split())
    dangling = np.array([DANGLING_COST * dangles(each.text) for each in sentences])
    lead = int(np.argmax(compared.scores - dangling))
    opening = [lead]
    if (
        _needs_only_the_one_before(sentences, lead)
        and most > 1
        and lengths[lead - 1] + lengths[lead] <= left
    ):
        opening = [lead - 1, lead]
    opening = _with_wanted(compared.wanted, lengths, opening, most_words=left, most=most)
    kept = _by_marginal_relevance(compared, lengths, opening, most_words=left, most=most)
    adding = kept[1:2] if len(opening) == 1 else []
    others = [*adding, *sorted(n for n in kept if n not in (*opening, *adding))]
    return QuotedPaper(compared.hit.paper, tuple(sentences[n] for n in (*opening, *others)))


def _with_wanted(
    wanted: Sequence[int],
    lengths: Sequence[int],
    opening: Sequence[int],
    *,
    most_words: int,
    most: int,
) -> list[int]:
    """Return the opening sentences, and those that other parts of the question want, if short."""
    kept = list(opening)
    for place in wanted:
        is_short = sum(lengths[n] for n in kept) + lengths[place] <= most_words
        if place not in kept and len(kept) < most and is_short:
            kept.append(place)
    return kept


def _needs_only_the_one_before(sentences: Sequence[Sentence], place: int) -> bool:
    """Return whether a sentence refers to the one before it, which refers to none itself."""
    if place == 0 or not needs_context(sentences[place].text):
        return False
    before = sentences[place - 1]
    return sentences[place].start - before.end <= GAP and not needs_context(before.text)


def _by_marginal_relevance(
    compared: ScoredPaper,
    lengths: Sequence[int],
    opening: Sequence[int],
    *,
    most_words: int,
    most: int,
) -> list[int]:
    """Return the opening sentences, then others by marginal relevance, within the words.

    Maximal marginal relevance (Carbonell and Goldstein 1998) with additive redundancy; sentences
    below the minimal score are left out.
    """
    scores, similarities = compared.scores, compared.similarities
    kept = list(opening)
    left = [n for n in range(len(scores)) if n not in opening]
    while left and len(kept) < most:
        redundant = similarities[:, kept].max(axis=1)
        best = max(left, key=lambda n: float(scores[n] - REDUNDANCY * redundant[n]))
        left.remove(best)
        is_good = scores[best] >= compared.min_score
        if is_good and sum(lengths[n] for n in kept) + lengths[best] <= most_words:
            kept.append(best)
    return kept
