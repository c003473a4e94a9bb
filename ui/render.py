"""Turns answers into HTML; pure functions of domain objects.

All text of papers, models and users is escaped: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final, Literal, get_args

from rag.answering.markers import find_markers
from rag.sentences import split_sentences
from rag.types import EXTRACTIVE, Answer, Citation, Filters, Progress, Verdict
from ui.icons import icon
from ui.markdown import Passage, markdown_html, plain_html, unlinked

LONGEST_HEADLINE: Final = 240  # characters; longer questions are set as text
QUOTE_SHOWN: Final = 360  # characters of a quote in the tooltip of its marker
NEAREST_SHOWN: Final = 3
LONGEST_COMMENT: Final = 500  # characters
Rating = Literal["", "up", "down", "up told", "down told"]
THUMBS: Final[Mapping[str, str]] = {
    "up": "This answer helped",
    "down": "This answer did not help",
}
# How a sentence that is not fully supported is shown: what is set before it, and what it means.
SHOWN_AS: Final[Mapping[str, tuple[str, str]]] = {
    "partly": ("≈ ", "The cited papers support this only in part."),
    "unsupported": ("⚠ not supported: ", "No retrieved paper supports this."),
    "contradicted": ("⚠ contradicted: ", "A cited paper says otherwise."),
    "unchecked": ("", "This is still being written and checked."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands in its conversation.

    Attributes:
        turn: Its number, from 1.
        is_last: Only the last answer can be asked again, and has suggestions.
        papers: How many papers are searched.
        rating: What the user said of it.
    """

    turn: int
    is_last: bool = True
    papers: int = 0
    rating: Rating = ""


def turn_html(answer: Answer, place: Place) -> str:
    """A question and what it got, with what can be done next."""
    stage = "" if is_finished(answer) else stage_line(answer, place.papers)
    parts = [_asked(answer.question, place.turn), understood_html(answer, place.turn)]
    parts.append(f'<div class="answer">{answer_html(answer, place.turn)}</div>')
    if stage:
        parts.append(_stage(stage))
    if is_finished(answer):
        parts += [_actions(answer, place), comment_form(place)]
        parts.append(_suggestions(answer.suggestions) if place.is_last else "")
    kind = "turn" if is_finished(answer) else "turn is-draft"
    return (
        f'<article class="{kind}" id="turn-{place.turn}" aria-labelledby="question-{place.turn}">'
        f"{''.join(parts)}</article>"
    )


def _stage(told: str) -> str:
    return (
        f'<p class="stage"><span class="stage-text">{escape(told)}</span>'
        '<button type="button" class="stop" data-do="stop">Stop</button></p>'
    )


def is_finished(answer: Answer) -> bool:
    """Whether nothing more comes: the answer is final, or was stopped."""
    return answer.status != "draft" or bool(answer.notice)


def _asked(question: str, turn: int) -> str:
    kind = "question" if len(question) <= LONGEST_HEADLINE else "question is-long"
    return (
        f'<header class="asked"><h2 class="{kind}" id="question-{turn}">{question_html(question)}'
        f"</h2>{_button('edit', 'edit', 'Edit this question', turn)}</header>"
    )


def question_html(question: str) -> str:
    """The question as it was typed."""
    return "<br>".join(plain_html(line.strip()) for line in question.strip().splitlines())


def stage_line(answer: Answer, papers: int) -> str:
    """What is being done, in words."""
    if answer.stage == "checking":
        sentences = len(answer.sentences) or len(split_sentences(answer.text))
        return f"Checking {counted(sentences, 'sentence')}…"
    if answer.stage == "writing" or answer.text:
        return "Writing…"
    if answer.stage == "reading":
        return f"Reading {counted(len(answer.hits), 'paper')}…"
    return f"Searching {counted(papers, 'paper')}…"


def counted(number: int, thing: str) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def understood_html(answer: Answer, turn: int) -> str:
    """The limits that this answer was given under, as chips; removing one asks again without."""
    chips = "".join(
        chip_html(label, f"Ask again without: {label}", do="without", turn=turn, **{"filter": name})
        for name, label in filter_labels(answer.filters)
    )
    return f'<p class="chips"><span>Only papers</span>{chips}</p>' if chips else ""


def filter_labels(filters: Filters) -> Iterator[tuple[str, str]]:
    """Every limit, with the name that `handlers.without` knows it by."""
    if filters.since is not None and filters.since == filters.until:
        yield "years", f"from {filters.since}"
    elif filters.since is not None and filters.until is not None:
        yield "years", f"{filters.since} to {filters.until}"
    elif filters.since is not None:
        yield "years", f"since {filters.since}"
    elif filters.until is not None:
        yield "years", f"until {filters.until}"
    yield from ((f"author:{name}", f"by {name}") for name in filters.authors)
    yield from ((f"source:{name}", f"in {name}") for name in filters.sources)


def chip_html(label: str, action: str, **data: object) -> str:
    """A small removable label; `action` says what removing it does."""
    attributes = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    return (
        f'<button type="button" class="chip"{attributes} aria-label="{escape(action)}" '
        f'title="{escape(action)}">{escape(label)}{icon("close")}</button>'
    )


def answer_html(answer: Answer, turn: int) -> str:
    """The answer's text; its markers lead to the cards of the turn's sources."""
    if answer.mode == EXTRACTIVE and answer.citations:
        text = _heading(answer) + _quoted_papers(answer.citations, turn)
    elif answer.status == "abstained":
        text = _abstention(answer)
    else:
        text = markdown_html(answer.text, _linker(answer, turn), list(_doubtful(answer)))
    return text + _notice(answer)


def _notice(answer: Answer) -> str:
    return f'<p class="notice">{plain_html(answer.notice)}</p>' if answer.notice else ""


def _heading(answer: Answer) -> str:
    """What an extractive answer says before its first quote, which is set in stars."""
    first, _, rest = answer.text.partition("\n\n")
    is_heading = rest and first.startswith("*") and first.endswith("*")
    return f'<p class="unsure">{plain_html(first.strip("*"))}</p>' if is_heading else ""


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
    said = answer.text.partition("\n")[0]
    nearest = "".join(
        f'<li><a href="{escape(hit.paper.link)}" target="_blank" rel="noopener noreferrer">'
        f"{plain_html(hit.paper.title)}</a></li>"
        for hit in answer.hits[:NEAREST_SHOWN]
    )
    return f"<p>{plain_html(said)}</p>" + (f"<ul>{nearest}</ul>" if nearest else "")


def _doubtful(answer: Answer) -> Iterator[Passage]:
    """The sentences that are not fully supported, or not checked yet."""
    spans = [(s.start, s.end, _worse(s.verdict, s.model_verdict)) for s in answer.sentences]
    for start, end, kind in [*spans, *_unchecked(answer)]:
        if kind in SHOWN_AS:
            sign, meaning = SHOWN_AS[kind]
            tag = f'<span class="claim-{kind}" title="{meaning}">'
            yield Passage(start, end, tag, sign)


def _worse(verdict: Verdict, other: Verdict | None) -> str:
    """The verdict that promises less, where a model was asked too."""
    order = get_args(Verdict)
    return max(verdict, other or verdict, key=order.index)


def _unchecked(answer: Answer) -> Iterator[tuple[int, int, str]]:
    """The sentence that is being written, the last one of a draft."""
    if answer.status == "draft":
        checked = max((sentence.end for sentence in answer.sentences), default=0)
        for last in split_sentences(answer.text)[-1:]:
            yield max(last.start, checked), last.end, "unchecked"


def _linker(answer: Answer, turn: int) -> Callable[[int], str]:
    known = {citation.marker for citation in answer.citations}
    link = Markers(answer.citations, turn, Counter(find_markers(answer.text)))
    return lambda marker: link(marker) if marker in known else unlinked(marker)


class Markers:
    """Writes the markers of one answer; each has an id of its own, so that cards lead back.

    Args:
        citations: Of the answer.
        turn: Its number.
        occurrences: How often each marker stands in the text, where that is known.
    """

    def __init__(
        self, citations: Sequence[Citation], turn: int, occurrences: Mapping[int, int] | None = None
    ) -> None:
        self._citations = citations
        self._turn = turn
        self._occurrences = occurrences or {}
        self._written: Counter[int] = Counter()

    def __call__(self, marker: int, quote: str | None = None) -> str:
        """The marker as a link to its card, with the quote for its tooltip."""
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
        """That of the sentence, where each of its markers has one citation; else all of them."""
        if self._occurrences.get(marker) == len(cited):
            return cited[self._written[marker] - 1].quote
        return " … ".join(dict.fromkeys(citation.quote for citation in cited))


def shortened(text: str, longest: int = QUOTE_SHOWN) -> str:
    """The beginning of the text, to a whole word."""
    if len(text) <= longest:
        return text
    return text[:longest].rpartition(" ")[0] + "…"


def card_id(turn: int, marker: int) -> str:
    """The id of a source's card in the page."""
    return f"source-{turn}-{marker}"


def _actions(answer: Answer, place: Place) -> str:
    turn = place.turn
    copy = _button("copy", "copy", "Copy the answer", turn, text=str(answer))
    again = _button("again", "retry", "Ask again", turn) if place.is_last else ""
    thumbs = "".join(
        _button("rate", way, label, turn, way=way).replace(
            "<button", f'<button aria-pressed="{str(way in place.rating).lower()}"', 1
        )
        for way, label in THUMBS.items()
    )
    return f'<div class="acts" role="group" aria-label="Answer {turn}">{copy}{again}{thumbs}</div>'


def comment_form(place: Place) -> str:
    """Where a thumb can be explained; a word of thanks when it was."""
    if place.rating.endswith("told"):
        return '<p class="thanks">Noted, on this machine only. Thank you.</p>'
    if not place.rating:
        return ""
    ask = "What helped?" if place.rating == "up" else "What was wrong or missing?"
    return (
        f'<form class="comment" data-do="comment" data-turn="{place.turn}">'
        f'<label for="comment-{place.turn}">{ask} (optional)</label>'
        f'<input id="comment-{place.turn}" name="comment" type="text" autocomplete="off" '
        f'maxlength="{LONGEST_COMMENT}"><button type="submit">Send</button></form>'
    )


def _button(do: str, sign: str, label: str, turn: int, **data: str) -> str:
    more = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return (
        f'<button type="button" class="act" data-do="{do}" data-turn="{turn}"{more} '
        f'aria-label="{label}" title="{label}">{icon(sign)}</button>'
    )


def _suggestions(questions: Sequence[str]) -> str:
    buttons = question_buttons(questions)
    return f'<div class="next"><p>Ask next</p>{buttons}</div>' if buttons else ""


def question_buttons(questions: Sequence[str]) -> str:
    """Questions to ask with one click."""
    return "".join(
        f'<button type="button" class="ask" data-do="ask" data-question="{escape(question)}">'
        f"{plain_html(question)}</button>"
        for question in questions
    )


def status_html(text: str, *, is_warning: bool = False) -> str:
    """The line that says which library answers, and how."""
    kind = "status warning" if is_warning else "status"
    return f'<p class="{kind}" role="status">{escape(text)}</p>'


def progress_html(progress: Progress) -> str:
    """What is going on before the library is ready, with a bar where the end is known."""
    share = f' value="{progress.done}" max="{progress.total}"' if progress.total else ""
    count = f" {progress.done:,}" if progress.done else ""
    label = escape(f"{progress.stage}{count}")
    bar = f'<progress aria-label="{label}"{share}></progress>'
    return f'<p class="status" role="status">Getting ready: {label} {bar}</p>'
