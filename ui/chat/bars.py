"""Render the parts around the conversation: filters, welcome, list of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from markupsafe import Markup

from rag.types import Filters
from rag.userdata.excerpts import Excerpt
from ui.chat.render import filter_labels
from ui.templates.rendering import Template
from ui.templates.sentences import counted

UNTITLED: Final = "New conversation"
AROUND: Final = Template("around", UNTITLED=UNTITLED)
NOTHING_FOUND: Final = "No conversation contains all of these words."
# Most days that have passed, and the heading of conversations up to then.
PINNED: Final = "Pinned"
DAY_GROUPS: Final = ((0, "Today"), (1, "Yesterday"), (7, "Last 7 days"), (30, "Last 30 days"))
MOST_SEARCH_CHARACTERS: Final = 200
MOST_FOUND: Final = 100  # nobody reads more; another word finds fewer


@dataclass(frozen=True, slots=True)
class Choices:
    """The values that filters can have in this library; the most frequent first."""

    years: tuple[int, ...] = ()
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list.

    Attributes:
        excerpt: Where its title lacks what was searched.
        updated_at: When it was last added to, ISO in UTC; "" where that does not matter.
        is_pinned: Whether it stands first.
    """

    conversation: str
    title: str
    excerpt: Excerpt | None = None
    updated_at: str = ""
    is_pinned: bool = False


def filter_bar(filters: Filters, choices: Choices, *, editing: int = 0) -> Markup:
    """Render the chips above the input, and the small form that adds one."""
    labels = list(filter_labels(filters))
    return AROUND.draw("filters", labels, choices, editing)


def queue_html(questions: Sequence[str]) -> Markup:
    """Render the questions that wait for the answer in progress; each can be removed."""
    return AROUND.draw("queue", questions)


def welcome_html(papers: int, examples: Sequence[str]) -> Markup:
    """Render an empty conversation: what can be asked, or how to begin without papers."""
    return AROUND.draw("welcome", papers, examples)


def opening_html() -> Markup:
    """Render the place of a conversation on its way, which is seen only when it takes long."""
    return AROUND.draw("opening")


def waiting_html(what: Markup) -> Markup:
    """Render the place of the conversation while the library is loading."""
    return AROUND.draw("waiting", what)


def finder_html() -> Markup:
    """Render the head of the sidebar: a new conversation, and a search of the old ones."""
    return AROUND.draw("finder", MOST_SEARCH_CHARACTERS)


def day_group(updated_at: str, now: datetime) -> str:
    """Return the heading that a conversation is listed under: how long ago it was added to.

    Args:
        updated_at: ISO, in UTC; "" for no heading.
        now: With its time zone, whose days count.
    """
    if not updated_at:
        return ""
    at = datetime.fromisoformat(updated_at)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    days = (now.date() - at.astimezone(now.tzinfo).date()).days
    return next((name for most, name in DAY_GROUPS if days <= most), "Earlier")


def conversation_list(
    listed: Sequence[Listed], removed: Listed | None = None, now: datetime | None = None
) -> Markup:
    """Render every conversation with its actions, day by day, below the last undo.

    Args:
        listed: The conversations, the latest first; page.js marks the one on the screen.
        removed: The one that was deleted last.
        now: What "today" is; None for the server's clock.
    """
    now = now or datetime.now().astimezone()
    grouped = groupby(
        listed, key=lambda each: PINNED if each.is_pinned else day_group(each.updated_at, now)
    )
    groups = [(name, list(members)) for name, members in grouped]
    return AROUND.draw("conversations", groups, removed)


def found_list(found: Sequence[Listed]) -> Markup:
    """Render the results of a search with excerpts, in place of the whole list."""
    summary = f"{counted(len(found), 'conversation')} found" if found else NOTHING_FOUND
    if len(found) >= MOST_FOUND:
        summary = f"The latest {MOST_FOUND} that have these words."
    return AROUND.draw("found", summary, found)
