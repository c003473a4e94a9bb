"""Finds what identifies a paper in the fields of reference managers, where it stands anywhere."""

from __future__ import annotations

import re
from typing import Final

from rag.readers.records import fold

NEW_ARXIV: Final = r"\d{4}\.\d{4,5}"
OLD_ARXIV: Final = r"[a-z-]+(?:\.[A-Z]{2})?/\d{7}"
# `arXiv:1706.03762`, `10.48550/arXiv.1706.03762`, and DBLP's `abs/1706.03762`.
NAMED_ARXIV: Final = re.compile(
    rf"(?:\barxiv[.:\s]\s*|^abs/)({NEW_ARXIV}|{OLD_ARXIV})", re.IGNORECASE
)
DOI: Final = re.compile(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)$", re.I)


def find_arxiv_id(*texts: str) -> str:
    """The first arXiv id that one of the texts names as such, or ""."""
    found = (NAMED_ARXIV.search(text) for text in texts)
    return next((match[1] for match in found if match), "")


def doi_address(text: str) -> str:
    """The web address of a DOI, with or without its resolver in front; "" when it is none."""
    match = DOI.match(fold(text))
    return f"https://doi.org/{match[1]}" if match else ""
