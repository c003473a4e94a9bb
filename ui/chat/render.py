"""Render a conversation's turns as HTML; pure functions of domain objects.

All text of papers, models and users is escaped: none of it can bring tags, images or scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from rag.answering.steps import KINDS, describe_research, describe_step
from rag.sentences import split_sentences
from rag.types import Answer, Filters, Progress, Thumb
from ui.chat.answers import answer_html, notice_html
from ui.chat.paper_table import paper_table_html
from ui.templates.rendering import Template, lines
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


def turn_html(answer: Answer, place: Place) -> Markup:
    """Render a question and its answer, with the next actions."""
    if answer.table:
        body = paper_table_html(answer, answer.table, place.turn) + notice_html(answer)
    else:
        body = answer_html(answer, place.turn)
    stage = "" if is_finished(answer) else stage_line(answer, place.papers)
    return TURN.draw("turn", answer, place, question_html(answer.question), body, stage)


def is_finished(answer: Answer) -> bool:
    """Return whether an answer is final, or was stopped."""
    return answer.status != "draft"


def question_html(question: str) -> Markup:
    """Render a question as it was typed."""
    return lines("\n".join(line.strip() for line in question.strip().splitlines()))


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


def understood_html(answer: Answer, turn: int) -> Markup:
    """Render the filters of an answer as chips; removing one asks again without it."""
    return TURN.draw("understood", answer.filters, turn)


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


def status_html(
    text: str, *, is_warning: bool = False, doubt: str | None = None, folder: str = ""
) -> Markup:
    """Render which library answers, and how; a doubt links to the settings.

    The folder is left out where there is no room for it.
    """
    return PARTS.draw("status", text, is_warning=is_warning, doubt=doubt, folder=folder)


def progress_html(progress: Progress) -> Markup:
    """Render what is done before the library is ready, with a bar where the end is known."""
    count = f" {progress.done:,}" if progress.done else ""
    label = f"{progress.stage}{count}"
    return PARTS.draw("progress", label, progress.done, progress.total)


PARTS: Final = Template("parts")
TURN: Final = Template(
    "turn",
    is_finished=is_finished,
    labels=lambda filters: list(filter_labels(filters)),
    describe=describe_research,
    KINDS=KINDS,
    THUMBS=THUMBS,
    LONGEST_HEADLINE=LONGEST_HEADLINE,
    LONGEST_COMMENT=LONGEST_COMMENT,
)
