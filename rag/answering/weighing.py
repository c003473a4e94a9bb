"""Weigh the words of a question, and sentences of an abstract as parts of an answer.

Left out one by one on dev.jsonl, of whose facts 0.810 are mentioned in 111 words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.answering.roles import METHOD, OWN, RESULTS, TREATS, Role, asked_role
from rag.query.abbreviations import spelled_out
from rag.query.coined import TITLE_RANK, own_name_rank
from rag.query.counting import counts, in_unit_asked
from rag.query.details import is_detail
from rag.query.evidence import (
    acronym_alone,
    asked_term,
    defines,
    spells_out,
)
from rag.query.focus import ABOUT_PAPERS
from rag.sentences import Sentence
from rag.store.lexical import analyze
from rag.types import Hit
from rag.verification.maxsim import LATE_WEIGHT
from rag.verification.terms import is_content

# For a definition, and for the long form of an acronym; dev.jsonl does not ask for these,
# `python -m tests.bench.names` does.
DEFINES_BONUS: Final = 0.2
SPELLS_OUT_BONUS: Final = 0.5
# For a sentence in the role that the question asks for, such as to introduce something. Of 38
# papers of the saved pages that name what they propose, "What is (the name)?" is answered with the
# sentence that introduces it for 35 (27 without), from 0.1 to 0.3. Without it 0.798 of dev.jsonl's
# facts.
ROLE_BONUS: Final = 0.2
STATES_BONUS: Final = 0.15  # for the number that is asked for
BEST_BONUS: Final = 0.15  # without it as many facts of dev.jsonl, in one word more
# In a summary, besides centrality: the mean cosine with all of the abstract.
DONE_BONUS: Final = 0.6
FOUND_BONUS: Final = 0.1
BEFORE_COST: Final = 0.2  # of what others did earlier
NAMING_WEIGHT: Final = 0.3  # of a word that only names the paper, against 1
# Of what stands before the first sentence on the paper's own work, unless the question asks for
# what stands early. With it and the order of `select_sentences` 0.709 of dev.jsonl's facts are in
# the first two sentences, 0.696 without; of five other sets 0.82, 0.78 without.
BACKGROUND_COST: Final = 0.05
# Asks for the reason of something that may not be so; the sentence that says otherwise leads then.
ASKS_WHY: Final = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?)\W+)*(?:why|how\s+come)\b", re.IGNORECASE
)
CONTRARY: Final = re.compile(
    r"\b(?:not|cannot|no|never|without|contrary|contradict\w*|unlike|instead|rather|however"
    r"|unchanged|constant|fail\w*|despite|neither|nor|avoid\w*|reduc\w+|decreas\w+|although|while"
    r"|whereas)\b",
    re.IGNORECASE,
)
CONTRARY_BONUS: Final = 0.1  # without it 0.01 fewer of those facts in two of six sets


def word_weights(question: str, words: Sequence[str], hit: Hit, count: int) -> NDArray[np.float64]:
    """Weigh the content words of a question by how much they say of it; the sum is 1, or 0.

    Low weights have words that only name the paper, as all of it is about them, words that any
    question about papers may have, and those that ask for a role, which is weighed apart.
    """
    content = [word for word in words if is_content(word)] or list(words)
    if not hit.is_named or len(content) != count:
        return np.full(count, 1 / count)
    title = set(analyze(hit.paper.title))
    role = asked_role(question)
    asking = role.asked.search(question) if role else None
    common = ABOUT_PAPERS | set(re.findall(r"\w+", asking[0].lower() if asking else ""))
    naming = np.array(
        [
            word.lower() in common
            or title.issuperset(analyze(word))
            or own_name_rank(word, hit.paper) >= TITLE_RANK
            for word in content
        ]
    )
    if naming.all():
        return np.zeros(count)
    weights = np.where(naming, NAMING_WEIGHT, 1.0)
    return np.asarray(weights / weights.sum(), np.float64)


def prior_scores(question: str, sentences: Sequence[str]) -> NDArray[np.float64]:
    """Weigh each sentence by its place, its role, and as evidence, shape (n,)."""
    role = asked_role(question)
    term = asked_term(question) or acronym_alone(question)
    late = np.arange(1, len(sentences) + 1) / len(sentences)
    prior = 0 * late if role and role.stands_early else LATE_WEIGHT * late
    if role:
        prior += _role_scores(role, sentences)
    if not (role and role.stands_early):
        prior -= BACKGROUND_COST * _is_background(sentences)
    if ASKS_WHY.search(question):
        prior += CONTRARY_BONUS * np.array([bool(CONTRARY.search(text)) for text in sentences])
    if is_detail(question):
        prior += STATES_BONUS * np.array(
            [states_number(question, t) for t in spelled_out(sentences)]
        )
    if term:
        prior += DEFINES_BONUS * np.array([defines(term, text) for text in sentences])
        prior += SPELLS_OUT_BONUS * np.array([spells_out(term, text) for text in sentences])
    return prior


def states_number(question: str, sentence: str) -> bool:
    """Return whether a sentence counts what is asked for, or has a number in the unit asked for."""
    return counts(question, sentence) or in_unit_asked(question, sentence)


def _is_background(sentences: Sequence[str]) -> NDArray[np.bool_]:
    """Return of each sentence whether it precedes the first one on the paper's own work."""
    own = [n for n, text in enumerate(sentences) if OWN.search(text)]
    return np.arange(len(sentences)) < (own[0] if own else 0)


def _role_scores(role: Role, sentences: Sequence[str]) -> NDArray[np.float64]:
    """Weigh each sentence by how well it has the role that a question asks for."""
    best = np.array([bool(role.best and role.best.search(text)) for text in sentences])
    said = np.array([bool(role.said.search(text)) for text in sentences]) & ~best
    least = ROLE_BONUS / 2 if best.any() else ROLE_BONUS
    return np.asarray((ROLE_BONUS + BEST_BONUS) * best + least * said, np.float64)


def summary_scores(sentences: Sequence[Sentence]) -> NDArray[np.float64]:
    """Weigh each sentence for a summary, in which the contribution leads and results follow."""
    texts = [each.text for each in sentences]
    treats = [bool(METHOD.search(text)) for text in texts]
    treats = treats if any(treats) else [bool(TREATS.search(text)) for text in texts]
    places = np.arange(len(texts))
    found = np.array([bool(RESULTS.search(text)) for text in texts])
    first = treats.index(True) if any(treats) else int(np.argmax(found))
    scores = np.where(places == first, DONE_BONUS, np.where(places < first, -BEFORE_COST, 0.0))
    return np.asarray(scores + FOUND_BONUS * (found & (places > first)), np.float64)


def defines_asked(question: str, sentence: str) -> bool:
    """Return whether a sentence defines the term that a question asks the meaning of."""
    term = asked_term(question)
    return bool(term) and (defines(term, sentence) or spells_out(term, sentence))
