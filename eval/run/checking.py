"""Checks the sentences of an answer against what they cite, whatever the answer says of itself.

The checker is the project's own verifier. It runs here a second time, so that a fault in how
answers are written or verified shows in the figures instead of vanishing with the verdicts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from eval.data.records import SentenceRecord
from rag.embedding import build_embedder, build_reading_embedder
from rag.sentences import split_sentences
from rag.settings import Settings
from rag.store.lexical import analyze
from rag.types import Answer, Paper, Verdict
from rag.verification.entailment import load_entailment_model
from rag.verification.markers import find_markers, strip_markers
from rag.verification.similarity import SimilarityVerifier
from rag.verification.support import Verifier
from rag.verification.terms import TermWeight, idf

# A line that is bold or slanted as a whole, such as a paper's title.
HEADING: Final = re.compile(r"^\s*(?:\*{1,2}[^*\n]+\*{1,2}|#{1,6} .*)\s*$", re.MULTILINE)
FEWEST_LETTERS: Final = 3
FEWEST_CHARACTERS: Final = 20  # less may stand in an abstract by chance

# The verdict on each claim by its paper.
Check = Callable[[Sequence[tuple[str, Paper]]], Sequence[Verdict]]


def check_answer(answer: Answer, check: Check) -> tuple[SentenceRecord, ...]:
    """Every sentence of an answer that claims something, with a verdict for each of its markers.

    Headings claim nothing, nor does an abstention. A marker that stands for no paper is none. What
    records say, and the assistant of itself, stands in no abstract.
    """
    if answer.status != "answered" or answer.origin != "papers":
        return ()
    papers = {citation.marker: citation.paper for citation in answer.citations}
    statements = _statements(answer.text, set(papers))
    pairs = [(strip_markers(text), papers[n]) for text, markers in statements for n in markers]
    verdicts = iter(check(pairs) if pairs else ())
    return tuple(
        SentenceRecord(
            text=text, markers=tuple(markers), verdicts=tuple(next(verdicts) for _ in markers)
        )
        for text, markers in statements
    )


def _statements(text: str, known: set[int]) -> list[tuple[str, list[int]]]:
    """Sentences with their markers; markers that stand alone belong to the sentence before."""
    found: list[tuple[str, list[int]]] = []
    for sentence in split_sentences(HEADING.sub("", text)):
        markers = [n for n in dict.fromkeys(find_markers(sentence.text)) if n in known]
        if sum(map(str.isalpha, strip_markers(sentence.text))) >= FEWEST_LETTERS:
            found.append((sentence.text, markers))
        elif found and markers:
            before, cited = found[-1]
            found[-1] = (f"{before} {sentence.text}", list(dict.fromkeys([*cited, *markers])))
    return found


def build_check(verifier: Verifier) -> Check:
    """The project's verifier as a function from claims and papers to verdicts.

    A sentence of the abstract itself is supported without a look; most of an extractive answer is.
    """

    def check(pairs: Sequence[tuple[str, Paper]]) -> list[Verdict]:
        doubtful = [pair for pair in pairs if not _is_verbatim(*pair)]
        supports = verifier.check(doubtful) if doubtful else []
        found = dict(zip(doubtful, (support.verdict for support in supports), strict=True))
        return [found.get(pair, "supported") for pair in pairs]

    return check


def _is_verbatim(claim: str, paper: Paper) -> bool:
    return len(claim) >= FEWEST_CHARACTERS and claim in paper.abstract


def build_verifier(papers: Sequence[Paper], settings: Settings) -> Verifier:
    """The verifier that the library itself would use; by words alone without an embedder."""
    embedder = build_reading_embedder(settings, build_embedder(settings))
    encoder = embedder.find_encoder() if embedder else None
    entailment = load_entailment_model() if settings.entailment else None
    return SimilarityVerifier(encoder, term_weight(papers), entailment)


def term_weight(papers: Sequence[Paper]) -> TermWeight:
    """The idf of a stem among papers."""
    found: Counter[str] = Counter()
    for paper in papers:
        found.update(set(analyze(f"{paper.title} {paper.abstract}")))
    return lambda term: idf(found[term], len(papers))
