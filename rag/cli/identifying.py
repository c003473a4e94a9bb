"""Find the papers that a command names: by id, arXiv id, DOI, or the key they are cited by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.identifiers import arxiv_id_in, plain_arxiv_id, plain_doi
from rag.types import CITE_ALIAS, CITE_KEY

if TYPE_CHECKING:
    from rag.catalog import Catalog
    from rag.library import Library


def find_paper_ids(library: Library, named: Sequence[str]) -> list[str]:
    """Return the ids of the papers that are named, in that order, each once.

    Raises:
        RagError: The library has none that is called so, or several.
    """
    catalog = library.catalog
    known = {heading.paper_id for heading in catalog.headings(named)}
    others = dict.fromkeys(name for name in named if name not in known)
    found = {name: _known_as(name, catalog) for name in others}
    if unknown := [name for name, paper_id in found.items() if paper_id is None]:
        raise _no_such_paper(unknown)
    ids = {name: paper_id for name, paper_id in found.items() if paper_id}
    return list(dict.fromkeys(ids.get(name, name) for name in named))


def _known_as(name: str, catalog: Catalog) -> str | None:
    """Return the id of the paper that has an arXiv id, a DOI, or a cite key; None where none has.

    Raises:
        RagError: Several have it.
    """
    keys = {"arxiv": plain_arxiv_id(name) or arxiv_id_in(name), "doi": plain_doi(name)}
    keys |= {CITE_KEY: name, CITE_ALIAS: name}
    found = catalog.known_by([(scheme, value) for scheme, value in keys.items() if value])
    if len(found) > 1:
        titles = "; ".join(f"{each.title!r} ({each.paper_id})" for each in found)
        raise RagError(f"{len(found)} papers are cited as {name!r}: {titles}. Name one by its id.")
    return found[0].paper_id if found else None


def _no_such_paper(named: Sequence[str]) -> RagError:
    said = ", ".join(map(repr, named))
    return RagError(f"The library has no paper {said}; `paperchat papers list` names them.")
