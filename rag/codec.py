"""Answer as JSON and back, whole: a reload of the page shows what it showed before.

Papers stand once, in a list that citations and hits point into. Fields that a newer version adds
take their defaults in older texts, and fields that are not known any more are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from rag.types import Answer, Message, Paper, passage_place

T = TypeVar("T")
Json = Any  # what `json` reads: of no type before pydantic has validated it

ANSWER: Final = TypeAdapter(Answer)
HISTORY: Final = TypeAdapter(tuple[Message, ...])
PAPER_LIST: Final = TypeAdapter(list[Paper])
PAPERS: Final = "papers"
VALUE: Final = "value"
PAPER: Final = "paper"  # the field of citations and hits
# The two sentences that answers of the first release began with.
CAVEAT_IN_TEXT: Final = re.compile(
    r"\*((?:The library may not say this|The abstract may not say exactly this)"
    r"; these passages come nearest\.)\*\n\n"
)


def answer_to_json(answer: Answer) -> str:
    """Write an answer as one line of JSON."""
    return _to_json(ANSWER, answer)


def answer_from_json(text: str) -> Answer:
    """Read what `answer_to_json` wrote, in this release or in the first.

    Raises:
        ValueError: The text is no answer.
    """
    return _from_json(ANSWER, text, _update_answer)


def history_to_json(history: Sequence[Message]) -> str:
    """Write the messages before a question, with what they cite, as one line of JSON."""
    return _to_json(HISTORY, tuple(history))


def history_from_json(text: str) -> tuple[Message, ...]:
    """Read the messages that `history_to_json` wrote.

    Raises:
        ValueError: The text holds none.
    """
    return _from_json(HISTORY, text)


def _to_json(kind: TypeAdapter[T], value: T) -> str:
    papers: list[Json] = []

    def place(paper: Json) -> int:
        if paper not in papers:
            papers.append(paper)
        return papers.index(paper)

    plain = _with_papers(kind.dump_python(value, mode="json"), place)
    return json.dumps({PAPERS: papers, VALUE: plain})


def _from_json(kind: TypeAdapter[T], text: str, update: Callable[[Json], None] | None = None) -> T:
    """Read a value that `_to_json` wrote; what it names of a paper is one object.

    Raises:
        ValueError: The text holds no such value.
    """
    try:
        record = json.loads(text)
        papers = PAPER_LIST.validate_python(record[PAPERS])
        if update:
            update(record[VALUE])
        return kind.validate_python(_with_papers(record[VALUE], lambda place: papers[place]))
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as exc:
        raise ValueError(f"no stored answer: {exc!r}") from exc


def _with_papers(plain: Json, change: Callable[[Json], object]) -> Json:
    """Put something else where papers stand."""
    if isinstance(plain, list):
        return [_with_papers(each, change) for each in plain]
    if isinstance(plain, dict):
        return {
            name: change(each) if name == PAPER else _with_papers(each, change)
            for name, each in plain.items()
        }
    return plain


def _update_answer(record: Json) -> None:
    """Bring an answer of the first release up to date.

    Its caveat stood inside the text, and a passage was known by the id of its node.
    """
    for hit in record.get("hits", ()):
        for passage in hit.get("passages", ()):
            if node_id := passage.pop("node_id", None):
                passage["paper_id"], passage["number"] = passage_place(node_id)
    found = None if "caveat" in record else CAVEAT_IN_TEXT.match(record["text"])
    if found:
        record |= {"caveat": found[1], "text": record["text"][found.end() :]}
        for sentence in record.get("sentences", ()):
            sentence["start"] -= found.end()
            sentence["end"] -= found.end()
