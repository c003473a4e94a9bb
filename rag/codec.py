"""Answers as JSON and back, whole: a reload of the page shows what it showed before.

Papers stand once, in a list that citations and hits point into. A passage is kept by its place;
its text is the paper's. Fields that a newer version adds take their defaults in older texts, and
fields that are not known any more are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from rag.types import Answer, Message, Paper, Passage, passage_place

T = TypeVar("T")

# The two sentences that answers used to begin with.
CAVEAT_IN_TEXT: Final = re.compile(
    r"\*((?:The library may not say this|The abstract may not say exactly this)"
    r"; these passages come nearest\.)\*\n\n"
)
PAPERS: Final = "papers"
VALUE: Final = "value"


def answer_to_json(answer: Answer) -> str:
    """An answer as one line of JSON."""
    return _to_json(answer)


def answer_from_json(text: str) -> Answer:
    """The answer that `answer_to_json` wrote.

    Raises:
        ValueError: The text is none.
    """
    return _from_json(Answer, text, _lift_caveat)


def history_to_json(history: Sequence[Message]) -> str:
    """The messages before a question, with what they cite, as one line of JSON."""
    return _to_json(tuple(history))


def history_from_json(text: str) -> tuple[Message, ...]:
    """The messages that `history_to_json` wrote.

    Raises:
        ValueError: The text is none.
    """
    return _from_json(tuple[Message, ...], text)


def _to_json(value: object) -> str:
    papers: dict[Paper, int] = {}
    plain = _encode(value, papers)
    listed = [{f.name: getattr(p, f.name) for f in fields(p)} for p in papers]
    return json.dumps({PAPERS: listed, VALUE: plain})


def _encode(value: object, papers: dict[Paper, int]) -> object:
    if isinstance(value, Paper):
        return papers.setdefault(value, len(papers))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _encode(getattr(value, f.name), papers) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _encode(item, papers) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item, papers) for item in value]
    return value


def _lift_caveat(record: dict[str, Any]) -> None:
    """Move the caveat of an answer that was stored with it inside its text into its field."""
    found = None if "caveat" in record else CAVEAT_IN_TEXT.match(record["text"])
    if not found:
        return
    record |= {"caveat": found[1], "text": record["text"][found.end() :]}
    for sentence in record.get("sentences", ()):
        sentence["start"] -= found.end()
        sentence["end"] -= found.end()


def _from_json(
    kind: type[T], text: str, update: Callable[[dict[str, Any]], None] = lambda _: None
) -> T:
    """The value of a text.

    Raises:
        ValueError: The text is not what `_to_json` writes of such a value.
    """
    try:
        record = json.loads(text)
        papers: list[Paper] = [_checked(Paper)(paper) for paper in record[PAPERS]]
        update(record[VALUE])
        return cast("T", _decode(kind, record[VALUE], papers))
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as exc:
        raise ValueError(f"no stored answer: {exc!r}") from exc


def _decode(kind: object, value: object, papers: Sequence[Paper]) -> object:
    """The value of a type, from what JSON holds of it."""
    if kind is Paper:
        return papers[cast("int", value)]
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, cast("Mapping[str, object]", value), papers)
    if get_origin(kind) is tuple:
        return tuple(
            _decode(get_args(kind)[0], item, papers) for item in cast("list[object]", value)
        )
    return _checked(kind)(value)


def _decode_dataclass(kind: type, record: Mapping[str, object], papers: Sequence[Paper]) -> object:
    kinds = _field_kinds(kind)
    found: dict[str, object] = {}
    if kind is Passage and "node_id" in record:  # as the released code wrote it
        paper_id, number = passage_place(str(record["node_id"]))
        record = {**record, "paper_id": paper_id, "number": number}
    for name in kinds.keys() & record.keys():
        found[name] = _decode(kinds[name], record[name], papers)
    return kind(**found)


@cache
def _field_kinds(kind: type) -> Mapping[str, object]:
    return get_type_hints(kind)


@cache
def _checked(kind: Any) -> Callable[[object], Any]:  # noqa: ANN401  any type, known when it runs
    return TypeAdapter(kind).validate_python
