"""Run the `feedback` command: list ratings of answers, and make a question set of them."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from rag.settings import read_settings
from rag.store.servers import find_servers, open_database
from rag.store.sqlite import FILE
from rag.terminal import write_json, write_line, write_text
from rag.text import one_line
from rag.userdata.feedback import Feedback, Rating
from rag.userdata.question_set import question_set


def add_feedback(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the actions of `feedback` to its parser; `common` is what every action takes."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[common], help="every rating, a line each")
    listing.set_defaults(run=list_feedback)
    export = actions.add_parser(
        "export", parents=[common], help="a question set for `paperchat eval run`"
    )
    export.add_argument("--out", type=Path, metavar="FILE", help="instead of standard output")
    export.add_argument(
        "--all", action="store_true", help="also answers that were rated down, to be edited"
    )
    export.set_defaults(run=export_feedback, usage_error=export.error)
    for action in (listing, export):
        action.add_argument("--json", action="store_true", help="print one JSON object")


def list_feedback(options: argparse.Namespace) -> int:
    """Print every rating, a line each, oldest first."""
    ratings = _ratings(options)
    if options.json:
        write_json({"ratings": ratings})
    for rating in ratings if not options.json else []:
        comment = f"  ({one_line(rating.comment)})" if rating.comment else ""
        question = one_line(rating.answer.question)
        write_line(f"{rating.rated_at}  {rating.thumb:4}  {question}{comment}")
    return 0


def export_feedback(options: argparse.Namespace) -> int:
    """Write a question set; report on standard error how much of the feedback it holds."""
    if options.json and options.out is None:
        options.usage_error("--json tells of the file; name it with --out FILE")
    ratings = _ratings(options)
    text = question_set(ratings, with_rated_down=options.all)
    write_text(text, options.out)
    exported = text.count("\n")
    counts = {"exported": exported, "left_out": len(ratings) - exported}
    if options.json:
        write_json(counts)
    else:
        sys.stderr.write(f"{exported} exported, {len(ratings) - exported} left out\n")
    return 0


def _ratings(options: argparse.Namespace) -> list[Rating]:
    """Return all ratings of the library; none, and no new file, where nobody has rated."""
    settings = read_settings(library=options.library)
    folder = settings.library.expanduser()
    if not (settings.database_url or (folder / FILE).exists()):
        return []
    with closing(open_database(folder, find_servers(settings))) as database:
        return Feedback(database).ratings()
