"""Find what identifies a paper: its arXiv id, its DOI, or a hash of its title or content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields
from typing import Final
from urllib.parse import unquote

from rag.text import one_line, title_key
from rag.types import CITE_ALIAS, CITE_KEY, Paper

NEW_ARXIV: Final = r"\d{4}\.\d{4,5}"
OLD_ARXIV: Final = r"[a-z-]+(?:\.[A-Z]{2})?/\d{7}"
FIRST_ARXIV_YEAR: Final = 91  # of two digits, in 1991
ARXIV_ID: Final = re.compile(rf"^({NEW_ARXIV}|{OLD_ARXIV})(?:v\d+)?$")
# arXiv's own pages, ar5iv's, alphaxiv's and those of Hugging Face.
ARXIV_URL: Final = re.compile(
    r"(?:(?:arxiv|ar5iv|alphaxiv)\.(?:org|labs\.arxiv\.org)/(?:abs|pdf|html|format|ps|e-print)"
    r"|huggingface\.co/papers|ar5iv\.org|paperswithcode\.com/paper/arxiv)"
    r"/([^\s?#]+?)(?:v\d+)?(?:\.pdf)?/?(?:[?#].*)?$",
    re.IGNORECASE,
)
# `arXiv:1706.03762`, `10.48550/arXiv.1706.03762`, and DBLP's `abs/1706.03762`.
NAMED_ARXIV: Final = re.compile(
    rf"(?:\barxiv[.:\s]\s*|^abs/)({NEW_ARXIV}|{OLD_ARXIV})", re.IGNORECASE
)
DOI: Final = re.compile(
    r"^(?:doi:?\s*|https?://(?:www\.)?(?:dx\.)?doi\.org/|urn:doi:|info:doi/)*(10\.\d{4,9}/\S+)$",
    re.IGNORECASE,
)
PREPRINTS: Final = re.compile(r"\b(?:arxiv|corr|\w+rxiv|preprint)\b", re.IGNORECASE)
PMID: Final = re.compile(r"^(?:pmid:?\s*|pubmed:?\s*|https?://\S+?/)?(\d{1,8})/?$", re.IGNORECASE)
# What a paper is surely known by; an item of a Zotero stays one, whatever becomes of its title.
DATABASES: Final = re.compile(r"https?://(?:www\.)?(?:scopus|webofscience)\.", re.IGNORECASE)
SHARED_SCHEMES: Final = ("doi", "arxiv", "pmid", "openalex", "s2", "zotero")
NOT_SEEN: Final = (
    *("source", "identifiers", "tags", "origins", "collections", "retraction", "edited"),
    *("family_names", "imprint", "notices"),
)
SEEN: Final = tuple(sorted(each.name for each in fields(Paper) if each.name not in NOT_SEEN))


def plain_arxiv_id(text: str) -> str:
    """Strip an arXiv id of its prefix and version; "" when the text is none."""
    if text[:1] in "aA":
        text = re.sub(r"^arxiv:\s*", "", text, flags=re.IGNORECASE)
    match = ARXIV_ID.match(text)
    return match[1] if match else ""


def arxiv_id_in(url: str) -> str:
    """Find the id, without version, of the paper that an arXiv address leads to, or ""."""
    match = ARXIV_URL.search(url)
    return plain_arxiv_id(match[1]) if match else find_arxiv_id(plain_doi(url))


def month_of_arxiv_id(arxiv_id: str) -> str | None:
    """Return the month of which an arXiv id says that the paper was first submitted in it.

    Their first four digits are its year and month: `2407.01234`, `hep-th/9901001`.
    """
    digits = arxiv_id.rpartition("/")[2][:4]
    year, month = int(digits[:2] or 0), int(digits[2:] or 0)
    if not 1 <= month <= 12:
        return None
    return f"{1900 + year if year >= FIRST_ARXIV_YEAR else 2000 + year}-{month:02}"


def arxiv_id_of(paper: Paper) -> str:
    """Find a paper's id on arXiv in its own id or its address, or ""."""
    return plain_arxiv_id(paper.paper_id) or arxiv_id_in(paper.url or "")


def is_of_preprints(venue: str) -> bool:
    """Return whether a venue's name is that of a place for preprints."""
    return PREPRINTS.search(venue) is not None


def is_of_database(url: str) -> bool:
    """Return whether an address is a database's page on a paper, which others cannot open."""
    return DATABASES.match(url) is not None


def doi_of(paper: Paper) -> str:
    """Return a paper's DOI, or ""."""
    return dict(paper.identifiers).get("doi", "")


def cite_keys(paper: Paper) -> list[str]:
    """List the keys that a user cites a paper by, its own first."""
    known = paper.identifiers
    return [key for wanted in (CITE_KEY, CITE_ALIAS) for scheme, key in known if scheme == wanted]


def find_arxiv_id(*texts: str) -> str:
    """Find the first arXiv id that one of the texts names as such, or ""."""
    found = (NAMED_ARXIV.search(text) for text in texts if text)
    return next((match[1] for match in found if match), "")


def plain_doi(text: str) -> str:
    """Strip a DOI of its resolver, in small letters, for case has no meaning in it; "" for none."""
    match = DOI.match(one_line(text)) if "10." in text else None
    return unquote(match[1]).rstrip(".,;").lower() if match else ""


def plain_pmid(text: str) -> str:
    """Strip PubMed's number of what stands before it; "" when the text is none."""
    match = PMID.match(one_line(text)) if text else None
    return match[1].lstrip("0") if match else ""


def doi_address(text: str) -> str:
    """Make the web address of a DOI, with or without its resolver in front; "" when it is none."""
    match = DOI.match(one_line(text))
    return f"https://doi.org/{match[1]}" if match else ""


def id_from_title(title: str) -> str:
    """Make an id that is stable while the title is, so that a corrected abstract is an update."""
    return "t-" + hashlib.sha256((title_key(title) or title).encode()).hexdigest()[:12]


def content_hash(paper: Paper) -> str:
    """Hash what is read and searched of a paper: its texts, authors, date, address and venue."""
    seen = [(name, getattr(paper, name)) for name in SEEN]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
