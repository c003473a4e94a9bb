"""Decide whether a follow-up is about the papers before it or about others.

Its wording may leave that open: "where does the gain come from?" has no pronoun, and "how much
more compact do they get?" may be asked of other nets. Then it is compared with both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from rag.embedding.encoding import CachedEncoder
from rag.query.details import is_detail, without_counted
from rag.query.filters import admits
from rag.query.follow_ups import specific_words
from rag.query.query import Query
from rag.store.lexical import analyze
from rag.types import Hit, Paper
from rag.verification.maxsim import maxsim_each, stack_texts
from rag.verification.support import quotable_sentences
from rag.verification.terms import TermWeight, is_content

# Of 140 follow-ups of dev.jsonl, talk.jsonl and eval/questions, each with its conversation, 112
# cited the right paper first before; the numbers below were chosen on the other 28.
BEFORE_READ: Final = 4  # papers of the last answer
FOUND_READ: Final = 3  # papers that are found without the conversation
MIN_MAXSIM: Final = 0.6  # MaxSim of another paper that is better
FARTHER: Final = 0.1  # by how much its MaxSim is higher than that of the papers before
FARTHER_FROM_PRONOUN: Final = 0.3  # the same, where a pronoun stands for a paper before it
# Below it the previous papers are unrelated to the question, and relevance alone decides: of 281
# later turns for papers two are below and irrelevant, of 24 on general knowledge 17.
MIN_MAXSIM_OF_PREVIOUS: Final = 0.3
MANY_WORDS: Final = 5  # specific words; with so many a pronoun is no further evidence

Find = Callable[[Query, int], Sequence[Hit]]


class TopicShiftModel:
    """Compare a follow-up with the papers before it and with those found without the conversation.

    Args:
        encoder: Encodes texts; None leaves it open.
        weight: The idf of a stem.
        find: Finds papers for a query.
    """

    def __init__(self, encoder: CachedEncoder | None, weight: TermWeight, find: Find) -> None:
        self._encoder = encoder
        self._weight = weight
        self._find = find

    def settle(self, query: Query) -> Query:
        """Return the query limited to a paper before it, or freed from them, where that is open.

        `leading` is set where that paper only comes first.
        """
        passing = tuple(paper for paper in query.previous if admits(query.filters, paper))
        query = replace(query, previous=passing)
        own = specific_words(query.standalone)
        if self._encoder is None or not (query.previous and own):
            return query
        if query.has_pronoun and not specific_words(without_counted(query.standalone)):
            return replace(query, about=query.previous[:1])
        met = [self._maxsim(query.standalone, own, each) for each in query.previous[:BEFORE_READ]]
        query = replace(query, are_previous_unrelated=max(met) < MIN_MAXSIM_OF_PREVIOUS)
        is_elsewhere = self._is_elsewhere(query, own, max(met))
        if query.seems_new_topic:
            return replace(query, about=(), is_new_topic=True) if is_elsewhere else query
        nearest = (query.previous[int(np.argmax(met))],)
        is_of_one = query.has_pronoun or (is_detail(query.standalone) and not is_elsewhere)
        if is_of_one and not query.are_previous_unrelated:
            return replace(query, about=() if is_elsewhere else nearest)
        return query if is_elsewhere else replace(query, leading=nearest)

    def _is_elsewhere(self, query: Query, own: set[str], here: float) -> bool:
        """Return whether papers outside of the conversation match a question clearly better."""
        known = {paper.paper_id for paper in query.previous}
        alone = self._find(replace(query, about=(), history=()), FOUND_READ + len(known))
        others = [hit.paper for hit in alone if hit.paper.paper_id not in known]
        there = max(
            (self._maxsim(query.standalone, own, p) for p in others[:FOUND_READ]), default=0
        )
        if query.has_pronoun and len(own) >= MANY_WORDS:
            return there - here >= FARTHER
        farther = (
            FARTHER_FROM_PRONOUN if query.has_pronoun and not query.seems_new_topic else FARTHER
        )
        return there >= MIN_MAXSIM and there - here >= farther

    def _maxsim(self, question: str, own: set[str], paper: Paper) -> float:
        """Return the MaxSim of a question's specific words with a paper, weighted by idf."""
        assert self._encoder is not None
        texts = [paper.title, *(each.text for each in quotable_sentences(paper))]
        asked, *encoded = self._encoder.encode([question, *texts])
        by_word = maxsim_each(asked, stack_texts(encoded)).max(axis=0)
        words = [word for word in asked.words if is_content(word)] or list(asked.words)
        if len(words) != len(by_word):
            return float(by_word.mean())
        kept = [n for n, word in enumerate(words) if word.lower() in own]
        weights = np.array([max(map(self._weight, analyze(words[n])), default=0.0) for n in kept])
        return float(by_word[kept] @ weights / weights.sum()) if weights.sum() else 0.0
