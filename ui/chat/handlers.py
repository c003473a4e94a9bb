"""Translate between the page and the library; no layout, no HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from rag.library import Library
from rag.types import NO_FILTERS, Answer, Filters, Message
from ui.chat.render import Rated, is_finished

MOST_QUESTION_CHARACTERS: Final = 4000
STOPPED: Final = "Stopped. This answer is incomplete, and its end was not checked."
STOPPED_EARLY: Final = "Stopped before anything was written."
INTERRUPTED: Final = "This answer was interrupted."
Turns = tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as one open page shows it, its turns oldest first.

    Attributes:
        owner: Whose conversations are listed.
        conversation: The id that the turns are stored under, from the first question on.
        filters: Which papers may answer the next question.
        shown: The turn whose sources are shown; 0 for the last.
        editing: The turn whose question is being edited; 0 for none.
        ratings: The user's rating of each turn's answer, by its number.
        keys: The ids that the turns are stored under; fewer than turns where some are not.
        shared: The turns whose answers others may read by a link.
        version: Orders the states of a conversation; the page ignores older ones than it shows.
    """

    owner: str = ""
    conversation: str = ""
    turns: Turns = ()
    filters: Filters = NO_FILTERS
    shown: int = 0
    editing: int = 0
    ratings: Mapping[int, Rated] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    shared: frozenset[int] = frozenset()
    version: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether every turn is stored."""
        return len(self.keys) == len(self.turns)

    @property
    def shown_turn(self) -> int:
        """The number of the turn whose sources are shown; 0 when there is none."""
        return self.shown if 0 < self.shown <= len(self.turns) else len(self.turns)

    @property
    def shown_answer(self) -> Answer | None:
        """The answer whose sources are shown."""
        return self.turns[self.shown_turn - 1] if self.turns else None

    def before(self, turn: int) -> Chat:
        """Return the conversation as it was when a turn was asked."""
        kept = max(turn, 1) - 1
        return replace(
            self,
            turns=self.turns[:kept],
            ratings={at: rating for at, rating in self.ratings.items() if at <= kept},
            keys=self.keys[:kept],
            shown=0,
            editing=0,
        )


@dataclass(frozen=True, slots=True)
class PageState:
    """The state of one open page; the fields are those of `Chat`.

    Attributes:
        conversation: The one whose turns `shown` and `editing` count.
    """

    conversation: str = ""
    filters: Filters = NO_FILTERS
    shown: int = 0
    editing: int = 0

    @classmethod
    def of(cls, chat: Chat) -> Self:
        """Return the state of a page that shows this conversation."""
        return cls(chat.conversation, chat.filters, chat.shown, chat.editing)

    def applied(self, chat: Chat) -> Chat:
        """Return a conversation as this page shows it."""
        is_same = self.conversation == chat.conversation
        return replace(
            chat,
            filters=self.filters,
            shown=self.shown if is_same else 0,
            editing=self.editing if is_same and self.editing <= len(chat.turns) else 0,
        )


def respond(
    library: Library, question: str, chat: Chat, filters: Filters | None = None
) -> Iterator[Chat]:
    """Yield the conversation while a question is answered; the last value is final.

    Args:
        library: Answers.
        question: As it was typed; a blank one changes nothing.
        chat: The conversation so far; it is not changed.
        filters: Which papers may answer; None for those of the chat and of the question.
    """
    question = question.strip()[:MOST_QUESTION_CHARACTERS]
    if not question:
        yield chat
        return
    chat = replace(chat, shown=0, editing=0)
    if filters is None and chat.filters:
        filters = chat.filters.over(library.understood_filters(question))
    for answer in _answers(library, question, history(chat.turns), filters):
        yield replace(chat, turns=(*chat.turns, answer))


def begun(question: str) -> Answer:
    """Return the draft to show before anything is known."""
    return Answer(question.strip()[:MOST_QUESTION_CHARACTERS], "", "draft", stage="searching")


def interrupted(question: str) -> Answer:
    """Return what is stored of a question until its answer is there."""
    return replace(begun(question), status="stopped", stage=None, notice=INTERRUPTED)


def _answers(
    library: Library, question: str, earlier: Sequence[Message], filters: Filters | None
) -> Iterator[Answer]:
    """Yield a draft at once, then the library's answers.

    They lack the passages of their hits, which the page does not show: a session keeps its answers,
    and the passages would be most of them.
    """
    yield begun(question)
    for answer in library.stream(question, earlier, filters):
        yield replace(answer, hits=tuple(replace(hit, passages=()) for hit in answer.hits))


def stopped(chat: Chat, why: str | None = None) -> Chat:
    """Return the conversation after its answer was stopped, which is kept with a notice.

    Args:
        chat: The conversation; one whose last answer is finished is left as it is.
        why: Why it was stopped; None when the user stopped it.
    """
    if not chat.turns or is_finished(chat.turns[-1]):
        return chat
    last = chat.turns[-1]
    notice = (why or STOPPED) if last.text or why not in (None, STOPPED) else STOPPED_EARLY
    last = replace(last, status="stopped", notice=notice, stage=None)
    return replace(chat, turns=(*chat.turns[:-1], last))


def with_notice(answer: Answer, notice: str) -> Answer:
    """Return the answer with one more sentence for the user."""
    return replace(answer, notice=" ".join(filter(None, (notice, answer.notice))))


def history(turns: Turns) -> list[Message]:
    """Return the conversation as the library takes it, oldest first."""
    messages = []
    for answer in turns:
        messages.append(Message("user", answer.question))
        if answer.text:
            messages.append(Message("assistant", answer.text, answer.citations, answer.listed))
    return messages


def without(filters: Filters, name: str) -> Filters:
    """Return the filters without one of them, by its name on the page."""
    kind, _, value = name.partition(":")
    if kind == "years":
        return replace(filters, since=None, until=None, undated=False)
    if kind == "papers":
        return replace(filters, paper_ids=())
    if kind in ("dated", "undated"):
        return replace(filters, undated=kind == "dated")
    if kind == "author":
        return replace(filters, authors=tuple(a for a in filters.authors if a != value))
    if kind == "collection":
        return replace(filters, collections=tuple(c for c in filters.collections if c != value))
    if kind == "tag":
        return replace(filters, tags=tuple(t for t in filters.tags if t != value))
    return replace(filters, sources=tuple(s for s in filters.sources if s != value))


def with_filter(
    filters: Filters,
    *,
    since: str = "",
    until: str = "",
    author: str = "",
    source: str = "",
    collection: str = "",
    tag: str = "",
) -> Filters:
    """Return the filters with typed ones; invalid years are dropped, reversed spans corrected."""
    first, last = _year(since) or filters.since, _year(until) or filters.until
    if first and last and first > last:
        first, last = last, first
    return Filters(
        first,
        last,
        _added(filters.authors, author),
        _added(filters.sources, source),
        _added(filters.collections, collection),
        _added(filters.tags, tag),
        filters.undated,
        filters.paper_ids,
    )


def scope_in(told: Mapping[str, object]) -> Filters:
    """Return which papers a new conversation is about, as the page says it; else no limit."""
    return Filters(
        collections=(str(told.get("collection") or ""),),
        tags=(str(told.get("tag") or ""),),
        paper_ids=paper_ids_in(told.get("papers")),
    )


def paper_ids_in(told: object) -> tuple[str, ...]:
    """Return the ids of papers that the page sends as JSON; whatever is none is left out."""
    try:
        values = json.loads(told) if isinstance(told, str) else None
    except (ValueError, RecursionError):
        return ()
    return tuple(v for v in values if isinstance(v, str)) if isinstance(values, list) else ()


def _added(values: tuple[str, ...], typed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*values, *filter(None, [typed.strip()])]))


def _year(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) == 4 else None


def library_line(library: Library, notice: str | None) -> str:
    """Return how much the library holds, and how it answers."""
    how = "with the papers' own sentences" if library.is_extractive else f"by {library.mode}"
    papers = "1 paper" if len(library) == 1 else f"{len(library):,} papers"
    line = f"{papers} · answered {how}"
    return f"{line} · {notice}" if notice else line
