"""Turns papers into the HTML of the library tab; pure functions, all text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from textwrap import shorten
from typing import Final

from rag.identifiers import doi_of
from rag.lookup.enriching import Change
from rag.types import Gone, IngestReport, Merged, Note, Order, Paper, Preview, Rejection, Updated
from ui.library.rows import AUTHORS_SHOWN, Page, Row, View, address_of
from ui.templates.icons import icon
from ui.templates.markdown import plain_html
from ui.templates.sentences import counted, named_here

COLUMNS: Final[tuple[tuple[Order, str], ...]] = (
    ("title", "Title"),
    ("authors", "Authors"),
    ("year", "Year"),
    ("source", "Source"),
)
WITHOUT: Final = {"date": "a date", "link": "a link", "authors": "authors"}
# Fields of a paper where the page has another word for them.
FIELDS: Final = {"published": "date", "url": "link", "imprint": "volume, issue, pages"}
REJECTIONS_SHOWN: Final = 50
BEGINNING: Final = 200  # characters of an abstract
NOTHING_OPEN: Final = "Open a paper in the table or on the map to read it here."


def table_html(page: Page, selected: Collection[str], opened: str | None) -> str:
    """A part of the table; its buttons carry what library.js sends when they are pressed."""
    if not page.total:
        return _empty("The library holds no papers yet. Add some above.")
    if not page.rows:
        return _placed(page.view, _empty(_nothing_found(page.view)))
    columns = [(order, label) for order, label in COLUMNS if order in page.columns]
    head = "".join(_column(page, order, label) for order, label in columns)
    body = "".join(_row(page, row, row.paper_id in selected, opened) for row in page.rows)
    every = "" if any(row.paper_id not in selected for row in page.rows) else " checked"
    return _placed(
        page.view,
        '<table class="papers"><caption class="unseen">Papers of the library</caption>'
        '<thead><tr><th scope="col"><input type="checkbox" data-choose-page'
        f' aria-label="Select the papers on this page"{every}></th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table>",
    )


def _placed(view: View, content: str) -> str:
    """Return content with the address of its view, which address.js reads."""
    return f'<div data-view="{escape(address_of(view))}">{content}</div>'


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


def _empty(text: str) -> str:
    return f'<p class="sources-empty">{escape(text)}</p>'


def _column(page: Page, order: Order, label: str) -> str:
    way, sign = "none", ""
    if page.view.order == order:
        way = "descending" if page.view.is_reversed else "ascending"
        sign = " ↓" if page.view.is_reversed else " ↑"
    return (
        f'<th scope="col" aria-sort="{way}" class="{order}">'
        f'<button type="button" data-sort="{order}">{label}'
        f'<span aria-hidden="true">{sign}</span></button></th>'
    )


def _row(page: Page, row: Row, is_selected: bool, opened: str | None) -> str:
    paper_id = escape(row.paper_id)
    title = escape(row.title)
    checked = " checked" if is_selected else ""
    current = ' class="is-open"' if row.paper_id == opened else ""
    cells = {
        "title": f'<button type="button" data-open="{paper_id}">{plain_html(row.title)}</button>',
        "authors": escape(row.authors),
        "year": str(row.year or ""),
        "source": escape(row.source or ""),
    }
    shown = (order for order, _ in COLUMNS if order in page.columns)
    return (
        f'<tr{current}><td class="choose"><input type="checkbox" data-choose="{paper_id}"'
        f' aria-label="Select {title}"{checked}></td>'
        + "".join(_cell(order, cells[order]) for order in shown)
        + "</tr>"
    )


def _cell(order: Order, content: str) -> str:
    whole = f' title="{content}"' if order == "source" else ""  # it may be cut
    return f'<td class="{order}"{whole}>{content}</td>'


def describe_pager(page: Page) -> str:
    """Which part of the table is shown, in words."""
    if not page.rows:
        return ""
    first = page.view.page * len(page.rows) + 1
    if page.view.page == page.pages - 1:
        first = page.found - len(page.rows) + 1
    span = f"{first:,} to {first + len(page.rows) - 1:,} of {page.found:,}"
    return span if page.found == page.total else f"{span} found among {page.total:,}"


def paper_html(paper: Paper | None) -> str:
    """One paper, whole."""
    if paper is None:
        return _empty(NOTHING_OPEN)
    is_summary = paper.is_summary and "abstract" not in paper.edited
    label = "Summary written for paperchat" if is_summary else "Abstract"
    known = [each for each in (", ".join(paper.authors), paper.published, paper.place) if each]
    source = f'<p class="meta">From {escape(paper.source)}</p>' if paper.source else ""
    source += _named("In", paper.collections) + _named("Tagged", paper.tags)
    source += _named("Set by hand:", [FIELDS.get(name, name) for name in paper.edited])
    source += _named("Since then:", paper.notices)
    if paper.retraction:
        known.insert(0, f"This paper was {paper.retraction}")
    return (
        f'<article class="card opened" tabindex="-1" data-paper="{escape(paper.paper_id)}">'
        '<button type="button" class="close" data-open="" aria-label="Close the paper" '
        f'title="Close">{icon("close")}</button><h3>{plain_html(paper.title)}</h3>'
        f'<p class="meta">{escape(" · ".join(known))}</p>'
        f'<p class="kind">{label}</p><p class="abstract">{plain_html(paper.abstract)}</p>'
        f'{source}<p class="meta"><a href="{escape(paper.link)}" target="_blank"'
        f' rel="noopener noreferrer">{escape(_link_label(paper))}</a></p></article>'
    )


def changes_html(changes: Sequence[Change]) -> str:
    """What catalogues would change of a paper, a line each."""
    items = "".join(f"<li>{escape(str(each))}</li>" for each in changes)
    return f'<p class="said">Found for this paper:</p><ul class="changes">{items}</ul>'


def _named(label: str, names: Sequence[str]) -> str:
    """What a paper is kept in order by; "" for nothing."""
    return f'<p class="meta">{label} {escape(", ".join(names))}</p>' if names else ""


def _link_label(paper: Paper) -> str:
    return paper.address or f"Search on {paper.searched_at}"


def preview_html(preview: Preview) -> str:
    """What an addition would do, with the first papers as they were understood."""
    papers, report = preview.papers, preview.report
    more = report.added + report.updated + report.unchanged - len(papers)
    items = "".join(f"<li>{_understood(paper)}</li>" for paper in papers)
    items += f"<li>and {more:,} more</li>" if more > 0 else ""
    return (
        '<p class="said" role="status">Nothing is stored yet. This is what was read:</p>'
        f'<ol class="understood">{items}</ol>{report_html(report, is_done=False)}'
    )


def _understood(paper: Paper) -> str:
    known = [
        ", ".join(paper.authors[:AUTHORS_SHOWN]) or "no authors",
        paper.published or "no date",
        paper.place,
        doi_of(paper),
    ]
    return (
        f"<b>{escape(paper.title)}</b>"
        f'<span class="meta">{escape(" · ".join(filter(None, known)))}</span>'
        f'<span class="begins">{escape(shorten(paper.abstract, BEGINNING, placeholder="…"))}</span>'
    )


def report_html(report: IngestReport, *, is_done: bool = True) -> str:
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
    summary = f'<p class="said" role="status">{told}.</p>'
    summary += _list("The same paper as one here:", [_merged(each) for each in report.merged])
    changed = "Updated:" if is_done else "Would be updated:"
    summary += _list(changed, [_updated(each) for each in report.changes])
    summary += _list(
        "No longer in the file, and still here:", [_gone(each) for each in report.gone]
    )
    summary += _list("Notes:", [_note(each) for each in report.notes])
    return summary + _list("Left out:", [_rejection(each) for each in report.rejected])


def _first_count(report: IngestReport, *, is_done: bool) -> str:
    """What an addition is about: the papers that are new, else those that it changes."""
    new = counted(report.added, "new paper")
    if report.added:
        return f"{counted(report.added, 'paper')} added" if is_done else new
    updated = "updated" if is_done else "to update"
    return f"{counted(report.updated, 'paper')} {updated}" if report.updated else "Nothing new"


def _list(heading: str, items: Sequence[str]) -> str:
    """The first of some items below a heading; "" for none."""
    if not items:
        return ""
    shown = "".join(f"<li>{each}</li>" for each in items[:REJECTIONS_SHOWN])
    more = len(items) - REJECTIONS_SHOWN
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    return f'<p class="meta">{heading}</p><ul class="rejected">{shown}{rest}</ul>'


def _gone(gone: Gone) -> str:
    also = f" (also from {escape(', '.join(gone.others))})" if gone.others else ""
    return f"<b>{escape(gone.title)}</b>, from {escape(gone.source)}{also}"


def _merged(merged: Merged) -> str:
    came, known = escape(merged.source or ""), escape(merged.into or "")
    if not known or came == known:
        return f"<b>{escape(merged.title)}</b>"
    return f"<b>{escape(merged.title)}</b> (here from {known}, now from {came} as well)"


def _updated(updated: Updated) -> str:
    return f"<b>{escape(updated.title)}</b> ({escape(updated.told)})"


def _note(note: Note) -> str:
    return f"<b>{escape(note.source)}</b>: {escape(note.text)}"


def _rejection(rejection: Rejection) -> str:
    where = rejection.source + (f", record {rejection.record}" if rejection.record else "")
    return f"<b>{escape(where)}</b>: {escape(named_here(rejection.why))}"


def folded_help_html(summary: str, more: str) -> str:
    """A sentence below a field, which unfolds the rest."""
    return (
        f'<details class="help"><summary>{escape(summary)}</summary><p>{escape(more)}</p></details>'
    )


def help_html(text: str) -> str:
    """A sentence below a field."""
    return f'<p class="help">{escape(text)}</p>'
