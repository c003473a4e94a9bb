"""Adds papers to a library, removes them and brings them back; no layout, no HTML."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from rag.embedding import OnProgress
from rag.errors import SourceError
from rag.export import CSV, FORMATS, Format, export_papers
from rag.identifiers import doi_of
from rag.library import Library
from rag.lookup.asked import find_ids
from rag.names import stated_name
from rag.types import IngestReport, Paper, Preview, Rejection
from ui.server.uploads import reading, remove_files

MOST_FILES: Final = 20
MOST_UNPACKED_BYTES: Final = 500_000_000
BYTES_AT_ONCE: Final = 1 << 20
MOST_KEPT: Final = 20_000  # papers between a preview and its decision
MOST_IDS: Final = 100  # that are looked up at once
# What is typed, with the fields of a paper that it is.
FIELDS: Final = {
    **{name: name for name in ("title", "authors", "published", "venue", "doi", "abstract")},
    **{name: name for name in ("volume", "issue", "pages", "publisher")},
    "link": "url",
    "tags": "tags",
}
MOST_PASTED_CHARACTERS: Final = 200_000
NO_PREVIEW: Final = Preview(IngestReport())


@dataclass(frozen=True, slots=True)
class Pending:
    """What was given to be added and is not stored yet.

    Attributes:
        files: Uploaded files, in the server's temporary folder.
        text: What was pasted.
        papers: All of it where some was looked up, which need not be asked for again.
    """

    files: tuple[Path, ...] = ()
    text: str = ""
    papers: tuple[Paper, ...] = ()


def preview_files(
    library: Library, files: Sequence[str | Path], on_progress: OnProgress
) -> tuple[Pending, Preview]:
    """Say what adding uploaded files would do; a file that is too large is deleted.

    Raises:
        SourceError: None of them holds a paper, or there are too many; they are deleted.
    """
    paths = [Path(file) for file in files]
    if len(paths) > MOST_FILES:
        discard(Pending(tuple(paths)))
        raise SourceError(f"{len(paths)} files are too many; add at most {MOST_FILES} at once.")
    try:
        too_large = [path for path in paths if _is_bomb(path)]
        refused = tuple(
            Rejection(path.name, 0, f"unpacked it is larger than {MOST_UNPACKED_BYTES // 10**6} MB")
            for path in too_large
        )
        readable = [path for path in paths if path not in too_large]
        found = library.preview(readable, on_progress=on_progress) if readable else NO_PREVIEW
    except Exception:
        discard(Pending(tuple(paths)))
        raise
    discard(Pending(tuple(too_large)))
    report = replace(found.report, rejected=(*refused, *found.report.rejected))
    return Pending(tuple(readable)), replace(found, report=report)


def preview_pasted(library: Library, text: str, on_progress: OnProgress) -> tuple[Pending, Preview]:
    """Say what adding pasted text would do: ids, a form that files have, or papers written out.

    Raises:
        SourceError: It holds no paper, or there are too many ids.
        SourceUnavailableError: The place where ids are looked up could not be asked.
    """
    text = text[:MOST_PASTED_CHARACTERS]
    if (ids := len(find_ids(text))) > MOST_IDS:
        raise SourceError(f"{ids} ids are too many; paste at most {MOST_IDS} at once.")
    found = library.preview_text(text, on_progress=on_progress)
    return Pending(text=text, papers=found.papers if ids else ()), found


def look_abstracts_up(
    library: Library, pending: Pending, on_progress: OnProgress
) -> tuple[Pending, Preview]:
    """Say what adding what is pending would do with the abstracts that are found elsewhere.

    Raises:
        SourceError: It holds no paper.
    """
    asked: dict[str, Any] = {"looks_up": True, "most": MOST_KEPT, "on_progress": on_progress}
    if pending.files:
        asked["on_progress"] = reading(pending.files, on_progress)
        found = library.preview(pending.files, **asked)
    else:
        found = library.preview_text(pending.text, **asked)
    is_all = len(found.papers) < MOST_KEPT
    return replace(pending, papers=found.papers if is_all else ()), found


def add(library: Library, pending: Pending, on_progress: OnProgress) -> IngestReport:
    """Store what is pending; uploaded files are deleted.

    Raises:
        SourceError: It holds no paper.
    """
    try:
        if pending.papers:
            return library.ingest(pending.papers, on_progress=on_progress)
        if pending.files:
            told = reading(pending.files, on_progress)
            return library.ingest(pending.files, on_progress=told)
        return library.ingest_text(pending.text, on_progress=on_progress)
    finally:
        discard(pending)


def discard(pending: Pending) -> None:
    """Delete the uploaded files of what is pending."""
    remove_files(pending.files)


def _is_bomb(path: Path) -> bool:
    """Whether a file unpacks to more than any list of papers has."""
    unpacked = 0
    with suppress(OSError, EOFError, zlib.error), gzip.open(path) as file:
        while piece := file.read(BYTES_AT_ONCE):
            unpacked += len(piece)
            if unpacked > MOST_UNPACKED_BYTES:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Typed:
    """A paper's record as a user typed it into the form; authors are a line each."""

    title: str
    authors: str
    published: str
    venue: str
    volume: str
    issue: str
    pages: str
    publisher: str
    link: str
    doi: str
    abstract: str
    tags: tuple[str, ...]
    collections: tuple[str, ...]


def typed_of(paper: Paper) -> Typed:
    """What the form shows of a paper before anything is typed."""
    return Typed(
        paper.title,
        "\n".join(_authors_as_typed(paper)),
        paper.published or "",
        paper.venue or "",
        paper.imprint.volume or "",
        paper.imprint.issue or "",
        paper.imprint.pages or "",
        paper.imprint.publisher or "",
        paper.url or "",
        doi_of(paper),
        paper.abstract,
        paper.tags,
        paper.collections,
    )


def _authors_as_typed(paper: Paper) -> Iterator[str]:
    """Give the authors as somebody types them, the family name first where that has to be told."""
    known = dict(paper.family_names)
    for each in paper.authors:
        yield stated_name(each, known[each]).in_order if each in known else each


def values_of(typed: Typed) -> tuple[object, ...]:
    """The fields in their order, as the form has them."""
    return tuple(getattr(typed, name) for name in Typed.__slots__)


def typed_from(values: Sequence[object]) -> Typed:
    """What the page sends of the form, each value of the type that it should have."""
    named = zip(Typed.__slots__, values, strict=True)
    return Typed(**{name: _as_typed(name, value) for name, value in named})


def _as_typed(name: str, value: object) -> Any:  # noqa: ANN401  of the field's type
    if name in ("tags", "collections"):
        names = map(str, value) if isinstance(value, list | tuple) else ()
        return tuple(dict.fromkeys(filter(None, map(str.strip, names))))
    return value.strip() if isinstance(value, str) else ""


def save(library: Library, paper_id: str, typed: Typed) -> Paper | None:
    """Set by hand what was typed anew of a paper, and that alone.

    Returns:
        The paper as it was before; None where nothing is other.

    Raises:
        SourceError: The paper is not there any more, or a value cannot be taken as it is.
    """
    paper = library.catalog.require([paper_id])[0]
    before = typed_of(paper)
    values: dict[str, object] = {
        field: getattr(typed, name)
        for name, field in FIELDS.items()
        if getattr(typed, name) != getattr(before, name)
    }
    if "authors" in values:
        values["authors"] = [name for name in typed.authors.splitlines() if name.strip()]
    if values:
        library.catalog.edit(paper_id, **values)
    into = [name for name in typed.collections if name not in before.collections]
    out_of = [name for name in before.collections if name not in typed.collections]
    if into or out_of:
        library.catalog.collect([paper_id], into=into, out_of=out_of)
    return paper if values or into or out_of else None


def remove(library: Library, paper_ids: Iterable[str]) -> tuple[Paper, ...]:
    """Remove papers; those that were there, so that they can be brought back."""
    wanted = dict.fromkeys(paper_ids)
    found = tuple(paper for each in wanted if (paper := library.get(each)) is not None)
    library.remove([paper.paper_id for paper in found])
    return found


def doubt_of_merging(library: Library, paper_ids: Sequence[str]) -> str:
    """Say what speaks against papers being one; "" where nothing does, or there are not two."""
    found = [paper for each in dict.fromkeys(paper_ids) if (paper := library.get(each))]
    if len(found) < 2 or library.catalog.are_surely_one([paper.paper_id for paper in found]):
        return ""
    titles = " and ".join(f"“{paper.title}”" for paper in found[:2])
    return (
        f"{titles} look like different papers. Press “Merge” once more to merge them "
        "anyway: the title, authors and date of the first one are kept."
    )


def merge(library: Library, paper_ids: Iterable[str]) -> tuple[Paper, tuple[Paper, ...]]:
    """Make one paper of several: it, and the papers as they were, so that it can be undone.

    Raises:
        SourceError: There are not two of them.
    """
    wanted = dict.fromkeys(paper_ids)
    found = tuple(paper for each in wanted if (paper := library.get(each)) is not None)
    return library.catalog.merge([paper.paper_id for paper in found]), found


Group = Literal["collection", "tag"]


def regroup(
    library: Library, paper_ids: Sequence[str], kind: Group, *, into: str = "", out_of: str = ""
) -> tuple[Paper, ...]:
    """Put papers into a collection or under a tag, or take them out; return them as they were.

    Raises:
        SourceError: A paper is not there, or the collection has no name.
    """
    before = tuple(library.catalog.require(list(dict.fromkeys(paper_ids))))
    ids = [paper.paper_id for paper in before]
    names, gone = [name for name in [into] if name], [name for name in [out_of] if name]
    if kind == "tag":
        changed = library.catalog.tag(ids, add=names, drop=gone)
    else:
        changed = library.catalog.collect(ids, into=names, out_of=gone)
    return before if changed else ()


def complete(library: Library, paper_ids: Sequence[str]) -> tuple[tuple[Paper, ...], int]:
    """Write what public services know of papers beyond their records.

    Returns:
        The papers that are other now, as they were before, and how many were looked up.

    Raises:
        RagError: No service can be asked, or the library cannot be written.
    """
    before = {paper.paper_id: paper for paper in library.catalog.require(paper_ids)}
    known = library.enrich(list(before))
    library.apply(known)
    return tuple(before[each.paper.paper_id] for each in known), len(before)


def papers_file(library: Library, paper_ids: Sequence[str], format_name: str) -> dict[str, str]:
    """Return a file of papers for the browser to download, in one of the formats of exports."""
    papers = [paper for each in paper_ids if (paper := library.get(each))]
    if format_name == CSV:
        return {"name": "papers.csv", "type": "text/csv", "text": export_papers(papers, CSV)}
    known: Format = next((each for each in FORMATS if each == format_name), "bibtex")
    file = FORMATS[known]
    text = export_papers(papers, known)
    return {"name": f"papers{file.suffix}", "type": file.media_type, "text": text}


def bring_back(library: Library, papers: Sequence[Paper]) -> int:
    """Put papers back with the same ids and records; how many they are."""
    library.catalog.restore(papers)
    return len(papers)
