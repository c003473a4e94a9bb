"""`paperchat papers edit`, `enrich`, `collections` and `duplicates`: keep records in order."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rag.cli.opening import open_library
from rag.terminal import is_answered_yes, shown_progress, write_json, write_line

if TYPE_CHECKING:
    from rag.lookup import Enrichment

    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

# Options of `edit` with the fields that they set.
FIELDS: Final = ("title", "abstract", "published", "doi", "url", "venue")
LABELS: Final = {"url": "link", "published": "date", "identifiers": "ids"}
NOTHING: Final = "(nothing)"
MOST_SHOWN: Final = 60  # authors, of which some papers have thousands


def add_curating(actions: Actions, common: Sequence[argparse.ArgumentParser]) -> None:
    """The actions, below `paperchat papers`."""
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
    alike.set_defaults(run=list_duplicates)
    for action in (enriching, collections, alike):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def _add_edit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paper_ids", nargs="+", metavar="PAPER_ID")
    for name in FIELDS:
        parser.add_argument(f"--{name}", help="of one paper; '' clears it")
    parser.add_argument("--author", action="append", metavar="NAME", help="all of them; repeatable")
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
    catalog = open_library(options).catalog
    if values:
        catalog.edit(options.paper_ids[0], **values)
    if options.tag or options.untag:
        catalog.tag(options.paper_ids, add=options.tag, drop=options.untag)
    if options.collection or options.out_of:
        catalog.collect(options.paper_ids, into=options.collection, out_of=options.out_of)
    write_line(f"{len(options.paper_ids)} changed")
    return 0


def enrich(options: argparse.Namespace) -> int:
    """Look up what records lack; what would change is shown before it is written."""
    library = open_library(options)
    with shown_progress() as on_progress:
        found = library.enrich(options.paper_ids or None, on_progress=on_progress)
    applies = options.apply
    if not options.json:
        for line in _lines(found):
            write_line(line)
        is_asked = bool(found) and not applies and sys.stdin.isatty() and sys.stdout.isatty()
        applies |= is_asked and is_answered_yes(f"Write this into {len(found):,} papers?")
    if applies:
        library.apply(found)
    if options.json:
        write_json({"enrichments": found, "is_applied": bool(applies)})
        return 0
    write_line(_told(len(found), len(options.paper_ids) or len(library), is_applied=bool(applies)))
    return 0


def _told(found: int, of: int, *, is_applied: bool) -> str:
    if not found:
        return f"Nothing is known that {of:,} records lack."
    if is_applied:
        return f"{found:,} of {of:,} records completed"
    return f"{found:,} of {of:,} records would change; `paperchat papers enrich --apply` does it"


def _lines(found: Sequence[Enrichment]) -> Iterator[str]:
    """What would change, a line each below the paper's title."""
    for each in found:
        yield f"{each.paper.paper_id}  {each.paper.title}"
        for change in each.changes:
            name = LABELS.get(change.field, change.field)
            old, new = _shown(change.old), _shown(change.new)
            yield f"    {name}: {old} → {new}  ({change.source})"


def _shown(value: object) -> str:
    """A value of a field in words."""
    if not value:
        return NOTHING
    if not isinstance(value, tuple):
        return str(value)
    words = [each if isinstance(each, str) else ":".join(map(str, each)) for each in value]
    more = len(words) - MOST_SHOWN
    return ", ".join(words[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def list_collections(options: argparse.Namespace) -> int:
    """The collections and the tags, with how many papers each has."""
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
    """Papers that may be one, group by group."""
    groups = open_library(options).catalog.duplicates()
    if options.json:
        write_json({"duplicates": groups})
        return 0
    for group in groups:
        for paper in group:
            write_line(f"{paper.paper_id}  {paper.published or '    ':10}  {paper.title}")
        write_line()
    write_line(f"{len(groups):,} groups of papers that share a title or an identifier")
    return 0
