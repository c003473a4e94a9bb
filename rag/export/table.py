"""Write CSV, as spreadsheets and `ingest` read it, with no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from rag.export.references import listed
from rag.names import stated_name
from rag.types import Imprint, Paper

OWN_ID: Final = "paperchat_id"
SORTED: Final = "sorted_authors"  # those whose family names do not follow from their names
OF_IMPRINT: Final = tuple(each.name for each in fields(Imprint))
COLUMNS: Final = (
    *(
        OWN_ID,
        "title",
        "authors",
        SORTED,
        "published",
        "venue",
        *OF_IMPRINT,
        "doi",
        "arxiv_id",
        "pmid",
        "citekey",
        "url",
    ),
    *("keywords", "collections", "retraction", "notices", "source", "abstract"),
)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet takes a cell for one
TEXT_SIGN: Final = "'"  # what tells a spreadsheet that a cell is text
BETWEEN: Final = "; "


def render_table(papers: Iterable[Paper]) -> str:
    """Render a row for each paper below the columns' names; a summary is no abstract."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for paper in papers:
        rows.writerow([safe_cell(_cells(paper).get(column, "")) for column in COLUMNS])
    return written.getvalue()


def _cells(paper: Paper) -> dict[str, str]:
    known = dict(paper.identifiers)
    return {
        OWN_ID: paper.paper_id,
        "title": paper.title,
        "authors": BETWEEN.join(paper.authors),
        SORTED: BETWEEN.join(stated_name(*each).in_order for each in paper.family_names),
        "published": paper.published or "",
        "venue": paper.venue or "",
        **{name: getattr(paper.imprint, name) or "" for name in OF_IMPRINT},
        "doi": known.get("doi", ""),
        "arxiv_id": known.get("arxiv", ""),
        "pmid": known.get("pmid", ""),
        "citekey": known.get("citekey", ""),
        "url": paper.url or "",
        "keywords": BETWEEN.join(paper.tags) if len(paper.tags) > 1 else listed(paper.tags),
        "collections": BETWEEN.join(paper.collections),
        "retraction": paper.retraction or "",
        "notices": BETWEEN.join(paper.notices),
        "source": paper.source or "",
        "abstract": "" if paper.is_summary else paper.abstract,
    }


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; `ingest` removes the quote again."""
    return f"{TEXT_SIGN}{text}" if text.startswith((*FORMULA, TEXT_SIGN)) else text
