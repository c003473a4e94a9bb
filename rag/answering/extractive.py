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
from rag.query.evidence import (
    asked_term,
    dangles,
    defines,
    spells_out,
    trimmed_start,
)
from rag.query.focus import asks_for_several
from rag.query.pointing import asks_for_more, is_about_telling
from rag.query.questions import earlier_questions
from rag.query.references import titled_papers
from rag.sentences import Sentence
from rag.types import EXTRACTIVE, CheckedSentence, Citation, Hit, Message, Paper
from rag.verification.citations import Verified
from rag.verification.maxsim import LATE_WEIGHT, maxsim_each, stack_texts
from rag.verification.numbering import Numbering
from rag.verification.support import quotable_sentences
from rag.verification.terms import TermWeight, coverage

# A question that asks for several papers takes those whose score and match of its words together
# are nearly as good as the best. Multi-paper questions of the dev set: of the papers cited 0.75
# answer, of those that answer 0.73 are cited (0.69 and 0.71 with a cut of each by itself).
CLOSE_WHEN_SEVERAL: Final = 0.76
CLOSE_OTHERWISE: Final = 0.85
MATCH_SHARE: Final = 0.75
MOST_WHEN_SEVERAL: Final = 10
MOST_OTHERWISE: Final = 2
# Papers that are read where the meaning of a thing is asked: the one that says it may come later.
READ_FOR_MEANING: Final = 5
CLOSE_FOR_MEANING: Final = 0.6
SENTENCES_WHEN_SEVERAL: Final = 2
FEW: Final = 3  # more papers than these get one sentence each
# When one paper answers and others come close, it gets this share of the words, they a sentence.
MAIN_SHARE: Final = 0.5

# A sentence is worth the words of the question that it meets, and a little for standing late, where
# findings are; what repeats a chosen sentence is worth less. Dev set, `single`, 110 words of the
# best paper: 0.90 of the facts, against 0.74 by cosine and 0.82 by cosine and word coverage. The
# same two signals find the rationale sentences of SciFact.
REDUNDANCY: Final = 0.4
# The sentence that answers leads; of the others those that are worth nearly as much, beside what
# is said already, follow in reading order.
LEAST_SHARE: Final = 0.5
# What a sentence that leans on the one before it loses when the first is chosen.
DANGLING_COST: Final = 0.18
# For a sentence that says what a thing is, and for the long form of an acronym.
DEFINES_BONUS: Final = 0.2
SPELLS_OUT_BONUS: Final = 0.5
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


Place = tuple[str, int]  # a paper's id, and where in its abstract a sentence begins


@dataclass(frozen=True, slots=True)
class _Compared:
    """A paper that was found, beside the question.

    Attributes:
        sentences: Those that may be quoted, in reading order.
        worth: Of each sentence, shape (n,).
        alike: How alike any two sentences are, shape (n, n).
        match: Mean match of the question's words, each in the title or sentence that meets it best.
        defines: Whether a sentence says what the thing is that is asked for.
    """

    hit: Hit
    sentences: Sequence[Sentence]
    worth: NDArray[np.float64]
    alike: NDArray[np.float64]
    match: float
    defines: bool = False


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
        asked = told_question(question, history)
        several = asks_for_several(asked)
        named = _named_hits(asked, hits)
        close = named or _close_hits(asked, hits, several=several)
        quoted = _quoted(history) if asks_for_more(question) else frozenset()
        compared = [self._compare(asked, hit, quoted) for hit in close]
        chosen = compared if named else _meeting(asked, compared, several=several)
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
            return self._answer_words, SENTENCES_WHEN_SEVERAL if papers <= FEW else 1
        return (int(self._answer_words * MAIN_SHARE), self._answer_words) if place == 0 else (0, 1)

    def _compare(self, question: str, hit: Hit, quoted: frozenset[Place]) -> _Compared:
        """The paper read once beside the question; asides count for its match, not as quotes."""
        paper = hit.paper
        whole = quotable_sentences(paper)
        fresh = [n for n, each in enumerate(whole) if (paper.paper_id, each.start) not in quoted]
        quotable = [n for n in fresh if not _is_aside(question, whole[n].text)]
        kept = quotable or fresh or list(range(len(whole)))
        sentences = [whole[n] for n in kept]
        prior = _prior(question, [each.text for each in sentences])
        defines = any(defines_asked(question, each.text) for each in sentences)
        if self._encoder is None:
            covered = [coverage(question, each.text, self._weight) for each in sentences]
            alike = np.zeros((len(kept), len(kept)))
            return _Compared(hit, sentences, np.array(covered) + prior, alike, 1.0, defines)
        asked, *encoded = self._encoder.encode(
            [question, paper.title, *(each.text for each in whole)]
        )
        texts = stack_texts(encoded)
        met = maxsim_each(asked, texts)
        at = np.array(kept, np.intp) + 1  # behind the title
        vectors = texts.vectors[at]
        worth = met[at].mean(axis=1) + prior
        alike = np.asarray(vectors @ vectors.T, np.float64)
        match = float(met.max(axis=0).mean())
        return _Compared(hit, sentences, worth, alike, match, defines)


def _prior(question: str, sentences: Sequence[str]) -> NDArray[np.float64]:
    """What each sentence is worth for its place, its role and as evidence, shape (n,)."""
    role = asked_role(question)
    term = asked_term(question)
    late = np.arange(1, len(sentences) + 1) / len(sentences)
    prior = 0 * late if role and role.stands_early else LATE_WEIGHT * late
    if role:
        prior += ROLE_BONUS * np.array([bool(role.said.search(text)) for text in sentences])
    if term:
        prior += DEFINES_BONUS * np.array([defines(term, text) for text in sentences])
        prior += SPELLS_OUT_BONUS * np.array([spells_out(term, text) for text in sentences])
    return prior


def defines_asked(question: str, sentence: str) -> bool:
    """Whether a sentence says what the thing is that a question asks the meaning of."""
    term = asked_term(question)
    return bool(term) and (defines(term, sentence) or spells_out(term, sentence))


def told_question(question: str, history: Sequence[Message]) -> str:
    """What is to be answered: of "tell me more" and "in simple words" the question before."""
    if not (asks_for_more(question) or is_about_telling(question)):
        return question
    earlier = [
        text
        for text in earlier_questions(history)
        if not (asks_for_more(text) or is_about_telling(text))
    ]
    return earlier[0] if earlier else question


def _quoted(history: Sequence[Message]) -> frozenset[Place]:
    """Where the sentences stand that the conversation has quoted."""
    return frozenset(
        (cited.paper.paper_id, start)
        for message in history
        for cited in message.citations
        if cited.quote
        for start in _sentence_starts(cited)
    )


def _sentence_starts(cited: Citation) -> Iterator[int]:
    """Where the sentences begin that a quote is a part of; its own beginning may be trimmed."""
    for sentence in quotable_sentences(cited.paper):
        if sentence.start <= cited.start < sentence.end:
            yield sentence.start


def _is_aside(question: str, sentence: str) -> bool:
    """Whether a sentence tells where code is, or hardly anything, and that was not asked."""
    if len(sentence.split()) < LEAST_WORDS:
        return True
    return bool(LINK.search(sentence)) and not ASKS_FOR_LINK.search(question)


def _named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that the question names: they are asked about, and no others."""
    titled = {paper.paper_id for paper in titled_papers(question, [hit.paper for hit in hits])}
    known = [hit for hit in hits if hit.is_named and hit.paper.paper_id not in titled]
    named = [hit for hit in hits if hit.paper.paper_id in titled]
    return hits_in_order(hits, [*named, *known])


def hits_in_order(hits: Sequence[Hit], some: Sequence[Hit]) -> list[Hit]:
    """Some of the hits, in the order of all."""
    ids = {hit.paper.paper_id for hit in some}
    return [hit for hit in hits if hit.paper.paper_id in ids]


def _meeting(question: str, compared: Sequence[_Compared], *, several: bool) -> list[_Compared]:
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


def _nearly_as_good(compared: Sequence[_Compared]) -> list[_Compared]:
    """The first paper, and those of the others whose score and match are close to the best."""
    score = max(each.hit.score for each in compared) or 1.0
    match = max(each.match for each in compared) or 1.0
    good = [(each.hit.score / score + each.match / match) / 2 for each in compared]
    return [each for n, each in enumerate(compared) if n == 0 or good[n] >= CLOSE_WHEN_SEVERAL]


def _close_hits(question: str, hits: Sequence[Hit], *, several: bool) -> list[Hit]:
    if several:
        return list(hits[:MOST_WHEN_SEVERAL])
    most = READ_FOR_MEANING if asked_term(question) else MOST_OTHERWISE
    share = CLOSE_OTHERWISE if most == MOST_OTHERWISE else CLOSE_FOR_MEANING
    return [hit for hit in hits[:most] if hit.score >= hits[0].score * share]


def _pick(compared: _Compared, most_words: int, most: int) -> _Pick:
    sentences = compared.sentences
    lengths = [len(each.text.split()) + 1 for each in sentences]  # with its marker
    left = most_words - len(compared.hit.paper.title.split())
    leaning = np.array([DANGLING_COST * dangles(each.text) for each in sentences])
    lead = int(np.argmax(compared.worth - leaning))
    kept = _select(compared.worth, compared.alike, lengths, first=lead, most_words=left, most=most)
    others = sorted(n for n in kept if n != lead)
    return _Pick(compared.hit.paper, tuple(sentences[n] for n in (lead, *others)))


def _select(
    worth: NDArray[np.float64],
    alike: NDArray[np.float64],
    lengths: Sequence[int],
    *,
    first: int,
    most_words: int,
    most: int,
) -> list[int]:
    """The first sentence, then others by falling marginal worth that stay within the words.

    Maximal marginal relevance (Carbonell and Goldstein 1998) with additive redundancy; what is
    worth less than its share of the first is left out.
    """
    kept = [first]
    left = [n for n in range(len(worth)) if n != first]
    while left and len(kept) < most:
        repeated = alike[:, kept].max(axis=1)
        best = max(left, key=lambda n: float(worth[n] - REDUNDANCY * repeated[n]))
        left.remove(best)
        is_worth = worth[best] >= LEAST_SHARE * worth[first]
        if is_worth and sum(lengths[n] for n in kept) + lengths[best] <= most_words:
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
            quote = _standing_alone(sentence) if place == 0 else sentence
            written = f"{capitalised(quote.text)} [{marker}]"
            text += " " if place else ""
            start = len(text)
            text += written
            checked.append(CheckedSentence(written, start, len(text), (marker,), "supported"))
            citations.append(Citation(marker, pick.paper, quote.text, quote.start, quote.end, 1.0))
    return Draft(Verified(text, tuple(citations), tuple(checked)))


def _standing_alone(sentence: Sentence) -> Sentence:
    """The sentence without the words that tie it to the one before."""
    cut = trimmed_start(sentence.text)
    return Sentence(sentence.text[cut:], sentence.start + cut, sentence.end)


def capitalised(text: str) -> str:
    """The text with a capital to begin with, unless its first word is spelled so on purpose."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text[:1].upper() + text[1:] if first.islower() else text
