"""Turns answers into Markdown and HTML; pure functions of domain objects.

All text of papers, models and users is escaped here: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Final

from rag.answering.markers import rewrite_markers
from rag.types import EXTRACTIVE, Answer, Citation, Hit, Paper, Progress

MARKDOWN_SIGNS: Final = re.compile(r"([\\`*_{}\[\]#|~!>])")
MATH: Final = re.compile(r"(\$[^$\n]+\$)")
BOXED: Final = re.compile(r"\[(\d{1,3})\](?!\()")
AUTHORS_SHOWN: Final = 4


def plain_markdown(text: str) -> str:
    """Text as Markdown that shows it as it is, formulas apart."""
    parts = MATH.split(text)
    return "".join(
        escape(part, quote=False)
        if place % 2
        else MARKDOWN_SIGNS.sub(r"\\\1", escape(part, quote=False))
        for place, part in enumerate(parts)
    )


def safe_markdown(text: str) -> str:
    """Markdown of a model without HTML and without images."""
    return escape(text, quote=False).replace("![", "!\\[").replace("&gt; ", "> ")


def answer_markdown(answer: Answer, turn: int) -> str:
    """The answer's text for the chat; its markers lead to the cards of the turn's sources."""
    if answer.mode == EXTRACTIVE and answer.citations:
        text = _quoted_papers(answer.citations)
    elif answer.status == "abstained":
        text = _abstention(answer)
    else:
        text = safe_markdown(answer.text)
    linked = BOXED.sub(lambda match: f"[\\[{match[1]}\\]](#{card_id(turn, int(match[1]))})", text)
    return f"{linked}\n\n*{plain_markdown(answer.notice)}*" if answer.notice else linked


def _quoted_papers(citations: Sequence[Citation]) -> str:
    paragraphs = []
    for marker, group in groupby(citations, key=lambda citation: citation.marker):
        quotes = list(group)
        sentences = " ".join(f"{plain_markdown(quote.quote)} [{marker}]" for quote in quotes)
        paragraphs.append(f"**{plain_markdown(quotes[0].paper.title)}**\\\n{sentences}")
    return "\n\n".join(paragraphs)


def _abstention(answer: Answer) -> str:
    said = answer.text.partition("\n")[0]
    nearest = (f"- [{plain_markdown(h.paper.title)}]({h.paper.link})" for h in answer.hits[:3])
    return "\n".join([plain_markdown(said), "", *nearest])


def card_id(turn: int, marker: int) -> str:
    """The id of a source's card in the page."""
    return f"source-{turn}-{marker}"


def sources_html(answer: Answer | None, turn: int) -> str:
    """The panel beside the chat: a card for every cited paper, the quotes marked in its text."""
    if answer is None:
        return _empty(
            "The papers that an answer cites appear here, with the cited sentences marked."
        )
    if answer.status == "draft":
        return _empty("The sources are checked when the answer is complete.")
    if not answer.citations:
        return _empty("This answer cites no paper.")
    cards = []
    for marker, group in groupby(answer.citations, key=lambda citation: citation.marker):
        cards.append(_card(turn, marker, list(group), answer.hits))
    return f'<div class="sources">{"".join(cards)}</div>'


def _empty(text: str) -> str:
    return f'<p class="sources-empty">{escape(text)}</p>'


def _card(turn: int, marker: int, citations: Sequence[Citation], hits: Sequence[Hit]) -> str:
    paper = citations[0].paper
    label = "Summary written for paperchat" if paper.is_summary else "Abstract"
    why = next((hit for hit in hits if hit.paper.paper_id == paper.paper_id), None)
    return (
        f'<article class="card" id="{card_id(turn, marker)}" tabindex="-1">'
        f'<h3><span class="number">{marker}</span>'
        f'<a href="{escape(paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{escape(paper.title)}</a></h3>"
        f'<p class="meta">{escape(meta_line(paper))}</p>'
        f'<p class="kind">{label}</p>'
        f'<p class="abstract">{_marked(paper.abstract, citations)}</p>'
        f"{_why(why) if why else ''}</article>"
    )


def meta_line(paper: Paper) -> str:
    """Authors, date and venue on one line, where known."""
    authors = ", ".join(paper.authors[:AUTHORS_SHOWN])
    if len(paper.authors) > AUTHORS_SHOWN:
        authors += " et al."
    return " · ".join(filter(None, (authors, paper.published, paper.venue)))


def _marked(text: str, citations: Iterable[Citation]) -> str:
    """The text with the quotes in `<mark>`, in order; overlapping ones become one."""
    pieces, at = [], 0
    for start, end in sorted({(c.start, c.end) for c in citations}):
        if end <= at:
            continue
        pieces.append(escape(text[at : max(start, at)]))
        pieces.append(f"<mark>{escape(text[max(start, at) : end])}</mark>")
        at = end
    return "".join(pieces) + escape(text[at:])


def _why(hit: Hit) -> str:
    parts = []
    if hit.dense_similarity is not None:
        parts.append(f"meaning {hit.dense_similarity:.2f}{_place(hit.dense_rank)}")
    if hit.lexical_score is not None:
        parts.append(f"words {hit.lexical_score:.1f}{_place(hit.lexical_rank)}")
    return f'<p class="why">Found by {escape(", ".join(parts))}</p>' if parts else ""


def _place(rank: int | None) -> str:
    return f" (place {rank})" if rank else ""


def status_html(text: str, *, is_warning: bool = False) -> str:
    """The line below the title."""
    kind = "status warning" if is_warning else "status"
    return f'<p class="{kind}" role="status">{escape(text)}</p>'


def progress_html(progress: Progress) -> str:
    """What is going on before the library is ready, with a bar where the end is known."""
    share = f' value="{progress.done}" max="{progress.total}"' if progress.total else ""
    count = f" {progress.done:,}" if progress.done else ""
    label = escape(f"{progress.stage}{count}")
    bar = f'<progress aria-label="{label}"{share}></progress>'
    return f'<p class="status" role="status">Getting ready: {label} {bar}</p>'


def without_markers(text: str) -> str:
    """Text for the clipboard and for titles."""
    return rewrite_markers(text, lambda _: None)
