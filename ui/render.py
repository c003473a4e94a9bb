"""Turns answers into Markdown and HTML; pure functions of domain objects.

All text of papers, models and users is escaped: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final

from rag.sentences import split_sentences
from rag.types import EXTRACTIVE, Answer, Citation, Hit, Paper, Progress, Verdict
from ui.markdown import markdown_link, plain_markdown, safe_markdown, unlinked

AUTHORS_SHOWN: Final = 4
# What stands before the text of a sentence in Markdown: signs of lists, headings and quotations.
LEAD: Final = re.compile(r"\s*(?:(?:[-*+•>]|#{1,6}|\d{1,3}[.)])\s+)*")
# How a sentence that is not fully supported is shown: what is set before it, and what it means.
SHOWN_AS: Final[Mapping[str, tuple[str, str]]] = {
    "partly": ("≈ ", "The cited papers support this only in part."),
    "unsupported": ("⚠ not supported: ", "No retrieved paper supports this."),
    "contradicted": ("⚠ contradicted: ", "A cited paper says otherwise."),
    "unchecked": ("", "This is still being written and checked."),
}
QUOTE_WORDS: Final[Mapping[Verdict, str]] = {
    "supported": "supports it",
    "partly": "supports it partly",
    "unsupported": "does not support it",
    "contradicted": "contradicts it",
}


def answer_markdown(answer: Answer, turn: int) -> str:
    """The answer's text for the chat; its markers lead to the cards of the turn's sources."""
    if answer.mode == EXTRACTIVE and answer.citations:
        text = _quoted_papers(answer.citations, turn)
    elif answer.status == "abstained":
        text = _abstention(answer)
    else:
        text = _checked_text(answer, _linker(answer, turn))
    return f"{text}\n\n*{plain_markdown(answer.notice)}*" if answer.notice else text


def _quoted_papers(citations: Sequence[Citation], turn: int) -> str:
    paragraphs = []
    for marker, group in groupby(citations, key=lambda citation: citation.marker):
        quotes = list(group)
        link = _marker_link(turn, marker)
        sentences = " ".join(f"{plain_markdown(quote.quote)} {link}" for quote in quotes)
        paragraphs.append(f"**{plain_markdown(quotes[0].paper.title)}**\\\n{sentences}")
    return "\n\n".join(paragraphs)


def _abstention(answer: Answer) -> str:
    said = answer.text.partition("\n")[0]
    nearest = (f"- {markdown_link(h.paper.title, h.paper.link)}" for h in answer.hits[:3])
    return "\n".join([plain_markdown(said), "", *nearest])


def _checked_text(answer: Answer, link: Callable[[int], str]) -> str:
    """A model's text; sentences that are not fully supported, or not checked yet, look so."""
    pieces, at = [], 0
    for start, end, kind in _doubtful(answer):
        sign, meaning = SHOWN_AS[kind]
        sentence = safe_markdown(answer.text[start:end], link)
        pieces.append(safe_markdown(answer.text[at:start], link))
        pieces.append(f'<span class="claim-{kind}" title="{meaning}">{sign}{sentence}</span>')
        at = end
    return "".join(pieces) + safe_markdown(answer.text[at:], link)


def _doubtful(answer: Answer) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of the sentences to point out; those that a code block cuts are not."""
    spans = [(s.start, s.end, str(s.verdict)) for s in answer.sentences]
    for start, end, kind in [*spans, *_unchecked(answer)]:
        start += len(_lead(answer.text[start:end]))
        is_cut = any(answer.text[:place].count("```") % 2 for place in (start, end))
        if kind in SHOWN_AS and start < end and not is_cut:
            yield start, end, kind


def _lead(sentence: str) -> str:
    match = LEAD.match(sentence)
    return match[0] if match else ""


def _unchecked(answer: Answer) -> Iterator[tuple[int, int, str]]:
    """The sentence that is being written, the last one of a draft."""
    if answer.status == "draft":
        checked = max((sentence.end for sentence in answer.sentences), default=0)
        for last in split_sentences(answer.text)[-1:]:
            yield max(last.start, checked), last.end, "unchecked"


def _linker(answer: Answer, turn: int) -> Callable[[int], str]:
    known = {citation.marker for citation in answer.citations}
    return lambda marker: _marker_link(turn, marker) if marker in known else unlinked(marker)


def _marker_link(turn: int, marker: int) -> str:
    return f"[{unlinked(marker)}](#{card_id(turn, marker)})"


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
    cards = [
        _card(answer, card_id(turn, marker), list(group))
        for marker, group in groupby(answer.citations, key=lambda citation: citation.marker)
    ]
    return f'<div class="sources">{"".join(cards)}</div>'


def _empty(text: str) -> str:
    return f'<p class="sources-empty">{escape(text)}</p>'


def _card(answer: Answer, place: str, citations: Sequence[Citation]) -> str:
    paper = citations[0].paper
    label = "Summary written for paperchat" if paper.is_summary else "Abstract"
    why = next((hit for hit in answer.hits if hit.paper.paper_id == paper.paper_id), None)
    is_quoted = answer.mode == EXTRACTIVE  # word for word: nothing to tell of its support
    return (
        f'<article class="card" id="{place}" tabindex="-1">'
        f'<h3><span class="number">{citations[0].marker}</span>'
        f'<a href="{escape(paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{escape(paper.title)}</a></h3>"
        f'<p class="meta">{escape(meta_line(paper))}</p>'
        f'<p class="kind">{label}</p>'
        f'<p class="abstract">{_marked(paper.abstract, citations, tells_support=not is_quoted)}</p>'
        f"{_why(why) if why else ''}</article>"
    )


def meta_line(paper: Paper) -> str:
    """Authors, date and venue on one line, where known."""
    authors = ", ".join(paper.authors[:AUTHORS_SHOWN])
    if len(paper.authors) > AUTHORS_SHOWN:
        authors += " et al."
    return " · ".join(filter(None, (authors, paper.published, paper.venue)))


def _marked(text: str, citations: Sequence[Citation], *, tells_support: bool) -> str:
    """The text with the quotes in `<mark>`, in order; what two share is marked once."""
    pieces, at = [], 0
    for start, end in sorted({(c.start, c.end) for c in citations}):
        if end <= at:
            continue
        start = max(start, at)
        pieces.append(escape(text[at:start]))
        support = _support(start, end, citations) if tells_support else ""
        pieces.append(f"<mark{support}>{escape(text[start:end])}</mark>")
        at = end
    return "".join(pieces) + escape(text[at:])


def _support(start: int, end: int, citations: Sequence[Citation]) -> str:
    """What the quotes there do for the sentences that cite them; page.css sets it beside them."""
    found = {c.verdict for c in citations if c.start < end and start < c.end}
    words = " · ".join(words for verdict, words in QUOTE_WORDS.items() if verdict in found)
    return f' data-support="{words}"'


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
