"""Check the sentences of an answer against what they cite, whatever the answer says of itself.

The checker is the project's own verifier. It runs a second time, so that a fault in how answers are
written or verified shows in the figures instead of disappearing with the verdicts.
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
from rag.verification.frames import without_frame
from rag.verification.markers import find_markers, strip_markers
from rag.verification.similarity import SimilarityVerifier
from rag.verification.spoken_markers import without_markers
from rag.verification.support import Verifier
from rag.verification.terms import TermWeight, idf

# A line that is all bold or italic, such as a paper's title.
HEADING: Final = re.compile(r"^\s*(?:\*{1,2}[^*\n]+\*{1,2}|#{1,6} .*)\s*$", re.MULTILINE)
FEWEST_LETTERS: Final = 3
FEWEST_CHARACTERS: Final = 20  # a shorter text may be in an abstract by chance

# From claims and their papers to verdicts.
Check = Callable[[Sequence[tuple[str, Paper]]], Sequence[Verdict]]


def check_answer(answer: Answer, check: Check) -> tuple[SentenceRecord, ...]:
    """Return the sentences of an answer that claim something, a verdict for each of their markers.

    Headings and abstentions claim nothing. A marker without a paper is none. Answers from records,
    and about the assistant, are in no abstract.
    """
    if answer.status != "answered" or answer.origin != "papers":
        return ()
    papers = {citation.marker: citation.paper for citation in answer.citations}
    statements = _statements(answer.text, set(papers))
    pairs = [(_compared(text), papers[n]) for text, markers in statements for n in markers]
    verdicts = iter(check(pairs) if pairs else ())
    return tuple(
        SentenceRecord(
            text=text, markers=tuple(markers), verdicts=tuple(next(verdicts) for _ in markers)
        )
        for text, markers in statements
    )


def _statements(text: str, known: set[int]) -> list[tuple[str, list[int]]]:
    """Return sentences with their markers; a lone marker belongs to the sentence before it."""
    found: list[tuple[str, list[int]]] = []
    for sentence in split_sentences(HEADING.sub("", text)):
        markers = [n for n in dict.fromkeys(find_markers(sentence.text)) if n in known]
        if sum(map(str.isalpha, strip_markers(sentence.text))) >= FEWEST_LETTERS:
            found.append((sentence.text, markers))
        elif found and markers:
            before, cited = found[-1]
            found[-1] = (f"{before} {sentence.text}", list(dict.fromkeys([*cited, *markers])))
    return found


def _compared(sentence: str) -> str:
    """Return what a sentence claims: without markers, and words on papers as such."""
    return without_frame(without_markers(sentence).strip())


def build_check(verifier: Verifier) -> Check:
    """Build a function from claims and papers to verdicts, by the project's verifier.

    Sentences of the abstract itself, most of an extractive answer, are supported unseen.
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
    """Build the verifier that the library itself would use; by words alone without an embedder."""
    embedder = build_reading_embedder(settings, build_embedder(settings))
    encoder = embedder.find_encoder() if embedder else None
    entailment = load_entailment_model() if settings.entailment else None
    return SimilarityVerifier(encoder, term_weight(papers), entailment)


def term_weight(papers: Sequence[Paper]) -> TermWeight:
    """Build the function from a stem to its idf among papers."""
    found: Counter[str] = Counter()
    for paper in papers:
        found.update(set(analyze(f"{paper.title} {paper.abstract}")))
    return lambda term: idf(found[term], len(papers))
