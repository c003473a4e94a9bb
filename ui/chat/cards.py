"""Render the panel beside the chat: what an answer rests on, paper by paper; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final

from rag.sentences import split_sentences
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
LEAST_FOLDED: Final = 200  # characters of an abstract; less is not worth a button
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
        f"{_below(paper, citations, place)}"
        f"{_why(why, answer.question) if why else ''}</article>"
    )


def _below(paper: Paper, citations: Sequence[Citation], place: str) -> str:
    """Render what unfolds the abstract, and what copies a reference to the paper."""
    whole = (
        '<button type="button" class="plain" data-unfold aria-expanded="false">Whole abstract'
        "</button>"
        if _far(paper.abstract, citations)
        else ""
    )
    turn, marker = place.split("-")[1:]
    styles = "".join(
        f'<button type="button" data-do="cite" data-turn="{turn}" data-marker="{marker}" '
        f'data-style="{style}">{label}</button>'
        for style, label in REFERENCES
    )
    return (
        f'<div class="card-acts">{whole}<details class="menu cite" id="{place}-cite"><summary>'
        f'Cite</summary><div class="sheet"><p>Copy the reference</p>{styles}</div></details></div>'
    )


def _title(paper: Paper) -> str:
    return (
        f'<a href="{escape(paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{plain_html(paper.title)}</a>"
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
    """Render a text with its quotes in `<mark>`, in order; overlaps are marked once.

    What is far from all quotes is set apart, so that page.css can fold it.
    """
    far = _far(text, citations)
    pieces, at = [], 0
    for start, end in sorted({(c.start, c.end) for c in citations}):
        if end <= at:
            continue
        start = max(start, at)
        pieces.append(_unmarked(text, at, start, far))
        support = _support(start, end, citations) if tells_support else ""
        pieces.append(f"<mark{support}>{plain_html(text[start:end])}</mark>")
        at = end
    return "".join(pieces) + _unmarked(text, at, len(text), far)


def _unmarked(text: str, start: int, end: int, far: Sequence[tuple[int, int]]) -> str:
    pieces, at = [], start
    for first, last in far:
        if start <= first and last <= end:
            pieces.append(plain_html(text[at:first]))
            folded = plain_html(text[first:last])
            pieces.append(f'<span class="far"><span>{folded}</span></span>')
            at = last
    return "".join(pieces) + plain_html(text[at:end])


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
    """Render how far quotes support the sentences that cite them; page.css places it."""
    found = {c.verdict for c in citations if c.start < end and start < c.end}
    words = " · ".join(words for verdict, words in QUOTE_WORDS.items() if verdict in found)
    return f' data-support="{words}"'


def _why(hit: Hit, question: str) -> str:
    """Render why a paper was found, in words; the scores are in the tooltip."""
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
    if not parts:
        return ""
    told = f' title="{escape(", ".join(scores).capitalize())}"' if scores else ""
    return f'<p class="why"{told}>Why this paper: {escape("; ".join(parts))}</p>'


def _place(rank: int | None) -> str:
    return f"{ordinal(rank)} " if rank and rank > 1 else ""


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


def sources_head(answers: Sequence[Answer], turn: int, sharing: str = "") -> str:
    """Render the panel's heading: the answer it belongs to, and what can be exported."""
    which = f" of answer {turn}" if len(answers) > 1 and turn else ""
    is_written = any(answer.status != "draft" for answer in answers)
    menu = _export_menu(answers, turn, sharing) if is_written else ""
    return f"<h2>Sources{which}</h2>{_tabulate(answers, turn)}{menu}"


def _tabulate(answers: Sequence[Answer], turn: int) -> str:
    """Render the button that lays the papers of an answer side by side."""
    answer = answers[turn - 1] if turn else None
    if answer is None or answer.table or len(answer.papers) < 2 or not is_finished(answer):
        return ""
    return (
        f'<button type="button" class="plain" data-do="table" data-turn="{turn}" '
        'title="Compare the cited papers: problem, method, data, result">Make a table</button>'
    )


def sharing_html(turn: int, *, is_shared: bool) -> str:
    """Render what gives others a link to an answer, and what takes it back."""
    back = f'<button type="button" data-do="unlink" data-turn="{turn}">Stop sharing</button>'
    return (
        "<p>Whoever has the link can read this answer</p>"
        f'<button type="button" data-do="link" data-turn="{turn}">Copy link</button>'
        f"{back if is_shared else ''}"
    )


def _export_menu(answers: Sequence[Answer], turn: int, sharing: str) -> str:
    formats = [_export(format_name, name, f"turn-{turn}") for format_name, name in FORMATS]
    whole = [_export(format_name, name, "conversation") for format_name, name in FORMATS]
    is_citing = turn and answers[turn - 1].citations
    this = f"<p>Papers of this answer</p>{''.join(formats)}" if is_citing else ""
    papers = "".join(whole) if any(answer.citations for answer in answers) else ""
    return (
        f'<details class="menu"><summary>{icon("export")}Export</summary><div class="sheet">{this}'
        f"<p>The conversation</p>{_export('markdown', 'Markdown', 'conversation')}"
        f"{_export('html', 'Web page', 'conversation')}{papers}"
        f"{sharing}</div></details>"
    )


def _export(format_name: str, name: str, of: str) -> str:
    of_what = "all cited papers" if of == "conversation" else "the papers of this answer"
    label = "the conversation" if format_name in ("markdown", "html") else of_what
    return (
        f'<button type="button" data-do="export" data-format="{format_name}" data-of="{of}" '
        f'aria-label="Export {label} as {name}">{name}</button>'
    )
