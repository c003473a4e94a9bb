"""Tell what is to be looked up, and where, from what a user types: pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rag.identifiers import find_arxiv_id, plain_doi, plain_pmid
from rag.lookup import arxiv, openalex, semantic_scholar
from rag.text import one_line, squeezed

Where = Literal["arxiv", "doi", "crossref", "openalex", "s2", "pmid", "zotero"]

BETWEEN: Final = re.compile(r"[,;]+")
REMARK: Final = re.compile(r"(?:^|\s)[#%].*")  # an address may have a `#` inside
# What may stand above a column of ids.
HEADINGS: Final = frozenset(
    (
        *("doi", "dois", "id", "ids", "identifier", "identifiers", "arxiv", "arxivid", "arxivids"),
        *("url", "urls", "link", "links"),
    )
)
MOST_LISTED_CHARACTERS: Final = 300  # of a line of a list


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked up.

    Attributes:
        where: The service.
        name: An id, or for a query its words; of Zotero a collection, "" for all of it.
        is_query: Whether `name` is a query, which many papers may match.
    """

    where: Where
    name: str
    is_query: bool = False


def _plain_openalex_name(text: str) -> str:
    """OpenAlex's name of a work: its own id, a DOI or a PubMed number; "" for none."""
    if own := openalex.plain_id(text):
        return own
    doi = plain_doi(text)
    return f"doi:{doi}" if doi else ""


# How an id is read of each service; what is none is a query, where the service takes any.
IDS: Final[Mapping[Where, Callable[[str], str]]] = {
    "arxiv": arxiv.plain_id,
    "doi": plain_doi,
    "crossref": plain_doi,
    "openalex": _plain_openalex_name,
    "s2": semantic_scholar.plain_id,
    "pmid": plain_pmid,
}
PREFIXES: Final = (*IDS, "zotero")
TAKES_QUERIES: Final = frozenset(("arxiv", "crossref", "openalex", "s2"))


def find_asked(text: str) -> Asked | None:
    """Find what a source names that is no file: an id, a DOI, an address, words for a service.

    `doi:10.1000/182`, `arxiv:2101.00001`, `arxiv:cat:cs.LG AND ti:hopfield`, `zotero:Physics`,
    `https://arxiv.org/abs/2101.00001`. None for anything else; a service behind which nothing
    stands that it takes is asked with `name=""`.
    """
    text = one_line(text)
    for where in PREFIXES:
        if text[: len(where) + 1].casefold() == f"{where}:":
            return _behind(where, _unquoted(text[len(where) + 1 :].strip()))
    return find_id(text)


def find_id(word: str) -> Asked | None:
    """Find what an id or an address by itself names, or None."""
    if arxiv_id := arxiv.plain_id(word):
        return Asked("arxiv", arxiv_id)
    if doi := plain_doi(word):
        found = find_arxiv_id(doi)
        return Asked("arxiv", found) if found else Asked("doi", doi)
    if work := openalex.plain_id(word):
        return Asked("openalex", work)
    is_address = semantic_scholar.ADDRESS.match(word)
    paper = semantic_scholar.plain_id(word) if is_address else ""
    return Asked("s2", paper) if paper else None


def find_ids(text: str) -> list[str]:
    """Find the ids, DOIs and addresses that a text is made of; none if it holds anything else."""
    found: dict[str, None] = {}
    for word in text.split():
        bare = word.strip(",;")
        is_whole = not bare or find_id(bare) is not None
        words = [each for each in ([bare] if is_whole else BETWEEN.split(bare)) if each]
        if not (is_whole or all(map(find_id, words))):
            return []
        found |= dict.fromkeys(words)
    return list(found)


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line of a list of ids.

    Attributes:
        number: Its place, from 1.
        text: It.
        ids: What it names; none where it is something else.
    """

    number: int
    text: str
    ids: tuple[str, ...]


def find_listed(text: str) -> list[ListedLine]:
    """Find the lines of a list of ids; none where the text is something else.

    A list has ids, DOIs or addresses on most of its lines, and may have remarks behind `#` and a
    heading.
    """
    lines = [
        ListedLine(number, bare, _ids_of_line(bare))
        for number, line in enumerate(text.splitlines(), start=1)
        if (bare := one_line(REMARK.sub("", line, count=1)))
    ]
    if lines and squeezed(lines[0].text) in HEADINGS:
        del lines[0]
    named = sum(bool(line.ids) for line in lines)
    is_list = 2 * named > len(lines) and all(
        len(line.text) <= MOST_LISTED_CHARACTERS or line.ids for line in lines
    )
    return lines if is_list else []


def _ids_of_line(line: str) -> tuple[str, ...]:
    """Return what a line names: ids, or one behind its service (`pmid:19872477`)."""
    if ids := find_ids(line):
        return tuple(ids)
    asked = find_asked(line)
    is_id = asked is not None and asked.where in IDS and asked.name and not asked.is_query
    return (line,) if is_id else ()


def _behind(where: Where, text: str) -> Asked:
    if where == "zotero":
        return Asked(where, text)
    found = IDS[where](text)
    if where == "doi" and (arxiv_id := find_arxiv_id(found)):
        return Asked("arxiv", arxiv_id)
    if found:
        return Asked("doi" if where == "crossref" else where, found)
    return Asked(where, text if where in TAKES_QUERIES else "", is_query=where in TAKES_QUERIES)


def _unquoted(text: str) -> str:
    """Remove the quotes around a whole query, as a shell would."""
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if is_quoted and text[0] not in text[1:-1] else text
