"""Watch for new papers, and answer what was found: `paperchat watch`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rag.cli.numbers import positive, seconds
from rag.cli.opening import open_library
from rag.cli.report import note_lines
from rag.lookup import MOST_FOUND
from rag.terminal import shown_progress, write_json, write_line, write_notice
from rag.types import Progress

if TYPE_CHECKING:
    from rag.library import Library
    from rag.userdata.watching import Offer, Watch
    from rag.watches import Look

    Actions = argparse._SubParsersAction[argparse.ArgumentParser]

HANG: Final = 4
MOST_LISTED: Final = 25
WAITING: Final = "watching, until Ctrl+C"
ANSWERS: Final = (
    "`paperchat watch accept ID…` adds papers to the library, `paperchat watch dismiss ID…` has "
    "them not offered again; --all is all of them."
)


def add_watch(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the actions of `paperchat watch`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = _action(actions, common, "add", "watch a query")
    add.add_argument(
        "source", metavar="QUERY", help='arxiv:"cat:cs.LG AND hopfield" or openalex:WORDS'
    )
    add.set_defaults(run=add_one)
    listing = _action(actions, common, "list", "what is watched, and the papers that wait")
    listing.add_argument(
        "--dismissed", action="store_true", help="the papers that were dismissed instead"
    )
    listing.set_defaults(run=list_all)
    remove = _action(actions, common, "remove", "watch a query no more")
    remove.add_argument("watch", metavar="WATCH", help="its number or the query")
    remove.set_defaults(run=remove_one)
    looking = _action(
        actions, common, "look", "ask for new papers, and for retractions and new versions of yours"
    )
    _add_looking(looking)
    accept = _action(actions, common, "accept", "add papers that were found to the library")
    accept.add_argument(
        "--collection", action="append", default=[], metavar="NAME", help="put them in; repeatable"
    )
    accept.set_defaults(run=accept_some)
    dismiss = _action(actions, common, "dismiss", "have papers not offered again")
    dismiss.set_defaults(run=dismiss_some)
    for answering in (accept, dismiss):
        answering.add_argument("paper_ids", nargs="*", metavar="ID")
        answering.add_argument("--all", action="store_true", help="all papers that wait")
        answering.set_defaults(usage_error=answering.error)


def _action(
    actions: Actions, common: argparse.ArgumentParser, name: str, does: str
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, parents=[common], help=does, description=does)
    action.add_argument("--json", action="store_true", help="print one JSON object")
    return action


def _add_looking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--every",
        type=seconds,
        metavar="TIME",
        help="go on looking, such as every 6h, 30m or 1d, until Ctrl+C",
    )
    parser.add_argument(
        "--most",
        type=positive,
        default=MOST_FOUND,
        metavar="N",
        help=f"papers that are read of each query at the most (default {MOST_FOUND})",
    )
    parser.set_defaults(run=look)


def add_one(options: argparse.Namespace) -> int:
    """Watch a query."""
    watch = open_library(options).watches.add(options.source)
    if options.json:
        write_json(watch)
    else:
        write_line(f"Watching {_named(watch)}. `paperchat watch look` looks for new papers.")
    return 0


def _named(watch: Watch) -> str:
    from rag.lookup.services import DATED
    from rag.watches import require_query

    asked = require_query(watch.source)
    return f"{DATED[asked.where]} for {asked.name!r}"


def list_all(options: argparse.Namespace) -> int:
    """Print what is watched, and the papers that wait for an answer."""
    watches = open_library(options).watches
    known, offers = watches.all(), watches.offers(dismissed=options.dismissed)
    if options.json:
        write_json({"watches": known, "offers": offers})
        return 0
    for each in known:
        looked = f"looked at {_minute(each.looked_at)}" if each.looked_at else "not looked at yet"
        write_line(f"{each.watch_id:>3}  {each.source}  ({looked})", HANG)
    if not known:
        write_line("Nothing is watched; `paperchat watch add QUERY` begins.")
    if offers:
        write_line()
        _write_offers(offers, len(offers))
        if not options.dismissed:
            write_line(ANSWERS)
    return 0


def _minute(time: str) -> str:
    return time[:16].replace("T", " ") + " UTC"


def _write_offers(offers: Sequence[Offer], most: int) -> None:
    for each in offers[:most]:
        paper = each.paper
        write_line(f"{paper.paper_id}  {paper.published or '    ':10}  {paper.title}", HANG)
    if len(offers) > most:
        write_line(f"and {len(offers) - most:,} more: `paperchat watch list` has all of them")


def remove_one(options: argparse.Namespace) -> int:
    """Watch a query no more."""
    watch = open_library(options).watches.remove(options.watch)
    if options.json:
        write_json({"removed": watch})
    else:
        write_line(f"No longer watching {_named(watch)}.")
    return 0


def look(options: argparse.Namespace) -> int:
    """Ask for what is new, once or now and then; 1 where a service did not answer."""
    library = open_library(options)
    watches = library.watches
    if not (watches.all() or len(library)):
        write_notice("note: nothing is watched yet; `paperchat watch add QUERY` begins")
    with shown_progress() as on_progress:
        if options.every is None:
            found = watches.look(most=options.most, on_progress=on_progress)
            _write_look(found, library, options)
            return 1 if found.failures else 0
        following = watches.follow(options.every, most=options.most, on_progress=on_progress)
        for found in following:
            if found or options.json:
                _write_look(found, library, options)
                sys.stdout.flush()
            on_progress(Progress(WAITING, 0, 0))
    return 0


def _write_look(found: Look, library: Library, options: argparse.Namespace) -> None:
    if options.json:
        write_json(found)
        return
    for failure in found.failures:
        write_notice(f"note: {failure}")
    for line in note_lines(found.notes):
        write_notice(f"note: {line}")
    if found.offers:
        _write_found(found.offers, library.watches.all())
    for news in found.news:
        write_line(f"{news.paper_id}  {news.title}: {news.told}", HANG)
    if not (found.offers or found.news or found.failures):
        write_line("Nothing new.")


def _write_found(offers: Sequence[Offer], watches: Sequence[Watch]) -> None:
    for watch in watches:
        if some := [each for each in offers if each.watch_id == watch.watch_id]:
            write_line(f"{_counted(len(some))} at {_named(watch)}:")
            _write_offers(some, MOST_LISTED)
    write_line(ANSWERS)


def _counted(count: int) -> str:
    return "1 new paper" if count == 1 else f"{count:,} new papers"


def accept_some(options: argparse.Namespace) -> int:
    """Add papers that were found to the library."""
    library = open_library(options)
    paper_ids = _answered(library, options)
    if not paper_ids:
        return _write_nothing(options)
    with shown_progress() as on_progress:
        report = library.watches.accept(
            paper_ids, collections=options.collection, on_progress=on_progress
        )
    if options.json:
        write_json(report)
    else:
        write_line(str(report))
    return 0


def dismiss_some(options: argparse.Namespace) -> int:
    """Have papers not offered again."""
    library = open_library(options)
    paper_ids = _answered(library, options)
    if not paper_ids:
        return _write_nothing(options)
    dismissed = library.watches.dismiss(paper_ids)
    if options.json:
        write_json({"dismissed": dismissed})
    else:
        write_line(f"{dismissed:,} dismissed")
    return 0


def _answered(library: Library, options: argparse.Namespace) -> list[str]:
    """Return the ids of the papers that are answered: those that are named, or all that wait."""
    if bool(options.paper_ids) == options.all:
        options.usage_error("name at least one ID, or --all")
    if options.all:
        return [each.paper.paper_id for each in library.watches.offers()]
    return list(options.paper_ids)


def _write_nothing(options: argparse.Namespace) -> int:
    if options.json:
        write_json({})
    else:
        write_line("No paper waits.")
    return 0
