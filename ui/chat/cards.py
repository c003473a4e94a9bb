"""Render the panel beside the chat: what an answer rests on, paper by paper; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from markupsafe import Markup

from rag.sentences import split_sentences
from rag.types import Answer, Citation, Hit, Paper, Verdict
from rag.verification.terms import matched_words
from ui.chat.render import is_finished
from ui.templates.rendering import NOTHING, Template

AUTHORS_SHOWN: Final = 4
WORDS_SHOWN: Final = 8
QUOTE_WORDS: Final[Mapping[Verdict, str]] = {
    "supported": "supports it",
    "partly": "supports it in part",
    "unsupported": "does not support it",
    "contradicted": "contradicts it",
}
VERDICTS: Final[Mapping[Verdict, str]] = {
    "supported": "Supports the answer",
    "partly": "Supports the answer only in part",
    "unsupported": "Does not support the answer",
    "contradicted": "Contradicts the answer",
}
# How a reference to one paper can be copied.
REFERENCES: Final = (
    ("in-text", "In the text"),
    ("apa", "APA"),
    ("ieee", "IEEE"),
    ("bibtex", "BibTeX"),
)
NO_ANSWER: Final = "The papers that an answer cites appear here, with the cited sentences marked."
QUOTED: Final = "Quoted word for word"
LEAST_FOLDED: Final = 200  # characters of an abstract; less is not worth a button
FORMATS: Final = (("bibtex", "BibTeX"), ("ris", "RIS"), ("csl", "CSL-JSON"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an abstract: as it is, quoted, or far from all quotes.

    Attributes:
        support: How far a quote supports what cites it; None where that is not told.
    """

    text: str
    kind: Literal["text", "mark", "far"] = "text"
    support: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a paper was found, in words, and the scores that say it."""

    told: str
    scores: str


@dataclass(frozen=True, slots=True)
class Card:
    """What stands beside an answer about a paper that it cites.

    Attributes:
        supports: How far the paper supports the answer, in words.
        pieces: Its abstract.
        is_folded: Whether some of them are folded.
    """

    marker: int
    paper: Paper
    verdict: Verdict
    supports: str
    pieces: Sequence[Piece]
    is_folded: bool
    why: Why | None


def sources_html(answer: Answer | None, turn: int) -> Markup:
    """Render a card for every cited paper with its quotes marked, then uncited papers."""
    if answer is None:
        return PARTS.draw("empty", NO_ANSWER)
    if not is_finished(answer):
        return SOURCES.draw("being_read", [hit.paper for hit in answer.hits])
    grouped = groupby(answer.citations, key=lambda citation: citation.marker)
    cards = [_card(answer, list(group)) for _, group in grouped]
    return SOURCES.draw("sources", cards, _left_aside(answer), turn)


def _card(answer: Answer, citations: Sequence[Citation]) -> Card:
    paper = citations[0].paper
    best = min((c.verdict for c in citations), key=list(VERDICTS).index)
    hit = next((hit for hit in answer.hits if hit.paper.paper_id == paper.paper_id), None)
    far = _far(paper.abstract, citations)
    is_quoted = answer.is_extractive  # word for word, so its support needs no mention
    return Card(
        citations[0].marker,
        paper,
        best,
        QUOTED if is_quoted else VERDICTS[best],
        _pieces(paper.abstract, citations, far, tells_support=not is_quoted),
        bool(far),
        _why(hit, answer.question) if hit else None,
    )


def meta_line(paper: Paper) -> str:
    """Render a retraction, authors, date, venue with its pages, and what came out later in a line.

    What is not known is left out; where a notice can be read stands in the library.
    """
    authors = ", ".join(paper.authors[:AUTHORS_SHOWN])
    if len(paper.authors) > AUTHORS_SHOWN:
        authors += " et al."
    retracted = f"This paper was {paper.retraction}" if paper.retraction else None
    later = [told.partition(": http")[0] for told in paper.notices]
    since = f"since then: {', '.join(later)}" if later else None
    return " · ".join(filter(None, (retracted, authors, paper.published, paper.place, since)))


def _pieces(
    text: str,
    citations: Sequence[Citation],
    far: Sequence[tuple[int, int]],
    *,
    tells_support: bool,
) -> list[Piece]:
    """Return a text with its quotes, in order; overlaps are marked once.

    What is far from all quotes is set apart, so that page.css can fold it.
    """
    pieces: list[Piece] = []
    at = 0
    for start, end in sorted({(c.start, c.end) for c in citations}):
        if end <= at:
            continue
        start = max(start, at)
        pieces += _unmarked(text, at, start, far)
        support = _support(start, end, citations) if tells_support else None
        pieces.append(Piece(text[start:end], "mark", support))
        at = end
    return pieces + _unmarked(text, at, len(text), far)


def _unmarked(text: str, start: int, end: int, far: Sequence[tuple[int, int]]) -> list[Piece]:
    pieces, at = [], start
    for first, last in far:
        if start <= first and last <= end:
            pieces += [Piece(text[at:first]), Piece(text[first:last], "far")]
            at = last
    return [*pieces, Piece(text[at:end])]


def _far(text: str, citations: Sequence[Citation]) -> list[tuple[int, int]]:
    """Return the runs of sentences that are no neighbours of a quote; none where they are few."""
    sentences = split_sentences(text)
    quoted = {
        at
        for at, each in enumerate(sentences)
        if any(c.start < each.end and each.start < c.end for c in citations)
    }
    near = quoted | {at + step for at in quoted for step in (-1, 1)}
    runs: list[tuple[int, int]] = []
    for at, sentence in enumerate(sentences):
        if at in near:
            continue
        if runs and at - 1 not in near:
            runs[-1] = (runs[-1][0], sentence.end)
        else:
            runs.append((sentence.start, sentence.end))
    return runs if sum(end - start for start, end in runs) >= LEAST_FOLDED else []


def _support(start: int, end: int, citations: Sequence[Citation]) -> str:
    """Return how far quotes support the sentences that cite them; page.css places it."""
    found = {c.verdict for c in citations if c.start < end and start < c.end}
    return " · ".join(words for verdict, words in QUOTE_WORDS.items() if verdict in found)


def _why(hit: Hit, question: str) -> Why | None:
    parts, scores = [], []
    if hit.dense_similarity is not None:
        parts.append(f"{_place(hit.dense_rank)}closest in meaning")
        scores.append(f"similarity of meaning {hit.dense_similarity:.2f}")
    if hit.lexical_score is not None:
        parts.append(f"{_place(hit.lexical_rank)}best by its words")
        scores.append(f"score of words {hit.lexical_score:.1f}")
    words = matched_words(question, f"{hit.paper.title} {hit.paper.abstract}")[:WORDS_SHOWN]
    if words:
        parts.append("shares " + ", ".join(f"“{word}”" for word in words))
    return Why("; ".join(parts), ", ".join(scores).capitalize()) if parts else None


def _place(rank: int | None) -> str:
    return f"{ordinal(rank)} " if rank and rank > 1 else ""


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `11th`."""
    is_teen = number % 100 in (11, 12, 13)
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _left_aside(answer: Answer) -> list[tuple[Paper, Why | None]]:
    """Return the papers that were retrieved and not cited."""
    cited = {paper.paper_id for paper in answer.papers}
    left = [hit for hit in answer.hits if hit.paper.paper_id not in cited]
    return [(hit.paper, _why(hit, answer.question)) for hit in left]


def sources_head(answers: Sequence[Answer], turn: int, sharing: Markup = NOTHING) -> Markup:
    """Render the panel's heading: the answer it belongs to, and what can be exported."""
    answer = answers[turn - 1] if turn else None
    menu = {
        "is_citing": bool(answer and answer.citations),
        "has_papers": any(each.citations for each in answers),
    }
    is_written = any(each.status != "draft" for each in answers)
    return SOURCES.draw(
        "head",
        turn,
        is_one_of_many=len(answers) > 1 and turn > 0,
        can_tabulate=_can_tabulate(answer),
        menu=menu if is_written else None,
        sharing=sharing,
    )


def _can_tabulate(answer: Answer | None) -> bool:
    """Return whether the papers of an answer can be laid side by side."""
    if answer is None or answer.table or not is_finished(answer):
        return False
    return len(answer.papers) >= 2


def sharing_html(turn: int, *, is_shared: bool) -> Markup:
    """Render what gives others a link to an answer, and what takes it back."""
    return SOURCES.draw("sharing", turn, is_shared)


def panel_html(head: Markup, sources: Markup) -> Markup:
    """Render the panel: its heading and the sources."""
    return SOURCES.draw("panel", head, sources)


PARTS: Final = Template("parts")
SOURCES: Final = Template("sources", meta=meta_line, REFERENCES=REFERENCES, FORMATS=FORMATS)
