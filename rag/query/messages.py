"""Convert the formats in which callers give a conversation to messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.types import Message

History = Sequence[Message | Mapping[str, str]]


def to_messages(history: History) -> list[Message]:
    """Return the messages of a conversation, from `Message`s or `{"role", "content"}` dicts.

    Raises:
        ValueError: A role is neither `user` nor `assistant`.
    """
    return [m if isinstance(m, Message) else _to_message(m) for m in history]


def _to_message(given: Mapping[str, str]) -> Message:
    role = given.get("role")
    if role not in ("user", "assistant"):
        raise ValueError(f"A message's role is 'user' or 'assistant', not {role!r}.")
    return Message("user" if role == "user" else "assistant", given.get("content") or "")
