"""What is kept of a visitor: conversations, ratings, files to take along. Translation only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rag.library import Library
from ui.bars import Choices, Listed
from ui.handlers import Chat, Turns

OWNER: Final = re.compile(r"[\w@.+-]{1,100}")
_KEPT: dict[tuple[str, str], tuple[str, Turns]] = {}
_GONE: dict[tuple[str, str], tuple[str, Turns]] = {}


def examples(library: Library, count: int) -> Sequence[str]:
    return (
        ["What is a modern Hopfield network?", "Which papers train spiking neural networks?"][
            :count
        ]
        if len(library)
        else []
    )


def choices(library: Library) -> Choices:
    return Choices()


def listed(library: Library, owner: str) -> list[Listed]:
    return [
        Listed(key, title) for (who, key), (title, _) in reversed(_KEPT.items()) if who == owner
    ]


def refreshed(library: Library, chat: Chat, here: Mapping[str, str]) -> Chat:
    owner = chat.owner or here.get("owner", "")
    key = chat.conversation or ("" if chat.owner else here.get("conversation", ""))
    if (owner, key) in _KEPT:
        return replace(chat, owner=owner, conversation=key, turns=_KEPT[owner, key][1])
    return replace(chat, owner=owner)


def opened(library: Library, chat: Chat, key: str) -> Chat:
    return Chat(chat.owner, key, _KEPT[chat.owner, key][1], chat.filters)


def save(library: Library, chat: Chat) -> Chat:
    import uuid

    key = chat.conversation or uuid.uuid4().hex
    if not chat.turns:
        return chat
    title = _KEPT.get((chat.owner, key), (chat.turns[0].question,))[0]
    _KEPT[chat.owner, key] = (title, chat.turns)
    return replace(chat, conversation=key)


def rename(library: Library, owner: str, key: str, title: str) -> None:
    _KEPT[owner, key] = (title, _KEPT[owner, key][1])


def delete(library: Library, owner: str, key: str) -> Listed:
    _GONE[owner, key] = _KEPT.pop((owner, key))
    return Listed(key, _GONE[owner, key][0])


def restore(library: Library, owner: str, removed: Listed) -> None:
    _KEPT[owner, removed.conversation] = _GONE.pop((owner, removed.conversation))


def rate(library: Library, chat: Chat, turn: int, way: str) -> Chat:
    return replace(chat, ratings={**chat.ratings, turn: way})


def comment(library: Library, chat: Chat, turn: int, text: str) -> Chat:
    return replace(chat, ratings={**chat.ratings, turn: f"{chat.ratings[turn]} told"})


def export(chat: Chat, form: str, of: str) -> Mapping[str, str]:
    return {"name": "x.txt", "text": form + of, "type": "text/plain"}
