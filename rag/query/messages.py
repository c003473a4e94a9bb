"""Convert the formats in which callers give a conversation to messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from rag.types import Depth, Filters, Message

History = Sequence[Message | Mapping[str, str]]


def require_question(question: object, filters: object = None) -> None:
    """Refuse a question that is no text, and filters that are none.

    Raises:
        TypeError: One of them is of another kind.
    """
    if not isinstance(question, str):
        raise TypeError(f"question takes a text, not {question!r}.")
    require_filters(filters)


def require_filters(filters: object) -> None:
    """Refuse filters that are none.

    Raises:
        TypeError: They are of another kind.
    """
    if filters is not None and not isinstance(filters, Filters):
        raise TypeError(f"filters takes a Filters, such as Filters(since=2020), not {filters!r}.")


def require_k(k: int) -> None:
    """Refuse to find fewer papers than one.

    Raises:
        ValueError: It is less.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")


def require_depth(depth: object) -> None:
    """Refuse a depth that no answer has.

    Raises:
        ValueError: It is none.
    """
    if depth not in get_args(Depth):
        raise ValueError(f"depth is {' or '.join(map(repr, get_args(Depth)))}, not {depth!r}.")


def to_messages(history: History) -> list[Message]:
    """Return the messages of a conversation, from `Message`s or `{"role", "content"}` dicts.

    Raises:
        TypeError: The conversation, or one of its messages, is of another kind.
        ValueError: A role is neither `user` nor `assistant`.
    """
    if isinstance(history, str | Mapping) or not isinstance(history, Iterable):
        raise _wrong_history(history)
    return [m if isinstance(m, Message) else _to_message(m) for m in history]


def _wrong_history(given: object) -> TypeError:
    return TypeError(
        "history takes messages, each a Message or a dict such as "
        f"{{'role': 'user', 'content': 'Why?'}}, not {given!r}."
    )


def _to_message(given: object) -> Message:
    if not isinstance(given, Mapping):
        raise _wrong_history(given)
    role, content = given.get("role"), given.get("content") or ""
    if role not in ("user", "assistant"):
        raise ValueError(f"A message's role is 'user' or 'assistant', not {role!r}.")
    if not isinstance(content, str):
        raise _wrong_history(given)
    return Message("user" if role == "user" else "assistant", content)
