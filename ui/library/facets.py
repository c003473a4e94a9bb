"""Render what the list of papers can be limited to, and what can be done with those ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from markupsafe import Markup

from rag.export import FORMATS
from rag.types import Facets
from ui.library.rows import LIMITS, MOST_CHOSEN, TWICE, Page, View
from ui.templates.rendering import NOTHING, Template
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
MOST_MERGED: Final = 10
MOST_LOOKED_UP: Final = 100  # services are asked one paper at a time
MOST_IN_TABLE: Final = 50
MOST_PROPOSED: Final = 500
FACETS: Final = Template("facets", TWICE=TWICE)


def facets_html(facets: Facets, page: Page, twice: int = 0) -> Markup:
    """Render the count of papers, the limits that are set, and a menu for each other limit.

    Args:
        facets: The values of the limits.
        page: What the table shows.
        twice: How many papers may be the same as another one.
    """
    view = page.view
    menus = [
        (name, LABELS[name], values)
        for name, values in _offered(facets).items()
        if not getattr(view, name) and values
    ]
    chips = [(name, _limit(name, getattr(view, name))) for name in LIMITS if getattr(view, name)]
    asked = [(name, getattr(view, name)) for name in ("collection", "tag") if getattr(view, name)]
    doubled = 0 if view.twice else twice
    return FACETS.draw("facets", _count(page), menus, chips, asked, doubled, view.is_limited)


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


def _limit(name: str, value: str) -> str:
    """Return a limit in words."""
    if name == "lacks":
        return GAPS.get(value, value)
    return "may be twice" if name == "twice" else f"{LABELS.get(name, '')}: {value}"


def bar_html(chosen: Sequence[str], view: View, found: int) -> Markup:
    """Render what can be done with the papers that are ticked; nothing where none is.

    Args:
        chosen: Their ids.
        view: What the table shows.
        found: How many papers it lists in all.
    """
    if not chosen:
        return NOTHING
    can = {
        "tabulate": len(chosen) <= MOST_IN_TABLE,
        "look_up": len(chosen) <= MOST_LOOKED_UP,
        "merge": 2 <= len(chosen) <= MOST_MERGED,
    }
    all_found = found if len(chosen) < min(found, MOST_CHOSEN) else 0
    formats = [*((name, FORMATS[name].label) for name in FORMATS), SPREADSHEET]
    return FACETS.draw("bar", len(chosen), all_found, can, view, formats)


def known_html(facets: Facets) -> Markup:
    """Render the names that the menus of collections and tags propose."""
    known = {"collect-known": facets.collections, "entag-known": facets.tags}
    lists = [(place, list(islice(names, MOST_PROPOSED))) for place, names in known.items()]
    return FACETS.draw("known", lists)
