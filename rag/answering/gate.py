"""Decides, before anything is written, whether the library can answer at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rag.answering.terms import TermWeight, coverage
from rag.retrieval.questions import earlier_questions
from rag.types import Hit, Message, Paper, Reason

# Chosen on the dev set: the least similar of its 147 answerable questions reaches 0.21; questions
# about football or laptops 0.17 to 0.29.
LEAST_SIMILARITY: Final = 0.20
# Of the question's words, when there are no vectors to compare; 2 in 100 answerable ones lie below.
LEAST_COVERAGE: Final = 0.10
NEAREST_SHOWN: Final = 3


def reason_to_abstain(
    question: str, history: Sequence[Message], hits: Sequence[Hit], weight: TermWeight
) -> Reason | None:
    """Why nothing should be written for these hits, or None when they are worth reading.

    A follow-up is taken as it comes: what it is about stands in the conversation.
    """
    if not hits:
        return "not_in_library"
    if earlier_questions(history):
        return None
    similarities = [hit.dense_similarity for hit in hits if hit.dense_similarity is not None]
    if similarities:
        return "not_in_library" if max(similarities) < LEAST_SIMILARITY else None
    covered = max(_covered(question, hit.paper, weight) for hit in hits)
    return "not_in_library" if covered < LEAST_COVERAGE else None


def _covered(question: str, paper: Paper, weight: TermWeight) -> float:
    return coverage(question, f"{paper.title} {paper.abstract}", weight)


# Logistic regression on the dev set: 147 answerable and 30 unanswerable questions.
CONFIDENCE_BIAS: Final = -2.0
CONFIDENCE_SIMILARITY: Final = 6.0
CONFIDENCE_COVERAGE: Final = 1.5


def confidence(
    question: str, cited: Sequence[Paper], hits: Sequence[Hit], weight: TermWeight
) -> float:
    """How likely the cited papers answer the question, in [0, 1]."""
    ids = {paper.paper_id for paper in cited}
    similarity = max(
        (h.dense_similarity or 0.0 for h in hits if h.paper.paper_id in ids), default=0
    )
    covered = max((_covered(question, paper, weight) for paper in cited), default=0.0)
    logit = CONFIDENCE_BIAS + CONFIDENCE_SIMILARITY * similarity + CONFIDENCE_COVERAGE * covered
    return 1 / (1 + math.exp(-logit))


def abstention_text(reason: Reason, hits: Sequence[Hit]) -> str:
    """What the user reads instead of an answer, with the nearest papers."""
    nearest = "\n".join(f"- [{hit.paper.title}]({hit.paper.link})" for hit in hits[:NEAREST_SHOWN])
    told = {
        "empty_library": "This library holds no papers yet. Add some with `paperchat ingest FILE`.",
        "not_in_library": "No paper in this library is about that.",
        "not_in_abstract": "The abstracts of these papers do not say.",
        "not_a_question_for_papers": "I answer questions about the papers in this library.",
    }[reason]
    return f"{told} The nearest are:\n\n{nearest}" if nearest else told
