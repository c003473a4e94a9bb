"""Renders hits as the keyed sources of a prompt, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prompts import render_prompt
from rag.answering.keys import source_keys
from rag.sentences import Sentence, split_sentences
from rag.tokens import count_tokens, cut_tokens
from rag.types import Hit, Paper
from rag.verification.markers import neutralise

LEAST_SOURCE_TOKENS: Final = 80  # a title and two sentences; with less the last papers are left out
LEAST_EXCERPT_TOKENS: Final = 2  # a word and the sign, where there is no room at all
AUTHORS_NAMED: Final = 3
MOST_TITLE_TOKENS: Final = 60  # of 20,000 titles at arXiv the longest has 56
MOST_AUTHOR_TOKENS: Final = 30  # three authors of the starter library have at most 21
LEFT_OUT: Final = "…"


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A paper in a prompt: the key that stands for it, and its text there."""

    key: str
    paper: Paper
    text: str


def build_context(hits: Sequence[Hit], budget_tokens: int) -> list[PromptSource]:
    """The hits as sources, in their order, together within the budget.

    What does not fit is left out of the last papers. Into a share that is too small, sentences of
    the best passages go first.
    """
    keys = source_keys([hit.paper for hit in hits])
    whole = [
        _render(key, hit.paper, hit.paper.abstract) for key, hit in zip(keys, hits, strict=True)
    ]
    shares = share_out([count_tokens(text) for text in whole], budget_tokens)
    return [
        PromptSource(key, hit.paper, _fit(key, hit, text, share))
        for n, (key, hit, text, share) in enumerate(zip(keys, hits, whole, shares, strict=True))
        if share or n == 0
    ]


def share_out(needs: Sequence[int], budget: int) -> list[int]:
    """What each gets of a budget, the most useful first; what does not fit is taken from the last.

    The last is cut until it would say nothing and then left out, then the one before it. Where not
    all fit, no need counts for more than half of the budget, unless something is left over.
    """
    if sum(needs) <= budget:
        return list(needs)
    shares = [min(need, budget // 2) for need in needs] if len(needs) > 1 else list(needs)
    over = sum(shares) - budget
    for n in reversed(range(1, len(shares))):
        cut = min(max(over, 0), max(shares[n] - LEAST_SOURCE_TOKENS, 0))
        shares[n] -= cut
        over -= cut
        if over > 0 or shares[n] < min(needs[n], LEAST_SOURCE_TOKENS):
            over -= shares[n]
            shares[n] = 0
    shares[0] = min(shares[0], budget)
    left = budget - sum(shares)
    for n, need in enumerate(needs):
        more = min(left, need - shares[n]) if shares[n] else 0
        shares[n] += more
        left -= more
    return shares


def _fit(key: str, hit: Hit, whole: str, share: int) -> str:
    """The source within its share: whole, or with as many of its best sentences as go in."""
    if count_tokens(whole) <= share:
        return whole
    text = hit.paper.abstract
    best = list(_by_passage(hit))
    room = share - count_tokens(_render(key, hit.paper, LEFT_OUT))
    kept: list[Sentence] = []
    for sentence in best:
        cost = count_tokens(f" {sentence.text} {LEFT_OUT}")
        if cost <= room:
            kept.append(sentence)
            room -= cost
    if not kept:
        begun = cut_tokens(best[0].text if best else text, max(room + 1, LEAST_EXCERPT_TOKENS))
        return _render(key, hit.paper, begun)
    return _render(key, hit.paper, _excerpt(text, kept))


def _by_passage(hit: Hit) -> Iterator[Sentence]:
    """The sentences of the abstract, those of the most similar passage first."""
    spans = [(passage.start, passage.end) for passage in hit.passages]
    sentences = split_sentences(hit.paper.abstract)
    seen: set[int] = set()
    for start, end in [*spans, (0, len(hit.paper.abstract))]:
        for sentence in sentences:
            if start <= sentence.start < end and sentence.start not in seen:
                seen.add(sentence.start)
                yield sentence


def _excerpt(text: str, kept: Sequence[Sentence]) -> str:
    """The sentences in reading order, with a sign where text is left out."""
    pieces: list[str] = []
    at = 0
    for sentence in sorted(kept, key=lambda each: each.start):
        if text[at : sentence.start].strip():
            pieces.append(LEFT_OUT)
        pieces.append(sentence.text)
        at = sentence.end
    return " ".join([*pieces, LEFT_OUT] if text[at:].strip() else pieces)


def _render(key: str, paper: Paper, excerpt: str) -> str:
    return render_prompt(
        "source",
        key=key,
        title=neutralise(cut_tokens(paper.title, MOST_TITLE_TOKENS)),
        about=neutralise(_about(paper)),
        excerpt=neutralise(excerpt),
    )


def _about(paper: Paper) -> str:
    """A line of authors and year, where known."""
    authors = cut_tokens(", ".join(paper.authors[:AUTHORS_NAMED]), MOST_AUTHOR_TOKENS)
    if len(paper.authors) > AUTHORS_NAMED:
        authors += " et al."
    year = str(paper.year) if paper.year else ""
    details = ", ".join(filter(None, (authors, year)))
    return f"By: {details}\n" if details else ""
