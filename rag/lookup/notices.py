"""Find what came out of papers after they were read: notices at Crossref, versions at arXiv.

Not covered: papers without a DOI and an arXiv id, of which no catalogue tells such things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rag.cleaning import is_withdrawal
from rag.identifiers import arxiv_id_of, doi_of
from rag.lookup import arxiv, crossref
from rag.lookup.catalogues import Catalogues
from rag.readers.json_shapes import Update
from rag.readers.records import RecordError, paper_from_record
from rag.text import folded
from rag.types import Paper, Progress

STAGE: Final = "looking for notices of papers"
PAPERS_AT_ONCE: Final = arxiv.IDS_PER_REQUEST
AT_ARXIV: Final = "https://arxiv.org/abs/"
VERSION: Final = "version "  # how the notice of a version begins


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a paper.

    Attributes:
        paper_id: The paper's.
        retraction: That it was retracted, in words; "" where nothing tells it.
        notices: What else came out of it, in words.
        version: The latest at arXiv; None where none is known.
    """

    paper_id: str
    retraction: str = ""
    notices: tuple[str, ...] = ()
    version: int | None = None

    def applied_to(self, paper: Paper) -> Paper:
        """Return the paper with all that is told of it; only the last of arXiv's versions."""
        is_newer = any(map(_is_of_version, self.notices))
        kept = [each for each in paper.notices if not (is_newer and _is_of_version(each))]
        return replace(
            paper,
            retraction=paper.retraction or self.retraction or None,
            notices=tuple(dict.fromkeys((*kept, *self.notices))),
        )


def find_notices(
    catalogues: Catalogues,
    papers: Sequence[Paper],
    versions: Mapping[str, int],
    on_progress: Callable[[Progress], None],
) -> Iterator[Sequence[Checked]]:
    """Yield what is told of papers, some at a time; where nobody answers they are left out.

    Args:
        catalogues: Asks Crossref and arXiv.
        papers: Those with a DOI or an arXiv id.
        versions: The last known versions at arXiv, by paper id.
        on_progress: Told how many papers have been looked up.
    """
    for start in range(0, len(papers), PAPERS_AT_ONCE):
        some = papers[start : start + PAPERS_AT_ONCE]
        updates = _find_updates(catalogues, some)
        preprints = [each for paper in some if (each := _arxiv_id(paper))]
        service = catalogues.services.arxiv
        found = catalogues.ask(service, partial(arxiv.find_versions, service, preprints))
        yield [
            _checked(paper, updates.get(doi_of(paper), ()), found, versions.get(paper.paper_id))
            for paper in some
            if (_arxiv_id(paper) and found is not None) or doi_of(paper) in updates
        ]
        on_progress(Progress(STAGE, start + len(some), len(papers)))


def _find_updates(catalogues: Catalogues, papers: Sequence[Paper]) -> dict[str, list[Update]]:
    """Return the notices of papers by their DOIs; without those that nobody answers for."""
    dois = list(dict.fromkeys(doi for paper in papers if (doi := doi_of(paper))))
    told: dict[str, list[Update]] = {}
    service = catalogues.services.crossref
    for start in range(0, len(dois), crossref.DOIS_PER_REQUEST):
        some = dois[start : start + crossref.DOIS_PER_REQUEST]
        found = catalogues.ask(service, partial(crossref.find_updates, service, some))
        if found is not None:
            told |= {doi: [each for each in found if each.doi == doi] for doi in some}
    return told


def _checked(
    paper: Paper,
    updates: Sequence[Update],
    found: Mapping[str, arxiv.Version] | None,
    before: int | None,
) -> Checked:
    version = (found or {}).get(_arxiv_id(paper))
    retractions = [each.told for each in updates if each.is_retraction]
    notices = [each.told for each in updates if not each.is_retraction]
    if version and is_withdrawal(str(version.record["abstract"])):
        retractions.append(f"withdrawn on {version.day}: {_address(paper, version)}")
    elif version and _is_news(paper, version, before):
        notices.append(f"{VERSION}{version.number} of {version.day}: {_address(paper, version)}")
    number = version.number if version else before
    return Checked(paper.paper_id, next(iter(retractions), ""), tuple(notices), number)


def _is_news(paper: Paper, version: arxiv.Version, before: int | None) -> bool:
    """Whether a version came after the one that is here.

    Where that one is not known, the paper was read at arXiv and its abstract is another now.
    """
    if before is not None:
        return version.number > before
    is_own = paper.source == arxiv.NAME and "abstract" not in paper.edited
    return version.number > 1 and is_own and _abstract(version) not in ("", folded(paper.abstract))


def _abstract(version: arxiv.Version) -> str:
    try:
        return folded(paper_from_record(version.record, arxiv.NAME).abstract)
    except RecordError:
        return ""


def _address(paper: Paper, version: arxiv.Version) -> str:
    return f"{AT_ARXIV}{_arxiv_id(paper)}v{version.number}"


def _arxiv_id(paper: Paper) -> str:
    return arxiv_id_of(paper) or dict(paper.identifiers).get("arxiv", "")


def _is_of_version(notice: str) -> bool:
    return notice.startswith(VERSION) and AT_ARXIV in notice
