"""Writes an answer of the papers' own sentences, without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.answering.drafts import Draft
from rag.answering.focus import asks_for_several
from rag.answering.matching import LATE_WEIGHT, lay_out, match_each
from rag.answering.numbering import Numbering
from rag.answering.roles import asked_role
from rag.answering.support import quotable_sentences
from rag.answering.terms import TermWeight, coverage
from rag.embedding.reading import CachedReader
from rag.retrieval.references import titled_papers
from rag.sentences import Sentence
from rag.types import EXTRACTIVE, CheckedSentence, Citation, Hit, Message, Paper

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
class _Pick:
    """A paper and the sentences chosen from it, in reading order."""

    paper: Paper
    sentences: tuple[Sentence, ...]


class ExtractiveWriter:
    """Quotes the sentences that answer the question best.

    Args:
        reader: Reads texts; None compares by words alone.
        weight: How telling a stem is.
        answer_words: Longest answer from one paper, words; title and markers count.
    """

    mode = EXTRACTIVE

    def __init__(self, reader: CachedReader | None, weight: TermWeight, answer_words: int) -> None:
        self._reader = reader
        self._weight = weight
        self._answer_words = answer_words

    def write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """One draft: the papers that answer, each with its best sentences and its marker."""
        several = asks_for_several(question)
        chosen = _named_hits(question, hits) or self._meeting(
            question, _close_hits(hits, several=several)
        )
        picks = []
        for place, hit in enumerate(chosen):
            most_words, most = self._limits(place, len(chosen), several=several)
            picks.append(self._pick(question, hit.paper, most_words, most))
        yield _compose(picks, Numbering(history))

    def _meeting(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The first hit, and those of the others that meet the question's words as well."""
        if self._reader is None or len(hits) < 2:
            return list(hits)
        matches = [self._match(self._reader, question, hit.paper) for hit in hits]
        least = MATCH_SHARE * max(matches)
        return [hit for n, hit in enumerate(hits) if n == 0 or matches[n] >= least]

    def _match(self, reader: CachedReader, question: str, paper: Paper) -> float:
        """Mean match of the question's words, each in the sentence that meets it best."""
        texts = [paper.title, *(each.text for each in quotable_sentences(paper))]
        asked, *read = reader.read([question, *texts])
        return float(match_each(asked, lay_out(read)).max(axis=0).mean())

    def _limits(self, place: int, papers: int, *, several: bool) -> tuple[int, int]:
        """Most words and most sentences of the paper at a place, from 0."""
        if papers == 1:
            return self._answer_words, self._answer_words
        if several:
            return self._answer_words, SENTENCES_WHEN_SEVERAL
        return (int(self._answer_words * MAIN_SHARE), self._answer_words) if place == 0 else (0, 1)

    def _pick(self, question: str, paper: Paper, most_words: int, most: int) -> _Pick:
        whole = quotable_sentences(paper)
        sentences = [each for each in whole if not _is_aside(question, each.text)] or whole
        worth, alike = self._compare(question, [sentence.text for sentence in sentences])
        lengths = [len(sentence.text.split()) + 1 for sentence in sentences]  # with its marker
        left = most_words - len(paper.title.split())
        kept = _select(worth, alike, lengths, most_words=left, most=most)
        return _Pick(paper, tuple(sentences[n] for n in sorted(kept)))

    def _compare(
        self, question: str, sentences: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each sentence is worth, shape (n,), and how alike any two are, shape (n, n)."""
        prior = _prior(question, sentences)
        if self._reader is None:
            covered = [coverage(question, text, self._weight) for text in sentences]
            return np.array(covered) + prior, np.zeros((len(sentences), len(sentences)))
        asked, *read = self._reader.read([question, *sentences])
        texts = lay_out(read)
        met = match_each(asked, texts).mean(axis=1)
        return met + prior, np.asarray(texts.vectors @ texts.vectors.T, np.float64)


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


def _close_hits(hits: Sequence[Hit], *, several: bool) -> list[Hit]:
    least = hits[0].score * (CLOSE_WHEN_SEVERAL if several else CLOSE_OTHERWISE)
    most = MOST_WHEN_SEVERAL if several else MOST_OTHERWISE
    return [hit for hit in hits[:most] if hit.score >= least]


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
    return Draft(text, tuple(citations), tuple(checked))
