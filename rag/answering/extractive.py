"""Write an answer of the papers' own sentences, without a language model."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from rag.answering.drafts import Draft
from rag.answering.roles import asked_role, asks_for_whole
from rag.answering.selection import (
    QuotedPaper,
    ScoredPaper,
    best_matches,
    hits_to_read,
    named_hits,
    papers_to_cite,
    select_sentences,
)
from rag.answering.weighing import (
    ROLE_BONUS,
    defines_asked,
    prior_scores,
    summary_scores,
    word_weights,
)
from rag.embedding.encoding import CachedEncoder
from rag.query.comparing import asks_only_to_compare
from rag.query.evidence import (
    is_question,
    trimmed_start,
)
from rag.query.fields import asked_fields
from rag.query.focus import asked_count, asked_parts, asks_for_several
from rag.query.follow_ups import (
    asks_for_more,
    asks_to_rephrase,
    selects_among_cited,
)
from rag.query.form import Form, form_of, without_form
from rag.query.questions import earlier_questions
from rag.query.talk import small_talk
from rag.sentences import Sentence
from rag.types import EXTRACTIVE, CheckedSentence, Citation, Hit, Message, Paper
from rag.verification.citations import Verified
from rag.verification.maxsim import maxsim_each, stack_texts
from rag.verification.numbering import Numbering
from rag.verification.support import quotable_sentences
from rag.verification.terms import TermWeight, coverage

# Left out one by one on dev.jsonl, of whose facts 0.810 are mentioned in 111 words.
SENTENCES_WHEN_SEVERAL: Final = 2  # with one 0.803 of the facts, and 107 words
FEW: Final = 3  # more papers than these get one sentence each; without it 0.813, and 125 words
# When one paper answers and others come close, it gets this share of the words, they a sentence.
# Short and topical questions get 85 words without it and 76 with it, with as many facts; dev.jsonl
# gets 0.004 fewer.
MAIN_SHARE: Final = 0.5
LEAST_WORDS: Final = 5  # less is a heading, or a link
LINK: Final = re.compile(
    r"https?://|\b(?:code|implementations?) (?:is|are)\b"
    r"|\b(?:code|models?|implementations?|data ?sets?)\b[^.]{0,40}"
    r"\b(?:publicly|freely|made) available",
    re.IGNORECASE,
)
ASKS_FOR_LINK: Final = re.compile(
    r"\b(?:code|github|links?|urls?|implementations?|repos?|repositor(?:y|ies)|available|publicly|download\w*"
    r"|open[- ]sourced?|releas\w+|(?:is|are|was|were|made)\b.{0,40}\b(?:public|shared?|open))\b",
    re.IGNORECASE,
)
# The sentence that answers leads; others that score nearly as much, given what is said already,
# follow in reading order. Without it 0.804 of the facts, in three words more.
LEAST_SHARE: Final = 0.5
SENTENCES_WHEN_SIMPLER: Final = 2
# Of a sentence's score for the whole question, beside that for one of its parts.
WHOLE_SHARE: Final = 0.5


Place = tuple[str, int]  # a paper's id, and where in its abstract a sentence begins


class ExtractiveWriter:
    """Quote the sentences that answer a question best.

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
        """Yield one draft: the best sentences of each paper that answers, with markers."""
        form = form_of(question)
        asked = without_form(question_to_answer(question, history))
        several = asks_for_several(asked)
        named = named_hits(asked, hits)
        close = named or hits_to_read(asked, hits, several=several)
        quoted = _quoted(history) if asks_for_more(question) else frozenset()
        is_contrast = len(named) > 1 and asks_only_to_compare(asked)
        whole = asks_for_whole(asked, [hit.paper for hit in named or close[:1]])
        is_whole = whole or is_contrast
        if is_whole and not (named or several):
            close = [hit for hit in close if asks_for_whole(asked, [hit.paper])]
        compared = [self._compare(asked, hit, quoted, is_whole=is_whole) for hit in close]
        chosen = compared if named else papers_to_cite(asked, compared, several=several)
        chosen = best_matches(compared) if named and selects_among_cited(asked) else chosen
        count = asked_count(asked)
        chosen = compared[:count] if count and several and not named else chosen
        picks = []
        most_of_all = _most_sentences(question, form)
        chosen = chosen[:most_of_all]
        if chosen and (not several or len(chosen) == 1):
            chosen[0] = self._with_parts(asked, chosen[0], quoted)
        for place, each in enumerate(chosen):
            is_alike = several or bool(named)
            most_words, most = self._limits(place, len(chosen), several=is_alike)
            most = min(most, max(1, most_of_all // len(chosen)))
            picks.append(select_sentences(each, most_words, most))
        yield _compose(picks, Numbering(history), form)

    def _with_parts(
        self, question: str, compared: ScoredPaper, quoted: frozenset[Place]
    ) -> ScoredPaper:
        """Add which sentence says most of each part of a question that has several."""
        parts = [
            self._compare(part, compared.hit, quoted, is_whole=False)
            for part in asked_parts(question)
        ]
        places = {each.start: n for n, each in enumerate(compared.sentences)}
        wanted = []
        for part in parts:
            scores = {
                places[each.start]: score + WHOLE_SHARE * compared.scores[places[each.start]]
                for each, score in zip(part.sentences, part.scores, strict=True)
                if each.start in places
            }
            wanted += [max(scores, key=lambda n: scores[n])] if scores else []
        return replace(compared, wanted=tuple(dict.fromkeys(wanted)))

    def rank(self, question: str, history: Sequence[Message], hit: Hit) -> list[Sentence]:
        """Rank the quotable sentences of a paper by how much of what is asked they say.

        Whether the conversation has quoted them does not matter.
        """
        asked = question_to_answer(question, history)
        is_whole = asks_for_whole(asked, [hit.paper])
        compared = self._compare(asked, hit, frozenset(), is_whole=is_whole)
        order = np.argsort(-np.asarray(compared.scores), kind="stable")
        return [compared.sentences[n] for n in order]

    def _limits(self, place: int, papers: int, *, several: bool) -> tuple[int, int]:
        """Return the most words and sentences to quote from the paper at a place, from 0."""
        if several and papers > 1:
            return self._answer_words, SENTENCES_WHEN_SEVERAL if papers <= FEW else 1
        main = self._answer_words if papers == 1 else int(self._answer_words * MAIN_SHARE)
        return (main, self._answer_words) if place == 0 else (0, 1)

    def _compare(
        self, question: str, hit: Hit, quoted: frozenset[Place], *, is_whole: bool
    ) -> ScoredPaper:
        """Compare a paper with a question; asides count for its match but are not quoted."""
        paper = hit.paper
        whole = quotable_sentences(paper)
        fresh = [n for n, each in enumerate(whole) if (paper.paper_id, each.start) not in quoted]
        quotable = [n for n in fresh if not _is_aside(question, whole[n].text)]
        kept = quotable or fresh or list(range(len(whole)))
        sentences = [whole[n] for n in kept]
        prior = prior_scores(question, [each.text for each in sentences])
        defines = any(defines_asked(question, each.text) for each in sentences)
        if self._encoder is None:
            covered = [coverage(question, each.text, self._weight) for each in sentences]
            similarities = np.zeros((len(kept), len(kept)))
            scores = np.array(covered) + (summary_scores(sentences) if is_whole else prior)
            return ScoredPaper(
                hit, sentences, scores, similarities, 1.0, defines, LEAST_SHARE * scores.max()
            )
        asked, *encoded = self._encoder.encode(
            [question, paper.title, *(each.text for each in whole)]
        )
        texts = stack_texts(encoded)
        matches = maxsim_each(asked, texts)
        at = np.array(kept, np.intp) + 1  # after the title
        vectors = texts.vectors[at]
        similarities = np.asarray(vectors @ vectors.T, np.float64)
        weights = word_weights(question, asked.words, hit, matches.shape[1])
        is_whole |= not weights.any() and asked_role(question) is None
        is_central = is_whole or not weights.any()
        relevance = similarities.mean(axis=1) if is_central else matches[at] @ weights
        scores = relevance + (summary_scores(sentences) if is_whole else prior)
        least = LEAST_SHARE * float((relevance if is_whole else scores).max())
        if not (is_whole or weights.any()):  # it asks for a role, and nothing else
            least = float(scores.max()) - ROLE_BONUS
        match = float(matches.max(axis=0).mean())
        return ScoredPaper(hit, sentences, scores, similarities, match, defines, least)


def question_to_answer(question: str, history: Sequence[Message]) -> str:
    """Return the question to answer: for "tell me more" and "in simple words" the one before.

    Not one for a field of a record, which has no other wording.
    """
    if not _asks_anew(question):
        return question
    earlier = (
        text
        for text in earlier_questions(history)
        if not (_asks_anew(text) or asked_fields(text) or small_talk(text))
    )
    return next(earlier, question)


def _most_sentences(question: str, form: Form) -> int:
    """Return how many sentences an answer has at most: those asked for, few when it is repeated."""
    if form.most_sentences:
        return form.most_sentences
    return SENTENCES_WHEN_SIMPLER if asks_to_rephrase(question) else sys.maxsize


def _asks_anew(question: str) -> bool:
    """Return whether a message only asks for the last answer again, or for more of it."""
    return asks_for_more(question) or asks_to_rephrase(question)


def _quoted(history: Sequence[Message]) -> frozenset[Place]:
    """Return the places of the sentences that the conversation has quoted."""
    return frozenset(
        (cited.paper.paper_id, start)
        for message in history
        for cited in message.citations
        if cited.quote
        for start in _sentence_starts(cited)
    )


def _sentence_starts(cited: Citation) -> Iterator[int]:
    """Return where the sentences of a quote begin; its own beginning may be trimmed."""
    for sentence in quotable_sentences(cited.paper):
        if sentence.start <= cited.start < sentence.end:
            yield sentence.start


def _is_aside(question: str, sentence: str) -> bool:
    """Return whether a sentence is a question, says only where code is, or hardly says anything."""
    if len(sentence.split()) < LEAST_WORDS or is_question(sentence):
        return True
    return bool(LINK.search(sentence)) and not ASKS_FOR_LINK.search(question)


def _compose(picks: Sequence[QuotedPaper], numbering: Numbering, form: Form) -> Draft:
    """Render Markdown: a paragraph for each paper, title first, a marker after every sentence."""
    if form.titles_only:
        return _titles([pick.paper for pick in picks], numbering)
    before = "- " if form.as_bullets else ""
    between = "\n" if form.as_bullets else " "
    text = ""
    citations: list[Citation] = []
    checked: list[CheckedSentence] = []
    for pick in picks:
        marker = numbering.number(pick.paper)
        text += f"{chr(10) * 2 if text else ''}**{pick.paper.title}**\n"
        for place, sentence in enumerate(pick.sentences):
            quote = _standing_alone(sentence) if place == 0 else sentence
            written = f"{capitalised(quote.text)} [{marker}]"
            text += f"{between if place else ''}{before}"
            start = len(text)
            text += written
            checked.append(CheckedSentence(written, start, len(text), (marker,), "supported"))
            citations.append(Citation(marker, pick.paper, quote.text, quote.start, quote.end, 1.0))
    return Draft(Verified(text, tuple(citations), tuple(checked)))


def _titles(papers: Sequence[Paper], numbering: Numbering) -> Draft:
    """Render the titles of papers alone, a line each."""
    cited = [Citation(numbering.number(paper), paper, "", 0, 0, 1.0) for paper in papers]
    text = "\n".join(f"- **{each.paper.title}** [{each.marker}]" for each in cited)
    return Draft(Verified(text, tuple(cited), ()))


def _standing_alone(sentence: Sentence) -> Sentence:
    """Remove the words that connect a sentence with the one before: "However,"."""
    cut = trimmed_start(sentence.text)
    return Sentence(sentence.text[cut:], sentence.start + cut, sentence.end)


def capitalised(text: str) -> str:
    """Begin a text with a capital, unless its first word is deliberately in lower case."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text[:1].upper() + text[1:] if first.islower() else text
