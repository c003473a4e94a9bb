"""Render the parts around the conversation: filters, welcome, list of conversations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from typing import Final

from rag.types import Filters
from rag.userdata.excerpts import Excerpt
from ui.chat.render import chip_html, filter_labels, question_buttons
from ui.templates.icons import icon
from ui.templates.sentences import counted

UNTITLED: Final = "New conversation"
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


def filter_bar(filters: Filters, choices: Choices, *, editing: int = 0) -> str:
    """Render the chips above the input, and the small form that adds one."""
    chips = "".join(
        chip_html(label, f"Remove the filter: {label}", do="unfilter", filter=name)
        for name, label in filter_labels(filters)
    )
    return f'<div class="bar">{_editing(editing)}{chips}{_add_filter(choices)}</div>'


def _editing(turn: int) -> str:
    if not turn:
        return ""
    return (
        '<span class="editing">Sending starts a new branch from here. '
        '<button type="button" data-do="uneditable">Cancel</button></span>'
    )


def _add_filter(choices: Choices) -> str:
    span = f"{choices.years[0]} to {choices.years[-1]}" if choices.years else "a year"
    return (
        f'<details class="menu adder"><summary>{icon("plus")}Add filter</summary>'
        '<form class="sheet" data-do="filter" aria-label="Limit the papers that may answer">'
        f'<div class="pair">{_year("since", "From year", span)}{_year("until", "To year", span)}'
        "</div>"
        '<label>Author<input name="author" list="authors-known" autocomplete="off"></label>'
        f'<datalist id="authors-known">{_options(choices.authors)}</datalist>'
        '<label>Source<select name="source"><option value="">Any</option>'
        f"{_options(choices.sources)}</select></label>"
        f"{_collection(choices.collections)}{_tag(choices.tags)}"
        '<button type="submit" class="primary">Add</button></form></details>'
    )


def _year(name: str, label: str, span: str) -> str:
    return (
        f'<label>{label}<input name="{name}" inputmode="numeric" pattern="[0-9]{{4}}" '
        f'maxlength="4" autocomplete="off" placeholder="{span[-4:]}" '
        f'title="A year of four digits, {span}"></label>'
    )


def _collection(names: Sequence[str]) -> str:
    if not names:
        return ""
    options = f'<option value="">Any</option>{_options(names)}'
    return f'<label>Collection<select name="collection">{options}</select></label>'


def _tag(names: Sequence[str]) -> str:
    if not names:
        return ""
    return (
        '<label>Tag<input name="tag" list="tags-known" autocomplete="off"></label>'
        f'<datalist id="tags-known">{_options(names)}</datalist>'
    )


def _options(values: Iterable[str]) -> str:
    return "".join(f'<option value="{escape(v)}">{escape(v)}</option>' for v in values)


def queue_html(questions: Sequence[str]) -> str:
    """Render the questions that wait for the answer in progress; each can be removed."""
    items = "".join(
        f'<li><span class="of-next">Next</span><bdi>{escape(question)}</bdi>'
        f'<button type="button" class="act" data-do="unqueue" data-question="{escape(question)}" '
        f'aria-label="Take back: {escape(question)}" title="Take it back">{icon("close")}</button>'
        "</li>"
        for question in questions
    )
    return f'<ul class="queue" aria-label="Waiting questions">{items}</ul>' if items else ""


def welcome_html(papers: int, examples: Sequence[str]) -> str:
    """Render an empty conversation: what can be asked, or how to begin without papers."""
    if not papers:
        return (
            '<section class="welcome"><h2>This library is empty</h2>'
            "<p>Add saved pages, bibliographies or single papers, then ask about them.</p>"
            '<button type="button" class="primary" data-tab="Library" data-part="Add papers">'
            "Add papers</button>"
            "</section>"
        )
    return (
        '<section class="welcome"><h2>What would you like to know?</h2>'
        f"<p>Ask your {counted(papers, 'paper')}. Every sentence links to its source.</p>"
        f'<div class="examples">{question_buttons(examples)}</div>'
        '<p class="ways"><button type="button" class="plain" data-tab="Library" '
        'data-part="Add papers">Add your papers</button>'
        '<button type="button" class="plain" data-tab="Library" data-part="Papers">'
        "Choose which to ask or compare</button></p></section>"
    )


def opening_html() -> str:
    """Render the place of a conversation on its way, which is seen only when it takes long."""
    return '<section class="welcome is-waiting is-opening"><p>Opening…</p></section>'


def waiting_html(what: str) -> str:
    """Render the place of the conversation while the library is loading."""
    return f'<section class="welcome is-waiting">{what}</section>'


def finder_html() -> str:
    """Render the head of the sidebar: a new conversation, and a search of the old ones."""
    return (
        '<div class="side-head"><h2>Conversations</h2>'
        f'<button type="button" class="new" data-do="fresh">{icon("plus")}New</button></div>'
        '<input type="search" class="find" aria-label="Search conversations" '
        f'placeholder="Search" maxlength="{MOST_SEARCH_CHARACTERS}">'
    )


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
) -> str:
    """Render every conversation with its actions, day by day, below the last undo.

    Args:
        listed: The conversations, the latest first; page.js marks the one on the screen.
        removed: The one that was deleted last.
        now: What "today" is; None for the server's clock.
    """
    now = now or datetime.now().astimezone()
    undo = (
        f'<p class="undo" role="status">Deleted “{escape(removed.title)}”. '
        '<button type="button" data-do="restore" '
        f'data-conversation="{escape(removed.conversation)}">Undo</button></p>'
        if removed
        else ""
    )
    groups = groupby(
        listed, key=lambda each: PINNED if each.is_pinned else day_group(each.updated_at, now)
    )
    items = "".join(
        (f"<h3>{name}</h3>" if name else "") + _items(list(members)) for name, members in groups
    )
    items = items or '<p class="none">Your conversations will appear here.</p>'
    return f'{undo}<nav aria-label="Conversations">{items}</nav>'


def found_list(found: Sequence[Listed]) -> str:
    """Render the results of a search with excerpts, in place of the whole list."""
    summary = f"{counted(len(found), 'conversation')} found" if found else NOTHING_FOUND
    if len(found) >= MOST_FOUND:
        summary = f"The latest {MOST_FOUND} that have these words."
    return (
        f'<nav aria-label="Conversations found"><p class="none" role="status">{summary}</p>'
        f"{_items(found)}</nav>"
    )


def _items(listed: Sequence[Listed]) -> str:
    items = "".join(map(_item, listed))
    return f"<ul>{items}</ul>" if items else ""


def _item(listed: Listed) -> str:
    key, title = escape(listed.conversation), escape(listed.title or UNTITLED)
    return (
        '<li><button type="button" class="open" data-do="open" '
        f'data-conversation="{key}" title="{title}"><bdi>{title}</bdi>'
        f"{_excerpt(listed.excerpt)}</button>"
        f'<details class="menu"><summary aria-label="More on “{title}”">{icon("more")}</summary>'
        f'<div class="sheet"><form data-do="rename" data-conversation="{key}">'
        f'<label>Title<input name="title" value="{title}" maxlength="120" autocomplete="off">'
        '</label><button type="submit">Rename</button></form>'
        f'<button type="button" data-do="pin" data-conversation="{key}" '
        f'data-on="{"" if listed.is_pinned else "yes"}">{"Unpin" if listed.is_pinned else "Pin"}'
        "</button>"
        f'<button type="button" class="danger" data-do="delete" data-conversation="{key}">Delete'
        "</button></div></details></li>"
    )


def _excerpt(excerpt: Excerpt | None) -> str:
    if excerpt is None:
        return ""
    before, match, after = map(escape, (excerpt.before, excerpt.match, excerpt.after))
    return f'<bdi class="excerpt">{before}<mark>{match}</mark>{after}</bdi>'
