"""Render the text of an answer as HTML, with markers that link to the cards of its sources.

All text of papers, models and users is escaped: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, get_args

from markupsafe import Markup

from rag.answering.abstention import describe_abstention
from rag.sentences import split_sentences
from rag.types import Answer, Citation, Verdict
from rag.verification.markers import find_markers
from ui.templates.markdown import Passage, markdown_html, unlinked
from ui.templates.rendering import Template
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
ANSWER: Final = Template("answer", WHY_REMOVED=WHY_REMOVED, NEAREST=NEAREST)


def answer_html(answer: Answer, turn: int) -> Markup:
    """Render an answer's text; its markers link to the cards of the turn's sources."""
    if answer.is_extractive and answer.citations and answer.origin == "papers":
        text = _quoted_papers(answer.citations, turn)
    elif answer.status == "abstained" and answer.origin == "papers":
        text = _abstention(answer)
    else:
        links = _linker(answer, turn)
        text = Markup(markdown_html(answer.text, links, list(_doubtful(answer))))
    struck = () if answer.status == "draft" else answer.struck  # shown once all is checked
    return ANSWER.draw("body", answer.caveat, text, _notice(answer), struck, turn)


def notice_html(answer: Answer) -> Markup:
    """Render how an answer was made, where its user should know that."""
    return ANSWER.draw("told", _notice(answer))


def _notice(answer: Answer) -> str:
    return for_page(answer.notice) if answer.notice else ""


def _quoted_papers(citations: Sequence[Citation], turn: int) -> Markup:
    link = Markers(citations, turn)
    papers = []
    for marker, group in groupby(citations, key=lambda citation: citation.marker):
        quotes = list(group)
        cited = [(each.quote, link(marker, each.quote)) for each in quotes]
        papers.append((quotes[0].paper.title, cited))
    return ANSWER.draw("quoted", papers)


def _abstention(answer: Answer) -> Markup:
    abstention = describe_abstention(answer.reason, answer.hits, answer.filters)
    return ANSWER.draw("abstention", abstention.said, abstention.nearest)


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

    def __call__(self, marker: int, quote: str | None = None) -> Markup:
        """Render a marker as a link to its card, with the quote as tooltip."""
        self._written[marker] += 1
        cited = [citation for citation in self._citations if citation.marker == marker]
        shown = shortened(quote or self._quote(marker, cited))
        title = cited[0].paper.title
        place, occurrence = f"{self._turn}-{marker}", self._written[marker]
        return _marker(marker, place, occurrence, self._turn, title, shown)

    def _quote(self, marker: int, cited: Sequence[Citation]) -> str:
        """Return the quote of the sentence, if each of its markers has one citation; else all."""
        if self._occurrences.get(marker) == len(cited):
            return cited[self._written[marker] - 1].quote
        return " … ".join(dict.fromkeys(citation.quote for citation in cited))


@lru_cache(maxsize=1024)  # a draft is drawn many times, with the same markers
def _marker(number: int, place: str, occurrence: int, turn: int, title: str, quote: str) -> Markup:
    return ANSWER.draw("marker", number, place, occurrence, turn, title, quote)


def shortened(text: str, longest: int = QUOTE_SHOWN) -> str:
    """Return the beginning of a text, up to a whole word."""
    if len(text) <= longest:
        return text
    return text[:longest].rpartition(" ")[0] + "…"


def card_id(turn: int, marker: int) -> str:
    """Return the id of a source's card in the page."""
    return f"source-{turn}-{marker}"
