"""Write a table of papers as CSV: a row for each paper, every cell a sentence of it."""

from __future__ import annotations

import csv
import io

from rag.export.table import safe_cell
from rag.types import PaperTable


def render_paper_table(table: PaperTable) -> str:
    """Render the columns' names, then a row for each paper; what no sentence says is empty."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(["title", "authors", "year", *map(safe_cell, table.columns), "link"])
    for row in table.rows:
        paper = row.paper
        quotes = (cell.quote if cell else "" for cell in row.cells)
        about = [paper.title, "; ".join(paper.authors), str(paper.year or "")]
        rows.writerow([safe_cell(each) for each in (*about, *quotes, paper.address)])
    return written.getvalue()
