"""Render the text of an answer as HTML, with markers that link to the cards of its sources.

All text of papers, models and users is escaped: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final, get_args

from rag.answering.abstention import describe_abstention
from rag.sentences import split_sentences
from rag.types import Answer, Citation, RemovedSentence, Verdict
from rag.verification.markers import find_markers
from ui.templates.markdown import Passage, markdown_html, plain_html, unlinked
from ui.templates.sentences import for_page

QUOTE_SHOWN: Final = 360  # characters of a quote in the tooltip of its marker
# How a sentence that is not fully supported is shown: the symbol before it, and its meaning.
SHOWN_AS: Final[Mapping[str, tuple[str, str]]] = {
    "partly": ("≈ ", "The cited papers support this only in part."),
    "unsupported": ("⚠ not supported: ", "No retrieved paper supports this."),
    "contradicted": ("⚠ contradicted: ", "A cited paper says otherwise."),
    "unchecked": ("", "This is still being written and checked."),
}

WHY_REMOVED: Final[Mapping[str, str]] = {
    "unsupported": "No paper that was found says this.",
    "contradicted": "The paper that it cites says otherwise.",
}
NEAREST: Final[Mapping[str, str]] = {
    "unsupported": "The nearest sentence is:",
    "contradicted": "It says:",
}


def answer_html(answer: Answer, turn: int) -> str:
    """Render an answer's text; its markers link to the cards of the turn's sources."""
    if answer.is_extractive and answer.citations and answer.origin == "papers":
        text = _quoted_papers(answer.citations, turn)
    elif answer.status == "abstained" and answer.origin == "papers":
        text = _abstention(answer)
    else:
        text = markdown_html(answer.text, _linker(answer, turn), list(_doubtful(answer)))
    struck = () if answer.status == "draft" else answer.struck  # shown once all is checked
    return _caveat(answer) + text + notice_html(answer) + _removed(struck, turn)


def _caveat(answer: Answer) -> str:
    return f'<p class="unsure">{plain_html(answer.caveat)}</p>' if answer.caveat else ""


def notice_html(answer: Answer) -> str:
    """Render how an answer was made, where its user should know that."""
    return f'<p class="notice">{plain_html(for_page(answer.notice))}</p>' if answer.notice else ""


def _removed(struck: Sequence[RemovedSentence], turn: int) -> str:
    """Render the removed sentences, collapsed, each with why and the nearest sentence."""
    if not struck:
        return ""
    items = "".join(
        f'<li><p class="struck">{plain_html(each.text)}</p>{_why_removed(each)}</li>'
        for each in struck
    )
    return (
        f'<details id="removed-{turn}" class="removed"><summary>Show what was removed</summary>'
        f"<ul>{items}</ul></details>"
    )


def _why_removed(removed: RemovedSentence) -> str:
    near = removed.nearest
    if near is None:
        return f"<p>{WHY_REMOVED[removed.verdict]}</p>"
    return (
        f"<p>{WHY_REMOVED[removed.verdict]} {NEAREST[removed.verdict]}</p>"
        f"<blockquote>{plain_html(near.quote)}<cite>"
        f'<a href="{escape(near.paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{plain_html(near.paper.title)}</a></cite></blockquote>"
    )


def _quoted_papers(citations: Sequence[Citation], turn: int) -> str:
    link = Markers(citations, turn)
    paragraphs = []
    for marker, group in groupby(citations, key=lambda citation: citation.marker):
        quotes = list(group)
        sentences = " ".join(f"{plain_html(q.quote)}&nbsp;{link(marker, q.quote)}" for q in quotes)
        title = plain_html(quotes[0].paper.title)
        paragraphs.append(f'<p class="quoted"><strong>{title}</strong>{sentences}</p>')
    return "".join(paragraphs)


def _abstention(answer: Answer) -> str:
    abstention = describe_abstention(answer.reason, answer.hits, answer.filters)
    nearest = "".join(
        f'<li><a href="{escape(paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{plain_html(paper.title)}</a></li>"
        for paper in abstention.nearest
    )
    return f"<p>{plain_html(abstention.said)}</p>" + (f"<ul>{nearest}</ul>" if nearest else "")


def _doubtful(answer: Answer) -> Iterator[Passage]:
    """Yield the sentences that are not fully supported, or not checked yet."""
    spans = [(s.start, s.end, _worse(s.verdict, s.model_verdict)) for s in answer.sentences]
    for start, end, kind in [*spans, *_unchecked(answer)]:
        if kind in SHOWN_AS:
            sign, meaning = SHOWN_AS[kind]
            tag = f'<span class="claim-{kind}" title="{meaning}">'
            yield Passage(start, end, tag, sign)


def _worse(verdict: Verdict, other: Verdict | None) -> str:
    """Return the worse of two verdicts, where a model was asked too."""
    order = get_args(Verdict)
    return max(verdict, other or verdict, key=order.index)


def _unchecked(answer: Answer) -> Iterator[tuple[int, int, str]]:
    """Yield the last sentence of a draft or of a stopped answer, which may be incomplete."""
    if answer.status in ("draft", "stopped"):
        checked = max((sentence.end for sentence in answer.sentences), default=0)
        for last in split_sentences(answer.text)[-1:]:
            yield max(last.start, checked), last.end, "unchecked"


def _linker(answer: Answer, turn: int) -> Callable[[int], str]:
    known = {citation.marker for citation in answer.citations}
    link = Markers(answer.citations, turn, Counter(find_markers(answer.text)))
    return lambda marker: link(marker) if marker in known else unlinked(marker)


class Markers:
    """Render the markers of one answer; each has its own id, so that cards can link back.

    Args:
        citations: Of the answer.
        turn: Its number.
        occurrences: How often each marker is in the text, where known.
    """

    def __init__(
        self, citations: Sequence[Citation], turn: int, occurrences: Mapping[int, int] | None = None
    ) -> None:
        self._citations = citations
        self._turn = turn
        self._occurrences = occurrences or {}
        self._written: Counter[int] = Counter()

    def __call__(self, marker: int, quote: str | None = None) -> str:
        """Render a marker as a link to its card, with the quote as tooltip."""
        self._written[marker] += 1
        cited = [citation for citation in self._citations if citation.marker == marker]
        shown = shortened(quote or self._quote(marker, cited))
        title = cited[0].paper.title
        place = f"{self._turn}-{marker}"
        return (
            f'<a class="marker" id="cite-{place}-{self._written[marker]}" href="#source-{place}" '
            f'data-turn="{self._turn}" data-title="{escape(title)}" data-quote="{escape(shown)}" '
            f'aria-label="Source {marker}: {escape(title)}">[{marker}]</a>'
        )

    def _quote(self, marker: int, cited: Sequence[Citation]) -> str:
        """Return the quote of the sentence, if each of its markers has one citation; else all."""
        if self._occurrences.get(marker) == len(cited):
            return cited[self._written[marker] - 1].quote
        return " … ".join(dict.fromkeys(citation.quote for citation in cited))


def shortened(text: str, longest: int = QUOTE_SHOWN) -> str:
    """Return the beginning of a text, up to a whole word."""
    if len(text) <= longest:
        return text
    return text[:longest].rpartition(" ")[0] + "…"


def card_id(turn: int, marker: int) -> str:
    """Return the id of a source's card in the page."""
    return f"source-{turn}-{marker}"
