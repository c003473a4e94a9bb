"""Report runs: `report.md`, `report.html` and the terminal, all from one set of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from eval.report.markdown import render_markdown
from eval.report.page import render_page
from eval.run.runner import Run
from eval.run.summary import SUMMARY, Summary, read_summary
from rag.errors import SourceError

MARKDOWN: Final = "report.md"
PAGE: Final = "report.html"


def write_reports(run: Run) -> Path:
    """Write both reports into the run's folder; return the path of the page.

    Raises:
        ValueError: The run has no folder.
    """
    if run.folder is None:
        raise ValueError("a run without a folder has no place for its reports")
    last = find_last(run.folder, run.summary)
    markdown = render_markdown(run.summary, run.records, last)
    (run.folder / MARKDOWN).write_text(markdown, encoding="utf-8")
    page = run.folder / PAGE
    page.write_text(render_page(run.summary, run.records, last), encoding="utf-8")
    return page


def find_last(folder: Path, summary: Summary) -> Summary | None:
    """Return the latest earlier run of the same set beside a run's folder, or None."""
    found = []
    for path in folder.resolve().parent.glob(f"*/{SUMMARY}"):
        if path.parent != folder.resolve():
            try:
                found.append(read_summary(path))
            except SourceError:  # another format: no run to compare with
                continue
    earlier = [s for s in found if s.name == summary.name and s.created < summary.created]
    return max(earlier, key=lambda each: each.created, default=None)
