"""Export bibliographies of exactly the given papers, and answers as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from rag.export.bibtex import render_bibtex
from rag.export.csl import render_csl
from rag.export.formatted import STYLES, Style, render_formatted
from rag.export.html import answer_html
from rag.export.in_text import render_in_text
from rag.export.markdown import answer_markdown, conversation_markdown
from rag.export.notes import answer_note, note_names, paper_note
from rag.export.paper_table import render_paper_table
from rag.export.references import Reference, build_references
from rag.export.ris import render_ris
from rag.export.table import render_table
from rag.types import Answer, Paper

__all__ = [
    "CSV",
    "FORMATS",
    "MARKDOWN",
    "STYLES",
    "FileFormat",
    "Format",
    "Style",
    "Table",
    "answer_html",
    "answer_markdown",
    "answer_note",
    "cited_papers",
    "conversation_markdown",
    "export_papers",
    "note_names",
    "paper_note",
    "render_in_text",
    "render_paper_table",
]

Format = Literal["bibtex", "ris", "csl"]
Table = Literal["csv"]
CSV: Final[Table] = "csv"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A file format.

    Attributes:
        label: Its name for people.
        suffix: Of a file's name, with the dot.
    """

    label: str
    media_type: str
    suffix: str


FORMATS: Final[Mapping[Format, FileFormat]] = {
    "bibtex": FileFormat("BibTeX", "application/x-bibtex", ".bib"),
    "ris": FileFormat("RIS", "application/x-research-info-systems", ".ris"),
    "csl": FileFormat("CSL-JSON", "application/vnd.citationstyles.csl+json", ".json"),
}
MARKDOWN: Final = FileFormat("Markdown", "text/markdown", ".md")
RENDERERS: Final[Mapping[Format, Callable[[Iterable[Reference]], str]]] = {
    "bibtex": render_bibtex,
    "ris": render_ris,
    "csl": render_csl,
}


def export_papers(papers: Iterable[Paper], format_name: Format | Style | Table) -> str:
    """Render the papers as a bibliography or list, in their order, each once.

    Unknown fields are left out, and a summary of the starter library is never given as a paper's
    abstract. The printed styles have an order of their own.

    Raises:
        ValueError: The format is none of `FORMATS`, no style and not `csv`.
    """
    if format_name == CSV:
        return render_table({paper.paper_id: paper for paper in papers}.values())
    for style in STYLES:
        if format_name == style:
            return render_formatted(build_references(papers), style)
    for name, render in RENDERERS.items():
        if format_name == name:
            return render(build_references(papers))
    known = ", ".join((*get_args(Format), *get_args(Style), CSV))
    raise ValueError(f"The format is one of {known}, not {format_name!r}.")


def cited_papers(answers: Iterable[Answer]) -> list[Paper]:
    """Return the papers that answers cite, each once, in the order of first use."""
    cited = (paper for answer in answers for paper in answer.papers)
    return list({paper.paper_id: paper for paper in cited}.values())
