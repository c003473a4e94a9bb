"""What is kept of a visitor: conversations, ratings, files to take along. Translation only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from rag.errors import RagError
from rag.export import (
    FORMATS,
    MARKDOWN,
    cited_papers,
    conversation_markdown,
    export_papers,
)
from rag.library import Library
from rag.types import Answer, Thumb
from rag.userdata.conversations import title_of
from ui.chat.bars import MOST_FOUND, MOST_SEARCH_CHARACTERS, Listed
from ui.chat.handlers import Chat, history, with_notice
from ui.chat.render import Rated, is_finished

# The random id that page.js makes. Nothing else from a browser is an owner, so that none can pass
# for a user who has logged in.
BROWSER_ID: Final = re.compile(r"[0-9a-f]{32}")
NOT_IN_FILE_NAME: Final = re.compile(r"[^\w-]+")
LONGEST_FILE_NAME: Final = 60  # characters


@dataclass(frozen=True, slots=True)
class Removed:
    """A conversation that was deleted and can be brought back, as long as its page is open."""

    title: str
    answers: tuple[Answer, ...]


def listed(library: Library, owner: str) -> list[Listed]:
    """The owner's conversations, the latest first."""
    if not owner:
        return []
    return [Listed(each.conversation_id, each.title) for each in library.conversations.of(owner)]


def found(library: Library, owner: str, words: str) -> list[Listed]:
    """Those of the owner's conversations that hold all the words, the latest first."""
    wanted = words[:MOST_SEARCH_CHARACTERS]
    if not owner or not wanted.strip():
        return []
    kept = library.conversations.search(owner, wanted, MOST_FOUND)
    return [Listed(each.conversation_id, each.title, each.excerpt) for each in kept]


def refreshed(library: Library, chat: Chat, here: Mapping[str, str]) -> Chat:
    """The conversation as it is kept now: another tab, or a server before this one, wrote it.

    Args:
        library: That keeps it.
        chat: What this page knows; without an owner when the server is new to it.
        here: What the browser remembers.
    """
    is_new = not chat.owner
    owner = chat.owner or _browser_id(here)
    key = here.get("conversation", "") if is_new else chat.conversation
    if not owner or not key:
        return replace(chat, owner=owner)
    return opened(library, replace(chat, owner=owner), key)


def _browser_id(here: Mapping[str, str]) -> str:
    owner = str(here.get("owner", ""))
    return owner if BROWSER_ID.fullmatch(owner) else ""


def opened(library: Library, chat: Chat, key: str) -> Chat:
    """A kept conversation; an empty one in its place when it is not there any more."""
    turns = library.conversations.load(chat.owner, key) if key else None
    if turns is None:
        return Chat(chat.owner, filters=chat.filters)
    keys = tuple(turn.turn_id for turn in turns)
    rated = library.feedback.of(chat.owner, keys)
    return replace(
        chat if key == chat.conversation else Chat(chat.owner, filters=chat.filters),
        conversation=key,
        turns=tuple(turn.answer for turn in turns),
        keys=keys,
        ratings={
            at: Rated(rated[key].thumb, rated[key].comment or None)
            for at, key in enumerate(keys, start=1)
            if key in rated
        },
    )


def save(library: Library, chat: Chat) -> Chat:
    """Keep the last answer; without an owner nothing is kept, and where it cannot be, it says so.

    A turn that took the place of others lets them go first.
    """
    if not chat.owner or not chat.turns or not is_finished(chat.turns[-1]):
        return chat
    try:
        return _saved(library, chat)
    except RagError as exc:
        last = with_notice(chat.turns[-1], f"This conversation is not kept: {exc}")
        return replace(chat, turns=(*chat.turns[:-1], last))


def _saved(library: Library, chat: Chat) -> Chat:
    kept = library.conversations
    key = chat.conversation
    if not key or kept.find(chat.owner, key) is None:
        key = kept.create(chat.owner).conversation_id
    if chat.replaces:
        kept.cut(chat.owner, key, len(chat.turns) - 1)
    last = chat.turns[-1]
    kept.append(chat.owner, key, last)
    return opened(library, replace(chat, conversation=key, replaces=False), key)


def rename(library: Library, owner: str, key: str, title: str) -> None:
    """Give a conversation another title; a blank one changes nothing."""
    library.conversations.rename(owner, key, title)


def delete(library: Library, owner: str, key: str) -> Removed | None:
    """Delete a conversation; what `restore` brings back."""
    turns, conversation = (
        library.conversations.load(owner, key),
        library.conversations.find(owner, key),
    )
    if turns is None or conversation is None:
        return None
    library.conversations.delete(owner, key)
    return Removed(conversation.title, tuple(turn.answer for turn in turns))


def restore(library: Library, owner: str, removed: Removed) -> str:
    """Keep a deleted conversation again; its id."""
    key = library.conversations.create(owner, removed.title).conversation_id
    for answer in removed.answers:
        library.conversations.append(owner, key, answer)
    return key


def rate(library: Library, chat: Chat, turn: int, thumb: Thumb) -> Chat:
    """Keep a thumb; the one that is up already is taken back."""
    rated = chat.ratings.get(turn)
    if rated is None or rated.thumb != thumb:
        return _with_rating(library, chat, turn, Rated(thumb))
    if turn <= len(chat.keys):
        library.feedback.withdraw(chat.owner, chat.keys[turn - 1])
    ratings = {at: rated for at, rated in chat.ratings.items() if at != turn}
    return replace(chat, ratings=ratings)


def comment(library: Library, chat: Chat, turn: int, text: str) -> Chat:
    """Keep the sentence that goes with a thumb."""
    rated = chat.ratings.get(turn)
    return _with_rating(library, chat, turn, replace(rated, comment=text)) if rated else chat


def _with_rating(library: Library, chat: Chat, turn: int, rated: Rated) -> Chat:
    if turn <= len(chat.keys):
        library.feedback.rate(
            chat.owner,
            chat.keys[turn - 1],
            rated.thumb,
            chat.turns[turn - 1],
            comment=rated.comment or "",
            history=history(chat.turns[: turn - 1]),
            settings=library.settings,
            revision=library.revision,
        )
    return replace(chat, ratings={**chat.ratings, turn: rated})


def export(chat: Chat, format_name: str, of: str) -> dict[str, str]:
    """A file for the browser: the conversation as Markdown, or papers in a format.

    Args:
        chat: The conversation.
        format_name: `markdown` or one of `rag.export.FORMATS`.
        of: `conversation`, or `turn-N`.
    """
    title = title_of(chat.turns[0].question) if chat.turns else "conversation"
    if format_name == "markdown":
        text = conversation_markdown(chat.turns, title=title)
        return _file(title, MARKDOWN.suffix, MARKDOWN.media_type, text)
    known = next(each for each in FORMATS if each == format_name)
    papers = cited_papers(_answers(chat, of))
    return _file(
        title, FORMATS[known].suffix, FORMATS[known].media_type, export_papers(papers, known)
    )


def _answers(chat: Chat, of: str) -> Iterable[Answer]:
    turn = of.removeprefix("turn-")
    return chat.turns[int(turn) - 1 : int(turn)] if turn.isdecimal() else chat.turns


def _file(title: str, suffix: str, media_type: str, text: str) -> dict[str, str]:
    name = NOT_IN_FILE_NAME.sub("-", title.lower())[:LONGEST_FILE_NAME].strip("-")
    return {"name": f"{name or 'papers'}{suffix}", "type": media_type, "text": text}
