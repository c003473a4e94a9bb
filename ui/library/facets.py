"""Render what the list of papers can be limited to, and what can be done with those ticked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Final

from rag.export import FORMATS
from rag.types import Facets
from ui.library.rows import LIMITS, MOST_CHOSEN, TWICE, Page, View
from ui.templates.icons import icon
from ui.templates.sentences import counted

MOST_OFFERED: Final = 60  # of one kind; nobody reads more, and the search finds the others
LABELS: Final[Mapping[str, str]] = {
    "year": "Year",
    "author": "Author",
    "source": "Source",
    "collection": "Collection",
    "tag": "Tag",
    "lacks": "Missing",
}
GAPS: Final = {"date": "no date", "link": "no link", "authors": "no authors"}
SPREADSHEET: Final = ("csv", "CSV")


def facets_html(facets: Facets, page: Page, twice: int = 0) -> str:
    """Render the count of papers, the limits that are set, and a menu for each other limit.

    Args:
        facets: The values of the limits.
        page: What the table shows.
        twice: How many papers may be the same as another one.
    """
    view = page.view
    set_now = "".join(_chip(name, getattr(view, name)) for name in LIMITS if getattr(view, name))
    menus = "".join(
        _menu(name, values)
        for name, values in _offered(facets).items()
        if not getattr(view, name) and values
    )
    asked = "".join(
        f'<button type="button" class="plain" data-ask-limit="{name}" '
        f'data-value="{escape(getattr(view, name))}">Ask this {name}</button>'
        for name in ("collection", "tag")
        if getattr(view, name)
    )
    cleared = (
        '<button type="button" class="plain" data-do="limit" data-limit="">Clear all</button>'
        if view.is_limited
        else ""
    )
    doubled = (
        f'<button type="button" class="plain" data-do="limit" data-limit="{TWICE}" '
        f'title="Papers that may be the same as another one: tick both, and merge them">'
        f"{twice:,} may be twice</button>"
        if twice and not view.twice
        else ""
    )
    return (
        f'<div class="facets"><p class="count" role="status">{_count(page)}</p>'
        f"{menus}{set_now}{asked}{doubled}{cleared}</div>"
    )


def _count(page: Page) -> str:
    if not page.total:
        return ""
    if page.found == page.total and not page.view.is_limited:
        return counted(page.total, "paper")
    return f"{page.found:,} of {counted(page.total, 'paper')}"


def _offered(facets: Facets) -> dict[str, list[tuple[str, str]]]:
    """Return the values of each limit with their labels, the most frequent first."""
    return {
        "year": _values({str(year): count for year, count in facets.years.items()}),
        "author": _values(facets.authors),
        "source": _values(facets.sources) if len(facets.sources) > 1 else [],
        "collection": _values(facets.collections),
        "tag": _values(facets.tags),
        "lacks": [(name, label.capitalize()) for name, label in GAPS.items()],
    }


def _values(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    some = islice(counts.items(), MOST_OFFERED)
    return [(value, f"{value} ({count:,})") for value, count in some]


def _menu(name: str, values: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f'<button type="button" data-do="limit" data-limit="{escape(f"{name}={value}")}">'
        f"<bdi>{escape(label)}</bdi></button>"
        for value, label in values
    )
    return (
        f'<details class="menu facet" id="facet-{name}"><summary>{LABELS[name]}</summary>'
        f'<div class="sheet" role="group" aria-label="{LABELS[name]}">{items}</div></details>'
    )


def _chip(name: str, value: str) -> str:
    said = f"{LABELS.get(name, '')}: {value}"
    if name == "lacks":
        said = GAPS.get(value, value)
    if name == "twice":
        said = "may be twice"
    label = escape(said)
    return (
        f'<button type="button" class="chip" data-do="limit" data-limit="{name}=" '
        f'aria-label="Remove the limit: {label}" title="Remove this limit">'
        f"{label}{icon('close')}</button>"
    )


def bar_html(chosen: Sequence[str], view: View, found: int) -> str:
    """Render what can be done with the papers that are ticked; nothing where none is.

    Args:
        chosen: Their ids.
        view: What the table shows.
        found: How many papers it lists in all.
    """
    if not chosen:
        return ""
    all_found = (
        f'<button type="button" class="plain" data-do="everything">Select all {found:,}</button>'
        if len(chosen) < min(found, MOST_CHOSEN)
        else ""
    )
    merge = (
        '<button type="button" id="library-merge" data-do="merge">Merge</button>'
        if 2 <= len(chosen) <= MOST_MERGED
        else ""
    )
    look_up = (
        '<button type="button" data-do="complete" title="Authors, dates, venues, DOIs and '
        'retractions that the records lack, from Crossref, OpenAlex and arXiv">Look up</button>'
        if len(chosen) <= MOST_LOOKED_UP
        else ""
    )
    return (
        '<div class="ticked" role="group" aria-label="Selected papers">'
        f"<p><b>{len(chosen):,} selected</b> {all_found}"
        '<button type="button" class="plain" data-do="untick">Clear</button></p>'
        f'<div class="deeds"><button type="button" class="primary" data-ask-these>Ask these'
        f"</button>{_table(len(chosen))}{_group('collect', 'Collection', view.collection)}"
        f"{_group('entag', 'Tag', view.tag)}{_export()}{look_up}{merge}"
        '<button type="button" class="danger" id="library-remove" data-do="remove">Remove</button>'
        "</div></div>"
    )


MOST_MERGED: Final = 10
MOST_LOOKED_UP: Final = 100  # services are asked one paper at a time
MOST_IN_TABLE: Final = 50


def _table(papers: int) -> str:
    if papers > MOST_IN_TABLE:
        return ""
    return '<button type="button" data-tabulate-these>Make a table</button>'


def _group(do: str, label: str, current: str) -> str:
    """Render the menu that puts papers into a collection or gives them a tag, or takes it away."""
    out = (
        f'<button type="button" data-do="{do}" data-out="{escape(current)}">'
        f"Take out of “{escape(current)}”</button>"
        if current
        else ""
    )
    return (
        f'<details class="menu"><summary>{label}</summary><div class="sheet">'
        f'<form data-do="{do}"><label>{"Add a tag" if do == "entag" else "Add to a collection"}'
        f'<input name="name" list="{do}-known" maxlength="120" autocomplete="off" required></label>'
        f'<button type="submit" class="primary">Add</button></form>{out}</div></details>'
    )


def _export() -> str:
    formats = [*((name, FORMATS[name].label) for name in FORMATS), SPREADSHEET]
    items = "".join(
        f'<button type="button" data-do="save" data-format="{name}">{label}</button>'
        for name, label in formats
    )
    return (
        f'<details class="menu"><summary>Export</summary><div class="sheet">{items}</div></details>'
    )


def known_html(facets: Facets) -> str:
    """Render the names that the menus of collections and tags propose."""
    return _datalist("collect-known", facets.collections) + _datalist("entag-known", facets.tags)


def _datalist(place: str, names: Iterable[str]) -> str:
    options = "".join(f'<option value="{escape(name)}"></option>' for name in islice(names, 500))
    return f'<datalist id="{place}">{options}</datalist>'
