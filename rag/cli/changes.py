"""List who changed the library, when, and what: `paperchat papers log`."""

from __future__ import annotations

import argparse
from typing import Final

from rag.cli.numbers import positive
from rag.cli.opening import open_library
from rag.terminal import write_json, write_line, write_notice

HANG: Final = 4  # columns by which a change goes on further in
NOBODY: Final = "(not signed in)"  # at the command line, or at a page without users


def add_log(parser: argparse.ArgumentParser) -> None:
    """Add the options of `paperchat papers log`."""
    parser.add_argument(
        "-n", type=positive, default=50, dest="most", help="number of changes (default 50)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=list_changes)


def list_changes(options: argparse.Namespace) -> int:
    """Print the latest changes, the last one first."""
    changes = open_library(options).changes.latest(options.most)
    if options.json:
        write_json({"changes": changes})
        return 0
    for each in changes:
        at = each.changed_at[:19].replace("T", " ")
        papers = f" {each.papers:,} {'paper' if each.papers == 1 else 'papers'}"
        what = f": {each.what}" if each.what else ""
        who = each.who or NOBODY
        write_line(f"{at} UTC  {who}  {each.did}{papers if each.papers else ''}{what}", HANG)
    if not changes:
        write_notice("Nothing was changed yet.")
    return 0
