"""Tell apart what is pasted: text in a format that files have, or a title and an abstract."""

from __future__ import annotations

import re
from typing import Final

from rag.readers.daily_papers import looks_like_page, split_page
from rag.readers.records import Record
from rag.readers.table import find_reader

SOURCE: Final = "pasted text"
# How no title begins, but a file may that is too broken to be recognised.
STRUCTURED: Final = re.compile(r"^\s*(?:\{|\[\s*\{|@\w+\s*[{(]|TY {2}-|%[0A-Z] \S)")
MOST_TITLE_CHARACTERS: Final = 400


def is_structured(text: str) -> bool:
    """Whether the text is to be read like a file, not as a title and its abstract."""
    if STRUCTURED.match(text) or find_reader(text.lstrip().partition("\n")[0]):
        return True
    return looks_like_page(text) and len(list(split_page(text))) > 1


def read_title_and_abstract(text: str) -> Record:
    """Make a record of a title on the first line and an abstract on all others.

    What is missing, or too long for a title, is left out, and reported where records become papers.
    """
    first, *others = [line.strip() for line in text.strip().splitlines()] or [""]
    if len(first) > MOST_TITLE_CHARACTERS:
        return {"abstract": " ".join([first, *others]), "source": SOURCE}
    return {"title": first, "abstract": " ".join(filter(None, others)), "source": SOURCE}
