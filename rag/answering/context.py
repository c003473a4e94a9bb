"""Render hits as the numbered sources of a prompt, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prompts import render_prompt
from rag.sentences import Sentence, split_sentences
from rag.tokens import count_tokens, cut_tokens
from rag.types import Hit, Paper
from rag.verification.markers import neutralise

LEAST_SOURCE_TOKENS: Final = 80  # a title and two sentences; a paper with less room is left out
LEAST_EXCERPT_TOKENS: Final = 2  # a word and the ellipsis, where there is no room at all
AUTHORS_NAMED: Final = 3
MOST_TITLE_TOKENS: Final = 60  # of 20,000 titles at arXiv the longest has 56
MOST_AUTHOR_TOKENS: Final = 30  # three authors of the starter library have at most 21
LEFT_OUT: Final = "…"


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A paper in a prompt: its number, from 1, and its text there."""

    number: int
    paper: Paper
    text: str


@dataclass(frozen=True, slots=True)
class Excerpts:
    """How much of each paper a model is shown, chosen by sentence.

    On 40 questions of the dev set these lengths hold 0.95 of the facts that an answer must have in
    600 tokens, as much as six whole abstracts do in 1,660.

    Attributes:
        rank: Orders the sentences of a hit's abstract, the most relevant first.
        lead_tokens: Limit for the best paper, and for papers that the question names.
        other_tokens: Limit for every other paper.
    """

    rank: Callable[[Hit], Sequence[Sentence]]
    lead_tokens: int = 300
    other_tokens: int = 60

    def of(self, hit: Hit, place: int) -> str:
        """Return the excerpt of the hit at a place, from 0."""
        most = self.lead_tokens if place == 0 or hit.is_named else self.other_tokens
        if count_tokens(hit.paper.abstract) <= most:
            return hit.paper.abstract
        return _excerpt(hit.paper.abstract, _chosen(self.rank(hit), most))


def build_context(
    hits: Sequence[Hit], budget_tokens: int, excerpts: Excerpts | None = None
) -> list[PromptSource]:
    """Render hits as sources, in their order, together within a budget of tokens.

    Abstracts are whole unless excerpts are asked for. What does not fit is left out of the last
    papers; where a paper is cut, sentences of its best passages are kept first.
    """
    shown = [excerpts.of(hit, n) if excerpts else hit.paper.abstract for n, hit in enumerate(hits)]
    whole = [
        _render(n, hit.paper, text)
        for n, (hit, text) in enumerate(zip(hits, shown, strict=True), start=1)
    ]
    shares = allocate([count_tokens(text) for text in whole], budget_tokens)
    return [
        PromptSource(n, hit.paper, _fit(n, hit, text, share))
        for n, (hit, text, share) in enumerate(zip(hits, whole, shares, strict=True), start=1)
        if share or n == 1
    ]


def allocate(needs: Sequence[int], budget: int) -> list[int]:
    """Share a budget among needs, the most useful first; the last get less, or nothing.

    The last is cut until too little of it is left, and then left out, then the one before it. Where
    not all fit, no need counts for more than half of the budget, unless something is left over.
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


def _fit(number: int, hit: Hit, whole: str, share: int) -> str:
    """Fit a source into its share: whole, or with as many of its best sentences as fit."""
    if count_tokens(whole) <= share:
        return whole
    text = hit.paper.abstract
    best = list(_by_passage(hit))
    room = share - count_tokens(_render(number, hit.paper, LEFT_OUT))
    kept: list[Sentence] = []
    for sentence in best:
        cost = count_tokens(f" {sentence.text} {LEFT_OUT}")
        if cost <= room:
            kept.append(sentence)
            room -= cost
    if not kept:
        begun = cut_tokens(best[0].text if best else text, max(room + 1, LEAST_EXCERPT_TOKENS))
        return _render(number, hit.paper, begun)
    return _render(number, hit.paper, _excerpt(text, kept))


def _chosen(ranked: Sequence[Sentence], most_tokens: int) -> list[Sentence]:
    """Return the first sentences that fit into so many tokens; the very first in any case."""
    kept = list(ranked[:1])
    left = most_tokens - sum(count_tokens(sentence.text) for sentence in kept)
    for sentence in ranked[1:]:
        cost = count_tokens(sentence.text)
        if cost <= left:
            kept.append(sentence)
            left -= cost
    return kept


def _by_passage(hit: Hit) -> Iterator[Sentence]:
    """Yield the sentences of the abstract, those of the most similar passage first."""
    spans = [(passage.start, passage.end) for passage in hit.passages]
    sentences = split_sentences(hit.paper.abstract)
    seen: set[int] = set()
    for start, end in [*spans, (0, len(hit.paper.abstract))]:
        for sentence in sentences:
            if start <= sentence.start < end and sentence.start not in seen:
                seen.add(sentence.start)
                yield sentence


def _excerpt(text: str, kept: Sequence[Sentence]) -> str:
    """Return sentences in reading order, with an ellipsis where text is left out."""
    pieces: list[str] = []
    at = 0
    for sentence in sorted(kept, key=lambda each: each.start):
        if text[at : sentence.start].strip():
            pieces.append(LEFT_OUT)
        pieces.append(sentence.text)
        at = sentence.end
    return " ".join([*pieces, LEFT_OUT] if text[at:].strip() else pieces)


def _render(number: int, paper: Paper, excerpt: str) -> str:
    return render_prompt(
        "source",
        number=str(number),
        title=neutralise(cut_tokens(paper.title, MOST_TITLE_TOKENS)),
        about=neutralise(_about(paper)),
        excerpt=neutralise(excerpt),
    )


def _about(paper: Paper) -> str:
    """Render authors and year in a line, where known."""
    authors = cut_tokens(", ".join(paper.authors[:AUTHORS_NAMED]), MOST_AUTHOR_TOKENS)
    if len(paper.authors) > AUTHORS_NAMED:
        authors += " et al."
    year = str(paper.year) if paper.year else ""
    details = ", ".join(filter(None, (authors, year)))
    return f"By: {details}\n" if details else ""
