"""The columns of a table of papers, and which sentences of an abstract may stand in each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rag.answering.roles import MEASURED_ON, METHOD, OWN, PROBLEM, RESULTS, TREATS, Role
from rag.query.questions import content_words
from rag.sentences import Sentence
from rag.store.lexical import analyze
from rag.types import Paper
from rag.verification.support import quotable_sentences

# What the columns that come with paperchat ask of a paper, in words that `roles` knows.
COLUMNS: Final[Mapping[str, str]] = {
    "Problem": "What problem does it address?",
    "Method": "What does it propose?",
    "Data": "On which data was it evaluated?",
    "Result": "What results does it report?",
    "Limits": "What are its limitations?",
}
STANDARD: Final = ("Problem", "Method", "Data", "Result")
EMPTY: Final = "–"
MODELS_WORDS: Final = "model’s words"  # marks a cell that is none of the paper's sentences
# Sentences that may stand in a column; a cell is rather empty than another's.
CONTRIBUTES: Final = re.compile(
    r"\b(?:contributions?|(?:new|novel|proposed) (?:\w+ )?(?:method|approach|model|framework|system"
    r"|algorithm|architecture|technique))\b",
    re.IGNORECASE,
)
ON_DATA: Final = re.compile(
    r"\b(?:on|over|across|from|using|with)\b[^.;]{0,80}\b(?:data\s?sets?|benchmarks?|corp(?:us|ora)"
    r"|recordings|databases?)\b",
    re.IGNORECASE,
)
FALLS_SHORT: Final = re.compile(
    r"\b(?:limitations?|drawbacks?|shortcomings?|trade-?offs?"
    r"|at (?:the|a|some) (?:\w+ ){0,3}(?:cost|expense)|(?:but|although|though|yet) .{0,60}"
    r"(?:cannot|fails?|slower|degrades?|does not|do not)"
    r"|remains? (?:open|unclear|unknown|difficult|hard|a challenge))\b",
    re.IGNORECASE,
)
METHODS: Final = (METHOD, TREATS, OWN, CONTRIBUTES)  # the first that a sentence has


def find_method(paper: Paper) -> Sentence | None:
    """Return the sentence that says what a paper does; None where none says so."""
    sentences = quotable_sentences(paper)
    found = (each for said in METHODS for each in sentences if said.search(each.text))
    return next(found, None)


def may_stand(heading: str, sentence: Sentence, method: Sentence | None) -> bool:
    """Return whether a sentence may fill a column.

    Args:
        heading: The column's.
        sentence: A sentence of an abstract.
        method: The one of the method, where known: problems come before it, the rest after it.
    """
    text = sentence.text
    if heading == "Problem":
        return (method is None or sentence.start < method.start) and bool(PROBLEM.search(text))
    if method and sentence.start < method.start:
        return False
    if heading == "Limits":
        return bool(FALLS_SHORT.search(text))
    if heading == "Data":
        return bool(MEASURED_ON.search(text) or ON_DATA.search(text))
    return bool(RESULTS.search(text))


def heading_of(column: str) -> str:
    """Return the name of a column as it is written, or the question as it is."""
    asked = column.strip()
    return next((name for name in COLUMNS if name.lower() == asked.lower()), asked)


def has_role(role: Role, sentence: str) -> bool:
    """Return whether a sentence says what a question asks for."""
    return bool(role.said.search(sentence) or (role.best and role.best.search(sentence)))


def tells(heading: str, quote: Sentence, said: str, paper: Paper) -> bool:
    """Return whether a model's sentence is one for a column, which no verifier can tell.

    Args:
        heading: The column's.
        quote: The sentence of the abstract that supports it.
        said: It.
        paper: What it is about.
    """
    if heading == "Method":
        return any(each.search(quote.text) for each in METHODS)
    if heading in COLUMNS:
        return may_stand(heading, quote, find_method(paper))
    asked = set(analyze(" ".join(content_words(heading))))
    return len(asked & set(analyze(said))) * 2 > len(asked)
