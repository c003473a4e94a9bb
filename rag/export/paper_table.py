"""Write a table of papers as CSV: a row for each paper.

Where cells are a model's sentences, two columns behind each tell whose the sentence is, and quote
the paper's that supports it.
"""

from __future__ import annotations

import csv
import io

from rag.export.table import safe_cell
from rag.types import PaperTable, TableCell


def render_paper_table(table: PaperTable) -> str:
    """Render the columns' names, then a row for each paper; what no sentence says is empty."""
    tells_whose = table.has_model_cells
    headings = [each for name in table.columns for each in _headings(name, tells_whose=tells_whose)]
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(["title", "authors", "year", *map(safe_cell, headings), "link"])
    for row in table.rows:
        paper = row.paper
        cells = [each for cell in row.cells for each in _cells(cell, tells_whose=tells_whose)]
        about = [paper.title, "; ".join(paper.authors), str(paper.year or "")]
        rows.writerow([safe_cell(each) for each in (*about, *cells, paper.address)])
    return written.getvalue()


def _headings(name: str, *, tells_whose: bool) -> list[str]:
    return [name, f"{name} (whose words)", f"{name} (quote)"] if tells_whose else [name]


def _cells(cell: TableCell | None, *, tells_whose: bool) -> list[str]:
    if cell is None:
        return ["", "", ""] if tells_whose else [""]
    whose = "model" if cell.sentence else "paper"
    return [cell.text, whose, cell.quote] if tells_whose else [cell.text]
