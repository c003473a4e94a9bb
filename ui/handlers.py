"""Translates between what the page sends and what the library says; no layout, no HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.errors import ModelError
from rag.library import Library
from rag.types import EXTRACTIVE, Answer, Message
from ui.markdown import plain_markdown
from ui.render import answer_markdown, sources_html

ChatMessage = dict[str, str]

EXAMPLES = (
    "What is a modern Hopfield network?",
    "How can the number of weights in a network be cut without losing accuracy?",
    "Which papers train spiking neural networks?",
    "Are winning lottery tickets related to grokking?",
)
MOST_QUESTION_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what it got."""

    question: str
    answer: Answer


Turns = tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows: the conversation and the sources of its last answer."""

    turns: Turns
    messages: list[ChatMessage]
    sources: str


def show(turns: Turns) -> View:
    """The page for a conversation."""
    messages: list[ChatMessage] = []
    for number, turn in enumerate(turns, start=1):
        messages.append({"role": "user", "content": plain_markdown(turn.question)})
        messages.append({"role": "assistant", "content": answer_markdown(turn.answer, number)})
    last = turns[-1].answer if turns else None
    return View(turns, messages, sources_html(last, len(turns)))


def respond(library: Library, question: str, turns: Turns) -> Iterator[View]:
    """The page while a question is being answered; the last value is final."""
    question = question.strip()[:MOST_QUESTION_CHARACTERS]
    if not question:
        yield show(turns)
        return
    for answer in _answers(library, question, history(turns)):
        yield show((*turns, Turn(question, answer)))


def _answers(library: Library, question: str, earlier: Sequence[Message]) -> Iterator[Answer]:
    """The library's answers; extractive ones, with the reason, when the model fails."""
    yield Answer(question, "Searching…", "draft")
    try:
        yield from library.stream(question, earlier)
    except ModelError as exc:
        answer = library.with_llm(EXTRACTIVE).ask(question, earlier)
        yield with_notice(answer, f"{exc} Until then, these are the papers' own sentences.")


def with_notice(answer: Answer, notice: str) -> Answer:
    """The answer with one more sentence for the user."""
    return replace(answer, notice=" ".join(filter(None, (notice, answer.notice))))


def history(turns: Turns) -> list[Message]:
    """The conversation as the library wants it, oldest first."""
    messages = []
    for turn in turns:
        messages += [
            Message("user", turn.question),
            Message("assistant", turn.answer.text, turn.answer.citations),
        ]
    return messages


def library_line(library: Library, notice: str | None) -> str:
    """Which library and how it answers, for the line below the title."""
    how = "with the papers' own sentences" if library.mode == EXTRACTIVE else f"by {library.mode}"
    told = f"{len(library):,} papers in {library.folder} · answered {how}"
    return f"{told} · {notice}" if notice else told
