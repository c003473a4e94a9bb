"""Writes an answer of the papers' own sentences, without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.answering.drafts import Draft
from rag.answering.roles import asked_role
from rag.embedding.encoding import CachedEncoder
from rag.query.focus import asks_for_several
from rag.query.references import titled_papers
from rag.sentences import Sentence
from rag.types import EXTRACTIVE, CheckedSentence, Citation, Hit, Message, Paper
from rag.verification.citations import Verified
from rag.verification.maxsim import LATE_WEIGHT, maxsim_each, stack_texts
from rag.verification.numbering import Numbering
from rag.verification.support import quotable_sentences
from rag.verification.terms import TermWeight, coverage

# A question that asks for several papers takes those within a wider share of the best one's score,
# and of them those that meet its words nearly as well as any. Dev set: of the papers cited for a
# `multi` question 0.71 answer it (0.66 without a look at the words), of the hits that answer one
# 0.80 are cited (0.83); a quarter of the `single` questions get a second paper (a third).
CLOSE_WHEN_SEVERAL: Final = 0.6
CLOSE_OTHERWISE: Final = 0.85
MATCH_SHARE: Final = 0.75
MOST_WHEN_SEVERAL: Final = 6
MOST_OTHERWISE: Final = 2
SENTENCES_WHEN_SEVERAL: Final = 2
# When one paper answers and others come close, it gets this share of the words, they a sentence.
MAIN_SHARE: Final = 0.5

# A sentence is worth the words of the question that it meets, and a little for standing late, where
# findings are; what repeats a chosen sentence is worth less. Dev set, `single`, 110 words of the
# best paper: 0.90 of the facts, against 0.74 by cosine and 0.82 by cosine and word coverage. The
# same two signals find the rationale sentences of SciFact.
REDUNDANCY: Final = 0.4
LEAST_WORDS: Final = 5  # less is a heading, or a link
LINK: Final = re.compile(
    r"https?://|\b(?:code|implementations?) (?:is|are)\b"
    r"|\b(?:code|models?|implementations?|data ?sets?)\b[^.]{0,40}"
    r"\b(?:publicly|freely|made) available",
    re.IGNORECASE,
)
ASKS_FOR_LINK: Final = re.compile(
    r"\b(?:code|github|links?|urls?|implementations?|repos?|repositor(?:y|ies)|available)\b",
    re.IGNORECASE,
)
# For a sentence that does what the question asks for, such as to introduce a thing. Of 38 papers of
# the saved pages that name what they propose, "What is (the name)?" is answered with the sentence
# that introduces it for 35 (27 without), from 0.1 to 0.3. The dev set hardly asks so.
ROLE_BONUS: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Compared:
    """A paper beside the question.

    Attributes:
        sentences: Those that may be quoted, in reading order.
        worth: Of each sentence, shape (n,).
        alike: How alike any two sentences are, shape (n, n).
        match: Mean match of the question's words, each in the title or sentence that meets it best.
    """

    paper: Paper
    sentences: Sequence[Sentence]
    worth: NDArray[np.float64]
    alike: NDArray[np.float64]
    match: float


@dataclass(frozen=True, slots=True)
class _Pick:
    """A paper and the sentences chosen from it, in reading order."""

    paper: Paper
    sentences: tuple[Sentence, ...]


class ExtractiveWriter:
    """Quotes the sentences that answer the question best.

    Args:
        encoder: Encodes texts; None compares by words alone.
        weight: The idf of a stem.
        answer_words: Longest answer from one paper, words; title and markers count.
    """

    mode = EXTRACTIVE
    is_extractive = True

    def __init__(
        self, encoder: CachedEncoder | None, weight: TermWeight, answer_words: int
    ) -> None:
        self._encoder = encoder
        self._weight = weight
        self._answer_words = answer_words

    def write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """One draft: the papers that answer, each with its best sentences and its marker."""
        several = asks_for_several(question)
        named = _named_hits(question, hits)
        close = named or _close_hits(hits, several=several)
        compared = [self._compare(question, hit.paper) for hit in close]
        chosen = compared if named else _meeting(compared)
        picks = []
        for place, each in enumerate(chosen):
            most_words, most = self._limits(place, len(chosen), several=several)
            picks.append(_pick(each, most_words, most))
        yield _compose(picks, Numbering(history))

    def _limits(self, place: int, papers: int, *, several: bool) -> tuple[int, int]:
        """Most words and most sentences of the paper at a place, from 0."""
        if papers == 1:
            return self._answer_words, self._answer_words
        if several:
            return self._answer_words, SENTENCES_WHEN_SEVERAL
        return (int(self._answer_words * MAIN_SHARE), self._answer_words) if place == 0 else (0, 1)

    def _compare(self, question: str, paper: Paper) -> _Compared:
        """The paper read once beside the question; asides count for its match, not as quotes."""
        whole = quotable_sentences(paper)
        quotable = [n for n, each in enumerate(whole) if not _is_aside(question, each.text)]
        kept = quotable or list(range(len(whole)))
        sentences = [whole[n] for n in kept]
        prior = _prior(question, [each.text for each in sentences])
        if self._encoder is None:
            covered = [coverage(question, each.text, self._weight) for each in sentences]
            alike = np.zeros((len(kept), len(kept)))
            return _Compared(paper, sentences, np.array(covered) + prior, alike, 1.0)
        asked, *encoded = self._encoder.encode(
            [question, paper.title, *(each.text for each in whole)]
        )
        texts = stack_texts(encoded)
        met = maxsim_each(asked, texts)
        at = np.array(kept, np.intp) + 1  # behind the title
        vectors = texts.vectors[at]
        worth = met[at].mean(axis=1) + prior
        alike = np.asarray(vectors @ vectors.T, np.float64)
        return _Compared(paper, sentences, worth, alike, float(met.max(axis=0).mean()))


def _prior(question: str, sentences: Sequence[str]) -> NDArray[np.float64]:
    """What each sentence is worth for its place and its role, shape (n,)."""
    role = asked_role(question)
    late = np.arange(1, len(sentences) + 1) / len(sentences)
    prior = 0 * late if role and role.stands_early else LATE_WEIGHT * late
    if role:
        prior += ROLE_BONUS * np.array([bool(role.said.search(text)) for text in sentences])
    return prior


def _is_aside(question: str, sentence: str) -> bool:
    """Whether a sentence tells where code is, or hardly anything, and that was not asked."""
    if len(sentence.split()) < LEAST_WORDS:
        return True
    return bool(LINK.search(sentence)) and not ASKS_FOR_LINK.search(question)


def _named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits whose titles stand in the question: they are asked about, and no others."""
    named = {paper.paper_id for paper in titled_papers(question, [hit.paper for hit in hits])}
    return [hit for hit in hits if hit.paper.paper_id in named]


def _meeting(compared: Sequence[_Compared]) -> list[_Compared]:
    """The first paper, and those of the others that meet the question's words nearly as well."""
    least = MATCH_SHARE * max(each.match for each in compared)
    return [each for n, each in enumerate(compared) if n == 0 or each.match >= least]


def _close_hits(hits: Sequence[Hit], *, several: bool) -> list[Hit]:
    least = hits[0].score * (CLOSE_WHEN_SEVERAL if several else CLOSE_OTHERWISE)
    most = MOST_WHEN_SEVERAL if several else MOST_OTHERWISE
    return [hit for hit in hits[:most] if hit.score >= least]


def _pick(compared: _Compared, most_words: int, most: int) -> _Pick:
    sentences = compared.sentences
    lengths = [len(each.text.split()) + 1 for each in sentences]  # with its marker
    left = most_words - len(compared.paper.title.split())
    kept = _select(compared.worth, compared.alike, lengths, most_words=left, most=most)
    return _Pick(compared.paper, tuple(sentences[n] for n in sorted(kept)))


def _select(
    worth: NDArray[np.float64],
    alike: NDArray[np.float64],
    lengths: Sequence[int],
    *,
    most_words: int,
    most: int,
) -> list[int]:
    """Sentences by falling marginal worth that stay within the words; at least one.

    Maximal marginal relevance (Carbonell and Goldstein 1998) with additive redundancy.
    """
    kept: list[int] = []
    left = list(range(len(worth)))
    while left and len(kept) < most:
        repeated = alike[:, kept].max(axis=1) if kept else np.zeros(len(worth))
        best = max(left, key=lambda n: float(worth[n] - REDUNDANCY * repeated[n]))
        left.remove(best)
        if not kept or sum(lengths[n] for n in kept) + lengths[best] <= most_words:
            kept.append(best)
    return kept


def _compose(picks: Sequence[_Pick], numbering: Numbering) -> Draft:
    """Markdown: a paragraph a paper, its title first, a marker behind every sentence."""
    text = ""
    citations: list[Citation] = []
    checked: list[CheckedSentence] = []
    for pick in picks:
        marker = numbering.number(pick.paper)
        text += f"{chr(10) * 2 if text else ''}**{pick.paper.title}**\n"
        for place, sentence in enumerate(pick.sentences):
            written = f"{sentence.text} [{marker}]"
            text += " " if place else ""
            start = len(text)
            text += written
            checked.append(CheckedSentence(written, start, len(text), (marker,), "supported"))
            citations.append(
                Citation(marker, pick.paper, sentence.text, sentence.start, sentence.end, 1.0)
            )
    return Draft(Verified(text, tuple(citations), tuple(checked)))
