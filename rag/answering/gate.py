"""Decide before anything is written whether the library can answer, and with what confidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.embedding.encoding import CachedEncoder
from rag.fitted import load_fitted
from rag.query.details import (
    LIGHT_VERB,
    asked_kinds_of_data,
    asked_things,
    lacks_any_count,
    missing_details,
    missing_type,
)
from rag.query.focus import ABOUT_PAPERS, asking_words, asks_for_several, topic_words
from rag.query.questions import earlier_questions
from rag.sentences import split_sentences
from rag.store.lexical import analyze
from rag.types import Hit, Message, Paper, Reason
from rag.verification.maxsim import maxsim_each, stack_texts
from rag.verification.terms import TermWeight, coverage, is_content, stems_of

# With one, 0.037 of the questions that dev.jsonl's papers answer are declined (0.015).
HITS_READ: Final = 3
NEAR_SHARE: Final = 0.85  # of the best score, for another paper that may state a detail instead
# Cosine of a question's word with the closest of a paper, below which the paper lacks it.
MISSING_BELOW: Final = 0.3
# The same for words that no paper of the library has, where there are several: of 87 questions that
# name a paper, one more of 10 false premises is reported, and two of 65 others.
UNHEARD_BELOW: Final = 0.45
LEAST_UNHEARD: Final = 2
# The same for the kind of data that is asked for: "which audio dataset". Of ten kinds that papers
# have, none is below; of five that they lack, all are.
KIND_BELOW: Final = 0.42
# One such word is enough in a short question whose papers are hardly relevant, by log-odds: of 31
# answers on topics near those of the library five more are told as that, of 370 right ones three.
HARDLY_RELEVANT: Final = 0.8
LONGEST_FOR_UNHEARD: Final = 14  # words
# Of the idf of a word that no paper has: of 436 papers at most 29 have a word that is this rare.
DISCRIMINATIVE_SHARE: Final = 0.4

# A follow-up stands alone with so many topic words, or with fewer when none refers to the
# conversation. Then it may be declined: none of the 77 later turns of the dev set and the
# project's own conversations is, and 12 of 15 off-topic questions after a first turn.
OWN_WORDS: Final = 5
OWN_WORDS_ALONE: Final = 3
LEANS: Final = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|ones?|first|second|third|last|same|there"
    r"|too|also|instead|again|itself)\b",
    re.IGNORECASE,
)


class AnswerabilityModel:
    """Predict whether papers answer a question: logistic regressions on similarity and MaxSim.

    Args:
        encoder: Encodes texts; None compares by words alone.
        weight: The idf of a stem.
    """

    def __init__(self, encoder: CachedEncoder | None, weight: TermWeight) -> None:
        self._encoder = encoder
        self._weight = weight

    def relevance(self, question: str, hits: Sequence[Hit]) -> float | None:
        """Return the log-odds that one of the best hits is on topic; None without vectors."""
        values = self.relevance_features(question, hits)
        return None if values is None else load_fitted().relevance.log_odds(*values)

    def relevance_features(self, question: str, hits: Sequence[Hit]) -> tuple[float, float] | None:
        """Return the largest similarity and MaxSim of the best hits; None without vectors."""
        near = [hit for hit in hits[:HITS_READ] if hit.dense_similarity is not None]
        if self._encoder is None or not near:
            return None
        similarity = max(hit.dense_similarity or 0.0 for hit in near)
        return similarity, max(self._maxsim(question, hit.paper).plain for hit in near)

    def covered(self, question: str, paper: Paper) -> float:
        """Return the share of a question's content words that a paper has, weighted by idf."""
        return coverage(question, f"{paper.title} {paper.abstract}", self._weight)

    def is_discriminative(self, phrase: str) -> bool:
        """Return whether a phrase has a word of high idf, which few papers of the library have."""
        rarest = max(map(self._weight, analyze(phrase)), default=0.0)
        return rarest >= DISCRIMINATIVE_SHARE * self._weight("")

    def rarest_stem(self, phrase: str) -> str:
        """Return the stem of a phrase that fewest papers of the library have; empty for none."""
        stems = [stem for stem in analyze(phrase) if len(stem) > 1 and not stem.isdigit()]
        return max(stems, key=self._weight, default="")

    def confidence(self, question: str, papers: Sequence[Paper]) -> float:
        """Return the probability that papers answer a question, in [0, 1].

        For an empty question, which asks for these very papers, it is 1.
        """
        if not papers:
            return 0.0
        if not question:
            return 1.0
        if self._encoder is None:
            covered = max(self.covered(question, paper) for paper in papers)
            return load_fitted().confidence_by_words.probability(covered)
        return load_fitted().confidence.probability(*self.confidence_features(question, papers[0]))

    def confidence_features(self, question: str, paper: Paper) -> tuple[float, float]:
        """Return MaxSim, weighted by idf, and the missing detail; needs vectors."""
        met = self._maxsim(question, paper)
        return met.idf_weighted, met.missing_detail

    def missing_words(self, question: str, paper: Paper) -> list[str]:
        """Return the words of a question that nothing in a paper resembles, in their order.

        Words that any question about papers may have are left out. Empty without vectors.
        """
        if self._encoder is None:
            return []
        words = self._met_words(question, paper)
        present = stems_of(f"{paper.title} {paper.abstract}")
        nowhere = self._weight("")
        unheard = [
            w
            for w, met in words
            if met < UNHEARD_BELOW and min(map(self._weight, analyze(w)), default=0.0) >= nowhere
        ]
        kept = unheard if len(unheard) >= LEAST_UNHEARD else []
        kinds = asked_kinds_of_data(question)
        kept += [w for w, met in words if w in kinds and met < KIND_BELOW]
        far = [w for w, met in words if met < MISSING_BELOW or w in kept]
        return [w for w in far if is_topical(w) and not set(analyze(w)) & present]

    def lacks_asked_thing(self, question: str, paper: Paper) -> bool:
        """Return whether nothing in a paper resembles a thing that a question asks for.

        Of "which ethics committee approved it?" all words have to be missing.
        """
        missing = set(self.missing_words(question, paper))
        return bool(missing) and any(missing.issuperset(each) for each in asked_things(question))

    def unheard_words(self, question: str, hits: Sequence[Hit]) -> list[str]:
        """Return the words of a short question that no paper has, where no hit is surely meant."""
        relevance = self.relevance(question, hits)
        is_long = len(question.split()) > LONGEST_FOR_UNHEARD
        if relevance is None or relevance >= HARDLY_RELEVANT or is_long:
            return []
        nowhere = self._weight("")
        near: dict[str, float] = {}
        for hit in hits[:HITS_READ]:
            for word, met in self._met_words(question, hit.paper):
                near[word] = max(met, near.get(word, met))
        return [
            word
            for word, met in near.items()
            if met < UNHEARD_BELOW
            and is_topical(word)
            and min(map(self._weight, analyze(word)), default=0.0) >= nowhere
        ]

    def _met_words(self, question: str, paper: Paper) -> list[tuple[str, float]]:
        """Return the content words of a question with the cosine of the closest of a paper."""
        assert self._encoder is not None
        texts = [paper.title, *(s.text for s in split_sentences(paper.abstract))]
        asked, *encoded = self._encoder.encode([question, *texts])
        by_word = maxsim_each(asked, stack_texts(encoded)).max(axis=0)
        words = [word for word in asked.words if is_content(word)] or list(asked.words)
        is_whole = len(words) == len(by_word)
        return list(zip(words, map(float, by_word), strict=True)) if is_whole else []

    def missing_detail(self, question: str, paper: Paper) -> float:
        """Return how surely a paper is meant and yet lacks what is asked, in [0, 1].

        0 without vectors, and where several papers are asked for.
        """
        if self._encoder is None or asks_for_several(question):
            return 0.0
        return self._maxsim(question, paper).missing_detail

    def _maxsim(self, question: str, paper: Paper) -> _MaxSim:
        """Compare the words of a question with those of a paper."""
        assert self._encoder is not None
        texts = [paper.title, *(s.text for s in split_sentences(paper.abstract))]
        asked, *encoded = self._encoder.encode([question, *texts])
        by_word = maxsim_each(asked, stack_texts(encoded)).max(axis=0)
        words = [word for word in asked.words if is_content(word)] or list(asked.words)
        if len(words) != len(by_word):
            return _MaxSim(float(by_word.mean()), float(by_word.mean()), 0.0)
        return self._weigh(question, words, by_word)

    def _weigh(self, question: str, words: Sequence[str], by_word: NDArray[np.float32]) -> _MaxSim:
        weights = np.array([max(map(self._weight, analyze(word)), default=0.0) for word in words])
        plain = float(by_word.mean())
        if not weights.sum():
            return _MaxSim(plain, plain, 0.0)
        asking = asking_words(question)
        asked = [float(by_word[n]) for n, word in enumerate(words) if word.lower() in asking]
        least = min(asked or by_word.tolist())
        named = float(by_word[int(np.argmax(weights))])
        weighted = float((by_word * weights).sum() / weights.sum())
        return _MaxSim(plain, weighted, max(named, 0.0) * (1 - least))


def is_topical(word: str) -> bool:
    """Return whether a word is part of a topic, unlike words of any question about papers."""
    is_own = word.lower() not in ABOUT_PAPERS and not LIGHT_VERB.fullmatch(word)
    return len(word) > 2 and word.isalpha() and is_own


def _no_paper_states(question: str, hits: Sequence[Hit]) -> bool:
    """Return whether no paper states the type of detail that is asked for.

    A number may be worded otherwise than the question, so that it only lacks where there is none.
    """
    near = [hit for hit in hits if hit.score >= NEAR_SHARE * hits[0].score]
    texts = [[each.text for each in split_sentences(hit.paper.abstract)] for hit in near]
    return all(missing_type(question, each) or lacks_any_count(question, each) for each in texts)


def lacks_detail(question: str, paper: Paper) -> bool | None:
    """Return whether a paper lacks the type of detail that is asked for; None where none is."""
    return missing_details(question, [each.text for each in split_sentences(paper.abstract)])


@dataclass(frozen=True, slots=True)
class _MaxSim:
    """How well a paper matches the words of a question.

    Attributes:
        plain: Mean cosine of each content word with the closest word of the paper, in [-1, 1].
        idf_weighted: The same, weighted by the words' idf.
        missing_detail: Cosine of the word of highest idf times 1 minus that of the word of the
            asking clause that matches worst.
    """

    plain: float
    idf_weighted: float
    missing_detail: float


def reason_to_abstain(
    question: str,
    history: Sequence[Message],
    hits: Sequence[Hit],
    answerability: AnswerabilityModel,
    *,
    is_read: bool,
    are_previous_unrelated: bool = False,
) -> Reason | None:
    """Return why nothing should be written for these hits, or None when they are worth reading.

    A follow-up may get its topic from the conversation, so it is declined only where its own words
    say enough. An empty question asks for whatever passes the filters.

    Args:
        question: What is asked of the papers.
        history: The conversation before it.
        hits: The papers found, best first.
        answerability: Estimates whether papers answer.
        are_previous_unrelated: Whether the papers of the last answer have nothing of what is
            asked.
        is_read: Whether a model will read the papers, and say itself what they do not.
    """
    if not hits:
        return "not_in_library"
    if not question:
        return None
    if earlier_questions(history):
        is_unrelated = are_previous_unrelated and not LEANS.search(question)
        says_enough = is_unrelated or _says_enough(question)
        is_off_topic = says_enough and _is_irrelevant_later(question, hits, answerability)
        return "not_in_library" if is_off_topic else None
    cut = load_fitted().thresholds
    relevance = answerability.relevance(question, hits)
    if relevance is not None:
        if relevance < cut.least_relevance.value:
            return "not_in_library"
        is_lacking = None if is_read else lacks_detail(question, hits[0].paper)
        if is_read or is_lacking is False:
            return None
        if not asks_for_several(question) and _no_paper_states(question, hits[:HITS_READ]):
            return "not_in_abstract"
        missing = answerability.missing_detail(question, hits[0].paper)
        least = cut.lacking_detail_from if is_lacking else cut.missing_detail_from
        return "not_in_abstract" if missing >= least.value else None
    covered = max(answerability.covered(question, hit.paper) for hit in hits)
    return "not_in_library" if covered < cut.least_coverage.value else None


def _says_enough(question: str) -> bool:
    """Return whether a follow-up says by itself what it is about."""
    least_words = OWN_WORDS if LEANS.search(question) else OWN_WORDS_ALONE
    return len(topic_words(question)) >= least_words


def _is_irrelevant_later(
    question: str, hits: Sequence[Hit], answerability: AnswerabilityModel
) -> bool:
    """Return whether a follow-up surely asks for something that is not in this library."""
    relevance = answerability.relevance(question, hits)
    least = load_fitted().thresholds.least_relevance_later.value
    return relevance is not None and relevance < least
