"""Which sentences of a paper are quoted, and in which order."""

from __future__ import annotations

import numpy as np

from rag.answering.selection import ScoredPaper, select_sentences
from rag.sentences import Sentence
from rag.types import Hit, Paper

TEXTS = ("Waves are old.", "Buoys read waves.", "Bells ring.", "Buoys read the waves.")
PAPER = Paper("w", "Waves", " ".join(TEXTS))


def chosen(scores, alike=(), most=4, words=100):
    """The first words of what is quoted; sentences that are alike say nearly the same."""
    starts = np.cumsum([0, *(len(text) + 1 for text in TEXTS)])
    sentences = [
        Sentence(text, int(start), int(start) + len(text))
        for text, start in zip(TEXTS, starts, strict=False)
    ]
    similarities = np.eye(len(TEXTS))
    for one, other in alike:
        similarities[one, other] = similarities[other, one] = 1.0
    hit = Hit(PAPER, 0.9, ())
    compared = ScoredPaper(hit, sentences, np.array(scores), similarities, 1.0, min_score=0.1)
    return [each.text for each in select_sentences(compared, words, most).sentences]


def test_the_best_leads_then_what_adds_most_then_the_others_as_they_are_read():
    assert chosen([0.5, 0.9, 0.6, 0.4]) == [TEXTS[1], TEXTS[2], TEXTS[0], TEXTS[3]]


def test_what_only_repeats_the_lead_does_not_follow_it():
    assert chosen([0.5, 0.9, 0.3, 0.8], alike=[(1, 3)])[:2] == [TEXTS[1], TEXTS[0]]


def test_what_scores_too_little_is_left_out():
    assert chosen([0.05, 0.9, 0.06, 0.05]) == [TEXTS[1]]
    assert chosen([0.5, 0.9, 0.6, 0.4], most=1) == [TEXTS[1]]
    assert chosen([0.5, 0.9, 0.6, 0.4], words=6) == [TEXTS[1]]
