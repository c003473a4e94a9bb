"""Render a conversation's turns as HTML; pure functions of domain objects.

All text of papers, models and users is escaped: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from rag.answering.steps import KINDS, describe_research, describe_step
from rag.sentences import split_sentences
from rag.types import Answer, Filters, Progress, Search, Thumb
from ui.chat.answers import answer_html, notice_html
from ui.chat.paper_table import paper_table_html
from ui.templates.icons import icon
from ui.templates.markdown import plain_html
from ui.templates.sentences import counted

LONGEST_HEADLINE: Final = 240  # characters; longer questions are rendered as text
LONGEST_COMMENT: Final = 500  # characters
THUMBS: Final[Mapping[Thumb, str]] = {
    "up": "This answer helped",
    "down": "This answer did not help",
}


@dataclass(frozen=True, slots=True)
class Rated:
    """A user's rating of an answer.

    Attributes:
        comment: What they wrote with it, possibly nothing; None until they send it.
    """

    thumb: Thumb
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an answer in its conversation.

    Attributes:
        turn: Its number, from 1.
        is_last: Whether it is the last, which can be asked again and has suggestions.
        papers: How many papers are searched.
        rated: The user's rating, if any.
        examples: Suggestions where the answer itself has none.
        otherwise: How else it could be asked again: what the server knows it by, and its label.
    """

    turn: int
    is_last: bool = True
    papers: int = 0
    rated: Rated | None = None
    examples: Sequence[str] = ()
    otherwise: Sequence[tuple[str, str]] = ()


def turn_html(answer: Answer, place: Place) -> str:
    """Render a question and its answer, with the next actions."""
    stage = "" if is_finished(answer) else stage_line(answer, place.papers)
    asked = _asked(answer.question, place.turn, is_editable=answer.table is None)
    parts = [asked, understood_html(answer, place.turn)]
    if answer.table:
        body = paper_table_html(answer, answer.table, place.turn) + notice_html(answer)
    else:
        body = answer_html(answer, place.turn)
    parts.append(f'<div class="answer">{body}</div>')
    if is_finished(answer):
        parts += [research_html(answer, place.turn), thinking_html(answer, place.turn)]
    if stage:
        parts.append(_stage(stage))
    if is_finished(answer):
        parts += [_once_more(answer, place), _actions(answer, place), comment_form(place)]
        parts.append(_suggestions(answer.suggestions or place.examples) if place.is_last else "")
    kind = "turn" if is_finished(answer) else "turn is-draft"
    return (
        f'<article class="{kind}" id="turn-{place.turn}" aria-labelledby="question-{place.turn}">'
        f"{''.join(parts)}</article>"
    )


def _once_more(answer: Answer, place: Place) -> str:
    """Render the action after an answer that is incomplete, or not written by the model."""
    if not place.is_last:
        return ""
    if answer.status == "stopped":
        way, label = f'data-do="again" data-turn="{place.turn}"', "Ask again"
    elif answer.failure:
        way, label = 'data-tab="Settings"', "Open Settings"
    else:
        return ""
    return f'<p class="once-more"><button type="button" {way}>{label}</button></p>'


def _stage(text: str) -> str:
    return (
        f'<p class="stage"><span class="stage-text">{escape(text)}</span>'
        '<button type="button" class="stop" data-do="stop">Stop</button></p>'
    )


def is_finished(answer: Answer) -> bool:
    """Return whether an answer is final, or was stopped."""
    return answer.status != "draft"


def _asked(question: str, turn: int, *, is_editable: bool) -> str:
    kind = "question" if len(question) <= LONGEST_HEADLINE else "question is-long"
    edit = _button("edit", "edit", "Edit this question", turn) if is_editable else ""
    return (
        f'<header class="asked"><span class="turn-number" aria-hidden="true">{turn}</span>'
        f'<h2 class="{kind}" id="question-{turn}">{question_html(question)}'
        f"</h2>{edit}</header>"
    )


def research_html(answer: Answer, turn: int) -> str:
    """Render what a thorough answer did, collapsed: its searches, calls and seconds."""
    if answer.research is None:
        return ""
    searches = "".join(map(_search_html, answer.research.searches))
    return (
        f'<details id="research-{turn}" class="thinking"><summary>'
        f"{escape(describe_research(answer.research))}</summary><ul>{searches}</ul></details>"
    )


def _search_html(search: Search) -> str:
    is_later = search.kind != "question" and search.found
    more = f", {counted(search.found, 'more paper')}" if is_later else ""
    return f"<li>{plain_html(search.text)} <small>{KINDS[search.kind]}{more}</small></li>"


def thinking_html(answer: Answer, turn: int) -> str:
    """Render what the model thought, collapsed, with its duration."""
    if answer.thinking is None:
        return ""
    took = f" · {answer.thinking.seconds:.0f} s" if answer.thinking.seconds >= 1 else ""
    lines = "<br>".join(plain_html(line) for line in answer.thinking.text.splitlines())
    return (
        f'<details id="thinking-{turn}" class="thinking"><summary>Thinking{took}</summary>'
        f"<p>{lines}</p></details>"
    )


def question_html(question: str) -> str:
    """Render a question as it was typed."""
    return "<br>".join(plain_html(line.strip()) for line in question.strip().splitlines())


def stage_line(answer: Answer, papers: int) -> str:
    """Return what is being done, in words."""
    if answer.table and answer.stage == "writing":
        put, rows = answer.table.put, len(answer.table.rows)
        return f"{answer.mode} has read {put:,} of {counted(rows, 'paper')}…"
    if answer.table:
        return f"Reading paper {len(answer.table.rows) + 1:,} of {len(answer.hits):,}…"
    if step := describe_step(answer):
        return step
    if answer.stage == "checking":
        sentences = len(answer.sentences) or len(split_sentences(answer.text))
        return f"Checking {counted(sentences, 'sentence')}…"
    if answer.stage == "thinking":
        took = answer.thinking.seconds if answer.thinking else 0
        return f"Thinking… {took:.0f} s" if took >= 1 else "Thinking…"
    if answer.stage == "writing" or answer.text:
        return "Writing…"
    if answer.stage == "reading":
        return f"Reading {counted(len(answer.hits), 'paper')}…"
    return f"Searching {counted(papers, 'paper')}…"


def understood_html(answer: Answer, turn: int) -> str:
    """Render the filters of an answer as chips; removing one asks again without it."""
    chips = "".join(
        chip_html(label, f"Ask again without: {label}", do="without", turn=turn, **{"filter": name})
        for name, label in filter_labels(answer.filters)
    )
    if answer.filters.has_years and not answer.filters.undated:
        chips += (
            f'<button type="button" class="chip plus" data-do="without" data-turn="{turn}" '
            f'data-filter="dated" title="Ask again with papers that have no recorded date">'
            f"{icon('plus')}undated papers</button>"
        )
    return f'<p class="chips"><span>Limited to:</span>{chips}</p>' if chips else ""


def filter_labels(filters: Filters) -> Iterator[tuple[str, str]]:
    """Yield every filter, with its name in `handlers.without`."""
    if filters.since is not None and filters.since == filters.until:
        yield "years", f"from {filters.since}"
    elif filters.since is not None and filters.until is not None:
        yield "years", f"{filters.since} to {filters.until}"
    elif filters.since is not None:
        yield "years", f"since {filters.since}"
    elif filters.until is not None:
        yield "years", f"until {filters.until}"
    if filters.undated and filters.has_years:
        yield "undated", "or undated"
    if filters.paper_ids:
        yield "papers", counted(len(filters.paper_ids), "chosen paper")
    yield from ((f"author:{name}", f"by {name}") for name in filters.authors)
    yield from ((f"source:{name}", f"in {name}") for name in filters.sources)
    yield from ((f"collection:{name}", f"in {name}") for name in filters.collections)
    yield from ((f"tag:{name}", f"tagged {name}") for name in filters.tags)


def chip_html(label: str, action: str, **data: object) -> str:
    """Render a small removable label; `action` says what removing it does."""
    attributes = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    return (
        f'<button type="button" class="chip"{attributes} aria-label="{escape(action)}" '
        f'title="{escape(action)}">{escape(label)}{icon("close")}</button>'
    )


def _actions(answer: Answer, place: Place) -> str:
    turn = place.turn
    copy = _button("copy", "copy", "Copy the answer", turn, text=str(answer))
    again = _again(answer, place) if place.is_last else ""
    up_or_down = place.rated.thumb if place.rated else None
    thumbs = "".join(
        _button("rate", way, label, turn, way=way).replace(
            "<button", f'<button aria-pressed="{str(way == up_or_down).lower()}"', 1
        )
        for way, label in THUMBS.items()
    )
    return f'<div class="acts" role="group" aria-label="Answer {turn}">{copy}{again}{thumbs}</div>'


def _again(answer: Answer, place: Place) -> str:
    """Render the ways to ask the same once more."""
    once = _button("again", "retry", "Ask again", place.turn)
    if answer.table or not place.otherwise:
        return once
    ways = "".join(
        f'<button type="button" data-do="again" data-turn="{place.turn}" data-how="{how}">'
        f"{escape(label)}</button>"
        for how, label in place.otherwise
    )
    return (
        f'{once}<details class="menu otherwise" id="otherwise-{place.turn}">'
        f'<summary aria-label="Ask again in another way" title="Ask again in another way">'
        f'{icon("open")}</summary><div class="sheet"><p>Ask again</p>{ways}</div></details>'
    )


def comment_form(place: Place) -> str:
    """Render the form to comment on a thumb; thanks once that is done."""
    if place.rated is None:
        return ""
    if place.rated.comment is not None:
        return '<p class="thanks">Thanks, saved on this machine.</p>'
    ask = "What helped?" if place.rated.thumb == "up" else "What was wrong or missing?"
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
    """Render questions to ask with one click."""
    return "".join(
        f'<button type="button" class="ask" data-do="ask" data-question="{escape(question)}">'
        f"{plain_html(question)}</button>"
        for question in questions
    )


def status_html(
    text: str, *, is_warning: bool = False, doubt: str | None = None, folder: str = ""
) -> str:
    """Render which library answers, and how; a doubt links to the settings.

    The folder is left out where there is no room for it.
    """
    kind = "status warning" if is_warning else "status"
    told = (
        f'<span class="doubt">{escape(doubt)} '
        '<button type="button" data-tab="Settings">Open Settings</button></span>'
        if doubt
        else ""
    )
    where = f'<span class="folder"> · {escape(folder)}</span>' if folder else ""
    return f'<p class="{kind}" role="status">{told}{escape(text)}{where}</p>'


def progress_html(progress: Progress) -> str:
    """Render what is done before the library is ready, with a bar where the end is known."""
    share = f' value="{progress.done}" max="{progress.total}"' if progress.total else ""
    count = f" {progress.done:,}" if progress.done else ""
    label = escape(f"{progress.stage}{count}")
    bar = f'<progress aria-label="{label}"{share}></progress>'
    return f'<p class="status" role="status">Getting ready: {label} {bar}</p>'
