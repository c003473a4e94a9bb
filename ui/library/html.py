"""Turns papers into the HTML of the library tab; pure functions, all text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from textwrap import shorten
from typing import Final

from markupsafe import Markup

from rag.identifiers import doi_of
from rag.lookup.enriching import Change
from rag.types import Gone, IngestReport, Merged, Order, Paper, Preview, Rejection, Updated
from ui.library.rows import AUTHORS_SHOWN, Page, View, address_of
from ui.templates.rendering import Template
from ui.templates.sentences import counted, named_here

COLUMNS: Final[tuple[tuple[Order, str], ...]] = (
    ("title", "Title"),
    ("authors", "Authors"),
    ("year", "Year"),
    ("source", "Source"),
)
Item = tuple[str, str]  # what it is about, and the rest of the line
PARTS: Final = Template("parts")
PAPERS: Final = Template("papers")
WITHOUT: Final = {"date": "a date", "link": "a link", "authors": "authors"}
# Fields of a paper where the page has another word for them.
FIELDS: Final = {"published": "date", "url": "link", "imprint": "volume, issue, pages"}
REJECTIONS_SHOWN: Final = 50
BEGINNING: Final = 200  # characters of an abstract
NOTHING_OPEN: Final = "Open a paper in the table or on the map to read it here."


def table_html(page: Page, selected: Collection[str], opened: str | None) -> Markup:
    """A part of the table; its buttons carry what library.js sends when they are pressed."""
    address = address_of(page.view)  # which address.js reads
    if not page.total:
        return PARTS.draw("empty", "The library holds no papers yet. Add some above.")
    if not page.rows:
        nothing = PARTS.draw("empty", _nothing_found(page.view))
        return PAPERS.draw("placed", address, nothing)
    columns = [_column(page, order, label) for order, label in COLUMNS if order in page.columns]
    rows = [(row, row.paper_id in selected, row.paper_id == opened) for row in page.rows]
    is_all = all(is_selected for _, is_selected, _ in rows)
    return PAPERS.draw("table", address, columns, rows, is_all)


def _nothing_found(view: View) -> str:
    kept = [
        *([f"from {view.year}"] if view.year else []),
        *([f"by {view.author}"] if view.author else []),
        *([f"from the source “{view.source}”"] if view.source else []),
        *([f"in the collection “{view.collection}”"] if view.collection else []),
        *([f"tagged “{view.tag}”"] if view.tag else []),
        *([f"without {WITHOUT[view.lacks]}"] if view.lacks in WITHOUT else []),
    ]
    where = f" {' and '.join(kept)}" if kept else ""
    if not view.query.strip():
        return f"No paper is {' and '.join(kept)}."
    return f"No paper{where} contains all of these words: {view.query[:100]}"


def _column(page: Page, order: Order, label: str) -> tuple[Order, str, str, str]:
    """Return a column's name, its heading, and how the table is sorted by it, in word and sign."""
    if page.view.order != order:
        return order, label, "none", ""
    if page.view.is_reversed:
        return order, label, "descending", " ↓"
    return order, label, "ascending", " ↑"


def describe_pager(page: Page) -> str:
    """Which part of the table is shown, in words."""
    if not page.rows:
        return ""
    first = page.view.page * len(page.rows) + 1
    if page.view.page == page.pages - 1:
        first = page.found - len(page.rows) + 1
    span = f"{first:,} to {first + len(page.rows) - 1:,} of {page.found:,}"
    return span if page.found == page.total else f"{span} found among {page.total:,}"


def paper_html(paper: Paper | None) -> Markup:
    """One paper, whole."""
    if paper is None:
        return PARTS.draw("empty", NOTHING_OPEN)
    is_summary = paper.is_summary and "abstract" not in paper.edited
    label = "Summary written for paperchat" if is_summary else "Abstract"
    known = [each for each in (", ".join(paper.authors), paper.published, paper.place) if each]
    if paper.retraction:
        known.insert(0, f"This paper was {paper.retraction}")
    more = [
        f"From {paper.source}" if paper.source else "",
        _named("In", paper.collections),
        _named("Tagged", paper.tags),
        _named("Set by hand:", [FIELDS.get(name, name) for name in paper.edited]),
        _named("Since then:", paper.notices),
    ]
    shown = filter(None, more)
    return PAPERS.draw("paper", paper, label, " · ".join(known), list(shown), _link_label(paper))


def changes_html(changes: Sequence[Change]) -> Markup:
    """What catalogues would change of a paper, a line each."""
    return PAPERS.draw("changes", [str(each) for each in changes])


def _named(label: str, names: Sequence[str]) -> str:
    """What a paper is kept in order by; "" for nothing."""
    return f"{label} {', '.join(names)}" if names else ""


def _link_label(paper: Paper) -> str:
    return paper.address or f"Search on {paper.searched_at}"


def preview_html(preview: Preview) -> Markup:
    """What an addition would do, with the first papers as they were understood."""
    papers, report = preview.papers, preview.report
    more = report.added + report.updated + report.unchanged - len(papers)
    understood = [_understood(paper) for paper in papers]
    return PAPERS.draw("preview", understood, more, report_html(report, is_done=False))


def _understood(paper: Paper) -> Mapping[str, str]:
    known = [
        ", ".join(paper.authors[:AUTHORS_SHOWN]) or "no authors",
        paper.published or "no date",
        paper.place,
        doi_of(paper),
    ]
    begins = shorten(paper.abstract, BEGINNING, placeholder="…")
    return {"title": paper.title, "known": " · ".join(filter(None, known)), "begins": begins}


def report_html(report: IngestReport, *, is_done: bool = True) -> Markup:
    """What an addition did, or would do, and each record that was left out with the reason."""
    counts = [
        f"{count:,} {said}"
        for count, said in (
            (report.updated if report.added else 0, "updated" if is_done else "to update"),
            (report.unchanged, "here already"),
            (report.duplicates, "given twice"),
            (len(report.rejected), "left out"),
        )
        if count
    ]
    told = ", ".join([_first_count(report, is_done=is_done), *counts])
    lists = [
        _list("The same paper as one here:", [_merged(each) for each in report.merged]),
        _list("Updated:" if is_done else "Would be updated:", map(_updated, report.changes)),
        _list("No longer in the file, and still here:", [_gone(each) for each in report.gone]),
        _list("Notes:", [(each.source, f": {each.text}") for each in report.notes]),
        _list("Left out:", [_rejection(each) for each in report.rejected]),
    ]
    return PAPERS.draw("report", told, [each for each in lists if each[1]])


def _first_count(report: IngestReport, *, is_done: bool) -> str:
    """What an addition is about: the papers that are new, else those that it changes."""
    new = counted(report.added, "new paper")
    if report.added:
        return f"{counted(report.added, 'paper')} added" if is_done else new
    updated = "updated" if is_done else "to update"
    return f"{counted(report.updated, 'paper')} {updated}" if report.updated else "Nothing new"


def _list(heading: str, items: Iterable[Item]) -> tuple[str, list[Item], int]:
    """The first of some items below a heading, and how many more there are."""
    every = list(items)
    return heading, every[:REJECTIONS_SHOWN], len(every) - REJECTIONS_SHOWN


def _gone(gone: Gone) -> Item:
    also = f" (also from {', '.join(gone.others)})" if gone.others else ""
    return gone.title, f", from {gone.source}{also}"


def _merged(merged: Merged) -> Item:
    came, known = merged.source or "", merged.into or ""
    if not known or came == known:
        return merged.title, ""
    return merged.title, f" (here from {known}, now from {came} as well)"


def _updated(updated: Updated) -> Item:
    return updated.title, f" ({updated.told})"


def _rejection(rejection: Rejection) -> Item:
    where = rejection.source + (f", record {rejection.record}" if rejection.record else "")
    return where, f": {named_here(rejection.why)}"


def folded_help_html(summary: str, more: str) -> Markup:
    """A sentence below a field, which unfolds the rest."""
    return PAPERS.draw("folded_help", summary, more)


def help_html(text: str) -> Markup:
    """A sentence below a field."""
    return PAPERS.draw("help", text)
