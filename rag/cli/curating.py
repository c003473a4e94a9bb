"""Keep records in order: `papers edit`, `enrich`, `collections`, `duplicates` and `merge`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rag.cli.identifying import find_paper_ids
from rag.cli.opening import open_library
from rag.terminal import is_answered_yes, shown_progress, write_json, write_line

if TYPE_CHECKING:
    from rag.catalog import Catalog
    from rag.lookup.enriching import Enrichment
    from rag.types import Heading, Paper

    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

# Options of `edit` with the fields that they set.
FIELDS: Final = (
    *("title", "abstract", "published", "doi", "url", "venue"),
    *("kind", "volume", "issue", "pages", "publisher", "issn", "isbn"),
)


def add_curating(actions: Actions, common: Sequence[argparse.ArgumentParser]) -> None:
    """Add the actions, below `paperchat papers`."""
    _add_edit(actions.add_parser("edit", parents=common, help="set fields, tags, collections"))
    enriching = actions.add_parser(
        "enrich", parents=common, help="look up what records lack, and show it before it is written"
    )
    enriching.add_argument("paper_ids", nargs="*", metavar="PAPER_ID", help="else all papers")
    enriching.add_argument("--apply", action="store_true", help="write what is found, unasked")
    enriching.set_defaults(run=enrich)
    collections = actions.add_parser("collections", parents=common, help="collections and tags")
    collections.set_defaults(run=list_collections)
    alike = actions.add_parser("duplicates", parents=common, help="papers that may be one")
    alike.add_argument(
        "--merge", action="store_true", help="make one of each group, after a question"
    )
    alike.add_argument(
        "--yes", action="store_true", help="without asking, where nothing speaks against it"
    )
    alike.set_defaults(run=list_duplicates)
    merging = actions.add_parser("merge", parents=common, help="make one paper of several")
    merging.add_argument(
        "paper_ids", nargs="+", metavar="PAPER_ID", help="the first one's id is kept"
    )
    merging.add_argument("--yes", action="store_true", help="without asking")
    merging.set_defaults(run=merge, usage_error=merging.error)
    for action in (enriching, collections, alike, merging):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def _add_edit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paper_ids", nargs="+", metavar="PAPER_ID")
    for name in FIELDS:
        parser.add_argument(f"--{name}", help="of one paper; '' clears it")
    parser.add_argument(
        "--author",
        action="append",
        metavar="NAME",
        help="all of them; “García Márquez, José” tells the family name; repeatable",
    )
    parser.add_argument("--tag", action="append", default=[], help="add a tag; repeatable")
    parser.add_argument("--untag", action="append", default=[], metavar="TAG", help="take one off")
    parser.add_argument(
        "--collection", action="append", default=[], metavar="NAME", help="put it in; repeatable"
    )
    parser.add_argument(
        "--out-of", action="append", default=[], metavar="NAME", help="take it out; repeatable"
    )
    parser.set_defaults(run=edit, usage_error=parser.error)


def edit(options: argparse.Namespace) -> int:
    """Set fields of one paper, or tags and collections of several."""
    values: dict[str, object] = {
        name: text for name in FIELDS if (text := getattr(options, name)) is not None
    }
    if options.author is not None:
        values["authors"] = [name for name in options.author if name.strip()]
    if values and len(options.paper_ids) > 1:
        options.usage_error("fields are set of one paper at a time; tags and collections of many")
    ordered = (options.tag, options.untag, options.collection, options.out_of)
    if not (values or any(ordered)):
        options.usage_error("say what to change, such as --venue or --tag")
    library = open_library(options)
    paper_ids, catalog = find_paper_ids(library, options.paper_ids), library.catalog
    if values:
        catalog.edit(paper_ids[0], **values)
    if options.tag or options.untag:
        catalog.tag(paper_ids, add=options.tag, drop=options.untag)
    if options.collection or options.out_of:
        catalog.collect(paper_ids, into=options.collection, out_of=options.out_of)
    write_line(f"{len(paper_ids)} changed")
    return 0


def enrich(options: argparse.Namespace) -> int:
    """Look up what records lack; what would change is shown before it is written."""
    library = open_library(options)
    with shown_progress() as on_progress:
        chosen = find_paper_ids(library, options.paper_ids)
        found = library.enrich(chosen or None, on_progress=on_progress)
    applies = options.apply
    if not options.json:
        for line in _lines(found):
            write_line(line)
        is_asked = bool(found) and not applies and sys.stdin.isatty() and sys.stdout.isatty()
        applies |= is_asked and is_answered_yes(f"Write this into {_papers(len(found))}?")
    if applies:
        library.apply(found)
    if options.json:
        write_json({"enrichments": found, "is_applied": bool(applies)})
        return 0
    write_line(_told(len(found), len(chosen) or len(library), is_applied=bool(applies)))
    return 0


def _papers(count: int) -> str:
    return f"{count:,} paper" if count == 1 else f"{count:,} papers"


def _told(found: int, of: int, *, is_applied: bool) -> str:
    if not found:
        which = f"{of:,} records lack" if of != 1 else "this record lacks"
        return f"Nothing is known that {which}."
    if is_applied:
        return f"{found:,} of {of:,} records completed"
    return f"{found:,} of {of:,} records would change; `paperchat papers enrich --apply` does it"


def _lines(found: Sequence[Enrichment]) -> Iterator[str]:
    """Yield what would change, a line each below the paper's title."""
    for each in found:
        yield f"{each.paper.paper_id}  {each.paper.title}"
        yield from (f"    {change}" for change in each.changes)


def list_collections(options: argparse.Namespace) -> int:
    """Return the collections and the tags, with how many papers each has."""
    catalog = open_library(options).catalog
    collections, tags = catalog.collections(), catalog.tags()
    if options.json:
        write_json({"collections": collections, "tags": tags})
        return 0
    for title, counted in (("Collections", collections), ("Tags", tags)):
        write_line(f"{title}: {len(counted):,}")
        for name, count in counted.items():
            write_line(f"{count:>7,}  {name}")
    return 0


def list_duplicates(options: argparse.Namespace) -> int:
    """Return papers that may be one, group by group; with `--merge` they are made one."""
    catalog = open_library(options).catalog
    groups = catalog.duplicates()
    if options.merge:
        return _merge_groups(catalog, groups, options)
    if options.json:
        write_json({"duplicates": groups})
        return 0
    for group in groups:
        _write_headings(group)
        write_line()
    write_line(f"{len(groups):,} groups of papers that share a title, an identifier or an abstract")
    if groups:
        write_line("`paperchat papers duplicates --merge` makes one of each group, and asks first.")
    return 0


def _write_headings(group: Sequence[Heading]) -> None:
    for paper in group:
        write_line(f"{paper.paper_id}  {paper.published or '    ':10}  {paper.title}", hang=4)


def _merge_groups(
    catalog: Catalog, groups: Sequence[Sequence[Heading]], options: argparse.Namespace
) -> int:
    merged: list[Paper] = []
    left = 0
    for group in groups:
        ids = [each.paper_id for each in group]
        if not options.json:
            _write_headings(group)
        is_wanted = catalog.are_surely_one(ids) if options.yes else _is_wanted(len(ids))
        if is_wanted:
            merged.append(catalog.merge(ids))
            if not options.json:
                write_line(_merged(len(ids), merged[-1]))
        left += not is_wanted
    if options.json:
        write_json({"merged": merged, "left": left})
        return 0
    write_line(f"{len(merged):,} merged, {left:,} left apart")
    if left and options.yes:
        write_line("Their abstracts or ids differ; `paperchat papers merge ID ID` merges them.")
    return 0


def merge(options: argparse.Namespace) -> int:
    """Make one paper of several, after a question."""
    if len(set(options.paper_ids)) < 2:
        options.usage_error("name at least two papers")
    library = open_library(options)
    paper_ids, catalog = find_paper_ids(library, options.paper_ids), library.catalog
    if not options.json:
        _write_headings(catalog.headings(paper_ids))
    if not (options.yes or _is_wanted(len(paper_ids))):
        write_line("Nothing was changed; --yes merges without asking.")
        return 1
    whole = catalog.merge(paper_ids)
    if options.json:
        write_json({"merged": [whole]})
    else:
        write_line(_merged(len(paper_ids), whole))
    return 0


def _is_wanted(papers: int) -> bool:
    """Return whether a user at a terminal wants papers merged; elsewhere nobody can be asked."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return is_terminal and is_answered_yes(f"Make one of these {papers} papers?")


def _merged(count: int, whole: Paper) -> str:
    from_them = ", ".join(filter(None, (whole.source, *whole.origins)))
    return f"{count} papers are one now: {whole.title!r} ({whole.paper_id}), from {from_them}"
