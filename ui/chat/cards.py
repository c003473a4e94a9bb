"""Render the panel beside the chat: what an answer rests on, paper by paper; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final

from rag.types import Answer, Citation, Hit, Paper, Verdict
from rag.verification.terms import matched_words
from ui.chat.answers import card_id
from ui.chat.render import is_finished
from ui.templates.icons import icon
from ui.templates.markdown import plain_html
from ui.templates.sentences import counted

AUTHORS_SHOWN: Final = 4
WORDS_SHOWN: Final = 8
QUOTE_WORDS: Final[Mapping[Verdict, str]] = {
    "supported": "supports it",
    "partly": "supports it partly",
    "unsupported": "does not support it",
    "contradicted": "contradicts it",
}
VERDICTS: Final[Mapping[Verdict, str]] = {
    "supported": "Supports the answer",
    "partly": "Supports the answer only in part",
    "unsupported": "Does not support the answer",
    "contradicted": "Contradicts the answer",
}
FORMATS: Final = (("bibtex", "BibTeX"), ("ris", "RIS"), ("csl", "CSL-JSON"))


def sources_html(answer: Answer | None, turn: int) -> str:
    """Render a card for every cited paper with its quotes marked, then uncited papers."""
    if answer is None:
        return _empty(
            "The papers that an answer cites appear here, with the cited sentences marked."
        )
    if not is_finished(answer):
        return _being_read(answer.hits)
    cards = "".join(
        _card(answer, card_id(turn, marker), list(group))
        for marker, group in groupby(answer.citations, key=lambda citation: citation.marker)
    )
    body = cards or _empty("This answer cites no paper.")
    return f'<div class="sources" data-turn="{turn}">{body}{_left_aside(answer, turn)}</div>'


def _empty(text: str) -> str:
    return f'<p class="sources-empty">{escape(text)}</p>'


def _being_read(hits: Sequence[Hit]) -> str:
    """Render the retrieved papers while there is no answer yet."""
    if not hits:
        return _empty("The sources are checked when the answer is complete.")
    items = "".join(f"<li>{plain_html(hit.paper.title)}</li>" for hit in hits)
    return f'<div class="reading"><p>Reading</p><ol>{items}</ol></div>'


def _card(answer: Answer, place: str, citations: Sequence[Citation]) -> str:
    paper = citations[0].paper
    label = "Summary written for paperchat" if paper.is_summary else "Abstract"
    why = next((hit for hit in answer.hits if hit.paper.paper_id == paper.paper_id), None)
    is_quoted = answer.is_extractive  # word for word, so its support needs no mention
    return (
        f'<article class="card" id="{place}" tabindex="-1" aria-labelledby="{place}-title">'
        f'<h3 id="{place}-title"><span class="number">{citations[0].marker}</span>{_title(paper)}'
        f"</h3>"
        f'<p class="meta">{escape(meta_line(paper))}</p>'
        f"{_verdict(citations, place, is_quoted=is_quoted)}"
        f'<p class="kind">{label}</p>'
        f'<p class="abstract">{_marked(paper.abstract, citations, tells_support=not is_quoted)}</p>'
        f"{_why(why, answer.question) if why else ''}</article>"
    )


def _title(paper: Paper) -> str:
    return (
        f'<a href="{escape(paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{plain_html(paper.title)}</a>"
    )


def meta_line(paper: Paper) -> str:
    """Render a retraction, authors, date and venue in a line, where known."""
    authors = ", ".join(paper.authors[:AUTHORS_SHOWN])
    if len(paper.authors) > AUTHORS_SHOWN:
        authors += " et al."
    retracted = f"This paper was {paper.retraction}" if paper.retraction else None
    return " · ".join(filter(None, (retracted, authors, paper.published, paper.venue)))


def _verdict(citations: Sequence[Citation], place: str, *, is_quoted: bool) -> str:
    """Render how far the paper supports the answer, with links back to the text."""
    best = min((c.verdict for c in citations), key=list(VERDICTS).index)
    label = "Quoted word for word" if is_quoted else VERDICTS[best]
    cite = place.replace("source", "cite", 1)
    return (
        f'<p class="verdict is-{best}">{label}'
        f'<a class="back" href="#{cite}-1" data-card="{place}" '
        f'aria-label="Back to where the answer cites source {citations[0].marker}">'
        f"{icon('back')}in the answer</a></p>"
    )


def _marked(text: str, citations: Sequence[Citation], *, tells_support: bool) -> str:
    """Render a text with its quotes in `<mark>`, in order; overlaps are marked once."""
    pieces, at = [], 0
    for start, end in sorted({(c.start, c.end) for c in citations}):
        if end <= at:
            continue
        start = max(start, at)
        pieces.append(plain_html(text[at:start]))
        support = _support(start, end, citations) if tells_support else ""
        pieces.append(f"<mark{support}>{plain_html(text[start:end])}</mark>")
        at = end
    return "".join(pieces) + plain_html(text[at:])


def _support(start: int, end: int, citations: Sequence[Citation]) -> str:
    """Render how far quotes support the sentences that cite them; page.css places it."""
    found = {c.verdict for c in citations if c.start < end and start < c.end}
    words = " · ".join(words for verdict, words in QUOTE_WORDS.items() if verdict in found)
    return f' data-support="{words}"'


def _why(hit: Hit, question: str) -> str:
    parts = []
    if hit.dense_similarity is not None:
        parts.append(f"{_place(hit.dense_rank)}by meaning ({hit.dense_similarity:.2f})")
    if hit.lexical_score is not None:
        parts.append(f"{_place(hit.lexical_rank)}by words ({hit.lexical_score:.1f})")
    words = matched_words(question, f"{hit.paper.title} {hit.paper.abstract}")[:WORDS_SHOWN]
    if words:
        parts.append("shares " + ", ".join(f"“{word}”" for word in words))
    return f'<p class="why">Why this paper: {escape("; ".join(parts))}</p>' if parts else ""


def _place(rank: int | None) -> str:
    return f"{ordinal(rank)} " if rank else ""


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `11th`."""
    is_teen = number % 100 in (11, 12, 13)
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _left_aside(answer: Answer, turn: int) -> str:
    """Render the papers that were retrieved and not cited, collapsed."""
    cited = {paper.paper_id for paper in answer.papers}
    hits = [hit for hit in answer.hits if hit.paper.paper_id not in cited]
    if not hits:
        return ""
    items = "".join(
        f'<li>{_title(hit.paper)}<p class="meta">{escape(meta_line(hit.paper))}</p>'
        f"{_why(hit, answer.question)}</li>"
        for hit in hits
    )
    summary = f"{counted(len(hits), 'paper')} found but not cited"
    return (
        f'<details id="aside-{turn}" class="aside"><summary>{summary}</summary>'
        f"<ul>{items}</ul></details>"
    )


def sources_head(answers: Sequence[Answer], turn: int) -> str:
    """Render the panel's heading: the answer it belongs to, and what can be exported."""
    which = f" of answer {turn}" if len(answers) > 1 and turn else ""
    menu = (
        _export_menu(answers, turn) if any(answer.status != "draft" for answer in answers) else ""
    )
    return f"<h2>Sources{which}</h2>{menu}"


def _export_menu(answers: Sequence[Answer], turn: int) -> str:
    formats = [_export(format_name, name, f"turn-{turn}") for format_name, name in FORMATS]
    whole = [_export(format_name, name, "conversation") for format_name, name in FORMATS]
    is_citing = turn and answers[turn - 1].citations
    this = f"<p>Papers of this answer</p>{''.join(formats)}" if is_citing else ""
    papers = "".join(whole) if any(answer.citations for answer in answers) else ""
    return (
        f'<details class="menu"><summary>{icon("export")}Export</summary><div class="sheet">{this}'
        f"<p>The conversation</p>{_export('markdown', 'Markdown', 'conversation')}{papers}"
        "</div></details>"
    )


def _export(format_name: str, name: str, of: str) -> str:
    of_what = "all cited papers" if of == "conversation" else "the papers of this answer"
    label = "the conversation" if format_name == "markdown" else of_what
    return (
        f'<button type="button" data-do="export" data-format="{format_name}" data-of="{of}" '
        f'aria-label="Export {label} as {name}">{name}</button>'
    )
