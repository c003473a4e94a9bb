"""Find the papers that a command names: by id, arXiv id, DOI, or the key they are cited by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.identifiers import arxiv_id_in, cite_keys, plain_arxiv_id, plain_doi

if TYPE_CHECKING:
    from rag.library import Library
    from rag.types import Paper


def find_paper_ids(library: Library, named: Sequence[str]) -> list[str]:
    """Return the ids of the papers that are named, in that order, each once.

    Raises:
        RagError: The library has none that is called so, or several.
    """
    known = {heading.paper_id for heading in library.catalog.headings(named)}
    others = [name for name in named if name not in known]
    papers = library.papers() if others else []
    found = {name: _known_as(name, papers) for name in dict.fromkeys(others)}
    if unknown := [name for name, paper in found.items() if paper is None]:
        raise _no_such_paper(unknown)
    ids = {name: paper.paper_id for name, paper in found.items() if paper}
    return list(dict.fromkeys(ids.get(name, name) for name in named))


def _known_as(name: str, papers: Sequence[Paper]) -> Paper | None:
    """Return the paper that has an arXiv id, a DOI, or a cite key; None where none has it.

    Raises:
        RagError: Several have it.
    """
    shared = {("arxiv", plain_arxiv_id(name) or arxiv_id_in(name)), ("doi", plain_doi(name))}
    found = [p for p in papers if name in cite_keys(p) or not shared.isdisjoint(p.identifiers)]
    if len(found) > 1:
        titles = "; ".join(f"{paper.title!r} ({paper.paper_id})" for paper in found)
        raise RagError(f"{len(found)} papers are cited as {name!r}: {titles}. Name one by its id.")
    return found[0] if found else None


def _no_such_paper(named: Sequence[str]) -> RagError:
    said = ", ".join(map(repr, named))
    return RagError(f"The library has no paper {said}; `paperchat papers list` names them.")
