"""Store a visitor's conversations and ratings, and export them; translation only."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from rag.errors import RagError, UnknownConversationError
from rag.export import (
    FORMATS,
    MARKDOWN,
    STYLES,
    cited_papers,
    conversation_markdown,
    export_papers,
    render_in_text,
    render_paper_table,
)
from rag.library import Library
from rag.types import Answer, Thumb
from rag.userdata.conversations import GONE, title_of
from ui.chat.bars import MOST_FOUND, MOST_SEARCH_CHARACTERS, Listed
from ui.chat.handlers import Chat, begun, history, interrupted, with_notice
from ui.chat.render import Rated, is_finished
from ui.chat.standalone import conversation_html
from ui.server.visitors import random_id

NOT_IN_FILE_NAME: Final = re.compile(r"[^\w-]+")
LONGEST_FILE_NAME: Final = 60  # characters


@dataclass(frozen=True, slots=True)
class Removed:
    """A deleted conversation, which can be restored as long as its page is open."""

    conversation: str
    title: str
    answers: tuple[Answer, ...]


def listed(library: Library, owner: str) -> list[Listed]:
    """Return the owner's conversations, the latest first."""
    if not owner:
        return []
    return [
        Listed(
            each.conversation_id,
            each.title,
            updated_at=each.updated_at,
            is_pinned=each.is_pinned,
        )
        for each in library.conversations.of(owner)
    ]


def found(library: Library, owner: str, words: str) -> list[Listed]:
    """Return those of the owner's conversations that have all the words, the latest first."""
    wanted = words[:MOST_SEARCH_CHARACTERS]
    if not owner or not wanted.strip():
        return []
    kept = library.conversations.search(owner, wanted, MOST_FOUND)
    return [Listed(each.conversation_id, each.title, each.excerpt) for each in kept]


def conversation_of(here: Mapping[str, str]) -> str:
    """Return the id of the conversation on the screen; empty when the browser names none."""
    return random_id(here.get("conversation"))


def opened(library: Library, owner: str, key: str) -> Chat:
    """Return a stored conversation; an empty one when it is missing, with a new id if needed."""
    turns = library.conversations.load(owner, key) if owner and key else None
    if turns is None:
        is_free = key and not library.conversations.is_taken(key)
        return Chat(owner, key if is_free else uuid.uuid4().hex)
    keys = tuple(turn.turn_id for turn in turns)
    rated = library.feedback.of(owner, keys)
    shared = library.shares.of(keys)
    return Chat(
        owner,
        key,
        turns=tuple(turn.answer for turn in turns),
        keys=keys,
        ratings={
            at: Rated(rated[key].thumb, rated[key].comment or None)
            for at, key in enumerate(keys, start=1)
            if key in rated
        },
        shared=frozenset(at for at, key in enumerate(keys, start=1) if key in shared),
    )


def with_question(library: Library, chat: Chat, question: str) -> Chat:
    """Return the conversation with a question as its last turn, whose answer is a draft.

    The question is stored at once as an interrupted one, which shows should its answer never come.
    Nothing is stored without an owner, nor after a turn that is not.
    """
    keys = chat.keys
    if chat.owner and chat.is_kept:
        with suppress(RagError):  # shown with the answer, if that cannot be stored either
            _create(library, chat)
            kept = interrupted(question)
            keys = (
                *keys,
                library.conversations.append(chat.owner, chat.conversation, kept).turn_id,
            )
    return replace(chat, turns=(*chat.turns, begun(question)), keys=keys)


def _create(library: Library, chat: Chat) -> None:
    if library.conversations.find(chat.owner, chat.conversation) is None:
        library.conversations.create(chat.owner, conversation_id=chat.conversation)


def settled(library: Library, chat: Chat) -> Chat:
    """Store the last answer, if there is an owner; say so where that fails."""
    if not chat.owner or not chat.turns or not is_finished(chat.turns[-1]):
        return chat
    try:
        _settle(library, chat)
        return replace(
            opened(library, chat.owner, chat.conversation), filters=chat.filters, shown=chat.shown
        )
    except RagError as exc:
        last = with_notice(chat.turns[-1], f"This conversation is not kept: {exc}")
        return replace(chat, turns=(*chat.turns[:-1], last))


def _settle(library: Library, chat: Chat) -> None:
    kept, owner, key = library.conversations, chat.owner, chat.conversation
    if chat.is_kept:
        if not kept.settle(owner, chat.keys[-1], chat.turns[-1]):
            raise UnknownConversationError(GONE)
        return
    _create(library, chat)
    for answer in chat.turns[len(chat.keys) :]:
        kept.append(owner, key, answer)


def branched(library: Library, chat: Chat, turn: int, question: str) -> Chat:
    """Return another conversation with the turns before one; the old one stays as it is."""
    before = replace(chat.before(turn), conversation=uuid.uuid4().hex, keys=())
    if not chat.owner or not chat.is_kept:
        return before
    kept, key = library.conversations, before.conversation
    try:
        kept.create(chat.owner, title_of(question), key)
        turns = [kept.append(chat.owner, key, answer) for answer in before.turns]
    except RagError:  # shown with the answer, which cannot be stored either
        return before
    return replace(before, keys=tuple(each.turn_id for each in turns))


def rename(library: Library, owner: str, key: str, title: str) -> None:
    """Give a conversation another title; a blank one changes nothing."""
    library.conversations.rename(owner, key, title)


def delete(library: Library, owner: str, key: str) -> Removed | None:
    """Delete a conversation; return what `restore` needs."""
    turns, conversation = (
        library.conversations.load(owner, key),
        library.conversations.find(owner, key),
    )
    if turns is None or conversation is None:
        return None
    library.conversations.delete(owner, key)
    return Removed(key, conversation.title, tuple(turn.answer for turn in turns))


def restore(library: Library, owner: str, removed: Removed) -> None:
    """Store a deleted conversation again."""
    key = library.conversations.create(owner, removed.title, removed.conversation).conversation_id
    for answer in removed.answers:
        library.conversations.append(owner, key, answer)


def rate(library: Library, chat: Chat, turn: int, thumb: Thumb) -> Chat:
    """Store a thumb; remove it where it is set already."""
    rated = chat.ratings.get(turn)
    if rated is None or rated.thumb != thumb:
        return _with_rating(library, chat, turn, Rated(thumb))
    if turn <= len(chat.keys):
        library.feedback.withdraw(chat.owner, chat.keys[turn - 1])
    ratings = {at: rated for at, rated in chat.ratings.items() if at != turn}
    return replace(chat, ratings=ratings)


def comment(library: Library, chat: Chat, turn: int, text: str) -> Chat:
    """Store the comment of a thumb."""
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


def share(library: Library, chat: Chat, turn: int) -> tuple[Chat, str]:
    """Let others read an answer; return the conversation and the token of the link, "" for none."""
    if not 0 < turn <= len(chat.keys) or not is_finished(chat.turns[turn - 1]):
        return chat, ""
    token = library.shares.share(chat.owner, chat.keys[turn - 1])
    return replace(chat, shared=chat.shared | {turn}), token


def unshare(library: Library, chat: Chat, turn: int) -> Chat:
    """Let nobody read an answer by its link any more."""
    if 0 < turn <= len(chat.keys):
        library.shares.withdraw(chat.owner, chat.keys[turn - 1])
    return replace(chat, shared=chat.shared - {turn})


def export(chat: Chat, format_name: str, of: str) -> dict[str, str]:
    """Return a file for the browser: the conversation as Markdown, or papers in a format.

    Args:
        chat: The conversation.
        format_name: `markdown` or one of `rag.export.FORMATS`.
        of: `conversation`, or `turn-N`.
    """
    title = title_of(chat.turns[0].question) if chat.turns else "conversation"
    if format_name == "markdown":
        text = conversation_markdown(chat.turns, title=title)
        return _file(title, MARKDOWN.suffix, MARKDOWN.media_type, text)
    if format_name == "html":
        return _file(title, ".html", "text/html", conversation_html(chat.turns, title))
    if format_name == "table":
        table = next((each.table for each in _answers(chat, of) if each.table), None)
        return _file(title, ".csv", "text/csv", render_paper_table(table) if table else "")
    known = next(each for each in FORMATS if each == format_name)
    papers = cited_papers(_answers(chat, of))
    return _file(
        title, FORMATS[known].suffix, FORMATS[known].media_type, export_papers(papers, known)
    )


def reference(chat: Chat, turn: int, marker: int, style: str) -> str:
    """Return the reference to a paper that a turn cites, in a style; "" for a paper unknown."""
    cited = chat.turns[turn - 1].citations if 0 < turn <= len(chat.turns) else ()
    paper = next((each.paper for each in cited if each.marker == marker), None)
    if paper is None:
        return ""
    if style == "in-text":
        return render_in_text(paper)
    printed = next((each for each in STYLES if each == style), None)
    return export_papers([paper], printed or "bibtex").strip()


def _answers(chat: Chat, of: str) -> Iterable[Answer]:
    turn = of.removeprefix("turn-")
    return chat.turns[int(turn) - 1 : int(turn)] if turn.isdecimal() else chat.turns


def _file(title: str, suffix: str, media_type: str, text: str) -> dict[str, str]:
    name = NOT_IN_FILE_NAME.sub("-", title.lower())[:LONGEST_FILE_NAME].strip("-")
    return {"name": f"{name or 'papers'}{suffix}", "type": media_type, "text": text}
