"""Citations of exactly the papers given, and answers as Markdown; built from the records alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from rag.export.bibtex import render_bibtex
from rag.export.csl import render_csl
from rag.export.markdown import answer_markdown, conversation_markdown
from rag.export.references import Reference, build_references
from rag.export.ris import render_ris
from rag.types import Answer, Paper

__all__ = [
    "FORMS",
    "MARKDOWN",
    "FileForm",
    "Form",
    "answer_markdown",
    "cited_papers",
    "conversation_markdown",
    "export_papers",
]

Form = Literal["bibtex", "ris", "csl"]


@dataclass(frozen=True, slots=True)
class FileForm:
    """What a file of a form is called and served as.

    Attributes:
        label: Its name for people.
        suffix: Of a file's name, with the dot.
    """

    label: str
    media_type: str
    suffix: str


FORMS: Final[Mapping[Form, FileForm]] = {
    "bibtex": FileForm("BibTeX", "application/x-bibtex", ".bib"),
    "ris": FileForm("RIS", "application/x-research-info-systems", ".ris"),
    "csl": FileForm("CSL-JSON", "application/vnd.citationstyles.csl+json", ".json"),
}
MARKDOWN: Final = FileForm("Markdown", "text/markdown", ".md")
RENDERERS: Final[Mapping[Form, Callable[[Iterable[Reference]], str]]] = {
    "bibtex": render_bibtex,
    "ris": render_ris,
    "csl": render_csl,
}


def export_papers(papers: Iterable[Paper], form: Form) -> str:
    """The papers as a bibliography, in their order, each once; no field that is not known.

    A summary of the starter library is never given as a paper's abstract.

    Raises:
        ValueError: The form is none of `FORMS`.
    """
    if form not in RENDERERS:
        raise ValueError(f"The form is one of {', '.join(get_args(Form))}, not {form!r}.")
    return RENDERERS[form](build_references(papers))


def cited_papers(answers: Iterable[Answer]) -> list[Paper]:
    """The papers that the answers of a conversation cite, each once, in the order of first use."""
    cited = (paper for answer in answers for paper in answer.papers)
    return list({paper.paper_id: paper for paper in cited}.values())
