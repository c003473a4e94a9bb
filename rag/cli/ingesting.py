"""Bring papers into the library: `ingest` and `papers add`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from rag.cli.numbers import positive
from rag.cli.opening import open_library
from rag.cli.report import (
    change_lines,
    file_lines,
    gone_lines,
    merged_lines,
    note_lines,
    rejection_lines,
)
from rag.embedding.workers import Workers, ray_workers
from rag.errors import SourceError
from rag.library import Library
from rag.lookup import LOOKUPS, MOST_FOUND
from rag.readers import FORMATS, STDIN, advise_look_up
from rag.terminal import is_answered_yes, shown_progress, write_json, write_line, write_notice
from rag.types import TYPED, IngestReport, Paper, Progress

if TYPE_CHECKING:
    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

HANG: Final = 4  # columns by which a paper's title goes on further in
WATCHING: Final = "watching Zotero, until Ctrl+C"
# Options that tell where a paper was published.
PUBLISHED_IN: Final = ("venue", "volume", "issue", "pages", "publisher")
MOST_TITLES: Final = 10
MOST_TYPED_BYTES: Final = 5_000_000


def add_ingest(parser: argparse.ArgumentParser) -> None:
    """Add the options of `paperchat ingest`."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help=f"files or folders of papers ({FORMATS}), or what is to be looked up: {LOOKUPS}; "
        "ids may also stand in a file, one a line; - is standard input",
    )
    parser.add_argument(
        "--most",
        type=positive,
        default=MOST_FOUND,
        metavar="N",
        help=f"papers that a query brings at the most (default {MOST_FOUND})",
    )
    parser.add_argument(
        "--collection",
        action="append",
        default=[],
        metavar="NAME",
        help="put all that is read into this collection; repeatable",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.add_argument(
        "--look-up",
        action="store_true",
        help="ask OpenAlex, arXiv and Semantic Scholar for the abstracts that records lack",
    )
    parser.add_argument(
        "--watch", action="store_true", help="go on and read what is new in Zotero, until Ctrl+C"
    )
    parser.add_argument(
        "--remove",
        action="store_true",
        help="take out what was deleted in Zotero, or in a file that was ingested before; what "
        "another source has too stays",
    )
    parser.add_argument(
        "--rebuild", action="store_true", help="embed the library anew with the present settings"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="embed by the workers of a Ray cluster: HOST:PORT, or local for this machine's "
        "processors (pip install 'paperchat[ray]')",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=ingest, usage_error=parser.error)


def add_adding(actions: Actions, common: Sequence[argparse.ArgumentParser]) -> None:
    """Add the action `add`, below `paperchat papers`."""
    add = actions.add_parser(
        "add", parents=common, help="a paper by hand, or papers from text on standard input"
    )
    add.add_argument("--title", help="without it, all is read from standard input")
    add.add_argument("--abstract")
    add.add_argument("--author", action="append", default=[], metavar="NAME", help="repeatable")
    add.add_argument("--published", metavar="DATE", help="a year, a month or a day")
    add.add_argument("--doi")
    add.add_argument("--url")
    for name in PUBLISHED_IN:
        add.add_argument(f"--{name}")
    add.set_defaults(run=add_paper, usage_error=add.error)
    add.add_argument("--json", action="store_true", help="print one JSON object")


def ingest(options: argparse.Namespace) -> int:
    """Read papers into the library; return 1 when a source that was named gave nothing.

    What is no paper in a folder or an archive is told, and no failure: people keep their papers
    beside other files.
    """
    if not options.sources and not options.rebuild:
        options.usage_error("name at least one SOURCE, or --rebuild")
    if options.watch:
        return _watch(options)
    library = open_library(options, rebuild=options.rebuild)
    if STDIN in options.sources and sys.stdin.isatty():
        sys.stderr.write("Paste ids, one a line, or an export of papers, then press Ctrl-D:\n")
    report = IngestReport()
    if options.sources:
        with shown_progress() as on_progress, _workers(options, library) as workers:
            report = library.ingest(
                options.sources,
                collections=options.collection,
                dry_run=options.dry_run,
                removes_gone=options.remove,
                looks_up=options.look_up,
                most=options.most,
                workers=workers,
                on_progress=on_progress,
            )
    if options.json:
        write_json(report)
    else:
        report = _asked_of_gone(report, library, options)
        _write_report(report, library)
        _advise(report, options)
    return 1 if any(each.record == 0 and not each.within for each in report.rejected) else 0


def _workers(
    options: argparse.Namespace, library: Library
) -> AbstractContextManager[Workers | None]:
    """Return the workers that the options name; None for this process alone."""
    if options.ray is None or options.dry_run:
        return nullcontext()
    return ray_workers(options.ray, library.settings)


def _advise(report: IngestReport, options: argparse.Namespace) -> None:
    """Say how abstracts that records lack are found, unless they were looked up in vain."""
    lacking = sum(each.paper is not None for each in report.rejected)
    if lacking and not options.look_up:
        write_notice(f"note: {advise_look_up(lacking)}")


def _asked_of_gone(
    report: IngestReport, library: Library, options: argparse.Namespace
) -> IngestReport:
    """Remove what was deleted in Zotero where a user at a terminal wants it."""
    is_of_zotero = bool(report.gone) and all(each.scheme for each in report.gone)
    is_open = is_of_zotero and not (options.remove or options.dry_run)
    if not (is_open and sys.stdin.isatty() and sys.stdout.isatty()):
        return report
    for line in gone_lines(report.gone):
        write_line(line)
    if is_answered_yes(f"Take {len(report.gone):,} papers out of the library too?"):
        return library.remove_gone(report)
    return report


def _watch(options: argparse.Namespace) -> int:
    """Follow Zotero until the user stops it, with a report whenever something is new."""
    if len(options.sources) != 1 or options.dry_run or options.rebuild:
        options.usage_error("--watch goes with one zotero:COLLECTION, and nothing else")
    library = open_library(options)
    with shown_progress() as on_progress:
        watched = library.watch(
            options.sources[0],
            collections=options.collection,
            removes_gone=options.remove,
            on_progress=on_progress,
        )
        revision = library.revision
        for number, report in enumerate(watched):
            if options.json:
                write_json(report)
            else:
                _write_report(report, library, is_first=not number)
                if number:
                    _write_titles(library.catalog.changed_after(revision))
            revision = library.revision
            sys.stdout.flush()
            on_progress(Progress(WATCHING, 0, 0))
    return 0


def _write_titles(papers: Sequence[Paper]) -> None:
    for paper in papers[:MOST_TITLES]:
        write_line(f"  {paper.title}", HANG)
    if len(papers) > MOST_TITLES:
        write_line(f"  and {len(papers) - MOST_TITLES:,} more")


def _write_report(report: IngestReport, library: Library, *, is_first: bool = True) -> None:
    for line in rejection_lines(report.rejected):
        write_notice(f"rejected: {line}")
    for line in note_lines(report.notes):
        write_notice(f"note: {line}")
    for line in (
        *merged_lines(report.merged),
        *change_lines(report.changes),
        *gone_lines(report.gone),
        *file_lines(report.files),
    ):
        write_line(line)
    write_line(str(report))
    if is_first and library.is_lexical_only:
        write_line("Papers are found by their words alone; `paperchat doctor` says why.")


def add_paper(options: argparse.Namespace) -> int:
    """Add a paper that is typed in, or the papers of a text on standard input."""
    from rag.readers.records import RecordError, require_fields

    if bool(options.title) != bool(options.abstract):
        options.usage_error("give --title and --abstract, or neither and a text on standard input")
    optional = {name: getattr(options, name) for name in ("published", "doi", "url", *PUBLISHED_IN)}
    given: dict[str, object] = {name: text for name, text in optional.items() if text}
    if options.author:
        given["authors"] = options.author
    try:
        require_fields(given)
    except RecordError as exc:
        raise SourceError(f"Nothing was added: {exc}.") from exc
    library = open_library(options)
    before, known = library.revision, set(library.catalog.paper_ids())
    if options.title:
        given |= {"title": options.title, "abstract": options.abstract, "source": TYPED}
        report = library.ingest(given)
    else:
        report = library.ingest_text(_typed_text(), given)
    written = library.catalog.changed_after(before)
    added = [paper for paper in written if paper.paper_id not in known]
    updated = [paper for paper in written if paper.paper_id in known]
    if options.json:
        ids = {"added_ids": _ids(added), "updated_ids": _ids(updated)}
        write_json({**asdict(report), **ids})
        return 0
    _write_report(report, library)
    for paper in added:
        write_line(f"added: {paper.title!r} ({paper.paper_id})")
    for paper in updated:
        write_line(f"updated, as it was there before: {paper.title!r} ({paper.paper_id})")
    return 0


def _ids(papers: Sequence[Paper]) -> list[str]:
    return [paper.paper_id for paper in papers]


def _typed_text() -> str:
    """Read standard input, which a terminal is asked for."""
    if sys.stdin.isatty():
        sys.stderr.write("Paste a title, authors and an abstract, then press Ctrl-D:\n")
    return sys.stdin.buffer.read(MOST_TYPED_BYTES).decode("utf-8", "replace")
