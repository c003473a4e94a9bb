"""Chooses which sentences of which papers answer a question, and in what order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.query.evidence import (
    asked_term,
    dangles,
    needs_before,
)
from rag.query.references import titled_papers
from rag.sentences import Sentence
from rag.types import Hit, Paper

# A question that asks for several papers takes those whose score and match of its words together
# are nearly as good as the best. Multi-paper questions of the dev set: of the papers cited 0.75
# answer, of those that answer 0.73 are cited (0.69 and 0.71 with a cut of each by itself).
# Left out one by one on dev.jsonl, of whose facts 0.810 are mentioned, while 0.817 of the cited
# papers are right:
CLOSE_WHEN_SEVERAL: Final = 0.76  # without it 0.750 of the cited are right, in a quarter more words
CLOSE_OTHERWISE: Final = 0.85  # without it 0.680 of the cited are right, and 0.780 of the facts
MATCH_SHARE: Final = 0.75  # without it 0.806 of the cited are right, and 0.804 of the facts
MOST_WHEN_SEVERAL: Final = 10  # with 5 papers 0.658 of the facts of multi-paper questions (0.676)
MOST_OTHERWISE: Final = 2  # with one 0.776 of the facts
# Papers that are read where the meaning of a thing is asked: the one that says it may come later.
# No question of dev.jsonl turns on these two; they are for things that no paper has named itself.
READ_FOR_MEANING: Final = 5
CLOSE_FOR_MEANING: Final = 0.6

# A sentence is worth the words of the question that it meets, and a little for standing late, where
# findings are; what repeats a chosen sentence is worth less. Dev set, `single`, 110 words of the
# best paper: 0.90 of the facts, against 0.74 by cosine and 0.82 by cosine and word coverage. The
# same two signals find the rationale sentences of SciFact.
REDUNDANCY: Final = 0.4  # without it 0.776 of the facts
# What a sentence that leans on the one before it loses when the first is chosen; without it 0.805.
DANGLING_COST: Final = 0.18
GAP: Final = 3  # signs between two sentences that stand side by side


@dataclass(frozen=True, slots=True)
class Compared:
    """A paper that was found, beside the question.

    Attributes:
        sentences: Those that may be quoted, in reading order.
        worth: Of each sentence, shape (n,).
        alike: How alike any two sentences are, shape (n, n).
        match: Mean match of the question's words, each in the title or sentence that meets it best.
        defines: Whether a sentence says what the thing is that is asked for.
        least: What a sentence must be worth to follow the first.
    """

    hit: Hit
    sentences: Sequence[Sentence]
    worth: NDArray[np.float64]
    alike: NDArray[np.float64]
    match: float
    defines: bool = False
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper and the sentences chosen from it, in the order in which they are quoted."""

    paper: Paper
    sentences: tuple[Sentence, ...]


def named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that the question names: they are asked about, and no others."""
    titled = {paper.paper_id for paper in titled_papers(question, [hit.paper for hit in hits])}
    known = [hit for hit in hits if hit.is_named and hit.paper.paper_id not in titled]
    named = [hit for hit in hits if hit.paper.paper_id in titled]
    return hits_in_order(hits, [*named, *known])


def hits_in_order(hits: Sequence[Hit], some: Sequence[Hit]) -> list[Hit]:
    """Some of the hits, in the order of all."""
    ids = {hit.paper.paper_id for hit in some}
    return [hit for hit in hits if hit.paper.paper_id in ids]


def meeting(question: str, compared: Sequence[Compared], *, several: bool) -> list[Compared]:
    """The first paper, and those of the others that meet the question's words nearly as well.

    Where the meaning of a thing is asked, papers that say it come before the others.
    """
    if several:
        return _nearly_as_good(compared)
    if asked_term(question):
        defining = [each for each in compared if each.defines]
        compared = (defining or compared)[:MOST_OTHERWISE]
    least = MATCH_SHARE * max(each.match for each in compared)
    return [each for n, each in enumerate(compared) if n == 0 or each.match >= least]


def _nearly_as_good(compared: Sequence[Compared]) -> list[Compared]:
    """The first paper, and those of the others whose score and match are close to the best."""
    score = max(each.hit.score for each in compared) or 1.0
    match = max(each.match for each in compared) or 1.0
    good = [(each.hit.score / score + each.match / match) / 2 for each in compared]
    return [each for n, each in enumerate(compared) if n == 0 or good[n] >= CLOSE_WHEN_SEVERAL]


def close_hits(question: str, hits: Sequence[Hit], *, several: bool) -> list[Hit]:
    """The hits whose papers are read: those that come close to the best."""
    if several:
        return list(hits[:MOST_WHEN_SEVERAL])
    most = READ_FOR_MEANING if asked_term(question) else MOST_OTHERWISE
    share = CLOSE_OTHERWISE if most == MOST_OTHERWISE else CLOSE_FOR_MEANING
    return [hit for hit in hits[:most] if hit.score >= hits[0].score * share]


def choose(compared: Compared, most_words: int, most: int) -> Pick:
    """The sentences that answer: the best first, the others in reading order."""
    sentences = compared.sentences
    lengths = [len(each.text.split()) + 1 for each in sentences]  # with its marker
    left = most_words - len(compared.hit.paper.title.split())
    leaning = np.array([DANGLING_COST * dangles(each.text) for each in sentences])
    lead = int(np.argmax(compared.worth - leaning))
    opening = [lead]
    if _leans_on_before(sentences, lead) and most > 1 and lengths[lead - 1] + lengths[lead] <= left:
        opening = [lead - 1, lead]
    kept = _select(compared, lengths, opening, most_words=left, most=most)
    others = sorted(n for n in kept if n not in opening)
    return Pick(compared.hit.paper, tuple(sentences[n] for n in (*opening, *others)))


def _leans_on_before(sentences: Sequence[Sentence], place: int) -> bool:
    """Whether a sentence leans on the one right before it, which itself leans on none."""
    if place == 0 or not needs_before(sentences[place].text):
        return False
    before = sentences[place - 1]
    return sentences[place].start - before.end <= GAP and not needs_before(before.text)


def _select(
    compared: Compared,
    lengths: Sequence[int],
    opening: Sequence[int],
    *,
    most_words: int,
    most: int,
) -> list[int]:
    """The opening sentences, then others by falling marginal worth that stay within the words.

    Maximal marginal relevance (Carbonell and Goldstein 1998) with additive redundancy; what is
    worth less than the least is left out.
    """
    worth, alike = compared.worth, compared.alike
    kept = list(opening)
    left = [n for n in range(len(worth)) if n not in opening]
    while left and len(kept) < most:
        repeated = alike[:, kept].max(axis=1)
        best = max(left, key=lambda n: float(worth[n] - REDUNDANCY * repeated[n]))
        left.remove(best)
        is_worth = worth[best] >= compared.least
        if is_worth and sum(lengths[n] for n in kept) + lengths[best] <= most_words:
            kept.append(best)
    return kept
