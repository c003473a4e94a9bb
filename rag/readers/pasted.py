"""Understands pasted text: arXiv ids, a form that files have, or a title and an abstract."""

from __future__ import annotations

import re
from typing import Final

from rag.readers import daily_papers, json_lines
from rag.readers.records import Record

SOURCE: Final = "pasted text"
# First signs of the forms that files have: JSON, BibTeX, RIS. A title begins with none of them.
STRUCTURED: Final = re.compile(r"^\s*(?:\{|@\w+\s*[{(]|TY {2}-)")
MOST_TITLE_CHARACTERS: Final = 400


def is_structured(text: str) -> bool:
    """Whether the text is to be read like a file, not as a title and its abstract."""
    lines = text.splitlines()
    if STRUCTURED.match(text) or json_lines.looks_like_json_lines(lines[:1]):
        return True
    return daily_papers.looks_like_page(text) and len(list(daily_papers.read_page(text))) > 1


def read_title_and_abstract(text: str) -> Record:
    """The record of a title on the first line and an abstract on all others.

    What is missing, or too long for a title, is left out, and said where records become papers.
    """
    first, *others = [line.strip() for line in text.strip().splitlines()] or [""]
    if len(first) > MOST_TITLE_CHARACTERS:
        return {"abstract": " ".join([first, *others]), "source": SOURCE}
    return {"title": first, "abstract": " ".join(filter(None, others)), "source": SOURCE}
