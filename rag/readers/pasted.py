"""Tell apart what is pasted: text in a format that files have, or a title and an abstract."""

from __future__ import annotations

import re
from typing import Final

from rag.readers.daily_papers import looks_like_page, split_page
from rag.readers.front_matter import read_front_matter, split_papers
from rag.readers.records import Record
from rag.readers.table import find_reader

# How no title begins, but a file may that is too broken to be recognised.
STRUCTURED: Final = re.compile(
    r"^\s*(?:<\?xml\s|\{|\[\s*\{|@\w+\s*[{(]|TY {2}-|%[0A-Z] \S"
    r"|references:\s*\n\s*- )"
)


def is_structured(text: str) -> bool:
    """Return whether the text is to be read like a file, not as a title and its abstract."""
    if STRUCTURED.match(text) or find_reader(text.lstrip().partition("\n")[0]):
        return True
    return looks_like_page(text) and len(list(split_page(text))) > 1


def read_pasted(text: str) -> list[Record]:
    """Make records of the papers of a text: a title, what stands below it, an abstract.

    What is missing, or too long for a title, is left out, and reported where records become papers.
    """
    return list(map(read_front_matter, split_papers(text)))
